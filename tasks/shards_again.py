"""Tries shards again whose lake was away, where their build has ended and so does not: a person had retried them."""

from datetime import UTC, datetime

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun

from stillroom.lake import Lake
from stillroom.runs import given_up, load_run, unfinished_shards
from tasks import flow_runs
from tasks.waking import alone_waking, is_tried_again

WHY = "the lake answers, and its build has ended"


async def try_shards_again(lake: Lake, run_id: str) -> bool:
    """Do it, where no flow run of the shard is live; returns whether there were any.

    Those of a build that a person cancelled, and of a run that was given up, are left alone.

    Raises:
        LeaseHeld: somebody has been waking the run's build for long.
    """
    async with alone_waking(lake, run_id), get_client() as client:
        build = next(iter(await flow_runs.builds(client, run_id)), None)
        if build is None or build.state is None or not build.state.is_final() or build.state.is_cancelled():
            return False
        if given_up(lake, run_id):
            return False
        found, is_any = await flow_runs.all_of_shards(client, run_id), False
        for shard in unfinished_shards(lake, load_run(lake, run_id)):
            of_shard = [one for one in found if flow_runs.shard_of(one) == shard]
            last = max(of_shard, key=_since, default=None)
            if last is None or not is_tried_again(last) or any(flow_runs.is_live(one.state) for one in of_shard):
                continue
            is_any |= await flow_runs.try_again(client, last.id, WHY)
        return is_any


def _since(flow_run: FlowRun) -> datetime:
    """When the flow run came to its state."""
    return flow_run.state.timestamp if flow_run.state is not None else datetime.min.replace(tzinfo=UTC)
