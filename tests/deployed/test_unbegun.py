"""Flow runs that a worker took and never began, or that were cancelled as they began, on a real server."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectAlreadyExists
from prefect.states import Cancelling, Pending, Running, State

from flows import deployed_reconcile
from flows.deployed_reconcile import reconcile
from stillroom import LAKE_VARIABLE
from stillroom.lake import Lake
from tasks import unbegun
from tasks.unbegun import CANCELLING_SECONDS, PENDING_SECONDS, crash_unbegun, end_cancelling
from tests.deployed.conftest import state_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@flow(name="shard")
def _shard() -> None: ...


async def taken(client: PrefectClient, pool: str, state: State) -> FlowRun:
    """A flow run of a deployment in this work pool, in this state."""
    with suppress(ObjectAlreadyExists):
        await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    flow_id = await client.create_flow(_shard)
    deployment_id = await client.create_deployment(flow_id, name=f"in-{pool}", work_pool_name=pool)
    flow_run = await client.create_flow_run_from_deployment(deployment_id)
    if state.is_cancelling():  # the server itself ends one that no worker has taken
        await client.set_flow_run_state(flow_run.id, Running(), force=True)
    await client.set_flow_run_state(flow_run.id, state, force=True)
    return await client.read_flow_run(flow_run.id)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Has the clock of the one who looks stand so many seconds later."""

    def stand(seconds: float) -> None:
        class Later(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:  # pyright: ignore[reportIncompatibleMethodOverride]
                del tz
                return datetime.now(UTC) + timedelta(seconds=seconds)

        monkeypatch.setattr(unbegun, "datetime", Later)

    return stand


async def test_what_a_worker_took_and_never_began_has_crashed_after_a_while(
    client: PrefectClient, later: Callable[[float], None]
) -> None:
    stuck, runs = await taken(client, "ours", Pending()), await taken(client, "ours", Running())
    theirs = await taken(client, "theirs", Pending())

    later(PENDING_SECONDS - 60)
    assert await crash_unbegun(client, "ours") == []
    later(PENDING_SECONDS + 60)
    assert [one.id for one in await crash_unbegun(client, "ours")] == [stuck.id]

    assert [await state_of(client, one) for one in (stuck, runs, theirs)] == ["Crashed", "Running", "Pending"]
    assert await crash_unbegun(client, "ours") == []


async def test_what_is_left_cancelling_is_cancelled_after_a_while(
    client: PrefectClient, later: Callable[[float], None]
) -> None:
    left, runs = await taken(client, "ours", Cancelling()), await taken(client, "ours", Running())
    theirs = await taken(client, "theirs", Cancelling())

    later(CANCELLING_SECONDS - 60)
    assert await end_cancelling(client, "ours") == []
    later(CANCELLING_SECONDS + 60)
    assert [one.id for one in await end_cancelling(client, "ours")] == [left.id]

    assert [await state_of(client, one) for one in (left, runs, theirs)] == ["Cancelled", "Running", "Cancelling"]
    assert await end_cancelling(client, "ours") == []


async def test_reconciling_frees_who_waits_for_one_that_never_began(
    client: PrefectClient, lake: Lake, monkeypatch: pytest.MonkeyPatch, later: Callable[[float], None]
) -> None:
    stuck, left = await taken(client, "stillroom", Pending()), await taken(client, "stillroom", Cancelling())
    this = await taken(client, "stillroom", Running())
    assert this.work_pool_name == "stillroom"
    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    monkeypatch.setattr(deployed_reconcile, "get_run_logger", lambda: logging.getLogger("reconcile"))
    later(PENDING_SECONDS + 60)
    with FlowRunContext.model_construct(flow_run=this):
        assert await reconcile.fn() == []
    assert await state_of(client, stuck) == "Crashed"
    assert await state_of(client, left) == "Cancelled"
