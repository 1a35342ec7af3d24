"""Publication: a number is given once, a version holds what was published before, and only passes get in."""

import asyncio
import os
import random
import shutil
from pathlib import Path

import polars as pl
import pytest

from stillroom.errors import GateError, Overtaken
from stillroom.lake import Lake
from stillroom.publication import Snapshot, compare, freeze, freeze_missing, publish, retract, snapshots
from stillroom.publication.candidate import content_hash
from stillroom.recipe import Recipe
from stillroom.records import Judgement, Outcome
from stillroom.runs import Cause, Run
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe, write_seeds
from tests.fakes.rows import row
from tests.fakes.verifiers import FakeVerifier
from tests.lake.publication.conftest import FOUR_EACH


def members(lake: Lake, version: int, name: str = "tiny") -> list[str]:
    rows = lake.rows(
        "SELECT example_id FROM lake.snapshot_members WHERE name = ? AND version = ? ORDER BY ALL", [name, version]
    )
    return [one["example_id"] for one in rows]


async def build(lake: Lake, given: Recipe, builder: Builder | None = None) -> Snapshot:
    _, snapshot = await (builder or Builder(lake)).build(given)
    assert snapshot is not None
    return snapshot


def test_version_holds_what_was_kept(published: Lake) -> None:
    (snapshot,) = snapshots(published)

    assert (snapshot.label, snapshot.rows, snapshot.new_rows) == ("tiny@1", 4, 4)
    assert len(members(published, 1)) == 4
    examples = published.rows("SELECT * FROM lake.snapshot_examples WHERE name = 'tiny' AND version = 1")
    assert len(examples) == 4
    assert snapshot.content_hash == content_hash(examples)
    assert all([turn["role"] for turn in one["messages"]] == ["user", "assistant"] for one in examples)


def test_every_sample_has_one_selection_and_every_example_a_lineage(published: Lake) -> None:
    counts = published.rows(
        "SELECT (SELECT count(*) FROM lake.samples) AS samples, (SELECT count(*) FROM lake.selections) AS selections, "
        "(SELECT count(DISTINCT sample_id) FROM lake.selections) AS selected, "
        "(SELECT count(*) FROM lake.lineage) AS lineage, (SELECT count(*) FROM lake.examples) AS examples"
    )[0]

    assert counts["samples"] == counts["selections"] == counts["selected"] == 8
    assert counts["lineage"] == counts["examples"] == 4


@pytest.mark.parametrize("tables", [("examples",), ("examples", "verdicts")])
def test_examples_that_name_no_verifier_have_a_lineage_too(published: Lake, tables: tuple[str, ...]) -> None:
    for table in tables:
        published._connection.execute(f"UPDATE lake.{table} SET verifier_id = NULL")

    rows = published.rows("SELECT outcome, verifier, count(task) AS n FROM lake.lineage GROUP BY ALL")

    assert rows == [{"outcome": "pass", "verifier": "fake-tests@1", "n": 4}]


async def test_same_curation_gets_the_same_number(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path))
    await builder.sample(run)
    curation_id = curate_run(lake, run, ["fake-id"])

    first, second = publish(lake, run, curation_id), publish(lake, run, curation_id)

    assert first == second
    assert len(snapshots(lake)) == 1


async def test_next_run_makes_a_version_that_holds_the_first(published: Lake, tmp_path: Path) -> None:
    second = await build(published, recipe(tmp_path, FOUR_EACH))

    assert (second.label, second.rows, second.new_rows) == ("tiny@2", 8, 4)
    assert set(members(published, 1)) < set(members(published, 2))
    assert snapshots(published, "tiny")[0].rows == 4
    held = published.rows("SELECT * FROM lake.snapshot_examples WHERE name = 'tiny' AND version = 2")
    assert second.content_hash == content_hash(held)


async def test_delta_holds_only_what_is_new(published: Lake, tmp_path: Path) -> None:
    _, second = await Builder(published).build(recipe(tmp_path, FOUR_EACH + "snapshot: {mode: delta}"), new_run=True)

    assert second is not None
    assert (second.label, second.rows, second.new_rows) == ("tiny@2", 4, 4)
    assert not set(members(published, 1)) & set(members(published, 2))
    prompts = "SELECT count(DISTINCT prompt_id) AS n FROM lake.samples"
    assert published.rows(prompts) == [{"n": 4}], "a new run samples other seeds"


async def test_a_cumulative_version_after_deltas_holds_all_that_was_published_and_not_taken_out(
    published: Lake, tmp_path: Path
) -> None:
    lake = published
    await Builder(lake).build(recipe(tmp_path, FOUR_EACH + "snapshot: {mode: delta}"), new_run=True)
    first, second = members(lake, 1), members(lake, 2)
    (one, *_) = lake.rows("SELECT prompt_id FROM lake.snapshot_examples WHERE name = 'tiny' AND version = 1")
    retract(lake, Cause(kind="prompt", cause_id=one["prompt_id"]))
    gone = [row["example_id"] for row in lake.rows("SELECT example_id FROM lake.removals")]
    assert (members(lake, 3), len(gone)) == (second, 2)

    _, fourth = await Builder(lake).build(recipe(tmp_path, FOUR_EACH), new_run=True)

    assert fourth is not None
    assert (fourth.label, fourth.rows, fourth.new_rows, fourth.parent_version) == ("tiny@4", 2 + 4 + 4, 4, 3)
    assert {*members(lake, 4)} >= {*first, *second} - {*gone}
    assert not {*members(lake, 4)} & {*gone}
    held = lake.rows("SELECT * FROM lake.snapshot_examples WHERE name = 'tiny' AND version = 4")
    assert fourth.content_hash == content_hash(held)
    lost = lake.rows("SELECT reason, example_id FROM lake.snapshot_diff('tiny@1', 'tiny@4') WHERE change = 'removed'")
    assert sorted(row["example_id"] for row in lost) == sorted(gone)
    assert {row["reason"] for row in lost} == {"retracted"}
    now = lake.rows("SELECT example_id FROM lake.published_members WHERE name = 'tiny' ORDER BY ALL")
    assert members(lake, 4) == [row["example_id"] for row in now]


async def test_another_epoch_adds_new_answers_to_old_prompts(published: Lake, tmp_path: Path) -> None:
    builder = Builder(published)
    builder.client.paid += [one["request_text"] for one in published.rows("SELECT request_text FROM lake.samples")]

    second = await build(published, recipe(tmp_path, FOUR_EACH.replace("}", ", epoch: 1}")), builder)

    assert (second.label, second.rows, second.new_rows) == ("tiny@2", 8, 4)
    assert published.rows("SELECT count(DISTINCT prompt_id) AS n FROM lake.examples") == [{"n": 2}]
    assert published.rows("SELECT epoch, count(*) AS n FROM lake.lineage GROUP BY ALL ORDER BY ALL") == [
        {"epoch": 0, "n": 4},
        {"epoch": 1, "n": 4},
    ]


async def test_nothing_new_uses_up_no_number(published: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path, FOUR_EACH + "curation: {near_prompts: null}")

    run, snapshot = await Builder(published).build(given)  # derived again, and nothing else comes of it

    assert snapshot is None
    assert len(snapshots(published)) == 1
    (found,) = published.rows("SELECT state, note FROM lake.current_runs WHERE run_id = ?", [run.run_id])
    assert found == {"state": "published", "note": "tiny@1"}


async def test_selection_that_changes_is_derived_without_paying(published: Lake, tmp_path: Path) -> None:
    builder = Builder(published)

    second = await build(published, recipe(tmp_path, FOUR_EACH + "selection: {keep: 3}"), builder)

    assert (second.label, second.rows, second.new_rows) == ("tiny@2", 6, 2)
    assert (builder.client.paid, builder.verifier.judged) == ([], [])


async def test_more_samples_pay_for_the_new_ones_only(published: Lake, tmp_path: Path) -> None:
    builder = Builder(published)
    builder.client.paid += [one["request_text"] for one in published.rows("SELECT request_text FROM lake.samples")]
    eight = "sampling: {adaptive: false, samples: 8}\nselection: {keep: 9}"

    second = await build(published, recipe(tmp_path, eight), builder)

    assert (len(builder.client.paid), len(builder.verifier.judged)) == (8 + 8, 8)
    assert (second.label, second.rows, second.new_rows) == ("tiny@2", 16, 12)
    assert published.rows("SELECT count(*) AS n FROM lake.lineage") == [{"n": 16}]


async def test_two_datasets_with_the_same_rows_do_not_mix(published: Lake, tmp_path: Path) -> None:
    one_seed = recipe(tmp_path, FOUR_EACH).seeding
    assert one_seed is not None
    whole = one_seed.model_copy(update={"seed_prompts": 6})
    given = recipe(tmp_path, FOUR_EACH).model_copy(update={"dataset": "copy", "seeding": whole})

    other = await build(published, given)

    assert other.label == "copy@1"
    for name in ("tiny", "copy"):
        held = published.rows("SELECT example_id FROM lake.snapshot_examples WHERE name = ? AND version = 1", [name])
        assert sorted(one["example_id"] for one in held) == members(published, 1, name)
    assert set(members(published, 1)) < set(members(published, 1, "copy"))
    yields = published.rows("SELECT sum(samples) AS samples, sum(kept) AS kept FROM lake.yield_by_teacher")[0]
    total = published.rows("SELECT count(*) AS n, (SELECT count(*) FROM lake.examples) AS kept FROM lake.samples")[0]
    assert (yields["samples"], yields["kept"]) == (total["n"], total["kept"])


async def test_sample_whose_verdict_is_no_pass_stops_publication(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path))
    await builder.sample(run)
    curation_id = curate_run(lake, run, ["fake-id"])
    kept = lake.rows("SELECT sample_id FROM lake.selections WHERE kept LIMIT 1")[0]["sample_id"]
    for outcome in ("fail", "abstain"):
        changed = row("verdicts", sample_id=kept, verifier_id="fake-id", outcome=outcome, shard=0)
        lake.commit(f"reverified: {outcome}", {"verdicts": [changed]}, run_id=run.run_id)

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


async def test_of_two_that_publish_at_the_same_time_the_later_is_decided_about_again_and_has_the_next_number(
    lake: Lake, tmp_path: Path
) -> None:
    builder, curated = Builder(lake), list[tuple[Run, str]]()
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_seeds(folder / "seeds.jsonl", range(6 * number, 6 * number + 6))
        run = builder.begin(recipe(folder), new_run=True)
        await builder.sample(run)
        curated.append((run, curate_run(lake, run, ["fake-id"])))

    ends = await asyncio.gather(
        *(asyncio.to_thread(publish, lake, run, id_) for run, id_ in curated), return_exceptions=True
    )

    ((refused, error),) = [
        (run, end) for (run, _), end in zip(curated, ends, strict=True) if not isinstance(end, Snapshot)
    ]
    assert isinstance(error, Overtaken)
    assert [one.version for one in snapshots(lake)] == [1]
    later = publish(lake, refused, curate_run(lake, refused, ["fake-id"]))
    assert later is not None
    assert (later.version, later.run_id) == (2, refused.run_id)


def test_content_hash_is_of_the_rows_not_of_their_order() -> None:
    rows = [row("examples", example_id=f"e{number}", answer=str(number)) for number in range(20)]
    shuffled = random.Random(1).sample(rows, len(rows))

    assert content_hash(shuffled) == content_hash(rows)
    assert content_hash(rows[1:]) != content_hash(rows)
    assert content_hash([{**rows[0], "answer": "other"}, *rows[1:]]) != content_hash(rows)
    assert content_hash([{**rows[0], "topic": "other"}, *rows[1:]]) == content_hash(rows)


def test_frozen_copy_stands_without_the_lake(published: Lake) -> None:
    (snapshot,) = snapshots(published)

    folder = freeze(published, snapshot)

    frame = pl.read_parquet(folder / "examples.parquet")
    assert frame["example_id"].to_list() == members(published, 1)
    assert content_hash(frame.to_dicts()) == snapshot.content_hash
    assert snapshot.content_hash in (folder / "manifest.json").read_text()
    assert freeze(published, snapshot) == folder


@pytest.mark.parametrize("is_whole", [True, False])
def test_what_stands_in_the_place_of_a_copy_and_is_none_of_it_is_set_aside_and_said(
    published: Lake, tmp_path: Path, *, is_whole: bool
) -> None:
    """As after a restore, where the lake's folder was copied later than its catalogue."""
    earlier = Path(shutil.copytree(published.root, tmp_path / "earlier"))
    other = asyncio.run(build(published, recipe(tmp_path, FOUR_EACH.replace("}", ", epoch: 1}"))))
    theirs = (freeze(published, other) / "examples.parquet").read_bytes()
    stale = earlier / other.path
    shutil.copytree(published.root / other.path, stale)
    if not is_whole:
        (stale / "manifest.json").unlink()
    said: list[str] = []
    lake = Lake.open(earlier)
    try:
        ours = asyncio.run(build(lake, recipe(tmp_path, FOUR_EACH.replace("}", ", epoch: 2}"))))
        assert (ours.label, ours.content_hash == other.content_hash) == (other.label, False)

        folder = freeze(lake, ours, said.append)

        assert [one for one in compare(lake, ours) if not one.is_same] == []
        assert freeze(lake, ours, said.append) == folder
    finally:
        lake.close()
    aside = folder.with_name("2-set-aside-1")
    assert (aside / "examples.parquet").read_bytes() == theirs
    (line,) = said
    assert str(aside) in line
    assert "was not the frozen copy of tiny@2" in line


def test_half_a_copy_of_a_process_that_had_our_number_is_no_hindrance(published: Lake) -> None:
    """Process numbers start anew with every container."""
    (snapshot,) = snapshots(published)
    half = (published.root / snapshot.path).with_name(f".1-{os.getpid()}")
    half.mkdir(parents=True)
    (half / "examples.parquet").write_bytes(b"half")

    folder = freeze(published, snapshot)

    assert [one for one in compare(published, snapshot) if not one.is_same] == []
    assert [path.name for path in folder.parent.iterdir()] == ["1"]


def test_copy_that_a_kill_left_out_is_made_later(published: Lake) -> None:
    (snapshot,) = snapshots(published)

    freeze_missing(published, "tiny")

    assert (published.root / snapshot.path / "manifest.json").exists()
