"""Registers with a Prefect server what Stillroom deploys: flows, their queues, limits, schedules and automations.

What an operator has changed in the UI (a limit, whether a schedule is on, an automation) stays as it is; to the one
that listens to heartbeats the states are added that it lacks.
"""

import shlex
import sys
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from prefect.automations import AutomationCore
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.workers.process import ProcessWorker

from stillroom.cli import warm_call
from stillroom.cli.automations import automations, brought_up_to_date
from stillroom.cli.deployed_processes import POOL
from stillroom.cli.deployment_file import DeploymentSpec, read_deployments
from stillroom.code_version import code_version
from stillroom.recipe import Recipe
from tasks.deployed import LIMITS
from tasks.flow_runs import BUILD

BUILDS, SHARDS = "builds", "shards"  # queues: builds wait for shards, so they must not take their places
DEFAULT_SLOTS = {"teacher": 4, "sandbox": 4, "lake": 1}
_COMMAND = (sys.executable, "-I", "-S", str(warm_call.__file__))  # of the process of a flow run


async def register(recipe: Recipe, *, folder: Path, shards_at_once: int) -> None:
    """Register everything; what is there already is brought up to date.

    Args:
        recipe: what the form of a build shows at first.
        folder: where flow runs work; relative paths are taken from it.
        shards_at_once: how many shards run at the same time, where their queue is new.
    """
    async with get_client() as client:
        await _pool(client, shards_at_once)
        for means, name in LIMITS.items():
            await _limit(client, name, DEFAULT_SLOTS[means])
        ids: dict[str, str] = {}
        for one in read_deployments():
            ids[one.name] = str(await _deploy(client, one, recipe, folder))
        for automation in automations(ids):
            await automate(client, automation)


async def _pool(client: PrefectClient, shards_at_once: int) -> None:
    template = ProcessWorker.get_default_base_job_template()
    with suppress(ObjectAlreadyExists):
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))
    for name, limit in ((BUILDS, None), (SHARDS, shards_at_once)):
        with suppress(ObjectAlreadyExists):
            await client.create_work_queue(name, work_pool_name=POOL, concurrency_limit=limit)


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


async def _deploy(client: PrefectClient, one: DeploymentSpec, recipe: Recipe, folder: Path) -> UUID:
    made = RunnerDeployment.from_entrypoint(
        one.entrypoint,
        name=one.name,
        description=one.description,
        version=code_version(),
        parameters=parameters_of(one, recipe),
        work_pool_name=one.work_pool.name,
        work_queue_name=one.work_pool.work_queue_name,
        job_variables={"command": shlex.join(_COMMAND), "working_dir": str(folder)},
        schedules=[each.schedule for each in one.schedules],
    )
    if await _is_there(client, made.full_name):
        made.schedules = None
        made.model_fields_set.discard("schedules")  # given, even as none, they would replace what is there
    return await made.aapply()


async def _is_there(client: PrefectClient, full_name: str) -> bool:
    try:
        await client.read_deployment_by_name(full_name)
    except ObjectNotFound:
        return False
    return True
