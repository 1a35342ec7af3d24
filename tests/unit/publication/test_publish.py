"""Publication: a number is given once, a version holds its parent's rows, and only passes get in."""

import asyncio
import json
import random
from pathlib import Path

import polars as pl
import pytest

from stillroom.errors import GateError
from stillroom.lake import Lake
from stillroom.publication import Snapshot, freeze, freeze_missing, publish, snapshots
from stillroom.publication.candidate import content_hash
from stillroom.recipe import Recipe
from stillroom.records import Judgement, Outcome
from stillroom.runs import RunState, close_run, curate_run
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.fakes.rows import row
from tests.fakes.verifiers import FakeVerifier


def members(lake: Lake, version: int, name: str = "tiny") -> list[str]:
    rows = lake.rows(
        "SELECT example_id FROM lake.snapshot_members WHERE name = ? AND version = ? ORDER BY ALL", [name, version]
    )
    return [one["example_id"] for one in rows]


async def build(lake: Lake, given: Recipe, builder: Builder | None = None) -> Snapshot:
    _, snapshot = await (builder or Builder(lake)).build(given)
    assert snapshot is not None
    return snapshot


async def test_first_version_holds_what_was_kept(lake: Lake, tmp_path: Path) -> None:
    snapshot = await build(lake, recipe(tmp_path))

    assert (snapshot.label, snapshot.rows, snapshot.new_rows) == ("tiny@1", 4, 4)
    assert len(members(lake, 1)) == 4
    examples = lake.rows("SELECT * FROM lake.snapshot_examples WHERE name = 'tiny' AND version = 1")
    assert len(examples) == 4
    assert snapshot.content_hash == content_hash(examples)
    assert all([turn["role"] for turn in one["messages"]] == ["user", "assistant"] for one in examples)


async def test_same_curation_gets_the_same_number(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path))
    await builder.sample(run)
    curation_id = curate_run(lake, run)

    first, second = publish(lake, run, curation_id), publish(lake, run, curation_id)

    assert first == second
    assert len(snapshots(lake)) == 1


async def test_next_run_makes_a_version_that_holds_the_first(lake: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path)
    await build(lake, given)

    second = await build(lake, given)

    assert (second.label, second.rows, second.new_rows) == ("tiny@2", 8, 4)
    assert set(members(lake, 1)) < set(members(lake, 2))
    assert snapshots(lake, "tiny")[0].rows == 4
    held = lake.rows("SELECT * FROM lake.snapshot_examples WHERE name = 'tiny' AND version = 2")
    assert second.content_hash == content_hash(held)


async def test_delta_holds_only_what_is_new(lake: Lake, tmp_path: Path) -> None:
    await build(lake, recipe(tmp_path))
    given = recipe(tmp_path, "snapshot: {mode: delta}")
    run, _ = await Builder(lake).build(given)  # the changed mode derives the first run again
    close_run(lake, run, RunState.PUBLISHED, "")

    second = await build(lake, given)

    assert second.rows == second.new_rows == 4
    assert not set(members(lake, 1)) & set(members(lake, second.version))


async def test_nothing_new_uses_up_no_number(lake: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path, seeds=2)
    await build(lake, given)

    run, snapshot = await Builder(lake).build(given)

    assert snapshot is None
    assert len(snapshots(lake)) == 1
    assert lake.rows("SELECT state FROM lake.current_runs WHERE run_id = ?", [run.run_id]) == [{"state": "empty"}]


async def test_selection_that_changes_is_derived_without_paying(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    await build(lake, recipe(tmp_path, "selection: {keep: 1}\nsampling: {adaptive: false}"), builder)
    paid, judged = len(builder.client.paid), len(builder.verifier.judged)

    second = await build(lake, recipe(tmp_path, "selection: {keep: 3}\nsampling: {adaptive: false}"), builder)

    assert (second.label, second.rows, second.new_rows) == ("tiny@2", 6, 4)
    assert (len(builder.client.paid), len(builder.verifier.judged)) == (paid, judged)


async def test_more_samples_pay_for_the_new_ones_only(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    fixed = "selection: {keep: 9}\nsampling: {adaptive: false, samples: "
    await build(lake, recipe(tmp_path, fixed + "4}"), builder)

    second = await build(lake, recipe(tmp_path, fixed + "8}"), builder)

    assert len(builder.client.paid) == 16
    assert (second.rows, second.new_rows) == (16, 8)
    assert lake.rows("SELECT count(*) AS n FROM lake.lineage") == [{"n": 16}]


async def test_every_sample_has_one_selection_and_every_example_a_lineage(lake: Lake, tmp_path: Path) -> None:
    await build(lake, recipe(tmp_path))

    counts = lake.rows(
        "SELECT (SELECT count(*) FROM lake.samples) AS samples, (SELECT count(*) FROM lake.selections) AS selections, "
        "(SELECT count(DISTINCT sample_id) FROM lake.selections) AS selected, "
        "(SELECT count(*) FROM lake.lineage) AS lineage, (SELECT count(*) FROM lake.examples) AS examples"
    )[0]

    assert counts["samples"] == counts["selections"] == counts["selected"] == 8
    assert counts["lineage"] == counts["examples"] == 4


async def test_two_datasets_with_the_same_rows_do_not_mix(lake: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path)
    await build(lake, given)

    other = await build(lake, given.model_copy(update={"dataset": "copy"}))

    assert other.label == "copy@1"
    for name in ("tiny", "copy"):
        held = lake.rows("SELECT example_id FROM lake.snapshot_examples WHERE name = ? AND version = 1", [name])
        assert sorted(one["example_id"] for one in held) == members(lake, 1, name)
    yields = lake.rows("SELECT sum(samples) AS samples, sum(kept) AS kept FROM lake.yield_by_teacher")[0]
    total = lake.rows("SELECT count(*) AS n FROM lake.samples")[0]["n"]
    assert (yields["samples"], yields["kept"]) == (total, 8)


@pytest.mark.parametrize("outcome", ["fail", "abstain"])
async def test_sample_whose_verdict_is_no_pass_stops_publication(lake: Lake, tmp_path: Path, outcome: str) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path))
    await builder.sample(run)
    curation_id = curate_run(lake, run)
    kept = lake.rows("SELECT sample_id FROM lake.selections WHERE kept LIMIT 1")[0]["sample_id"]
    changed = row("verdicts", sample_id=kept, verifier="second@1", outcome=outcome, shard=0)
    lake.commit("reverified", {"verdicts": [changed]}, run_id=run.run_id)

    with pytest.raises(GateError, match=f"{kept} was selected but its verdict is '{outcome}'"):
        publish(lake, run, curation_id)

    assert snapshots(lake) == []
    assert lake.rows("SELECT 1 FROM lake.examples") == []


async def test_nothing_passed_publishes_nothing(lake: Lake, tmp_path: Path) -> None:
    failing = FakeVerifier(rule=lambda check, answer: Judgement(outcome=Outcome.FAIL, reason="wrong-answer"))

    _, snapshot = await Builder(lake, verifier=failing).build(recipe(tmp_path))

    assert snapshot is None
    dropped = lake.rows("SELECT gate, reason, samples FROM lake.why_dropped")
    assert dropped == [{"gate": "verification", "reason": "wrong-answer", "samples": 16}]


async def test_numbers_are_given_once_when_two_publish_at_the_same_time(lake: Lake, tmp_path: Path) -> None:
    builder, given = Builder(lake), recipe(tmp_path)
    curated = []
    for _ in range(2):
        run = builder.begin(given, new_run=True)
        await builder.sample(run)
        curated.append((run, curate_run(lake, run)))

    published = await asyncio.gather(*(asyncio.to_thread(publish, lake, run, id_) for run, id_ in curated))

    assert sorted(one.version for one in published if one) == [1, 2]


def test_content_hash_is_of_the_rows_not_of_their_order() -> None:
    rows = [row("examples", example_id=f"e{number}", answer=str(number)) for number in range(20)]
    shuffled = random.Random(1).sample(rows, len(rows))

    assert content_hash(shuffled) == content_hash(rows)
    assert content_hash(rows[1:]) != content_hash(rows)
    assert content_hash([{**rows[0], "answer": "other"}, *rows[1:]]) != content_hash(rows)
    assert content_hash([{**rows[0], "topic": "other"}, *rows[1:]]) == content_hash(rows)


async def test_frozen_copy_stands_without_the_lake(lake: Lake, tmp_path: Path) -> None:
    snapshot = await build(lake, recipe(tmp_path))

    folder = freeze(lake, snapshot)

    frame = pl.read_parquet(folder / "examples.parquet")
    assert frame["example_id"].to_list() == members(lake, 1)
    assert content_hash(frame.to_dicts()) == snapshot.content_hash
    assert snapshot.content_hash in json.dumps(json.loads((folder / "manifest.json").read_text()))
    assert freeze(lake, snapshot) == folder


async def test_copy_that_a_kill_left_out_is_made_later(lake: Lake, tmp_path: Path) -> None:
    snapshot = await build(lake, recipe(tmp_path))

    freeze_missing(lake, "tiny")

    assert (lake.root / snapshot.path / "manifest.json").exists()
