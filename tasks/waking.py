"""Wakes a build that gave up while its shards were not done, once they are: what follows is derived by itself.

Whoever finds that nothing is owed any more does it: the shard that was done last, and from time to time the flow
`reconcile`, since a process may die between its shard's commit and this. All of them take one lease, so that a build
is woken once.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, StateType

from stillroom.errors import LeaseHeld
from stillroom.lake import Lake
from stillroom.lease import lease
from stillroom.runs import RunState, load_run, run_state, unfinished_shards
from tasks import flow_runs

SHARDS_FAILED = "ShardsFailed"  # name of the state of a build that waits for its shards
MOST_ATTEMPTS = 10  # of a build that crashes and crashes again; beyond, a person is asked for
LEASE_SECONDS = 30.0
PAUSE_SECONDS = 0.2


async def wake_build(lake: Lake, run_id: str) -> bool:
    """Schedule the run's build once more if it gave up and nothing of its shards is owed; returns whether it was.

    A build that a person cancelled stays cancelled.

    Raises:
        LeaseHeld: somebody else has been waking it for long.
    """
    if run_state(lake, run_id)[0] is not RunState.OPENED:
        return False
    async with _alone(lake, run_id), get_client() as client:
        if unfinished_shards(lake, load_run(lake, run_id)):
            return False
        newest = next(iter(await flow_runs.builds(client, run_id)), None)
        if newest is None or not waits_for_shards(newest):
            return False
        await flow_runs.try_again(client, newest.id, "all shards are done")
        return True


def waits_for_shards(build: FlowRun) -> bool:
    """Whether the build ended because of its shards, or without being able to say why."""
    state = build.state
    if state is None:
        return False
    if state.type is StateType.CRASHED:
        return build.run_count < MOST_ATTEMPTS
    return state.type is StateType.FAILED and state.name == SHARDS_FAILED


@asynccontextmanager
async def _alone(lake: Lake, run_id: str) -> AsyncGenerator[None]:
    """Hold the lease on waking the run's build; others may have it for a moment."""
    deadline = time.monotonic() + LEASE_SECONDS
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(lease(lake.root, f"waking the build of {run_id}"))
                break
            except LeaseHeld:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
        yield
