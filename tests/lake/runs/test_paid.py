"""What is paid for is found wherever it is: in the lake, and in the journals of abandoned runs."""

from pathlib import Path

import pytest

from stillroom.errors import TeacherError
from stillroom.lake import Lake
from stillroom.runs import Run, abandoned_entries, shard_journal
from tests.fakes.builds import Builder, all_knowing_client
from tests.fakes.prompts import recipe

EIGHT_EACH = "sampling: {adaptive: false, samples: 8}"


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


@pytest.mark.parametrize(
    "other", ["sampling: {adaptive: false, epoch: 1}", "sampling: {adaptive: false, temperature: 0.1}"]
)
async def test_samples_of_other_requests_are_left_where_they_are(lake: Lake, tmp_path: Path, other: str) -> None:
    await abandoned(lake, tmp_path)
    builder = Builder(lake)

    await builder.build(recipe(tmp_path, other), new_run=True)

    assert len(builder.client.paid) == 16
    assert lake.rows("SELECT count(*) AS n FROM lake.samples") == [{"n": 16}]


async def test_journals_of_committed_shards_are_not_read(lake: Lake, tmp_path: Path) -> None:
    await Builder(lake).build(recipe(tmp_path, EIGHT_EACH))
    run = Builder(lake).begin(recipe(tmp_path, "sampling: {epoch: 1}"))

    assert abandoned_entries(lake, run, 0) == []
