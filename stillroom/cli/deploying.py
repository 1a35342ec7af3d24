"""Registers with a Prefect server what Stillroom deploys: flows, their queues, limits, schedules and automations.

What an operator has changed in the UI (a limit, whether a schedule is on, the form of a build, an automation) stays as
it is; to the one that listens to heartbeats the states are added that it lacks.
"""

import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from prefect.automations import AutomationCore
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, WorkPoolCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.workers.process import ProcessWorker

from stillroom.cli import form, warm_call
from stillroom.cli.automations import automations, brought_up_to_date
from stillroom.cli.deployed_processes import POOL
from stillroom.cli.deployment_file import DeploymentSpec, read_deployments
from stillroom.code_version import code_version
from stillroom.recipe import Recipe
from tasks.flow_runs import BUILD
from tasks.overdue import skip_overdue
from tasks.slots import LIMITS

BUILDS, SHARDS = "builds", "shards"  # queues: builds wait for shards, so they must not take their places
RECONCILE = "reconcile"
DEFAULT_SHARDS_AT_ONCE = 2
DEFAULT_SLOTS = {"teacher": 4, "sandbox": 4, "lake": 1}
_COMMAND = (sys.executable, "-I", "-S", str(warm_call.__file__))  # of the process of a flow run


async def register(
    recipe: Recipe, *, folder: Path, home: Path, shards_at_once: int | None, say: Callable[[str], None]
) -> None:
    """Register everything; what is there already is brought up to date, and what was due meanwhile is skipped.

    Args:
        recipe: what the form of a build shows at first.
        folder: where flow runs work; relative paths are taken from it.
        home: the folder of the server's database.
        shards_at_once: how many shards run at the same time from now on; None leaves that as it is.
        say: gets what a person has to know.
    """
    async with get_client() as client:
        await _pool(client, shards_at_once, say)
        for means, name in LIMITS.items():
            await _limit(client, name, DEFAULT_SLOTS[means])
        deployments = [_Deployment(client, one, recipe, folder) for one in read_deployments()]
        are_there = [await one.find() for one in deployments]
        ids = {one.name: str(await one.register(home, say)) for one in deployments}
        for automation in automations(ids):
            await automate(client, automation)
        if any(are_there):
            await _catch_up(client, UUID(ids[RECONCILE]), say)


async def _catch_up(client: PrefectClient, reconcile: UUID, say: Callable[[str], None]) -> None:
    """Settle what is left of the last time that a worker was up."""
    missed = [one.name for one in await skip_overdue(client, POOL) if one.deployment_id != reconcile]
    if missed:
        say(f"{len(missed)} flow runs by schedule were due while nothing was up, and are skipped: {', '.join(missed)}")
    await client.create_flow_run_from_deployment(reconcile)


async def _pool(client: PrefectClient, shards_at_once: int | None, say: Callable[[str], None]) -> None:
    template = ProcessWorker.get_default_base_job_template()
    with suppress(ObjectAlreadyExists):
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))
    for name, limit in ((BUILDS, None), (SHARDS, shards_at_once or DEFAULT_SHARDS_AT_ONCE)):
        with suppress(ObjectAlreadyExists):
            await client.create_work_queue(name, work_pool_name=POOL, concurrency_limit=limit)
    if shards_at_once is None:
        return
    queue = await client.read_work_queue_by_name(SHARDS, work_pool_name=POOL)
    if queue.concurrency_limit != shards_at_once:
        await client.update_work_queue(queue.id, concurrency_limit=shards_at_once)
        say(f"{shards_at_once} shards run at once from now on; it was {queue.concurrency_limit or 'any number'}.")


async def _limit(client: PrefectClient, name: str, slots: int) -> None:
    try:
        await client.read_global_concurrency_limit_by_name(name)
    except ObjectNotFound:
        await client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=slots))


async def automate(client: PrefectClient, automation: AutomationCore) -> None:
    """Have the server do this; one of the name that is there stays the operator's."""
    there = await client.read_automations_by_name(automation.name)
    if not there:
        await client.create_automation(automation)
    for one in there:
        better = brought_up_to_date(one, automation)
        if better is not None:
            await client.update_automation(one.id, better)


def parameters_of(one: DeploymentSpec, recipe: Recipe) -> dict[str, object]:
    """What the form of a deployment begins with."""
    return {"recipe": recipe.model_dump(mode="json")} if one.name == BUILD else {}


class _Deployment:
    """One deployment, and what the server has of it.

    Args:
        client: asks the server.
        spec: the deployment.
        recipe: what its form begins with, where it has one of recipes.
        folder: where its flow runs work.
    """

    def __init__(self, client: PrefectClient, spec: DeploymentSpec, recipe: Recipe, folder: Path) -> None:
        self.name = spec.name
        self._client = client
        self._there: DeploymentResponse | None = None
        self._made = RunnerDeployment.from_entrypoint(
            spec.entrypoint,
            name=spec.name,
            description=spec.description,
            version=code_version(),
            parameters=parameters_of(spec, recipe),
            work_pool_name=spec.work_pool.name,
            work_queue_name=spec.work_pool.work_queue_name,
            job_variables={"command": shlex.join(_COMMAND), "working_dir": str(folder)},
            schedules=[each.schedule for each in spec.schedules],
        )

    async def find(self) -> bool:
        """Whether the server has it already."""
        with suppress(ObjectNotFound):
            self._there = await self._client.read_deployment_by_name(self._made.full_name)
        return self._there is not None

    async def register(self, home: Path, say: Callable[[str], None]) -> UUID:
        """Register it, with what is the operator's as it was found."""
        made, there = self._made, self._there
        if there is not None:
            made.schedules = None
            made.model_fields_set.discard("schedules")  # given, even as none, they would replace what is there
        if self.name == BUILD:
            why = form.why_it_stays(there, home) if there is not None else None
            if there is not None and why is not None and there.parameters != made.parameters:
                say(f"The form of {made.full_name} stays as it is, without the recipe of this command: {why}.")
                made.parameters = there.parameters
                return await made.aapply()
            # Both, until the server has it: what ended in between would look like an operator's change.
            form.note(home, made.parameters, *([there.parameters] if there is not None else []))
        done = await made.aapply()
        if self.name == BUILD:
            form.note(home, made.parameters)
        return done
