"""Automations of an earlier Stillroom, on a real Prefect server: what was mended since comes to them too."""

from datetime import timedelta
from uuid import uuid4

import pytest
from prefect.client.orchestration import PrefectClient
from prefect.events import EventTrigger
from prefect.events.schemas.automations import Automation, AutomationCore

from stillroom.cli.automations import automations, brought_up_to_date
from stillroom.cli.deploying import automate

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
