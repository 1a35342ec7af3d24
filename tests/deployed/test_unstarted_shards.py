"""A build that was killed while it started its shards, or together with some, goes on: nobody else starts those."""

from uuid import uuid4

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.states import Cancelled, Crashed, Failed, Running, Scheduled, State

from stillroom.lake import Lake
from stillroom.runs import Run
from tasks.waking import LAKE_AWAY, SHARDS_FAILED, wake_build
from tests.deployed.conftest import StartShard, began, state_of
from tests.fakes.builds import Builder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("end", "is_woken"),
    [
        pytest.param(Crashed(), True, id="it was killed"),
        pytest.param(Failed(name=SHARDS_FAILED), False, id="it told a person what to do"),
        pytest.param(Cancelled(), False, id="a person cancelled it"),
    ],
)
async def test_a_build_that_was_killed_while_it_started_its_shards_is_woken(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard, end: State, is_woken: bool
) -> None:
    this = await began(client, run_of_three, end)
    await shard_began(run_of_three, 0, Running(), this.id)
    assert await wake_build(lake, run_of_three.run_id) is is_woken
    assert await state_of(client, this) == ("AwaitingRetry" if is_woken else end.name)


async def test_a_build_that_was_killed_later_waits_for_what_it_had_started(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    this = await began(client, run_of_three, Crashed())
    await Builder(lake).shard(run_of_three, 0)
    for number, state in ((1, Running()), (2, Failed())):
        await shard_began(run_of_three, number, state, this.id)
    assert not await wake_build(lake, run_of_three.run_id)
    assert await state_of(client, this) == "Crashed"


@pytest.mark.parametrize(
    ("end", "is_woken"),
    [
        pytest.param(Crashed(), True, id="it crashed too"),
        pytest.param(Failed(name=LAKE_AWAY), True, id="its lake was away"),
        pytest.param(Failed(message="the teacher is gone"), False, id="it says what a person is to see to"),
        pytest.param(Cancelled(), False, id="a person cancelled it"),
        pytest.param(Running(), False, id="it is at work"),
    ],
)
async def test_a_build_that_was_killed_together_with_a_shard_is_woken(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard, end: State, is_woken: bool
) -> None:
    this = await began(client, run_of_three, Crashed())
    await Builder(lake).shard(run_of_three, 0)
    await shard_began(run_of_three, 1, end, this.id)
    await shard_began(run_of_three, 2, Scheduled(), this.id)
    assert await wake_build(lake, run_of_three.run_id) is is_woken
    assert await state_of(client, this) == ("AwaitingRetry" if is_woken else "Crashed")


async def test_a_shard_of_an_earlier_build_counts_as_long_as_it_is_at_work(
    client: PrefectClient, lake: Lake, run_of_three: Run, shard_began: StartShard
) -> None:
    this = await began(client, run_of_three, Crashed())
    for number in (0, 1):
        await shard_began(run_of_three, number, Failed(), this.id)
    earlier = await shard_began(run_of_three, 2, Running(), uuid4())
    assert not await wake_build(lake, run_of_three.run_id)
    await client.set_flow_run_state(earlier.id, Failed(), force=True)
    assert await wake_build(lake, run_of_three.run_id)
