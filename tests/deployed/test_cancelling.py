"""Who cancels a run ends all that is paid for it: a shard of an earlier build may be at work beside the newest."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelled, Cancelling, Failed, Running

from flows import deployed
from flows.deployed_reconcile import reconcile
from stillroom import LAKE_VARIABLE
from stillroom.lake import Lake
from stillroom.runs import Run
from tests.deployed.conftest import StartShard, began, state_of
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


async def test_retry_leaves_to_the_build_what_has_no_flow_run(
    client: PrefectClient, run_of_three: Run, shard_began: StartShard, ask: Ask
) -> None:
    this = await began(client, run_of_three, Failed(name="ShardsFailed"))
    shards = [await shard_began(run_of_three, number, Failed(), this.id) for number in range(3)]
    await client.delete_flow_run(shards[1].id)
    assert await ask("retry", run_of_three.run_id) == {"run": run_of_three.run_id, "shards": [], "build": True}
    assert await state_of(client, this) == "AwaitingRetry"
