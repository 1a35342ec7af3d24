"""Every field of a recipe says which stages it touches: one without a line here fails, so that nobody forgets to ask.

A field that touches a stage too many pays for samples again, or refuses to go on; one that touches a stage too few
serves rows that another recipe made.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from stillroom.recipe import Recipe, Stage, stage_fingerprints
from tests.fakes.prompts import write_seeds

STAGES = list(Stage)
TABLE = "old"
ONE_OF: dict[str, Callable[[str], Any]] = {  # where a section stands several times: the one whose field is changed
    "teachers": lambda field: field == "serve",  # the second one is served
    "against": lambda _: TABLE,
}
OTHER = "other.jsonl"  # in the place of a path: another file of other content

# Field, another value, and the first stage that it changes; all later ones follow. None: it is no identity, since it
# changes how fast or where work is done, how much of it, or what is known of a teacher.
FIELDS: dict[str, tuple[object, Stage | None]] = {
    "dataset": ("others", Stage.SEEDING),
    "capability": ("math", Stage.SEEDING),
    "seeding.seeds": (OTHER, Stage.SEEDING),
    "seeding.seed_prompts": (3, None),
    "seeding.new_prompts": (3, None),
    "seeding.difficulties": (("easy",), Stage.SEEDING),
    "seeding.writer": ("first", Stage.SEEDING),
    "seeding.few_shot.seeds": (3, Stage.SEEDING),
    "seeding.few_shot.generated": (2, Stage.SEEDING),
    "seeding.requests_per_round": (3, Stage.SEEDING),
    "seeding.replies_per_request": (3, Stage.SEEDING),
    "seeding.max_rounds": (3, None),
    "seeding.temperature": (0.1, Stage.SEEDING),
    "seeding.top_p": (0.5, Stage.SEEDING),
    "seeding.max_new_tokens": (100, Stage.SEEDING),
    "seeding.max_rouge_l": (0.5, Stage.SEEDING),
    "seeding.min_tests": (3, Stage.SEEDING),
    "prompts": (OTHER, Stage.SEEDING),
    "teachers.name": ("third", Stage.TEACHERS),
    "teachers.serve": ("qwen2.5-coder-1.5b-instruct", Stage.TEACHERS),
    "teachers.urls": (("http://127.0.0.2:1",), None),
    "teachers.model": ("another/model", Stage.TEACHERS),
    "teachers.revision": ("abc", Stage.TEACHERS),
    "teachers.licence": ("mit", None),
    "teachers.price.input_per_million": (1.0, None),
    "teachers.price.output_per_million": (1.0, None),
    "teachers.price.currency": ("EUR", None),
    "teachers.weight": (2.0, Stage.TEACHERS),
    "teachers.system": ("Be brief.", Stage.TEACHERS),
    "teachers.in_flight": (3, None),
    "teachers.patience_seconds": (3.0, None),
    "sampling.samples": (3, Stage.SELECTION),
    "sampling.wave": (3, None),
    "sampling.adaptive": (False, None),
    "sampling.temperature": (0.1, Stage.SAMPLING),
    "sampling.top_p": (0.5, Stage.SAMPLING),
    "sampling.top_k": (3, Stage.SAMPLING),
    "sampling.min_p": (0.5, Stage.SAMPLING),
    "sampling.repetition_penalty": (1.5, Stage.SAMPLING),
    "sampling.max_new_tokens": (100, Stage.SAMPLING),
    "sampling.epoch": (1, Stage.SAMPLING),
    "verification.timeout_seconds": (3.0, Stage.VERIFICATION),
    "verification.memory_mib": (100, Stage.VERIFICATION),
    "verification.untrusted_tests": (True, Stage.VERIFICATION),
    "verification.min_test_strength": (0.5, Stage.VERIFICATION),
    "verification.sandbox.runtime": ("runsc", None),
    "verification.sandbox.requirements": (("numpy==2.1.0",), Stage.VERIFICATION),
    "selection.keep": (3, Stage.SELECTION),
    "selection.rank": ("shortest", Stage.SELECTION),
    "curation.exact": (False, Stage.CURATION),
    "curation.exact_prompts": (True, Stage.CURATION),
    "curation.published": ("all", Stage.CURATION),
    "curation.near_prompts.threshold": (0.5, Stage.CURATION),
    "curation.near_answers.threshold": (0.5, Stage.CURATION),
    "curation.contamination.installed": (False, Stage.CURATION),
    "curation.contamination.benchmarks": ({"exam": OTHER}, Stage.CURATION),
    "curation.structural_prompts": (True, Stage.CURATION),
    "curation.structural_answers": (True, Stage.CURATION),
    "curation.semantic_prompts.threshold": (0.6, Stage.CURATION),
    "curation.semantic_answers.threshold": (0.6, Stage.CURATION),
    "curation.representative": (("oldest",), Stage.CURATION),
    "curation.against.path": (OTHER, Stage.CURATION),
    "curation.against.id": ("key", Stage.CURATION),
    "curation.against.text": ("words", Stage.CURATION),
    "curation.against.kind": ("answer", Stage.CURATION),
    "curation.embedding.url": ("http://127.0.0.2:1", None),
    "curation.embedding.model": ("another/model", Stage.CURATION),
    "curation.embedding.revision": ("abc", Stage.CURATION),
    "curation.embedding.batch_size": (3, None),
    "curation.embedding.in_flight": (3, None),
    "curation.embedding.most_characters": (100, Stage.CURATION),
    "curation.embedding.patience_seconds": (3.0, None),
    "curation.diversity.share": (0.1, Stage.CURATION),
    "curation.diversity.quality": (0.1, Stage.CURATION),
    "curation.diversity.score": ("judge@1", Stage.CURATION),
    "curation.diversity.quotas.topic": (0.1, Stage.CURATION),
    "curation.diversity.quotas.difficulty": (0.1, Stage.CURATION),
    "curation.diversity.quotas.teacher": (0.1, Stage.CURATION),
    "curation.diversity.quotas.opening": (0.1, Stage.CURATION),
    "curation.filters.secrets.least_confidence": ("low", Stage.CURATION),
    "curation.filters.personal_data.kinds": (("phone",), Stage.CURATION),
    "curation.filters.personal_data.phone_regions": (("FR",), Stage.CURATION),
    "curation.filters.languages.allowed": (("fr",), Stage.CURATION),
    "curation.filters.languages.least_confidence": (0.6, Stage.CURATION),
    "curation.filters.length.least_prompt": (3, Stage.CURATION),
    "curation.filters.length.most_prompt": (100, Stage.CURATION),
    "curation.filters.length.least_answer": (3, Stage.CURATION),
    "curation.filters.length.most_answer": (100, Stage.CURATION),
    "curation.filters.length.outliers": (5.0, Stage.CURATION),
    "snapshot.mode": ("delta", Stage.CURATION),
    "snapshot.allow_unverified": (True, None),
    "snapshot.allow_partial": (0.5, None),
    "execution.prompts_per_shard": (3, None),
    "execution.shards_at_once": (3, None),
    "execution.memory_mib": (300, None),
    "execution.dask": (2, None),
}


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The fields of a section and of all sections in it."""
    for name, field in model.model_fields.items():
        inner = next((one for one in _types(field.annotation) if issubclass(one, BaseModel)), None)
        if inner is None:
            yield f"{prefix}{name}"
        else:
            yield from fields_of(inner, f"{prefix}{name}.")


def _types(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for one in get_args(annotation):
        yield from _types(one)


def given(folder: Path, *, is_seeded: bool) -> dict[str, Any]:
    """A recipe as data, with every section that it may have."""
    write_seeds(folder / "tasks.jsonl", range(2))
    write_seeds(folder / OTHER, range(3))
    (folder / "exam.jsonl").write_text('{"question": "one"}\n', encoding="utf-8")
    source: dict[str, Any] = {"prompts": folder / "tasks.jsonl"}
    if is_seeded:
        source = {"seeding": {"seeds": folder / "tasks.jsonl", "writer": "second"}}
    teachers = [
        {"name": "first", "urls": ["http://127.0.0.1:9"], "model": "fake/tiny-coder"},
        {"name": "second", "serve": "qwen2.5-coder-0.5b-instruct"},
    ]
    exam = folder / "exam.jsonl"
    curation = {
        "contamination": {"benchmarks": {"exam": exam}},
        "semantic_prompts": {},
        "semantic_answers": {},
        "against": {TABLE: {"path": exam, "kind": "prompt"}},
        "embedding": {"url": "http://127.0.0.1:9", "model": "fake/embedder"},
        "diversity": {},
        "filters": {"secrets": {}, "personal_data": {}, "languages": {"allowed": ["en"]}, "length": {}},
    }
    text = {"dataset": "tiny", "capability": "code", "teachers": teachers, "curation": curation, **source}
    return Recipe.model_validate(text).model_dump()


def changed(recipe: dict[str, Any], field: str, value: Any, folder: Path) -> dict[str, Any]:
    result = deepcopy(recipe)
    *path, name = field.split(".")
    section: Any = result
    for key in path:
        section = section[key]
        if key in ONE_OF:
            section = section[ONE_OF[key](name)]
    in_folder = {key: folder / one for key, one in value.items()} if isinstance(value, dict) else value
    section[name] = folder / OTHER if value == OTHER else in_folder
    return result


def test_every_field_has_a_line_and_every_line_a_field() -> None:
    assert set(FIELDS) == set(fields_of(Recipe))


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_changes_its_stage_and_all_later_ones_or_none(
    tmp_path: Path, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "one.txt").write_text("a text")
    monkeypatch.setenv("STILLROOM_BENCHMARKS", str(tmp_path / "installed"))
    value, first = FIELDS[field]
    before = given(tmp_path, is_seeded=field != "prompts")
    recipes = [Recipe.model_validate(one) for one in (before, changed(before, field, value, tmp_path))]
    assert recipes[0] != recipes[1]

    old, new = map(stage_fingerprints, recipes)

    assert [stage for stage in STAGES if old[stage] != new[stage]] == (STAGES[STAGES.index(first) :] if first else [])
