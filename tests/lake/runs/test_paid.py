"""What is paid for is found wherever it is: in the lake, and in the journals of abandoned runs."""

import json
from pathlib import Path

import pytest

from stillroom.calibration import record
from stillroom.cli.ancestry import follow
from stillroom.errors import TeacherError
from stillroom.journal import Journal
from stillroom.lake import Lake
from stillroom.publication import compare, freeze, manifest, publish, snapshots
from stillroom.runs import (
    Run,
    RunState,
    abandoned_entries,
    adopted_samples,
    close_run,
    given_up,
    open_run,
    owed_at_most,
    shard_journal,
)
from stillroom.runs.curating import curate_run
from stillroom.sampling.entries import Entry
from tests.fakes.builds import Builder, all_knowing_client, calibrated
from tests.fakes.prompts import recipe, seed_row
from tests.fakes.verifiers import FakeVerifier

EIGHT_EACH = "sampling: {adaptive: false, samples: 8}"
ONE_A_SHARD = "\nexecution: {prompts_per_shard: 1}"


async def abandoned(lake: Lake, tmp_path: Path, *, paid: int = 8) -> Run:
    """A run whose teacher died when its only shard of two prompts had been paid for so much."""
    builder = Builder(lake)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), paid
    run = builder.begin(recipe(tmp_path, EIGHT_EACH))
    with pytest.raises(TeacherError):
        await builder.sample(run)
    assert len(builder.client.paid) == paid
    return run


async def test_new_run_pays_for_nothing_that_an_abandoned_run_was_paid_for(lake: Lake, tmp_path: Path) -> None:
    first = await abandoned(lake, tmp_path)
    builder = Builder(lake)

    second, snapshot = await builder.build(recipe(tmp_path, EIGHT_EACH), new_run=True)

    assert second.run_id != first.run_id
    assert (len(builder.client.paid), len(builder.verifier.judged)) == (8, 8)
    assert lake.rows("SELECT run_id, count(DISTINCT sample_id) AS n FROM lake.samples GROUP BY ALL") == [
        {"run_id": second.run_id, "n": 16}
    ]
    assert lake.rows("SELECT sum(samples) AS n FROM lake.costs WHERE stage = 'sampling'") == [{"n": 16}]
    assert snapshot is not None
    assert snapshot.rows == 4


async def test_what_was_taken_over_is_handed_on_when_that_run_is_abandoned_too(lake: Lake, tmp_path: Path) -> None:
    first = await abandoned(lake, tmp_path)
    builder = Builder(lake)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), 4
    second = builder.begin(recipe(tmp_path, EIGHT_EACH), new_run=True)
    with pytest.raises(TeacherError):
        await builder.sample(second)
    shard_journal(lake, first.run_id, 0).unlink()

    builder.client = all_knowing_client()
    await builder.build(recipe(tmp_path, EIGHT_EACH), new_run=True)

    assert len(builder.client.paid) == 16 - 8 - 4
    assert lake.rows("SELECT count(DISTINCT sample_id) AS n FROM lake.samples") == [{"n": 16}]


@pytest.mark.parametrize("first_had", [4, 12], ids=["half a shard", "a shard and a half"])
async def test_what_a_run_between_never_got_to_is_still_used_by_the_one_after_it(
    lake: Lake, tmp_path: Path, first_had: int
) -> None:
    given = recipe(tmp_path, EIGHT_EACH.replace("8", "8, wave: 4") + ONE_A_SHARD)
    builder = Builder(lake)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), first_had
    first = builder.begin(given)
    with pytest.raises(TeacherError):
        await builder.sample(first)
    second = builder.begin(given, new_run=True)  # and is given up before it began with a shard

    builder.client.failure = None
    third, snapshot = await builder.build(given, new_run=True)

    assert len({first.run_id, second.run_id, third.run_id}) == 3
    assert len(builder.client.paid) == 16
    assert len(samples_of(lake, third)) == 16
    assert snapshot is not None
    assert snapshot.rows == 4
    assert lake.rows("SELECT sum(samples)::BIGINT AS n FROM lake.costs WHERE stage = 'sampling'") == [{"n": 16}]


async def test_what_only_the_journal_of_a_run_holds_is_used_when_that_is_opened_again_under_another_verification(
    lake: Lake, tmp_path: Path
) -> None:
    first = await abandoned(lake, tmp_path)
    nothing = open_run(lake, recipe(tmp_path, EIGHT_EACH), new_run=True)
    assert given_up(lake, first.run_id) is not None
    close_run(lake, nothing, RunState.EMPTY, "nothing new")
    other = f"{EIGHT_EACH}\nverification: {{min_test_strength: null, timeout_seconds: 9}}"
    newer = Builder(lake, verifier=FakeVerifier(verifier_id="newer"))
    record(lake, [calibrated(newer.verifier, calibration_id="of-newer")])

    run, snapshot = await newer.build(recipe(tmp_path, other))

    assert run.run_id == first.run_id
    assert (len(newer.client.paid), len(newer.verifier.judged)) == (8, 16)
    assert lake.rows("SELECT verifier_id, count(*) AS n FROM lake.verdicts GROUP BY ALL") == [
        {"verifier_id": "newer", "n": 16}
    ]
    assert snapshot is not None
    assert snapshot.rows == 4


async def test_what_is_committed_is_judged_as_it_was_extracted_then(lake: Lake, tmp_path: Path) -> None:
    await Builder(lake).build(recipe(tmp_path, EIGHT_EACH.replace("8", "4")))
    lake._connection.execute("UPDATE lake.samples SET answer = 'extracted by an earlier Stillroom'")
    newer = Builder(lake, verifier=FakeVerifier(verifier_id="newer"))

    await newer.build(recipe(tmp_path, EIGHT_EACH))

    judged = [answer.text for _, answer in newer.verifier.judged]
    assert (len(judged), judged.count("extracted by an earlier Stillroom")) == (16, 8)


@pytest.mark.parametrize(
    "other", ["sampling: {adaptive: false, epoch: 1}", "sampling: {adaptive: false, temperature: 0.1}"]
)
async def test_samples_of_other_requests_are_left_where_they_are(lake: Lake, tmp_path: Path, other: str) -> None:
    await abandoned(lake, tmp_path)
    builder = Builder(lake)

    await builder.build(recipe(tmp_path, other), new_run=True)

    assert len(builder.client.paid) == 16
    assert lake.rows("SELECT count(*) AS n FROM lake.samples") == [{"n": 16}]


async def test_journals_of_finished_runs_are_not_read(lake: Lake, tmp_path: Path) -> None:
    await Builder(lake).build(recipe(tmp_path, EIGHT_EACH))
    run = Builder(lake).begin(recipe(tmp_path, "sampling: {epoch: 1}"))

    assert abandoned_entries(lake, run, 0) == []


async def half_committed(lake: Lake, tmp_path: Path, changes: str = EIGHT_EACH) -> Run:
    """A run of two shards of which the first is committed."""
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, changes + ONE_A_SHARD))
    await builder.shard(run, 0)
    assert len(builder.client.paid) == 8
    return run


def samples_of(lake: Lake, run: Run) -> dict[str, str]:
    rows = lake.rows("SELECT sample_id, response FROM lake.samples WHERE run_id = ?", [run.run_id])
    assert len({row["sample_id"] for row in rows}) == len(rows)
    return {row["sample_id"]: row["response"] for row in rows}


async def test_what_an_abandoned_run_had_committed_is_adopted_published_and_paid_for_once(
    lake: Lake, tmp_path: Path
) -> None:
    first = await half_committed(lake, tmp_path)
    builder = Builder(lake)

    second, snapshot = await builder.build(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD), new_run=True)

    assert (len(builder.client.paid), len(builder.verifier.judged)) == (8, 8)
    assert samples_of(lake, first).items() <= samples_of(lake, second).items()
    assert len(samples_of(lake, second)) == 16
    assert snapshot is not None
    assert snapshot.rows == 4, "two of each prompt"
    costs = lake.rows("SELECT stage, sum(samples)::BIGINT AS n FROM lake.costs GROUP BY stage ORDER BY stage")
    assert costs == [{"stage": "sampling", "n": 16}, {"stage": "verification", "n": 16}]
    assert (adopted_samples(lake, first.run_id), adopted_samples(lake, second.run_id)) == (0, 8)
    assert manifest(lake, snapshots(lake)[0])["run"]["adopted_samples"] == 8


async def test_a_teachers_yield_counts_each_sample_once_whichever_runs_have_it(lake: Lake, tmp_path: Path) -> None:
    yields = "SELECT sum(samples)::BIGINT AS samples, sum(passed)::BIGINT AS passed, sum(kept)::BIGINT AS kept FROM "
    first = await half_committed(lake, tmp_path)
    assert lake.rows(f"{yields} lake.yield_by_teacher") == [{"samples": 8, "passed": 8, "kept": 0}]
    builder = Builder(lake)
    second = builder.begin(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD), new_run=True)
    await builder.sample(second)
    assert len(samples_of(lake, first)) + len(samples_of(lake, second)) == 8 + 16
    assert lake.rows(f"{yields} lake.yield_by_teacher") == [{"samples": 16, "passed": 16, "kept": 0}]

    await builder.build(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD))

    assert lake.rows(f"{yields} lake.yield_by_teacher") == [{"samples": 16, "passed": 16, "kept": 4}]


async def test_what_is_adopted_after_a_publication_is_not_stated_of_it(lake: Lake, tmp_path: Path) -> None:
    await half_committed(lake, tmp_path)
    builder = Builder(lake)
    partial = f"{EIGHT_EACH}{ONE_A_SHARD}\nsnapshot: {{allow_partial: 0.5}}"
    run = builder.begin(recipe(tmp_path, partial), new_run=True)
    await builder.shard(run, 1)
    snapshot = publish(lake, run, curate_run(lake, run, [builder.verifier.verifier_id]))
    assert snapshot is not None
    close_run(lake, run, RunState.PUBLISHED, "")
    freeze(lake, snapshot)
    stated = manifest(lake, snapshot)

    await builder.shard(run, 0)

    assert adopted_samples(lake, run.run_id) == 8
    assert stated["run"]["adopted_samples"] == 0
    assert manifest(lake, snapshot) == stated
    assert [one.found for one in compare(lake, snapshot) if not one.is_same] == []


async def test_lineage_names_the_run_that_was_paid(lake: Lake, tmp_path: Path) -> None:
    first = await half_committed(lake, tmp_path)
    theirs = samples_of(lake, first)
    second, _ = await Builder(lake).build(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD), new_run=True)

    examples = lake.rows("SELECT example_id, sample_id FROM lake.examples")
    found = {row["sample_id"]: follow(lake, row["example_id"]) for row in examples}

    assert {sample_id: one.paid_by for sample_id, one in found.items()} == {
        sample_id: first.run_id if sample_id in theirs else second.run_id for sample_id in found
    }
    assert all(one.commit["key"].startswith(f"shard:{second.run_id}:") for one in found.values())
    assert len(lake.rows("SELECT * FROM lake.lineage")) == len(examples) == 4


async def test_lineage_names_the_payer_also_where_it_was_paid_after_the_adopting_run_had_begun(
    lake: Lake, tmp_path: Path
) -> None:
    builder = Builder(lake)
    first = builder.begin(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD))
    second = builder.begin(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD), new_run=True)
    await builder.shard(first, 0)  # it was still at work; the other waits for it

    again = Builder(lake)
    await again.build(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD))

    theirs = samples_of(lake, first)
    assert (len(theirs), len(again.client.paid)) == (8, 8)
    for row in lake.rows("SELECT example_id, sample_id FROM lake.examples WHERE run_id = ?", [second.run_id]):
        expected = first.run_id if row["sample_id"] in theirs else second.run_id
        assert follow(lake, row["example_id"]).paid_by == expected


async def test_what_another_dataset_was_paid_for_is_adopted_and_judged_by_the_datasets_own_tests(
    lake: Lake, tmp_path: Path
) -> None:
    given = recipe(tmp_path, EIGHT_EACH, seeds=2)
    first, published = await Builder(lake).build(given)
    rows = [{**seed_row(number), "tests": seed_row(number)["tests"][:-1]} for number in range(2)]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    mine = given.model_copy(update={"dataset": "mine", "seeding": None, "prompts": tmp_path / "mine.jsonl"})
    builder = Builder(lake)

    second, snapshot = await builder.build(mine)

    assert (len(builder.client.paid), len(builder.verifier.judged)) == (0, 16)
    assert samples_of(lake, first) == samples_of(lake, second)
    assert published is not None
    assert snapshot is not None
    assert snapshot.rows == published.rows == 4
    assert adopted_samples(lake, second.run_id) == 16
    checks = lake.rows("SELECT check_id, count(*) AS n, count(DISTINCT run_id) AS runs FROM lake.verdicts GROUP BY ALL")
    assert [(row["n"], row["runs"]) for row in checks] == [(8, 1)] * 4
    (example, *_) = lake.rows("SELECT example_id FROM lake.examples")
    assert follow(lake, example["example_id"], "mine").paid_by == first.run_id


async def test_what_another_dataset_is_still_paying_for_is_its_own(lake: Lake, tmp_path: Path) -> None:
    await abandoned(lake, tmp_path)
    other = recipe(tmp_path, EIGHT_EACH).model_copy(update={"dataset": "other"})

    run = Builder(lake).begin(other)

    assert abandoned_entries(lake, run, 0) == []


@pytest.mark.parametrize("other", ["temperature: 0.1", "epoch: 1"])
async def test_what_it_had_committed_of_other_requests_is_sampled_anew_and_loses_no_prompt(
    lake: Lake, tmp_path: Path, other: str
) -> None:
    first = await half_committed(lake, tmp_path)
    builder = Builder(lake)

    second, snapshot = await builder.build(
        recipe(tmp_path, f"sampling: {{adaptive: false, samples: 8, {other}}}{ONE_A_SHARD}"), new_run=True
    )

    assert len(builder.client.paid) == 16
    assert not samples_of(lake, first).keys() & samples_of(lake, second).keys()
    assert snapshot is not None
    prompts = lake.rows("SELECT DISTINCT prompt_id FROM lake.examples")
    assert len(prompts) == 2, "a committed shard of the abandoned run loses its prompt for good"


async def test_a_larger_n_pays_for_the_new_indices_of_adopted_samples_alone(lake: Lake, tmp_path: Path) -> None:
    await half_committed(lake, tmp_path)
    builder = Builder(lake)

    run, _ = await builder.build(
        recipe(tmp_path, f"sampling: {{adaptive: false, samples: 10}}{ONE_A_SHARD}"), new_run=True
    )

    assert len(builder.client.paid) == 2 + 10
    assert len(samples_of(lake, run)) == 20


async def test_run_that_dies_after_it_adopted_goes_on_without_paying_twice(lake: Lake, tmp_path: Path) -> None:
    await half_committed(lake, tmp_path)
    builder = Builder(lake)
    given = recipe(tmp_path, f"sampling: {{adaptive: false, samples: 16}}{ONE_A_SHARD}")
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), 4
    run = builder.begin(given, new_run=True)
    with pytest.raises(TeacherError):
        await builder.shard(run, 0)

    again = Builder(lake)
    await again.build(given)

    assert len(builder.client.paid) + len(again.client.paid) == 8 + 16
    assert len(samples_of(lake, run)) == 32
    assert lake.rows("SELECT sum(samples)::BIGINT AS n FROM lake.costs WHERE stage = 'sampling'") == [{"n": 32}]


async def test_what_is_adopted_from_two_abandoned_runs_is_adopted_once(lake: Lake, tmp_path: Path) -> None:
    await half_committed(lake, tmp_path)
    builder = Builder(lake)
    second = builder.begin(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD), new_run=True)
    await builder.shard(second, 0)
    assert builder.client.paid == []

    third, _ = await builder.build(recipe(tmp_path, EIGHT_EACH + ONE_A_SHARD), new_run=True)

    assert len(builder.client.paid) == 8
    assert len(samples_of(lake, third)) == 16
    assert adopted_samples(lake, third.run_id) == 8


async def test_what_an_abandoned_run_was_paid_for_after_its_commit_is_taken_from_its_journal(
    lake: Lake, tmp_path: Path
) -> None:
    await half_committed(lake, tmp_path)
    more = recipe(tmp_path, f"sampling: {{adaptive: false, samples: 16}}{ONE_A_SHARD}")
    builder = Builder(lake)
    builder.client.failure, builder.client.fails_after = TeacherError("the teacher is gone"), 4
    run = builder.begin(more)
    assert run.is_continued
    with pytest.raises(TeacherError):
        await builder.shard(run, 0)

    again = Builder(lake)
    await again.build(more, new_run=True)

    assert len(again.client.paid) == 32 - 8 - 4


async def test_shard_that_has_all_its_samples_owes_none_under_another_verification(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    run, _ = await builder.build(recipe(tmp_path, EIGHT_EACH))
    other = builder.begin(
        recipe(tmp_path, f"{EIGHT_EACH}\nverification: {{min_test_strength: null, timeout_seconds: 9}}")
    )

    assert other.run_id == run.run_id
    assert owed_at_most(lake, other).prompts == 0


async def test_damaged_lines_of_an_abandoned_journal_are_told(lake: Lake, tmp_path: Path) -> None:
    first = await abandoned(lake, tmp_path)
    place = shard_journal(lake, first.run_id, 0)
    assert isinstance(place, Path)
    place.write_bytes(place.read_bytes()[:-5])
    run = Builder(lake).begin(recipe(tmp_path, EIGHT_EACH), new_run=True)
    said: list[str] = []

    entries = abandoned_entries(lake, run, 0, said.append)

    assert len(entries) == len(Journal[Entry](place, Entry).read().records)
    assert len(said) == 1
    assert "1 damaged lines were passed over" in said[0]
