"""Shards of a deployed build, with a real Prefect server and a real lake: which it starts, waits for and cancels."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.context import AsyncClientContext
from prefect.states import Crashed, Failed, Running, Scheduled

from flows import deployed_shards as module
from flows.deployed_shards import DeployedShards
from stillroom.lake import Lake
from stillroom.runs import Run
from tasks import workshop
from tasks.flow_runs import all_of_shards, is_live, shard_of
from tasks.waking import LAKE_AWAY, MOST_ATTEMPTS
from tests.deployed.conftest import StartShard, state_of
from tests.fakes.builds import Builder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.usefixtures("shard_deployment")]
MANY = 30


@pytest.fixture
def looked() -> asyncio.Event:
    """Set once a build that waits for its shards has started them all, and looks how they are."""
    return asyncio.Event()


@pytest.fixture(autouse=True)
def _shop(lake: Lake, looked: asyncio.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = SimpleNamespace(say=print, progressed=lambda *_: looked.set())
    shop: Any = SimpleNamespace(lake=lake, watcher=watcher, read=asyncio.to_thread)
    monkeypatch.setattr(workshop, "_open", [shop])


@pytest.fixture(autouse=True)
async def _client_of_a_flow(client: PrefectClient) -> AsyncIterator[None]:
    """What a flow's engine opens and closes around it; a shard is started through it."""
    del client  # points Prefect at the server
    async with AsyncClientContext.get_or_create():
        yield


@pytest.fixture
def build_id() -> UUID:
    return uuid4()


@pytest.fixture
def shards(run_of_three: Run, build_id: UUID) -> DeployedShards:
    return DeployedShards(run_of_three, build_id)


async def started(client: PrefectClient, run: Run, least: int) -> dict[int | None, FlowRun]:
    """By shard its flow run, once there are so many."""
    while True:
        found = await all_of_shards(client, run.run_id)
        if len(found) >= least:
            return {shard_of(one): one for one in found}
        await asyncio.sleep(0.05)


async def test_a_shard_whose_flow_run_was_deleted_has_failed_and_is_started_anew_with_its_build(
    client: PrefectClient, lake: Lake, run_of_three: Run, shards: DeployedShards, build_id: UUID
) -> None:
    shards.start([0, 1, 2])
    before = await started(client, run_of_three, 3)
    joining = asyncio.create_task(shards.join())
    await client.delete_flow_run(before[1].id)
    await Builder(lake).shard(run_of_three, 0)
    await client.set_flow_run_state(before[2].id, Failed(message="the teacher is gone"), force=True)
    assert {number: str(why) for number, why in (await joining).items()} == {
        1: "the flow run of shard 1 was deleted; retry the build, which starts another.",
        2: "the teacher is gone.",
    }

    again = DeployedShards(run_of_three, build_id)
    again.start([1, 2])
    after = await started(client, run_of_three, 3)
    await again.cancel()  # which waits for what is being started
    assert after[1].id != before[1].id
    assert after[2].id == before[2].id
    ended = await client.read_flow_run(before[2].id)
    assert ended.state is not None
    assert ended.state.is_cancelled(), "it was tried again"


async def test_a_shard_that_died_unnoticed_with_its_build_is_tried_again_once_that_is_noticed(
    client: PrefectClient,
    run: Run,
    shard_began: StartShard,
    build_id: UUID,
    looked: asyncio.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.1)
    dead = await shard_began(run, 0, Running(), build_id)
    shards = DeployedShards(run, build_id)
    shards.start([0])
    joining = asyncio.create_task(shards.join())
    await looked.wait()
    await asyncio.sleep(1.0)
    assert not joining.done()
    await client.set_flow_run_state(dead.id, Crashed(message="It gave no sign of life for 90 s"), force=True)
    await until_state(client, dead, "AwaitingRetry")
    assert not joining.done()

    await client.set_flow_run_state(dead.id, Running(), force=True)
    await client.set_flow_run_state(dead.id, Crashed(message="out of memory"), force=True)
    assert {number: str(why) for number, why in (await joining).items()} == {0: "out of memory."}, "only once"


async def test_a_shard_that_crashes_by_itself_is_left_to_a_person(
    client: PrefectClient, run: Run, shard_began: StartShard, build_id: UUID, looked: asyncio.Event
) -> None:
    waiting = await shard_began(run, 0, Scheduled(), build_id)
    shards = DeployedShards(run, build_id)
    shards.start([0])
    joining = asyncio.create_task(shards.join())
    await looked.wait()
    for state in (Running(), Crashed(message="out of memory")):
        await client.set_flow_run_state(waiting.id, state, force=True)
    assert {number: str(why) for number, why in (await joining).items()} == {0: "out of memory."}


async def test_a_shard_whose_lake_is_away_again_and_again_is_left_to_a_person(
    client: PrefectClient, run: Run, shard_began: StartShard, build_id: UUID, looked: asyncio.Event
) -> None:
    this = await shard_began(run, 0, Scheduled(), build_id)
    shards = DeployedShards(run, build_id)
    shards.start([0])
    joining = asyncio.create_task(shards.join())
    await looked.wait()
    for _ in range(MOST_ATTEMPTS):
        await client.set_flow_run_state(this.id, Running(), force=True)
    await client.set_flow_run_state(this.id, Failed(name=LAKE_AWAY, message="PostgreSQL is gone"), force=True)
    assert {number: str(why) for number, why in (await joining).items()} == {0: "PostgreSQL is gone."}


async def until_state(client: PrefectClient, flow_run: FlowRun, name: str) -> None:
    while True:
        if await state_of(client, flow_run) == name:
            return
        await asyncio.sleep(0.05)


async def test_a_build_that_is_ended_while_it_starts_its_shards_leaves_none_to_be_paid_for(
    client: PrefectClient, run_of_three: Run, shards: DeployedShards
) -> None:
    shards.start([*range(MANY)])
    await started(client, run_of_three, 1)
    await shards.cancel()
    await asyncio.sleep(1.0)  # in which more would come
    found = await all_of_shards(client, run_of_three.run_id)
    assert 0 < len(found) < MANY
    assert not any(is_live(one.state) for one in found)
    assert await shards.join() == {}


async def test_a_build_whose_process_is_ended_leaves_its_shards_as_they_are_and_starts_no_more(
    client: PrefectClient, run_of_three: Run, shards: DeployedShards
) -> None:
    shards.start([*range(MANY)])
    await started(client, run_of_three, 1)
    await shards.leave()
    await asyncio.sleep(1.0)  # in which more would come
    found = await all_of_shards(client, run_of_three.run_id)
    assert 0 < len(found) < MANY
    assert all(is_live(one.state) for one in found)
    assert await shards.join() == {}
