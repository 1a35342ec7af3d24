"""Automations of a Prefect server: what it does by itself when flow runs or Stillroom say something, or stop to."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from prefect.automations import (
    AutomationCore,
    ChangeFlowRunState,
    EventTrigger,
    Posture,
    RunDeployment,
)
from prefect.client.schemas.objects import StateType
from prefect.events.schemas.events import ResourceSpecification

from stillroom.cli.deployed_processes import HEARTBEAT_SECONDS
from tasks.announcing import SNAPSHOT_PUBLISHED
from tasks.flow_runs import BUILD, SHARD
from tasks.waking import OWN_ENDS

SILENCE_SECONDS = 3.0 * HEARTBEAT_SECONDS
# States in which no heart beats, by their names, which is what their events are called by.
_ENDS = ("Completed", "Failed", "Cancelled", "Crashed", *OWN_ENDS, "AwaitingRetry")


def automations(deployment_ids: Mapping[str, str]) -> list[AutomationCore]:
    """All of them; ``deployment_ids`` are those of the deployments by name."""
    return [_heartbeat(), _reconcile(deployment_ids["reconcile"]), _example(deployment_ids["maintain"])]


def brought_up_to_date(there: AutomationCore, ours: AutomationCore) -> AutomationCore | None:
    """What is to stand instead of an automation that was made before; None where that is as it should be.

    It is the operator's, but for one thing: states in which no heart beats, and which an earlier Stillroom did not
    know of, are added. Without them a flow run that has ended so would be marked as crashed.
    """
    old, new = there.trigger, ours.trigger
    if not isinstance(old, EventTrigger) or not isinstance(new, EventTrigger) or new.posture is not Posture.Proactive:
        return None
    if new.expect <= old.expect:
        return None
    about = there.model_dump(include=set(AutomationCore.model_fields) - {"owner_resource"})
    kept = AutomationCore.model_validate(about)
    return kept.model_copy(update={"trigger": old.model_copy(update={"expect": old.expect | new.expect})})


def _heartbeat() -> AutomationCore:
    """A process that was killed says nothing any more; without this its flow run would run for ever."""
    return AutomationCore(
        name="Stillroom: flow runs that fell silent have crashed",
        description=f"A flow run that gave no sign of life for {SILENCE_SECONDS:.0f} s is marked as crashed.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in _ENDS)},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=SILENCE_SECONDS),
        ),
        actions=[
            ChangeFlowRunState(
                name=None,
                state=StateType.CRASHED,
                force=False,
                message=f"It gave no sign of life for {SILENCE_SECONDS:.0f} s: its process or its machine is gone.",
            )
        ],
    )


def _reconcile(deployment_id: str) -> AutomationCore:
    """What crashed may have left a build asleep."""
    return AutomationCore(
        name="Stillroom: reconcile after a crash",
        description="When a build or a shard crashed, builds whose shards are all done are woken.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Crashed"},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            match_related=ResourceSpecification(
                {"prefect.resource.role": "flow", "prefect.resource.name": [BUILD, SHARD]}
            ),
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
        ),
        actions=[_run(deployment_id)],
    )


def _example(deployment_id: str) -> AutomationCore:
    """An example that is off: events of Stillroom's own start whatever Prefect can do."""
    return AutomationCore(
        name="Stillroom example: keep house after every snapshot",
        description="Switch it on, or take it as a pattern: stillroom.shard.failed is the other event.",
        enabled=False,
        trigger=EventTrigger(expect={SNAPSHOT_PUBLISHED}, posture=Posture.Reactive, threshold=1, within=timedelta(0)),
        actions=[_run(deployment_id)],
    )


def _run(deployment_id: str) -> RunDeployment:
    return RunDeployment(source="selected", deployment_id=UUID(deployment_id), parameters=None, job_variables=None)
