"""Diversity in a build: the gate drops what repeats, vectors are kept, and every version says how diverse it is."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from stillroom.errors import RequestError
from stillroom.lake import Lake
from stillroom.publication import freeze, manifest
from stillroom.publication.diverse import diversity_of, in_short
from stillroom.publication.frozen import SUMMARY_FILE
from stillroom.recipe import Recipe
from stillroom.runs import diversifying, placing
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder
from tests.fakes.exams import seeds
from tests.fakes.prompts import recipe

NO_DEDUP = "near_answers: null, near_prompts: null, exact: false"
OFF = f"curation: {{{NO_DEDUP}}}\n"
ON = f"curation: {{{NO_DEDUP}, diversity: {{share: 0.5, quotas: {{teacher: 1.0}}}}}}\n"


def asking(folder: Path, curation: str, count: int = 4, *, prompts: int = 2) -> Recipe:
    changes = f"{curation}sampling: {{adaptive: false, samples: {count}}}\nselection: {{keep: 99}}"
    return seeds(recipe(folder, changes, seeds=prompts), prompts)


def fates(lake: Lake, run_id: str) -> Counter[str]:
    rows = lake.rows("SELECT gate FROM lake.current_selections WHERE run_id = ?", [run_id])
    return Counter(row["gate"] for row in rows)


async def test_half_of_what_passes_is_kept_and_the_rest_names_what_it_resembles(lake: Lake, tmp_path: Path) -> None:
    run, snapshot = await Builder(lake).build(asking(tmp_path, ON))

    assert snapshot is not None
    assert snapshot.rows == 4
    assert fates(lake, run.run_id) == {"kept": 4, "diversity": 4}
    kept = {row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.examples")}
    dropped = lake.rows("SELECT * FROM lake.current_selections WHERE gate = 'diversity'")
    assert {row["reason"] for row in dropped} == {"sameness"}
    assert {row["matched_id"] for row in dropped} <= kept
    assert all(row["similarity"] > 0.5 and "cosine similarity" in row["evidence"] for row in dropped)
    prompts = lake.rows("SELECT prompt_id, count(*) AS n FROM lake.examples GROUP BY prompt_id")
    assert [row["n"] for row in prompts] == [2, 2]  # both tasks have their share


async def test_a_second_curation_and_a_later_run_go_on_from_what_is_published(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run, _ = await builder.build(asking(tmp_path, ON))
    stored = lake.rows("SELECT * FROM lake.embeddings")
    assert {row["kind"] for row in stored} == {"prompt", "answer", "sample"}
    assert {len(row["vector"]) for row in stored} == {256}

    curate_run(lake, run, [builder.verifier.verifier_id], again=True)
    assert fates(lake, run.run_id) == {"published": 4, "diversity": 4}

    later, _ = await builder.build(asking(tmp_path, ON, 8))
    found = fates(lake, later.run_id)
    assert found["kept"] + found["diversity"] + found["published"] == sum(found.values())
    computed = lake.rows("SELECT kind, owner_id, count(*) AS n FROM lake.embeddings GROUP BY ALL HAVING n > 1")
    assert computed == []  # nothing was embedded twice


async def test_samples_and_what_is_published_may_be_placed_one_by_one(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "AT_A_TIME", 1)
    monkeypatch.setattr(diversifying, "AT_A_TIME", 1)
    builder = Builder(lake)
    run, _ = await builder.build(asking(tmp_path, ON))
    assert fates(lake, run.run_id) == {"kept": 4, "diversity": 4}

    curate_run(lake, run, [builder.verifier.verifier_id], again=True)

    assert fates(lake, run.run_id) == {"published": 4, "diversity": 4}
    computed = lake.rows("SELECT kind, owner_id, count(*) AS n FROM lake.embeddings GROUP BY ALL HAVING n > 1")
    assert computed == []


async def test_without_the_section_everything_is_kept_and_only_leaders_have_vectors(lake: Lake, tmp_path: Path) -> None:
    run, snapshot = await Builder(lake).build(asking(tmp_path, OFF))

    assert snapshot is not None
    assert fates(lake, run.run_id) == {"kept": 8}
    assert {row["kind"] for row in lake.rows("SELECT kind FROM lake.embeddings")} == {"sample"}


async def test_a_scorer_decides_where_the_recipe_says_so(lake: Lake, tmp_path: Path) -> None:
    by_scorer = ON.replace("share: 0.5", "share: 0.5, quality: 1.0, score: judge@1")
    builder = Builder(lake)
    run = builder.begin(asking(tmp_path, by_scorer))
    await builder.sample(run)
    with pytest.raises(RequestError, match=r"score is 'judge@1', but no sample of tiny-r1 has a score of that name"):
        curate_run(lake, run, [builder.verifier.verifier_id])

    ids = [row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.samples ORDER BY sample_id")]
    scores = [{"sample_id": id_, "scorer": "judge@1", "value": float(place)} for place, id_ in enumerate(ids)]
    lake.commit("scores", {"scores": scores}, run_id=run.run_id)
    curate_run(lake, run, [builder.verifier.verifier_id])

    kept = lake.rows("SELECT sample_id FROM lake.current_selections WHERE kept ORDER BY sample_id")
    assert [row["sample_id"] for row in kept] == ids[4:]


async def test_every_version_says_how_diverse_it_is(lake: Lake, tmp_path: Path) -> None:
    _, snapshot = await Builder(lake).build(asking(tmp_path, OFF, 30))
    assert snapshot is not None

    rows = diversity_of(lake, snapshot.curation_id)
    figures = {(row["metric"], row["slice"]): row for row in rows}
    vendi = figures["vendi_score", ""]
    assert vendi["risk"] == "monoculture"
    assert 1.0 < vendi["value"] < snapshot.rows
    assert figures["distinct_1", "answers/1000-words"]["low"] <= figures["distinct_1", "answers/1000-words"]["value"]
    teacher = lake.rows("SELECT DISTINCT teacher_id FROM lake.samples")[0]["teacher_id"]
    new = figures["new_4_grams_in_next_1000", teacher]
    assert new["low"] <= new["value"] <= new["high"]
    assert new["method"] == "extrapolation@2/by-prompt/words@4/unreliable"
    counted = [figures[f"{what}_counted", teacher]["value"] for what in ("samples", "prompts")]
    assert counted == [60, 2]
    assert np.isfinite([row["value"] for row in rows]).all()

    assert manifest(lake, snapshot)["diversity"] == rows
    folder = freeze(lake, snapshot)
    text = (folder / SUMMARY_FILE).read_text(encoding="utf-8")
    assert "## How diverse it is" in text
    shown = {(row["measure"], row["of"]) for row in in_short(rows)}
    assert ("self_bleu", "answers/50-texts") in shown
    assert f"| vendi_score | all | {vendi['value']:.4g} |" in text


@pytest.mark.parametrize(
    ("slices", "expected"),
    [
        (["answers/50-texts", "answers/500-texts", "prompts/50-texts"], {"answers/500-texts", "prompts/50-texts"}),
        (["", "50-texts"], {"all", "50-texts"}),
        (["fake@1-texts", "fake@2"], {"fake@1-texts", "fake@2"}),
    ],
)
def test_of_several_draws_the_largest_is_shown(slices: list[str], expected: set[str]) -> None:
    rows = [{"metric": "m", "slice": one, "value": 1.0, "low": None, "high": None, "method": "m@1"} for one in slices]

    assert {row["of"] for row in in_short(rows)} == expected
