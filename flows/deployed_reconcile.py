"""Settles from time to time what nobody else has: builds and shards that could go on, what is left of cancelled ones.

And flow runs that were lost.
"""

from typing import Any

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger

from flows.deployed_ends import skipped
from stillroom.errors import LakeError, LeaseHeld
from stillroom.lake import Lake
from stillroom.runs import open_runs, runs_with_late_shards
from tasks import flow_runs
from tasks.deployed import deployed_lake
from tasks.lake_outage import is_outage
from tasks.overdue import overdue
from tasks.prefect_outage import NOT_TO_BE_HAD
from tasks.reporting import tell_without_stacks
from tasks.shards_again import try_shards_again
from tasks.unbegun import crash_unbegun, end_cancelling
from tasks.waking import LAKE_AWAY, WAIT_FOR_OTHERS, wake_build

_CRASHED = "Crashed"


@flow(name="reconcile", flow_run_name="reconcile", persist_result=False)
async def reconcile() -> list[str] | State[Any]:
    """Wake builds whose shards were done after they ended, cancel shards of cancelled ones; returns those runs.

    Builds that were held up or overtaken, or whose lake did not answer, are woken, too, or fail where their runs were
    given up; and such as crashed before they could say what came of their runs. Shards whose lake did not answer are
    tried again where their build has ended. Before that, flow runs that were taken and never began are marked as
    crashed, and such as were cancelled as they began as cancelled. While the lake does not answer it does nothing and
    says so.
    """
    tell_without_stacks()
    if (end := overdue()) is not None:
        return end
    await _end_lost()
    try:
        return await _settled()
    except LakeError as error:
        if not isinstance(error, LeaseHeld) and not is_outage(error):  # somebody keeps house, or PostgreSQL is away
            raise
        return skipped(error)


async def _settled() -> list[str]:
    lake = Lake.open(deployed_lake(), create=True)
    try:
        unsettled = dict.fromkeys((*open_runs(lake), *runs_with_late_shards(lake), *await _ended_over_others(lake)))
        return [run_id for run_id in unsettled if await _settle(lake, run_id)]
    finally:
        lake.close()


async def _end_lost() -> None:
    """In the work pool that this flow run came from."""
    context = FlowRunContext.get()
    pool = context.flow_run.work_pool_name if context is not None and context.flow_run is not None else None
    if pool is None:
        return
    try:
        async with get_client() as client:
            for one in await crash_unbegun(client, pool):
                get_run_logger().warning("%s has never begun, and counts as crashed", one.name)
            for one in await end_cancelling(client, pool):
                get_run_logger().warning("%s was cancelled as it began, and has ended", one.name)
    except NOT_TO_BE_HAD as error:
        get_run_logger().error("what has no process any more is left as it is: %s: %s", type(error).__name__, error)


async def _ended_over_others(lake: Lake) -> list[str]:
    """Runs of the lake with builds that were held up or crashed, or shards whose lake was away; also finished ones."""
    try:
        async with get_client() as client:
            found = await flow_runs.runs_in(client, flow_runs.BUILD, (*WAIT_FOR_OTHERS, _CRASHED))
            found |= await flow_runs.runs_in(client, flow_runs.SHARD, (LAKE_AWAY,))
    except NOT_TO_BE_HAD as error:
        get_run_logger().error("builds that were held up are left as they are: %s: %s", type(error).__name__, error)
        return []
    known = lake.rows("SELECT run_id FROM lake.current_runs ORDER BY created_at, run_id")
    return [row["run_id"] for row in known if row["run_id"] in found]


async def _settle(lake: Lake, run_id: str) -> bool:
    """Do what is left of a run; returns whether that was anything. What is wrong with one keeps no other waiting."""
    try:
        return await _cancel_left(run_id) or await wake_build(lake, run_id) or await try_shards_again(lake, run_id)
    except NOT_TO_BE_HAD as error:
        get_run_logger().error("%s is left as it is: %s: %s", run_id, type(error).__name__, error)
        return False


async def _cancel_left(run_id: str) -> bool:
    """Cancel what is live of a build since before a person cancelled it; returns whether there was anything.

    What somebody tried again since is left alone here. Prefect ends it within seconds all the same, as it does with
    every flow run whose parent is cancelled; only a new build goes on with the run.
    """
    async with get_client() as client:
        newest = next(iter(await flow_runs.builds(client, run_id)), None)
        if newest is None or newest.state is None or not newest.state.is_cancelled():
            return False
        since = newest.state.timestamp
        found = await flow_runs.all_of_shards(client, run_id)
        return bool(await flow_runs.cancel(client, [one for one in found if one.state and one.state.timestamp < since]))
