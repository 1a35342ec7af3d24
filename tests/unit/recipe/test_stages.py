"""Stage identities: a change touches its own stage and later ones, and what is no identity touches none."""

from hashlib import sha256
from pathlib import Path

import pytest

from stillroom.errors import RecipeError
from stillroom.recipe import (
    Stage,
    changes,
    parse_recipe,
    recorded_benchmarks,
    recorded_tables,
    sections,
    stage_fingerprints,
)
from tests.fakes.prompts import RECIPE, recipe, write_seeds


def touched(tmp_path: Path, old: str, new: str) -> list[Stage]:
    """The stages whose fingerprints differ once ``old`` is replaced by ``new`` in the recipe."""
    write_seeds(tmp_path / "seeds.jsonl", range(2))
    text = f"{RECIPE}sampling: {{samples: 8, temperature: 0.8}}\nselection: {{keep: 2}}\nverification: {{}}\n"
    before, after = (
        stage_fingerprints(parse_recipe(one, base=tmp_path, source="r.yaml"))
        for one in (text, _replaced(text, old, new))
    )
    return [stage for stage in Stage if before[stage] != after[stage]]


def _replaced(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


STAGES = list(Stage)


@pytest.mark.parametrize(
    ("old", "new", "first"),
    [
        pytest.param("dataset: tiny", "dataset: other", Stage.SEEDING, id="dataset"),
        pytest.param("new_prompts: 2", "max_rouge_l: 0.5", Stage.SEEDING, id="seeding"),
        pytest.param("new_prompts: 2", "few_shot: {generated: 2}", Stage.SEEDING, id="few-shot"),
        pytest.param("name: fake", "name: fake, revision: abc", Stage.TEACHERS, id="revision"),
        pytest.param("name: fake", "name: fake, system: Be brief.", Stage.TEACHERS, id="system message"),
        pytest.param("name: fake", "name: fake, weight: 2", Stage.TEACHERS, id="weight"),
        pytest.param("temperature: 0.8", "temperature: 0.9", Stage.SAMPLING, id="temperature"),
        pytest.param("temperature: 0.8", "epoch: 1", Stage.SAMPLING, id="epoch"),
        pytest.param("verification: {}", "verification: {timeout_seconds: 9}", Stage.VERIFICATION, id="verification"),
        pytest.param(
            "verification: {}",
            "verification: {sandbox: {requirements: [numpy==2.1.0]}}",
            Stage.VERIFICATION,
            id="libraries",
        ),
        pytest.param("samples: 8", "samples: 9", Stage.SELECTION, id="N"),
        pytest.param("keep: 2", "keep: 3", Stage.SELECTION, id="k"),
        pytest.param("verification: {}", "curation: {near_prompts: null}", Stage.CURATION, id="curation"),
        pytest.param("verification: {}", "curation: {diversity: {}}", Stage.CURATION, id="diversity"),
        pytest.param("verification: {}", "snapshot: {mode: delta}", Stage.CURATION, id="snapshot mode"),
    ],
)
def test_change_touches_its_stage_and_all_later_ones(tmp_path: Path, old: str, new: str, first: Stage) -> None:
    assert touched(tmp_path, old, new) == STAGES[STAGES.index(first) :]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("http://127.0.0.1:9", "https://gpu.example:30000", id="address"),
        pytest.param("name: fake", "name: fake, price: {output_per_million: 2.5, currency: EUR}", id="price"),
        pytest.param("name: fake", "name: fake, in_flight: 7", id="concurrency"),
        pytest.param("name: fake", "name: fake, patience_seconds: 7", id="patience"),
        pytest.param("samples: 8", "samples: 8, wave: 2, adaptive: false", id="policy"),
        pytest.param("seed_prompts: 2, new_prompts: 2", "seed_prompts: 9, new_prompts: 9, max_rounds: 9", id="amounts"),
        pytest.param("verification: {}", "execution: {prompts_per_shard: 3, shards_at_once: 1}", id="execution"),
        pytest.param("verification: {}", "verification: {sandbox: {runtime: runsc}}", id="runtime"),
        pytest.param("verification: {}", "verification: {sandbox: {requirements: []}}", id="no libraries spelt out"),
        pytest.param("temperature: 0.8", "temperature: 0.80, top_p: 0.95", id="defaults spelt out"),
        pytest.param("seeding: {", "seeding: {writer: fake, ", id="default writer spelt out"),
    ],
)
def test_change_that_alters_no_result_touches_nothing(tmp_path: Path, old: str, new: str) -> None:
    assert touched(tmp_path, old, new) == []


def test_content_of_the_seed_file_counts_and_its_place_does_not(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()

    assert stage_fingerprints(recipe(here)) == stage_fingerprints(recipe(there))
    write_seeds(there / "seeds.jsonl", range(3))
    assert stage_fingerprints(recipe(here))[Stage.SEEDING] != stage_fingerprints(recipe(there))[Stage.SEEDING]


AGAINST = "curation: {contamination: {benchmarks: {exam: exam.jsonl}}}"


def test_content_of_a_benchmark_is_the_identity_of_curation_and_its_place_is_not(tmp_path: Path) -> None:
    def against(place: str, content: str) -> dict[Stage, str]:
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "exam.jsonl").write_text(content)
        return stage_fingerprints(recipe(tmp_path / place, AGAINST))

    first = against("here", '{"q": "one"}')

    assert against("there", '{"q": "one"}') == first
    changed = against("here", '{"q": "two"}')
    assert [stage for stage in Stage if changed[stage] != first[stage]] == [Stage.CURATION]
    assert recorded_benchmarks(sections(recipe(tmp_path / "there", AGAINST))[Stage.CURATION]).keys() == {"exam"}


def test_recipe_that_names_no_benchmark_has_the_curation_it_had_before_there_were_any(tmp_path: Path) -> None:
    fields = sections(recipe(tmp_path))[Stage.CURATION]
    assert not any("contamination" in field for field in fields)
    assert recorded_benchmarks(fields) == {}


def test_benchmark_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"benchmark 'exam' is at .*exam\.jsonl, where nothing is"):
        sections(recipe(tmp_path, AGAINST))


TABLE = "curation: {against: {old: {path: old.parquet, kind: answer}}}"


def test_content_and_columns_of_a_table_are_the_identity_of_curation_and_its_place_is_not(tmp_path: Path) -> None:
    def against(place: str, content: bytes, curation: str = TABLE) -> dict[Stage, str]:
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "old.parquet").write_bytes(content)
        return stage_fingerprints(recipe(tmp_path / place, curation))

    first = against("here", b"one")

    assert against("there", b"one") == first
    for changed in (against("here", b"two"), against("here", b"one", TABLE.replace("kind:", "text: said, kind:"))):
        assert [stage for stage in Stage if changed[stage] != first[stage]] == [Stage.CURATION]
    assert recorded_tables(sections(recipe(tmp_path / "there", TABLE))[Stage.CURATION]) == {
        "old": sha256(b"one").hexdigest()
    }


def test_curation_that_says_nothing_of_what_came_later_is_what_it_was_before(tmp_path: Path) -> None:
    fields = sections(recipe(tmp_path))[Stage.CURATION]
    assert fields.keys() == {"exact", "near_prompts.threshold", "near_answers.threshold", "snapshot.mode"}
    assert recorded_tables(fields) == {}


@pytest.mark.parametrize(
    "curation",
    ["structural_answers: true", "structural_prompts: true", "semantic_answers: {}", "representative: cheapest"],
)
def test_what_came_later_counts_where_it_is_said(tmp_path: Path, curation: str) -> None:
    before, after = (stage_fingerprints(recipe(tmp_path, one)) for one in ("", f"curation: {{{curation}}}"))
    assert [stage for stage in Stage if before[stage] != after[stage]] == [Stage.CURATION]


def test_seed_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"cannot read .*seeds\.jsonl"):
        sections(parse_recipe(RECIPE, base=tmp_path, source="r.yaml"))


def test_changes_name_stage_field_and_both_values_in_order(tmp_path: Path) -> None:
    before = sections(recipe(tmp_path))
    after = sections(recipe(tmp_path, "selection: {keep: 5}\nsampling: {top_k: 40}"))

    found = [(change.stage, change.field, change.before, change.after) for change in changes(before, after)]

    assert found == [(Stage.SAMPLING, "top_k", -1, 40), (Stage.SELECTION, "keep", 2, 5)]


def test_teacher_that_is_added_is_a_change_of_its_fields(tmp_path: Path) -> None:
    before = sections(recipe(tmp_path))
    text = RECIPE.replace("teachers: [", "teachers: [{name: second, serve: b}, ")
    after = sections(parse_recipe(text, base=tmp_path, source="r.yaml"))

    found = changes(before, after)

    assert {change.stage for change in found} >= {Stage.TEACHERS}
    assert "second.serve" in {change.field for change in found}


def test_an_endpoint_counts_by_its_model_wherever_it_is_and_however_it_is_asked(tmp_path: Path) -> None:
    asked = "curation: {{diversity: {{share: 0.4}}, embedding: {{url: '{}', model: {}, in_flight: {}}}}}"
    one, elsewhere, other = (
        stage_fingerprints(recipe(tmp_path, asked.format(*about)))[Stage.CURATION]
        for about in (("http://a:1", "org/m", 1), ("http://b:2", "org/m", 9), ("http://a:1", "org/n", 1))
    )

    assert one == elsewhere != other


def test_without_diversity_and_endpoint_a_stage_is_what_it_was_before_there_were_any(tmp_path: Path) -> None:
    found = sections(recipe(tmp_path))[Stage.CURATION]

    assert not [name for name in found if name.startswith(("diversity", "embedding"))]
