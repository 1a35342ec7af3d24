"""Flow runs by schedule that come long after they were due: they are skipped, and their pages say so.

Prefect's server plans ahead, and a worker that comes after hours would start all that was due meanwhile at once. Where
the machine slept, server and worker come back together and nobody stands between them: so each flow run looks itself.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.states import AwaitingConcurrencySlot, AwaitingRetry, Completed

from tasks.flow_runs import MOST_READ
from tasks.waking import SKIPPED

LATE_MINUTES = 5.0  # what is due for less is still run: somebody started everything anew
# Names of states: what somebody has tried again, or Prefect has kept waiting for a slot of its deployment, goes on.
_KEPT_WAITING = frozenset(state().name for state in (AwaitingRetry, AwaitingConcurrencySlot))


def overdue() -> State[Any] | None:
    """The end of the flow run that runs here where a schedule had planned it for long before; None where it goes on.

    What somebody has tried again goes on, however old it is, and so does what waited for a slot of its deployment. Of
    one whose queue was paused or full Prefect keeps no record: it looks like one of a machine that slept.
    """
    context = FlowRunContext.get()
    this = context.flow_run if context is not None else None
    if this is None or not this.auto_scheduled or this.expected_start_time is None:
        return None
    late = datetime.now(UTC) - this.expected_start_time
    if late < timedelta(minutes=LATE_MINUTES):
        return None
    with get_client(sync_client=True) as client:
        if any(state.name in _KEPT_WAITING for state in client.read_flow_run_states(this.id)):
            return None
    return _skipped("it began", late)


def _skipped(what: str, late: timedelta) -> State[Any]:
    minutes = late.total_seconds() / 60
    return Completed(
        name=SKIPPED,
        message=f"Nothing was done: {what} {minutes:.0f} minutes after it was due. The machine slept or was off, or "
        "its queue was paused or full. It runs if you retry it; where the queue is full each time, give that room.",
    )


async def skip_overdue(client: PrefectClient, pool: str) -> list[FlowRun]:
    """Skip those of a work pool; returns them. What a person or a build has started waits on, however old.

    Args:
        client: asks the server.
        pool: name of the work pool, which no worker serves yet.
    """
    overdue = [one for one in await _waiting(client, pool) if one.auto_scheduled and one.run_count == 0]
    for one in overdue:  # one after another: the server's database takes one writer at a time
        late = datetime.now(UTC) - (one.expected_start_time or datetime.now(UTC))
        await client.set_flow_run_state(one.id, _skipped("it had not begun", late), force=True)
    return overdue


async def _waiting(client: PrefectClient, pool: str) -> list[FlowRun]:
    """All flow runs of the pool that were due more than a moment ago."""
    before = datetime.now(UTC) - timedelta(minutes=LATE_MINUTES)
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Scheduled", "Late"])),
                expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": before}),
            ),
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
            limit=MOST_READ,
            offset=len(found),
        )
        found += page
        if len(page) < MOST_READ:
            return found
