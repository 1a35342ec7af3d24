"""Automations of an earlier Stillroom, on a real Prefect server: what was mended since comes to them too."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId
from prefect.events import EventTrigger, emit_event
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectAlreadyExists

from stillroom.cli.automations import automations, brought_up_to_date
from stillroom.cli.deploying import automate
from tasks.announcing import SNAPSHOT_PUBLISHED

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def heartbeat(**changes: object) -> AutomationCore:
    """The one that listens to heartbeats, with these changes to its trigger and a name of this test's own."""
    made, *_ = automations(dict.fromkeys(("reconcile", "maintain"), str(uuid4())))
    return made.model_copy(update={"name": NAME, "trigger": made.trigger.model_copy(update=changes)})


NAME = f"heartbeats {uuid4()}"
OURS = heartbeat()


async def stands(client: PrefectClient) -> tuple[Automation, EventTrigger]:
    (one,) = await client.read_automations_by_name(NAME)
    assert isinstance(one.trigger, EventTrigger)
    return one, one.trigger


async def test_ends_that_an_earlier_one_does_not_know_are_added_and_all_else_stays_the_operators(
    client: PrefectClient,
) -> None:
    assert isinstance(OURS.trigger, EventTrigger)
    known = {"prefect.flow-run.heartbeat", "prefect.flow-run.Completed", "the operator's own"}
    earlier = heartbeat(expect=known, within=timedelta(seconds=300))
    await client.create_automation(earlier.model_copy(update={"enabled": False, "description": "mine"}))

    await automate(client, OURS)

    one, trigger = await stands(client)
    assert trigger.expect == known | OURS.trigger.expect
    assert (trigger.within, one.enabled, one.description) == (timedelta(seconds=300), False, "mine")
    assert trigger.after == OURS.trigger.after
    assert one.actions == OURS.actions
    assert brought_up_to_date(one, OURS) is None


@flow(name="maintain")
def _maintain() -> None: ...


async def test_the_example_runs_maintain_after_a_snapshot_once_it_is_switched_on(client: PrefectClient) -> None:
    with suppress(ObjectAlreadyExists):
        await client.create_work_pool(WorkPoolCreate(name="maintenance", type="process"))
    maintain = await client.create_deployment(
        await client.create_flow(_maintain), "maintain", work_pool_name="maintenance"
    )
    *_, example = automations({"reconcile": str(uuid4()), "maintain": str(maintain)})
    made = await client.create_automation(example.model_copy(update={"enabled": True}))
    ours = DeploymentFilter(id=DeploymentFilterId(any_=[maintain]))
    assert await client.read_flow_runs(deployment_filter=ours) == []
    await asyncio.sleep(3.0)  # in which the server's triggers learn of it
    emit_event(SNAPSHOT_PUBLISHED, resource={"prefect.resource.id": "stillroom.snapshot.tiny@1"})
    while True:
        if found := await client.read_flow_runs(deployment_filter=ours):
            break
        await asyncio.sleep(0.2)
    assert [one.deployment_id for one in found] == [maintain]
    await client.delete_automation(made)
