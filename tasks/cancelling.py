"""What `stillroom cancel` does with a run: ends its build and its shards, also a build that sleeps.

One that waits for its shards, for others or for its lake has ended for Prefect, which has no button for it any more,
and would go on by itself.
"""

from dataclasses import dataclass

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelled

from stillroom.lake import Lake
from stillroom.runs import late_shards
from tasks import flow_runs
from tasks.waking import alone_waking, waits_for_others, waits_for_shards

WHY = "the build was cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """What was cancelled of a run.

    Attributes:
        build: whether a build of it ran, waited for its turn or slept.
        shards: those that ran or waited for their turn.
    """

    build: bool
    shards: tuple[int, ...]


async def cancel_run(client: PrefectClient, lake: Lake, run_id: str) -> Cancellation:
    """Cancel what is live of the run, and its newest build where that sleeps.

    Raises:
        LeaseHeld: somebody has been waking the build for long.
    """
    async with alone_waking(lake, run_id):  # else it could be woken in between, and go on
        builds = await flow_runs.builds(client, run_id)
        # The build first: else it would see its shards end, and fail.
        ended = await flow_runs.cancel(client, builds)
        # Read again: it may have ended by itself since it was listed, and would go on.
        newest = await flow_runs.find(client, builds[0].id) if builds else None
        if newest is not None and _sleeps(lake, run_id, newest):
            await client.set_flow_run_state(newest.id, Cancelled(message=WHY), force=True)
            ended.append(newest)
        # All of theirs: one of an earlier build that was tried again may be at work beside the newest.
        live = await flow_runs.cancel(client, await flow_runs.all_of_shards(client, run_id))
    shards = {number for number in map(flow_runs.shard_of, live) if number is not None}
    return Cancellation(build=bool(ended), shards=tuple(sorted(shards)))


def _sleeps(lake: Lake, run_id: str, build: FlowRun) -> bool:
    """Whether the build has ended and would be woken."""
    state = build.state
    has_ended = state is not None and (state.is_completed() or state.is_failed())
    return waits_for_shards(build) or waits_for_others(build) or (has_ended and bool(late_shards(lake, run_id)))
