"""Rows are compared with what other datasets of the lake have published where the recipe asks for it, and else not."""

from pathlib import Path

import polars as pl
import pytest

from stillroom.curation.selection import dedup_settings
from stillroom.lake import Lake
from stillroom.publication import Snapshot
from stillroom.recipe import Recipe
from stillroom.runs.compared import compared_with
from tests.fakes.builds import Builder
from tests.fakes.exams import seeds
from tests.fakes.prompts import recipe

ALONE = "near_answers: null, near_prompts: null, exact: false"
WAYS = [
    pytest.param("near_prompts: {threshold: 0.7}", "prompt-duplicate", id="near-prompts"),
    pytest.param(f"{ALONE}, exact_prompts: true", "prompt-duplicate", id="equal-prompts"),
    pytest.param("near_answers: null, near_prompts: null", "exact-duplicate", id="equal-answers"),
    pytest.param("near_prompts: null", "exact-duplicate", id="near-answers"),
    pytest.param(f"{ALONE}, structural_answers: true", "structural-duplicate", id="structures"),
]


def named(folder: Path, dataset: str, curation: str) -> Recipe:
    given = seeds(
        recipe(folder, f"curation: {{{curation}}}\nsampling: {{adaptive: false}}\nselection: {{keep: 99}}\n", seeds=2)
    )
    return given.model_copy(update={"dataset": dataset})


async def both(lake: Lake, folder: Path, curation: str) -> tuple[Snapshot | None, list[str], list[str]]:
    """What a second dataset from the same seeds publishes; gates of what it drops, and for what."""
    _, first = await Builder(lake).build(named(folder, "tiny", ALONE))
    assert first is not None
    run, second = await Builder(lake).build(named(folder, "other", curation))
    rows = lake.rows(
        "SELECT DISTINCT gate, matched_id FROM lake.current_selections WHERE run_id = ? AND NOT kept "
        "AND matched_id <> ''",
        [run.run_id],
    )
    return second, sorted({row["gate"] for row in rows}), sorted(row["matched_id"] for row in rows)


@pytest.mark.parametrize(("curation", "gate"), WAYS)
async def test_what_another_dataset_has_published_drops_what_equals_it(
    lake: Lake, tmp_path: Path, curation: str, gate: str
) -> None:
    second, gates, matched = await both(lake, tmp_path, f"{curation}, published: all")

    assert second is None
    assert gate in gates
    assert matched
    assert all(one.startswith("tiny@published:") for one in matched)
    ids = {row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.examples")}
    ids |= {row["prompt_id"] for row in lake.rows("SELECT prompt_id FROM lake.prompts")}
    assert {one.partition(":")[2] for one in matched} <= ids


async def test_by_default_a_dataset_is_compared_with_its_own_alone(lake: Lake, tmp_path: Path) -> None:
    second, _, matched = await both(lake, tmp_path, "near_prompts: {threshold: 0.7}")
    assert second is not None
    assert not any("@published:" in one for one in matched)


async def test_what_others_have_published_comes_after_a_datasets_own_and_is_signed_by_them(
    lake: Lake, tmp_path: Path
) -> None:
    ways = "near_answers: null, near_prompts: null"
    await Builder(lake).build(named(tmp_path, "tiny", ways))
    given = named(tmp_path, "other", ways)
    await Builder(lake).build(given)
    asked = given.model_copy(update={"curation": given.curation.model_copy(update={"published": "all"})})

    old, rows = compared_with(lake, asked, "answer")

    ids = old.signatures["id"].to_list()
    own = [id_ for id_ in ids if "@" not in id_]
    assert ids[: len(own)] == own
    assert {id_.partition("@")[0] for id_ in ids[len(own) :]} == {"tiny"}
    assert old.signatures["arrival"].to_list() == [*range(len(ids))]
    assert rows == {"dedup_signatures": []}
    texts = dict(pl.concat(old.texts(ids)).select("id", "text").iter_rows())
    stored = dict(lake.query("SELECT sample_id, answer FROM lake.examples").iter_rows())
    assert texts == {id_: stored[id_.rpartition(":")[2]] for id_ in ids}
    assert set(old.signatures["scheme"]) == {dedup_settings(None).scheme}
    of_all, _ = compared_with(lake, asked, "answer", texts=[*texts.values()])
    assert of_all.signatures.equals(old.signatures)
    of_one, _ = compared_with(lake, asked, "answer", texts=[texts[ids[-1]]])
    hashes = dict(old.signatures.select("id", "text_hash").iter_rows())
    assert of_one.signatures["id"].to_list() == [id_ for id_ in ids if hashes[id_] == hashes[ids[-1]]]
    assert len(of_one.signatures) < len(ids)
