"""What a schedule had planned for hours in which nothing was up is skipped; what somebody started is not."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.states import AwaitingRetry, Scheduled

from tasks.overdue import LATE_MINUTES, skip_overdue
from tests.deployed.conftest import state_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
POOL = "overdue"


@flow(name="nightly")
def _nightly() -> None: ...


@pytest.fixture
async def nightly(client: PrefectClient) -> UUID:
    """A deployment of a pool that no worker serves, due every hour at half past now."""
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
    assert await state_of(client, tried_again) == "AwaitingRetry"
    for one in (*started, *(one for one in planned if one not in late)):
        assert await state_of(client, one) in ("Scheduled", "Late")
    assert await skip_overdue(client, POOL) == []
