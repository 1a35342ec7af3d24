"""Flow runs that a worker took and that never began: it died in between, and no heart of theirs ever beat.

An automation crashes what falls silent; it listens from the first heartbeat on, so of these it hears nothing.
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
from prefect.states import Crashed

PENDING_SECONDS = 300.0  # from a worker's hand to the first line of a flow: seconds, or a minute where much is started


async def crash_unbegun(client: PrefectClient, pool: str) -> list[FlowRun]:
    """Mark those of a work pool as crashed that were to begin long ago; returns them.

    Whoever waits for them goes on then, and a person can retry them.

    Args:
        client: asks the server.
        pool: name of the work pool; on the same server others may have flow runs of their own.
    """
    pending = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PENDING])),
        ),
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
    )
    since = datetime.now(UTC) - timedelta(seconds=PENDING_SECONDS)
    unbegun = [one for one in pending if one.state is not None and one.state.timestamp < since]
    for one in unbegun:
        why = f"A worker took it, and it had not begun {PENDING_SECONDS / 60:.0f} minutes later: that worker is gone."
        await client.set_flow_run_state(one.id, Crashed(message=why))
    return unbegun
