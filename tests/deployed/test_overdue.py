"""What a schedule had planned for hours in which nothing was up is skipped; what somebody started is not."""

import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.context import FlowRunContext
from prefect.exceptions import ObjectAlreadyExists
from prefect.states import AwaitingConcurrencySlot, AwaitingRetry, Running, Scheduled

from flows.deployed import build_file, maintain
from flows.deployed_reconcile import reconcile
from flows.deployed_reverify import reverify
from tasks.overdue import LATE_MINUTES, overdue, skip_overdue
from tasks.waking import SKIPPED
from tests.deployed.conftest import state_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
POOL = "overdue"


async def keep_house_at_once() -> object:
    return maintain.fn()


OVERDUE: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
    "build-file": lambda: build_file.fn(Path("/nowhere/recipe.yaml")),
    "reverify": lambda: reverify.fn("tiny"),
    "reconcile": lambda: reconcile.fn(),
    "maintain": keep_house_at_once,
}


@flow(name="nightly")
def _nightly() -> None: ...


@pytest.fixture
async def nightly(client: PrefectClient) -> UUID:
    """A deployment of a pool that no worker serves, due every hour at half past now."""
    with suppress(ObjectAlreadyExists):
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
    hourly = IntervalSchedule(
        interval=timedelta(hours=1), anchor_date=datetime.now(UTC) - timedelta(minutes=30), timezone="UTC"
    )
    return await client.create_deployment(
        await client.create_flow(_nightly),
        "nightly",
        work_pool_name=POOL,
        schedules=[DeploymentScheduleCreate(schedule=hourly, active=True)],
    )


async def test_of_what_is_overdue_only_what_a_schedule_has_planned_is_skipped(
    client: PrefectClient, nightly: UUID
) -> None:
    now = datetime.now(UTC)
    between = {"start_time": str(now - timedelta(hours=3)), "end_time": str(now + timedelta(hours=1))}
    await client.request("POST", "/deployments/{id}/schedule", path_params={"id": nightly}, json=between)
    filtered = DeploymentFilter(id=DeploymentFilterId(any_=[nightly]))
    planned = await client.read_flow_runs(deployment_filter=filtered)
    tried_again = planned[0]
    await client.set_flow_run_state(tried_again.id, AwaitingRetry(message="a person clicked"), force=True)
    due = [Scheduled(scheduled_time=now - timedelta(minutes=late)) for late in (90, LATE_MINUTES / 2)]
    started = [await client.create_flow_run_from_deployment(nightly, state=state) for state in due]
    skipped = await skip_overdue(client, POOL)
    late = [one for one in planned if one.expected_start_time and one.expected_start_time < now]
    assert len(late) >= 3
    assert {one.id for one in skipped} == {one.id for one in late} - {tried_again.id}
    assert {await state_of(client, one) for one in skipped} == {"Skipped"}
    messages = [one.state.message for one in [await client.read_flow_run(one.id) for one in skipped] if one.state]
    assert all(re.search(r"it had not begun \d+ minutes after it was due", message or "") for message in messages)
    assert await state_of(client, tried_again) == "AwaitingRetry"
    for one in (*started, *(one for one in planned if one not in late)):
        assert await state_of(client, one) in ("Scheduled", "Late")
    assert await skip_overdue(client, POOL) == []


@pytest.mark.parametrize(
    ("late", "is_by_schedule", "is_skipped"),
    [
        pytest.param(timedelta(hours=3), True, True, id="by a schedule, while the machine slept"),
        pytest.param(timedelta(hours=3), False, False, id="a person's"),
        pytest.param(timedelta(0), True, False, id="in time"),
    ],
)
@pytest.mark.usefixtures("client")
async def test_a_flow_run_that_comes_hours_late_skips_itself(
    late: timedelta, is_by_schedule: bool, is_skipped: bool
) -> None:
    due = datetime.now(UTC) - late
    this = FlowRun(flow_id=uuid4(), auto_scheduled=is_by_schedule, expected_start_time=due)
    with FlowRunContext.model_construct(flow_run=this, parameters={}):
        assert (overdue() is not None) is is_skipped


@pytest.mark.parametrize(
    "waited",
    [
        pytest.param(AwaitingRetry(message="a person clicked"), id="a person tries it again"),
        pytest.param(AwaitingConcurrencySlot(), id="it waited for a slot of its deployment"),
    ],
)
async def test_what_would_be_skipped_goes_on_where_somebody_kept_it_waiting(
    client: PrefectClient, nightly: UUID, waited: State
) -> None:
    now = datetime.now(UTC)
    between = {"start_time": str(now - timedelta(hours=3)), "end_time": str(now)}
    await client.request("POST", "/deployments/{id}/schedule", path_params={"id": nightly}, json=between)
    this, *_ = await skip_overdue(client, POOL)
    await client.set_flow_run_state(this.id, waited, force=True)
    await client.set_flow_run_state(this.id, Running(), force=True)
    this = await client.read_flow_run(this.id)
    assert this.auto_scheduled
    with FlowRunContext.model_construct(flow_run=this, parameters={}):
        assert overdue() is None


@pytest.mark.parametrize("name", OVERDUE)
@pytest.mark.usefixtures("client")
async def test_every_flow_that_is_scheduled_skips_itself(name: str) -> None:
    due = datetime.now(UTC) - timedelta(hours=3)
    this = FlowRun(flow_id=uuid4(), auto_scheduled=True, expected_start_time=due)
    with FlowRunContext.model_construct(flow_run=this, parameters={}):
        end: Any = await OVERDUE[name]()
    assert end.name == SKIPPED
    assert end.message.startswith("Nothing was done: it began 180 minutes after it was due.")
    assert "its queue was paused or full" in end.message
    assert "runs, " not in end.message, "what is full tonight may be full tomorrow"
