"""What Prefect knows of the flow runs of one run: they bear its tag, and a shard's also the shard's.

Prefect says what runs; what is done is asked of the lake.
"""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound
from prefect.states import AwaitingRetry, Cancelled, Cancelling

from tasks.going_on import WENT_ON

BUILD = "build"
SHARD = "shard"
SHARD_DEPLOYMENT = "shard/shard"
MOST_READ = 200  # what the server gives at once
_SHARD_TAG = re.compile(r"shard:([0-9]{1,9})")


def run_tag(run_id: str) -> str:
    """The tag of every flow run that works on the run."""
    return f"run:{run_id}"


def shard_tag(shard: int) -> str:
    """The tag of a shard's flow runs."""
    return f"shard:{shard}"


def shard_of(flow_run: FlowRun) -> int | None:
    """The shard whose tag the flow run bears; what people write there beside it is passed over."""
    return next((int(tag[1]) for tag in map(_SHARD_TAG.fullmatch, flow_run.tags) if tag), None)


def run_of(flow_run: FlowRun) -> str | None:
    """The run whose tag the flow run bears."""
    return next((tag.removeprefix("run:") for tag in flow_run.tags if tag.startswith("run:")), None)


async def builds(client: PrefectClient, run_id: str) -> list[FlowRun]:
    """The flow runs that built the run as a whole, the one first that went on with it last."""
    return sorted(await _read(client, BUILD, _of_run(run_id)), key=went_on_at, reverse=True)


def went_on_at(build: FlowRun) -> datetime:
    """When a build went on with its run the last time, in UTC; Prefect itself keeps the first time alone."""
    noted = build.labels.get(WENT_ON)
    if isinstance(noted, str):
        return datetime.fromisoformat(noted)
    return build.start_time or datetime.min.replace(tzinfo=UTC)


async def note_that_it_goes_on(client: PrefectClient, build: FlowRun, run_id: str) -> None:
    """Note on a build that it goes on with the run now, and is the one that counts."""
    if run_of(build) is None:
        await client.update_flow_run(build.id, tags=[*build.tags, run_tag(run_id)])
    await client.update_flow_run_labels(build.id, {WENT_ON: datetime.now(UTC).isoformat()})


async def runs_in(client: PrefectClient, flow_name: str, state_names: Collection[str]) -> set[str]:
    """Ids of the runs that have a build, or a shard, in a state of one of these names, whatever lake they are in."""
    in_state = FlowRunFilterState(name=FlowRunFilterStateName(any_=[*state_names]))
    found = await _read(client, flow_name, FlowRunFilter(state=in_state))
    return {run_id for run_id in map(run_of, found) if run_id is not None}


async def all_of_shards(client: PrefectClient, run_id: str) -> list[FlowRun]:
    """All flow runs of the run's shards, the newest first."""
    return await _read(client, SHARD, _of_run(run_id))


async def find(client: PrefectClient, flow_run_id: UUID) -> FlowRun | None:
    """The flow run of the id; None where it was deleted."""
    try:
        return await client.read_flow_run(flow_run_id)
    except ObjectNotFound:
        return None


def start_key(build_id: UUID, shard_key: str) -> str:
    """What a build starts a shard's flow run under, so that it starts none twice.

    Args:
        build_id: the flow run of the build.
        shard_key: the shard's commit key, which names what it is to do.
    """
    return f"{build_id}:{shard_key}"


def is_live(state: State | None) -> bool:
    """Whether the flow run is still to end: it waits, runs or is being cancelled."""
    return state is None or not state.is_final()


def has_begun(state: State | None) -> bool:
    """Whether a worker has taken the flow run, and it has not ended: it runs, or its process has died unnoticed."""
    return is_live(state) and state is not None and state.type is not StateType.SCHEDULED


def is_undone(state: State | None) -> bool:
    """Whether the flow run has ended without being done: it failed, crashed or was cancelled."""
    return state is not None and state.is_final() and not state.is_completed()


def is_crashed(state: State | None) -> bool:
    """Whether the flow run's process ended before the flow run did."""
    return state is not None and state.is_crashed()


def reason(state: State | None) -> str:
    """Why a flow run came to the state, in the one line that its page shows."""
    message = (state.message or state.name or "").strip() if state is not None else ""
    first = message.partition("\n")[0].removeprefix("Flow run encountered an exception: ")
    return first if first.endswith(".") else f"{first}."


async def try_again(client: PrefectClient, flow_run_id: UUID, why: str) -> bool:
    """Do what the button Retry does: the same flow run is scheduled once more; returns whether it was.

    Not where somebody else has done that since it was listed: a second process would be started beside the first.
    """
    if is_live((await client.read_flow_run(flow_run_id)).state):
        return False
    await client.set_flow_run_state(flow_run_id, AwaitingRetry(message=why), force=True)
    return True


async def cancel(client: PrefectClient, flow_runs: Sequence[FlowRun]) -> list[FlowRun]:
    """Cancel those that are live; returns them.

    One that waits for its turn has no process that a worker could end. Prefect itself sees that only of those that
    never had one: what was tried again would stay Cancelling for minutes, and count as live. Those that wait come
    first, since each that ends makes room for one; and each is looked at again, since a worker may have taken it: what
    is Cancelled while its process is being started runs all the same.
    """
    live = [one for one in flow_runs if is_live(one.state)]
    cancelled: list[FlowRun] = []
    for one in sorted(live, key=lambda one: has_begun(one.state)):
        now = await find(client, one.id)
        if now is None or not is_live(now.state):
            continue
        state = (Cancelling if has_begun(now.state) else Cancelled)(message="the build was cancelled")
        await client.set_flow_run_state(one.id, state)
        cancelled.append(one)
    return cancelled


def _of_run(run_id: str) -> FlowRunFilter:
    return FlowRunFilter(tags=FlowRunFilterTags(all_=[run_tag(run_id)]))


async def _read(client: PrefectClient, flow_name: str, which: FlowRunFilter) -> list[FlowRun]:
    """All such flow runs of a flow, the newest first.

    By when they began: what was scheduled for the night and begins in the morning is newer than what ran meanwhile.
    """
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow_name])),
            flow_run_filter=which,
            sort=FlowRunSort.START_TIME_DESC,
            limit=MOST_READ,
            offset=len(found),
        )
        found += page
        if len(page) < MOST_READ:
            return found
