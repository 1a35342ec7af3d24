"""What each stage of a run reads from a recipe, and so what a change in a recipe touches.

A stage's fingerprint covers the fields it reads and the fingerprint of the stage before it. A change in
a later section leaves all earlier stages as they are, so nothing is paid for again; a change in a section
that a run has already committed rows under is another run.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from stillroom.errors import RecipeError
from stillroom.fingerprint import Plain, fingerprint
from stillroom.recipe.against import find_tables
from stillroom.recipe.benchmarks import find_benchmarks
from stillroom.recipe.curation import Curation
from stillroom.recipe.filters import Filters, filter_methods
from stillroom.recipe.installed_benchmarks import benchmark_places
from stillroom.recipe.model import Recipe, Verification


class Stage(StrEnum):
    """The stages in their order."""

    SEEDING = "seeding"
    TEACHERS = "teachers"
    SAMPLING = "sampling"
    VERIFICATION = "verification"
    SELECTION = "selection"
    CURATION = "curation"


PAID_STAGES = (Stage.SEEDING, Stage.TEACHERS, Stage.SAMPLING)

# Client-side settings: they change how fast or how patiently work is done, never what comes out. A licence and a price
# are what is known of a teacher; they may be corrected.
_NOT_IDENTITY = {"urls", "in_flight", "patience_seconds", "price", "licence"}
# A larger N, other waves or another stop rule pay for new indices only (the policy is not identity);
# quantities of prompts likewise only add work.
_AMOUNTS = {"samples", "wave", "adaptive", "seed_prompts", "new_prompts", "max_rounds"}
_EMBEDDING_IS = {"model", "revision", "most_characters"}  # what decides vectors; the rest, how they are had
# Fields of the stage of curation that earlier runs lack.
_LATER = (
    "structural_prompts",
    "structural_answers",
    "semantic_prompts",
    "semantic_answers",
    "representative",
    "exact_prompts",
    "published",
    "diversity",
)
_BENCHMARK = "contamination."  # what fields of the stage of curation begin with that hold a benchmark's sha256

_AGAINST, _SHA256 = "against.", ".sha256"  # around the name of a table, where such a field holds its content


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """A field of the recipe that differs from what a run was begun with."""

    stage: Stage
    field: str
    before: Plain
    after: Plain


def sections(recipe: Recipe) -> dict[Stage, dict[str, Plain]]:
    """The fields each stage reads, flat, as plain data.

    Raises:
        RecipeError: when the seed or prompt file or a benchmark, whose content counts, cannot be read.
    """
    dump = recipe.model_dump(mode="json")
    source: dict[str, Plain] = dump["seeding"] or {}
    file = recipe.seeding.seeds if recipe.seeding else recipe.prompts
    assert file is not None, "the recipe model requires one of both"  # noqa: S101 - narrows the type
    seeding = {"dataset": recipe.dataset, "capability": recipe.capability, "file_sha256": _file_sha256(file)}
    seeding |= _flat({**source, "seeds": "", "writer": recipe.writer.name if recipe.seeding else ""})
    return {
        Stage.SEEDING: _without(seeding, _AMOUNTS),
        Stage.TEACHERS: _teachers_section(
            {
                f"{teacher['name']}.{key}": value
                for teacher in dump["teachers"]
                for key, value in _without(_flat(teacher), _NOT_IDENTITY).items()
            }
        ),
        Stage.SAMPLING: _without(_flat(dump["sampling"]), _AMOUNTS),
        Stage.VERIFICATION: verification_section(recipe.verification),
        Stage.SELECTION: _flat(dump["selection"]) | {"samples": dump["sampling"]["samples"]},
        Stage.CURATION: _curation_section(recipe.curation) | {"snapshot.mode": dump["snapshot"]["mode"]},
    }


def recorded_sections(text: str) -> dict[Stage, dict[str, Plain]]:
    """The sections that a run was recorded with, in the lake's JSON; what is no identity any more is left out."""
    found = {Stage(stage): section for stage, section in json.loads(text).items()}
    return {**found, Stage.TEACHERS: _teachers_section(found[Stage.TEACHERS])}


def _teachers_section(fields: Mapping[str, Plain]) -> dict[str, Plain]:
    """What the stage of teachers reads, by NAME.FIELD.

    A folder with a tokenizer is no identity, as no path is: what is in it shows in the text that is sent, which a
    sample's id holds, and its template is recorded when the teacher is met.
    """

    def counts(field: str, value: Plain) -> bool:
        key = field.rpartition(".")[2]
        is_folder = key == "model" and isinstance(value, str) and Path(value).is_absolute()
        return key not in _NOT_IDENTITY and not is_folder

    return {field: value for field, value in fields.items() if counts(field, value)}


def verification_section(verification: Verification) -> dict[str, Plain]:
    """What the stage of verification reads.

    Which runtime walls programs in decides no verdict. No libraries are no entry, as in runs of before there were any.
    """
    section = _flat(verification.model_dump(mode="json", exclude={"sandbox": {"runtime"}}))
    return {key: value for key, value in section.items() if key != "sandbox.requirements" or value}


def recorded_benchmarks(section: Mapping[str, Plain]) -> dict[str, str]:
    """By name, the sha256 of the benchmarks that a recorded stage of curation is about."""
    fields = {name.removeprefix(_BENCHMARK): value for name, value in section.items() if name.startswith(_BENCHMARK)}
    return {name: str(value) for name, value in fields.items()}


def recorded_tables(section: Mapping[str, Plain]) -> dict[str, str]:
    """By name, the sha256 of the tables that a recorded stage of curation compares texts with."""
    return {
        name.removeprefix(_AGAINST).removesuffix(_SHA256): str(value)
        for name, value in section.items()
        if name.startswith(_AGAINST) and name.endswith(_SHA256)
    }


def _curation_section(curation: Curation) -> dict[str, Plain]:
    """What the stage of curation reads: of benchmarks and tables the content, wherever it lies.

    Without any there is no entry, nor of what came later and is as it was before.
    """
    section = _flat(curation.model_dump(mode="json", exclude={"contamination", "embedding", "against", "filters"}))
    later = _flat(Curation().model_dump(mode="json", include=set(_LATER)))
    section = {key: value for key, value in section.items() if key not in later or value != later[key]}
    section |= _embedding_section(curation) | _filter_section(curation.filters)
    benchmarks = find_benchmarks(benchmark_places(curation.contamination))
    for table in find_tables(curation.against):
        columns: dict[str, Plain] = {"kind": table.kind, "id": table.id, "text": table.text}
        section |= _flat(columns, f"{_AGAINST}{table.name}.") | {f"{_AGAINST}{table.name}{_SHA256}": table.sha256}
    return section | {f"{_BENCHMARK}{one.name}": one.sha256 for one in benchmarks}


def _embedding_section(curation: Curation) -> dict[str, Plain]:
    """Which endpoint's vectors count; no entry without one, as in runs of before there were any."""
    if curation.embedding is None:
        return {}
    return _flat(curation.embedding.model_dump(mode="json", include=_EMBEDDING_IS), "embedding.")


def _filter_section(filters: Filters | None) -> dict[str, Plain]:
    """The settings of the filters that are on, and what they are made by; without any no entry, as in older runs."""
    if filters is None:
        return {}
    settings = _flat(filters.model_dump(mode="json", exclude_none=True), "filters.")
    return settings | {f"filters.{name}.method": method for name, method in filter_methods(filters).items()}


def stage_fingerprints(recipe: Recipe) -> dict[Stage, str]:
    """Fingerprint of every stage: its own section and the stage before it."""
    return fingerprints_of(sections(recipe))


def fingerprints_of(found: dict[Stage, dict[str, Plain]]) -> dict[Stage, str]:
    """The same of sections that were recorded."""
    before = ""
    result: dict[Stage, str] = {}
    for stage, section in found.items():
        before = fingerprint([stage.value, section, before], length=24)
        result[stage] = before
    return result


def changes(before: dict[Stage, dict[str, Plain]], after: dict[Stage, dict[str, Plain]]) -> list[StageChange]:
    """The fields that differ between two recipes' sections, in the order of the stages."""
    return [
        StageChange(stage=stage, field=field, before=before[stage].get(field), after=after[stage].get(field))
        for stage in Stage
        for field in sorted(before[stage].keys() | after[stage].keys())
        if before[stage].get(field) != after[stage].get(field)
    ]


def _flat(section: dict[str, Plain], prefix: str = "") -> dict[str, Plain]:
    result: dict[str, Plain] = {}
    for key, value in section.items():
        if isinstance(value, dict):
            result |= _flat(value, f"{prefix}{key}.")
        else:
            result[f"{prefix}{key}"] = value
    return result


def _without(section: dict[str, Plain], left_out: set[str]) -> dict[str, Plain]:
    return {key: value for key, value in section.items() if key.split(".")[0] not in left_out}


def _file_sha256(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise RecipeError(f"cannot read {path}: {error}. The recipe names it as its source of prompts.") from error
