"""Wakes a build that gave up while its shards were not done, once they are: what follows is derived by itself.

Likewise a build that has published without some shards, once these have come, one whose process was killed or ended
with its worker, before it had started all of them or together with some, or before it could say what came of its run,
one that was held up by others on its dataset, once these have ended, one that others overtook, and one whose lake did
not answer. Whoever finds that it is time does it: the shard that was done last, and from time to time the flow
`reconcile`, since a process may die between its shard's commit and this. All of them take one lease, so that a build is
woken once.
"""

from contextlib import AbstractAsyncContextManager

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Failed

from stillroom.errors import LeaseHeld
from stillroom.lake import Lake
from stillroom.lease import Lease, building, lease, lease_soon
from stillroom.runs import (
    RunState,
    given_up,
    is_sampled,
    late_shards,
    load_run,
    open_runs,
    run_state,
    shard_key,
    unfinished_shards,
)
from tasks import flow_runs
from tasks.going_on import MOST_ATTEMPTS

SHARDS_FAILED = "ShardsFailed"  # name of the state of a build that waits for its shards
HELD_UP = "HeldUp"  # and of one that was tried again while others were at work on its dataset
LAKE_AWAY = "LakeAway"  # and of one, or a shard, whose lake did not answer for longer than anything waits
OVERTAKEN = "Overtaken"  # and of one that others published before, each time that it had decided about its run
WAIT_FOR_OTHERS = (HELD_UP, LAKE_AWAY, OVERTAKEN)  # whatever their shards do
SKIPPED = "Skipped"  # and of a flow run that did nothing, since another is at the same work for instance
OWN_ENDS = (SHARDS_FAILED, HELD_UP, LAKE_AWAY, OVERTAKEN, SKIPPED)  # all names of ends that are not Prefect's
_COUNTED = (LAKE_AWAY, OVERTAKEN)  # ends that come again as long as others do what they do
LEASE_SECONDS = 30.0


def alone_waking(lake: Lake, run_id: str) -> AbstractAsyncContextManager[Lease]:
    """In the block nobody else wakes the run's build, or cancels it while it sleeps.

    Raises:
        LeaseHeld: somebody has been at it for long.
    """
    return lease_soon(lake.root, f"waking the build of {run_id}", seconds=LEASE_SECONDS)


async def wake_build(lake: Lake, run_id: str) -> bool:
    """Schedule the run's build once more if it waits and its shards are done, or wait for it; returns whether it was.

    A build that a person cancelled stays cancelled. One that was held up fails where its run was given up meanwhile.

    Raises:
        LeaseHeld: somebody else has been waking it for long.
    """
    async with alone_waking(lake, run_id), get_client() as client:
        newest = next(iter(await flow_runs.builds(client, run_id)), None)
        if newest is None:
            return False
        if waits_for_others(newest):
            if end := given_up(lake, run_id, for_good=True):
                await client.set_flow_run_state(newest.id, Failed(message=f"Nothing was done: {end}"), force=True)
                return False
            if not _is_free(lake, run_id):
                return False
            why = "the lake answers, and nobody else is at work on its dataset"
        elif _is_to_go_on(lake, run_id, newest) and await _may_end_otherwise(client, run_id, newest):
            why = "all shards are done"
        elif await _has_shards_to_start(client, lake, run_id, newest):
            why = "it had ended, with shards that nobody else starts"
        elif _has_not_told(lake, run_id, newest):
            why = "its run is finished, and it had ended before it could say so"
        else:
            return False
        return await flow_runs.try_again(client, newest.id, why)


def waits_for_shards(build: FlowRun) -> bool:
    """Whether the build ended because of its shards, or without being able to say why."""
    state = build.state
    if state is None:
        return False
    if state.type is StateType.CRASHED:
        return True
    return state.type is StateType.FAILED and (state.name == SHARDS_FAILED or _is_past_its_tries(build))


def waits_for_others(build: FlowRun) -> bool:
    """Whether the build goes on, whatever its shards do, once nothing keeps it from its dataset."""
    state = build.state
    if state is None or state.type is not StateType.FAILED or state.name not in WAIT_FOR_OTHERS:
        return False
    return not _is_past_its_tries(build)


def is_tried_again(shard: FlowRun) -> bool:
    """Whether a shard's flow run ended over a lake that did not answer, and is tried again by itself."""
    state = shard.state
    is_away = state is not None and state.type is StateType.FAILED and state.name == LAKE_AWAY
    return is_away and shard.run_count < MOST_ATTEMPTS


def _is_past_its_tries(build: FlowRun) -> bool:
    """Whether the build crashed, or ended over others, so often that only news of its shards have it tried again."""
    has_no_reason = flow_runs.is_crashed(build.state) or (build.state is not None and build.state.name in _COUNTED)
    return has_no_reason and build.run_count >= MOST_ATTEMPTS


async def _may_end_otherwise(client: PrefectClient, run_id: str, build: FlowRun) -> bool:
    """Whether a build has had news since it ended, where nothing else would have it end otherwise.

    Such is one that is past its tries, or that failed for a reason of its own: somebody has seen to one of its shards.
    """
    if build.state is None or not (_is_past_its_tries(build) or _failed_by_itself(build)):
        return True
    found = await flow_runs.all_of_shards(client, run_id)
    return any(one.state is not None and one.state.timestamp > build.state.timestamp for one in found)


def _failed_by_itself(build: FlowRun) -> bool:
    """Whether the build failed, and not because of its shards."""
    return build.state is not None and build.state.is_failed() and not waits_for_shards(build)


def _has_not_told(lake: Lake, run_id: str, build: FlowRun) -> bool:
    """Whether the build's process ended, perhaps between the end of its run and what it tells others of it."""
    if not flow_runs.is_crashed(build.state) or _is_past_its_tries(build):
        return False
    return run_state(lake, run_id)[0] is not RunState.OPENED and not late_shards(lake, run_id)


async def _has_shards_to_start(client: PrefectClient, lake: Lake, run_id: str, build: FlowRun) -> bool:
    """Whether the build's process ended and shards are owed that only the build starts.

    It had not started them, or they crashed as it did, or their lake was away: nothing of theirs has failed that a
    person would have to see to.
    """
    if not flow_runs.is_crashed(build.state) or _is_past_its_tries(build) or run_id not in open_runs(lake):
        return False
    run = load_run(lake, run_id)
    found = await flow_runs.all_of_shards(client, run_id)
    at_work = {flow_runs.shard_of(one) for one in found if flow_runs.is_live(one.state)}  # also of an earlier build
    done_with = {
        one.idempotency_key for one in found if not flow_runs.is_crashed(one.state) and not is_tried_again(one)
    }
    owed = [shard for shard in unfinished_shards(lake, run) if shard not in at_work]
    return any(flow_runs.start_key(build.id, shard_key(run, shard)) not in done_with for shard in owed)


def _is_free(lake: Lake, run_id: str) -> bool:
    """Whether nobody builds, reverifies or retracts anything of the run's dataset now."""
    try:
        with lease(lake.root, building(load_run(lake, run_id).recipe.dataset)):
            return True
    except LeaseHeld:
        return False


def _is_to_go_on(lake: Lake, run_id: str, build: FlowRun) -> bool:
    state = build.state
    owed = unfinished_shards(lake, load_run(lake, run_id))
    if run_state(lake, run_id)[0] is RunState.OPENED:
        return not owed and waits_for_shards(build) and run_id in open_runs(lake)
    has_ended = state is not None and state.type in (StateType.COMPLETED, StateType.FAILED)
    # One that is still at work is waited for: what came late is published together.
    return (
        bool(late_shards(lake, run_id))
        and (has_ended or waits_for_shards(build))
        and not any(is_sampled(lake, run_id, shard) for shard in owed)
    )
