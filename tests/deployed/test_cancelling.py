"""Who cancels a run ends all that is paid for it: a shard of an earlier build may be at work beside the newest."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelled, Cancelling, Completed, Crashed, Failed, Pending, Running, Scheduled, State

from flows import deployed
from flows.deployed_reconcile import reconcile
from stillroom import LAKE_VARIABLE
from stillroom.lake import Lake
from stillroom.runs import Run
from tasks import flow_runs
from tasks.cancelling import Cancellation, cancel_run
from tasks.waking import HELD_UP, LAKE_AWAY, SHARDS_FAILED, wake_build
from tests.deployed.conftest import StartShard, began, published_in_part, state_of
from tests.fakes.builds import Builder
from tests.integration.workbench import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
async def at_work(run: Run, shard_began: StartShard) -> FlowRun:
    """A shard that was retried, whose newest flow run found it in other hands."""
    earlier = await shard_began(run, 0, Running(), uuid4())
    await shard_began(run, 0, Failed(message="LeaseHeld"), uuid4())
    return earlier


async def is_ended(client: PrefectClient, flow_run: FlowRun) -> bool:
    return await state_of(client, flow_run) in ("Cancelling", "Cancelled")


async def test_the_hook_of_a_cancelled_build_ends_shards_of_earlier_ones(
    client: PrefectClient, run: Run, at_work: FlowRun
) -> None:
    this = await began(client, run, Running())
    await deployed.cancel_shards(deployed.build, this, Cancelling())
    assert await is_ended(client, at_work)


async def test_reconciling_ends_shards_of_earlier_builds_of_a_cancelled_run(
    client: PrefectClient, lake: Lake, run: Run, at_work: FlowRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    await began(client, run, Cancelled())
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    assert await reconcile.fn() == [run.run_id]
    assert await is_ended(client, at_work)


Ask = Callable[..., Awaitable[dict[str, object]]]


@pytest.fixture
def ask(api: str, lake: Lake) -> Ask:
    """Runs a command as a person does; returns what it printed."""

    async def run(*arguments: str) -> dict[str, object]:
        command = [sys.executable, "-m", "stillroom", "--lake", str(lake.root), *arguments, "--json"]
        environment = {**os.environ, "PREFECT_API_URL": api}
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return json.loads(out)

    return run


async def test_the_command_ends_shards_of_earlier_builds(
    client: PrefectClient, run: Run, at_work: FlowRun, ask: Ask
) -> None:
    await began(client, run, Running())
    assert await ask("cancel", run.run_id) == {"run": run.run_id, "shards": [0], "build": True}
    assert await is_ended(client, at_work)


async def test_what_a_worker_has_taken_since_it_was_listed_is_ended_by_its_worker(
    client: PrefectClient, run_of_three: Run, shard_began: StartShard
) -> None:
    """Its process is being started: Cancelled would not keep it from running."""
    made = [await shard_began(run_of_three, number, Scheduled(), uuid4()) for number in range(3)]
    listed = await flow_runs.all_of_shards(client, run_of_three.run_id)
    for one, state in zip(made, (Pending(), Completed()), strict=False):
        await client.update_flow_run(one.id, infrastructure_pid="here:1")
        await client.set_flow_run_state(one.id, state, force=True)
    cancelled = await flow_runs.cancel(client, listed)
    assert {one.id for one in cancelled} == {made[0].id, made[2].id}
    assert [await state_of(client, one) for one in made] == ["Cancelling", "Completed", "Cancelled"]


async def test_what_waits_for_its_turn_is_cancelled_before_what_would_make_room_for_it(
    client: PrefectClient, run_of_three: Run, shard_began: StartShard
) -> None:
    states = (Running(), Scheduled(), Running())
    made = [await shard_began(run_of_three, number, state, uuid4()) for number, state in enumerate(states)]
    cancelled = await flow_runs.cancel(client, await flow_runs.all_of_shards(client, run_of_three.run_id))
    assert cancelled[0].id == made[1].id
    assert len(cancelled) == 3


async def ended_in(client: PrefectClient, run: Run, state: State) -> FlowRun:
    this = await began(client, run, Running())
    await client.set_flow_run_state(this.id, state, force=True)
    return this


@pytest.mark.parametrize("state", [Failed(name=SHARDS_FAILED), Failed(name=HELD_UP), Failed(name=LAKE_AWAY), Crashed()])
async def test_a_build_that_sleeps_is_cancelled_for_good(
    client: PrefectClient, lake: Lake, run: Run, shard_began: StartShard, state: State
) -> None:
    this = await ended_in(client, run, state)
    await shard_began(run, 0, Scheduled(), this.id)
    assert await cancel_run(client, lake, run.run_id) == Cancellation(build=True, shards=(0,))
    assert await state_of(client, this) == "Cancelled"
    await Builder(lake).sample(run)
    assert not await wake_build(lake, run.run_id)
    assert await cancel_run(client, lake, run.run_id) == Cancellation(build=False, shards=())


@pytest.mark.parametrize("end", [Completed(), Failed(message="the sandbox was gone")], ids=["done", "failed"])
async def test_a_build_that_would_publish_what_came_late_is_cancelled(
    client: PrefectClient, lake: Lake, run_of_three: Run, end: State
) -> None:
    this = await ended_in(client, run_of_three, Completed())
    builder = await published_in_part(lake, run_of_three)
    assert await cancel_run(client, lake, run_of_three.run_id) == Cancellation(build=False, shards=())
    assert await state_of(client, this) == "Completed", "it is done, and nothing would wake it"
    await builder.shard(run_of_three, 1)
    await client.set_flow_run_state(this.id, end, force=True)
    assert await cancel_run(client, lake, run_of_three.run_id) == Cancellation(build=True, shards=())
    assert not await wake_build(lake, run_of_three.run_id)


async def test_a_build_cannot_be_woken_while_it_is_cancelled(
    client: PrefectClient, lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = await ended_in(client, run, Failed(name=SHARDS_FAILED))
    await Builder(lake).sample(run)
    waking: list[asyncio.Task[bool]] = []
    listed = flow_runs.builds

    async def builds(*about: Any) -> list[FlowRun]:
        if not waking:  # of the one that cancels, which has not set a state yet
            waking.append(asyncio.create_task(wake_build(lake, run.run_id)))
            found = await listed(*about)
            await asyncio.sleep(0.5)
            return found
        return await listed(*about)

    monkeypatch.setattr(flow_runs, "builds", builds)
    await cancel_run(client, lake, run.run_id)
    assert await waking[0] is False
    assert await state_of(client, this) == "Cancelled"


async def test_a_build_that_falls_asleep_as_it_is_cancelled_is_cancelled_all_the_same(
    client: PrefectClient, lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    this = await began(client, run, Running())
    listed = flow_runs.builds

    async def builds(*about: Any) -> list[FlowRun]:
        found = await listed(*about)
        await client.set_flow_run_state(this.id, Failed(name=SHARDS_FAILED), force=True)
        return found

    monkeypatch.setattr(flow_runs, "builds", builds)
    assert await cancel_run(client, lake, run.run_id) == Cancellation(build=True, shards=())
    assert await state_of(client, this) == "Cancelled"


async def test_the_command_cancels_a_build_that_sleeps(client: PrefectClient, run: Run, ask: Ask) -> None:
    this = await ended_in(client, run, Failed(name=HELD_UP))
    assert await ask("cancel", run.run_id) == {"run": run.run_id, "shards": [], "build": True}
    assert await state_of(client, this) == "Cancelled"


async def test_retry_leaves_to_the_build_what_has_no_flow_run(
    client: PrefectClient, run_of_three: Run, shard_began: StartShard, ask: Ask
) -> None:
    this = await began(client, run_of_three, Failed(name="ShardsFailed"))
    shards = [await shard_began(run_of_three, number, Failed(), this.id) for number in range(3)]
    await client.delete_flow_run(shards[1].id)
    assert await ask("retry", run_of_three.run_id) == {"run": run_of_three.run_id, "shards": [], "build": True}
    assert await state_of(client, this) == "AwaitingRetry"
