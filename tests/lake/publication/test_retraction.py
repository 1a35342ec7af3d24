"""Retraction: versions without what is bad, for good, and nothing that was published is touched."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from stillroom.calibration import record
from stillroom.curation.selection import dedup_settings
from stillroom.lake import Lake
from stillroom.publication import (
    datasets_of,
    freeze,
    manifest,
    publish,
    published_unnoted,
    retract,
    snapshots,
)
from stillroom.recipe import Recipe, Selection
from stillroom.records import Origin
from stillroom.runs import FIRST_ROUND, Cause, import_prompts, load_run, open_run, plan_shards, retracted_prompts
from stillroom.runs.curating import curate_run
from stillroom.runs.giving_way import gave_way
from stillroom.runs.published import published as published_texts
from tests.fakes.answers import Said
from tests.fakes.builds import Builder, calibrated
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import prompt, recipe, seed_row
from tests.fakes.verifiers import FakeVerifier
from tests.lake.publication.conftest import FOUR_EACH


def members(lake: Lake, version: int) -> set[str]:
    """Sample ids of a version of `tiny`."""
    rows = lake.rows("SELECT sample_id FROM lake.snapshot_examples WHERE name = 'tiny' AND version = ?", [version])
    return {row["sample_id"] for row in rows}


def samples_of(lake: Lake, prompt_id: str) -> set[str]:
    return {
        row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.samples WHERE prompt_id = ?", [prompt_id])
    }


def a_seed(lake: Lake) -> Cause:
    """One of the two published seeds."""
    seed = lake.rows("SELECT min(prompt_id) AS id FROM lake.examples")[0]["id"]
    return Cause(kind="seed", cause_id=seed)


def a_seed_of(lake: Lake, version: int) -> Cause:
    found = lake.rows("SELECT min(prompt_id) AS id FROM lake.snapshot_examples WHERE version = ?", [version])
    return Cause(kind="seed", cause_id=found[0]["id"])


def again(folder: Path, changes: str = FOUR_EACH, **sections: Any) -> Recipe:
    return recipe(folder, changes).model_copy(update=sections)


def gates(lake: Lake, sample_ids: Sequence[str] | set[str]) -> set[str]:
    rows = lake.rows(
        "SELECT DISTINCT gate FROM lake.current_selections WHERE sample_id IN (SELECT unnest($ids))",
        {"ids": [*sample_ids]},
    )
    return {row["gate"] for row in rows}


def test_the_next_version_lacks_what_depends_on_it_and_the_one_before_stays(published: Lake) -> None:
    seed = a_seed(published)
    before = members(published, 1)

    (version,) = retract(published, seed)

    assert (version.label, version.rows, version.new_rows) == ("tiny@2", 2, 0)
    assert members(published, 1) == before
    assert members(published, 2) == before - samples_of(published, seed.cause_id)
    assert len(members(published, 2)) == 2


def test_retracting_again_publishes_nothing(published: Lake) -> None:
    seed = a_seed(published)
    assert len(retract(published, seed)) == 1

    assert retract(published, seed) == []

    assert len(snapshots(published)) == 2
    assert len(published.rows("SELECT * FROM lake.retractions")) == 1
    assert len(published.rows("SELECT * FROM lake.removals")) == 2


def test_a_retraction_that_was_cut_off_before_publishing_goes_on(published: Lake) -> None:
    seed = a_seed(published)
    row = {"kind": seed.kind, "cause_id": seed.cause_id}
    published.commit(f"retraction:{seed.kind}:{seed.cause_id}", {"retractions": [row]}, run_id="")

    assert [one.label for one in retract(published, seed)] == ["tiny@2"]


def test_manifest_and_summary_say_what_was_retracted_and_why(published: Lake) -> None:
    seed = a_seed(published)
    (version,) = retract(published, seed)

    folder = freeze(published, version)

    stated = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert stated["retracted"] == [{"kind": "seed", "id": seed.cause_id, "rows": 2, "held_by": ["tiny@1"]}]
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert f"| seed | {seed.cause_id} | 2 |" in summary
    assert manifest(published, snapshots(published)[0])["retracted"] == []


def test_diff_shows_the_rows_as_retracted(published: Lake) -> None:
    seed = a_seed(published)
    retract(published, seed)

    rows = published.rows("SELECT change, reason, cause, sample_id FROM lake.snapshot_diff('tiny@1', 'tiny')")

    assert {row["sample_id"] for row in rows} == members(published, 1) - members(published, 2)
    assert {(row["change"], row["reason"], row["cause"]) for row in rows} == {
        ("removed", "retracted", f"seed {seed.cause_id}")
    }


async def test_neither_another_run_nor_another_curation_brings_it_back(published: Lake, tmp_path: Path) -> None:
    seed = a_seed(published)
    bad = samples_of(published, seed.cause_id)
    retract(published, seed)
    lake = published

    _, curated = await Builder(lake).build(again(tmp_path, selection=Selection(keep=9)))  # derives the run again
    assert curated is not None
    assert curated.new_rows == 2, "the two samples of the other seed that had lost by rank"
    assert gates(lake, bad) == {"retracted"}
    epoch = again(tmp_path, "sampling: {adaptive: false, samples: 4, epoch: 1}\n")
    run, fresh = await Builder(lake).build(epoch)

    assert fresh is not None
    sampled = {
        row["prompt_id"] for row in lake.rows("SELECT prompt_id FROM lake.shards WHERE run_id = ?", [run.run_id])
    }
    assert sampled
    assert seed.cause_id not in sampled, "it would be paid for in vain"
    for version in range(2, fresh.version + 1):
        assert not members(lake, version) & samples_of(lake, seed.cause_id)
    assert len(members(lake, 1) & bad) == 2


async def test_samples_of_a_shard_that_was_planned_before_are_stopped_in_curation(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, FOUR_EACH))
    planned = lake.rows("SELECT min(prompt_id) AS id FROM lake.shards")[0]["id"]
    assert retract(lake, Cause(kind="seed", cause_id=planned)) == []

    await builder.sample(run)
    snapshot = publish(lake, run, curate_run(lake, run, [builder.verifier.verifier_id]))

    assert snapshot is not None
    assert not members(lake, 1) & samples_of(lake, planned)
    assert gates(lake, samples_of(lake, planned)) == {"retracted"}


async def test_what_is_written_from_it_later_is_neither_planned_nor_published(lake: Lake, tmp_path: Path) -> None:
    run = Builder(lake).begin(recipe(tmp_path, FOUR_EACH))
    seed = lake.rows("SELECT min(prompt_id) AS id FROM lake.shards")[0]["id"]
    retract(lake, Cause(kind="seed", cause_id=seed))
    child = prompt(20, origin=Origin.WRITTEN, parents=(seed,), writing_round=1)
    grandchild = prompt(21, origin=Origin.WRITTEN, parents=(child.prompt_id,), writing_round=1)
    import_prompts(lake, run, [child, grandchild])

    plan_shards(lake, run, 1)

    assert retracted_prompts(lake, "tiny") == {seed, child.prompt_id, grandchild.prompt_id}
    assert lake.rows("SELECT * FROM lake.shards WHERE writing_round = 1") == []


def test_an_answer_that_was_retracted_is_no_duplicate_of_later_ones(published: Lake) -> None:
    settings = dedup_settings(None)
    before, _ = published_texts(published, "tiny", "answer", settings)
    assert before.signatures.height == 4
    gone = a_seed(published)
    retract(published, gone)

    answers, _ = published_texts(published, "tiny", "answer", settings)
    prompts, _ = published_texts(published, "tiny", "prompt", settings)

    assert set(answers.signatures["id"]) == members(published, 2)
    assert gone.cause_id not in set(prompts.signatures["id"])


async def test_what_gave_way_to_retracted_rows_is_named_and_verifying_again_decides_anew(
    lake: Lake, tmp_path: Path
) -> None:
    row = seed_row(0)
    alike = {**row, "id": "alike", "task": f"{row['task']} Be brief."}
    (tmp_path / "seeds.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (row, alike)), encoding="utf-8")
    answer = Said(f"```python\n{row['solution']}\n```")
    run, _ = await Builder(lake, client=MemoryClient(reply=lambda *_: answer)).build(recipe(tmp_path, FOUR_EACH))
    (kept,) = lake.rows("SELECT DISTINCT prompt_id FROM lake.examples")
    others = {one["sample_id"] for one in lake.rows("SELECT sample_id, prompt_id FROM lake.samples")} - samples_of(
        lake, kept["prompt_id"]
    )
    assert len(others) == 4

    (version,) = retract(lake, Cause(kind="seed", cause_id=kept["prompt_id"]))

    assert gave_way(lake, "tiny", version.version).finished == {"tiny": sorted(others)}, (
        "not the samples of the retracted prompt that lost by rank"
    )
    again = publish(lake, load_run(lake, run.run_id), curate_run(lake, run, ["fake-id"], again=True))
    assert again is not None
    assert members(lake, again.version) <= others
    assert again.rows == 1
    assert gave_way(lake, "tiny", version.version).finished == {}


async def test_what_a_retracted_verifier_passed_stays_out_when_another_passes_it(
    published: Lake, tmp_path: Path
) -> None:
    lake = published
    other = FakeVerifier(name="fake-tests@2", verifier_id="better")
    out = members(lake, 1)
    retract(lake, Cause(kind="verifier", cause_id="fake-tests@1"))
    assert members(lake, 2) == set()

    timeout = "verification: {min_test_strength: null, timeout_seconds: 9}"
    record(lake, [calibrated(other, calibration_id="of-the-other")])
    run, fresh = await Builder(lake, verifier=other).build(
        again(tmp_path, f"{FOUR_EACH}{timeout}\nselection: {{keep: 9}}")
    )

    assert run.is_rederived
    assert fresh is not None, "samples that lost by rank were never retracted"
    assert not members(lake, fresh.version) & out
    assert len(members(lake, fresh.version)) == 4


@pytest.mark.parametrize(("kind", "cause_id"), [("verifier", "fake-tests@1"), ("image", "fake-image")])
def test_rows_that_name_no_verifier_are_taken_out_with_what_judged_them(
    published: Lake, kind: str, cause_id: str
) -> None:
    execute = published._connection.execute  # pyright: ignore[reportPrivateUsage] - as rows of an earlier Stillroom are
    execute("UPDATE lake.examples SET verifier_id = NULL")
    execute("UPDATE lake.selections SET verifier_ids = NULL")

    (version,) = retract(published, Cause(kind=kind, cause_id=cause_id))

    assert (version.label, version.rows) == ("tiny@2", 0)


async def test_a_retracted_verifier_that_still_counts_publishes_nothing(published: Lake, tmp_path: Path) -> None:
    lake = published
    retract(lake, Cause(kind="image", cause_id="fake-image"))

    _, snapshot = await Builder(lake).build(again(tmp_path, "sampling: {adaptive: false, samples: 4, epoch: 3}\n"))

    assert snapshot is None


async def test_the_newest_delta_version_is_published_without_the_rows(lake: Lake, tmp_path: Path) -> None:
    await Builder(lake).build(again(tmp_path, f"{FOUR_EACH}snapshot: {{mode: delta}}\n"))
    (version,) = retract(lake, a_seed(lake))

    assert (version.label, version.rows) == ("tiny@2", 2)
    parents = lake.rows("SELECT parent_version, mode FROM lake.snapshots ORDER BY version")
    assert [tuple(row.values()) for row in parents] == [(0, "delta"), (1, "delta")]


async def test_a_retraction_of_what_only_an_older_delta_holds_is_a_version_too(lake: Lake, tmp_path: Path) -> None:
    delta = f"{FOUR_EACH}snapshot: {{mode: delta}}\n"
    for _ in range(2):
        await Builder(lake).build(again(tmp_path, delta))
    in_second = {
        row["prompt_id"] for row in lake.rows("SELECT prompt_id FROM lake.snapshot_examples WHERE version = 2")
    }
    seed = a_seed_of(lake, 1)
    assert seed.cause_id not in in_second

    (version,) = retract(lake, seed)

    assert (version.label, version.rows) == ("tiny@3", 4)
    assert members(lake, 3) == members(lake, 2)
    assert {row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.removals")} == members(
        lake, 1
    ) & samples_of(lake, seed.cause_id)
    assert manifest(lake, version)["retracted"] == [
        {"kind": "seed", "id": seed.cause_id, "rows": 2, "held_by": ["tiny@1"]}
    ]


async def test_the_version_of_a_retraction_is_not_taken_for_an_unfinished_builds(
    published: Lake, tmp_path: Path
) -> None:
    run = open_run(published, again(tmp_path, selection=Selection(keep=1)))
    assert run.is_rederived
    retract(published, a_seed(published))

    assert published_unnoted(published, load_run(published, run.run_id)) is None


def test_all_datasets_that_have_anything_of_it_are_leased(published: Lake, tmp_path: Path) -> None:
    other = recipe(tmp_path, FOUR_EACH).model_copy(update={"dataset": "other"})
    run = Builder(published).begin(other)
    plan_shards(published, run, FIRST_ROUND)
    assert datasets_of(published, a_seed(published)) == ["other", "tiny"]
    assert datasets_of(published, Cause(kind="teacher", cause_id="nobody")) == []


async def test_every_dataset_that_holds_it_gets_a_version(published: Lake, tmp_path: Path) -> None:
    seed = a_seed(published)
    seeds = recipe(tmp_path, FOUR_EACH)
    assert seeds.seeding is not None
    all_six = seeds.seeding.model_copy(update={"seed_prompts": 6})
    await Builder(published).build(seeds.model_copy(update={"dataset": "other", "seeding": all_six}))

    assert [one.label for one in retract(published, seed)] == ["other@2", "tiny@2"]
