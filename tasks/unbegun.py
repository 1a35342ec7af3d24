"""Flow runs without a process that Prefect leaves as they are for ever.

Some were taken by a worker that died before they began: an automation crashes what falls silent; it listens from the
first heartbeat on, so of these it hears nothing. Others were cancelled as their process came up: it saw that and ended
by itself, before its worker had heard of it, and they stay Cancelling.
"""

from datetime import UTC, datetime, timedelta

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Cancelled, Crashed

PENDING_SECONDS = 300.0  # from a worker's hand to the first line of a flow: seconds, or a minute where much is started
CANCELLING_SECONDS = 90.0  # a worker hears of it within 10 s, and kills what has not ended 30 s later


async def crash_unbegun(client: PrefectClient, pool: str) -> list[FlowRun]:
    """Mark those of a work pool as crashed that were to begin long ago; returns them.

    Whoever waits for them goes on then, and a person can retry them.

    Args:
        client: asks the server.
        pool: name of the work pool; on the same server others may have flow runs of their own.
    """
    unbegun = await _since(client, pool, StateType.PENDING, PENDING_SECONDS)
    for one in unbegun:
        why = f"A worker took it, and it had not begun {PENDING_SECONDS / 60:.0f} minutes later: that worker is gone."
        await client.set_flow_run_state(one.id, Crashed(message=why))
    return unbegun


async def end_cancelling(client: PrefectClient, pool: str) -> list[FlowRun]:
    """Mark those of a work pool as cancelled whose process is to have ended long ago; returns them."""
    left = await _since(client, pool, StateType.CANCELLING, CANCELLING_SECONDS)
    for one in left:
        why = "It was cancelled as it began, and ended by itself."
        await client.set_flow_run_state(one.id, Cancelled(message=why), force=True)
    return left


async def _since(client: PrefectClient, pool: str, state: StateType, seconds: float) -> list[FlowRun]:
    """The flow runs of a work pool that have been in a state for longer than so many seconds."""
    found = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[state]))),
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
    )
    since = datetime.now(UTC) - timedelta(seconds=seconds)
    return [one for one in found if one.state is not None and one.state.timestamp < since]
