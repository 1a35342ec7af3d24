"""Registers with a Prefect server what Stillroom deploys: flows, their queues, limits, schedules and automations.

What an operator has changed in the UI (a limit, whether a schedule is on, an automation) stays as it is.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.schedules import Cron, Interval, RRule, Schedule
from prefect.workers.process import ProcessWorker

from stillroom import __version__
from stillroom.cli.automations import automations
from stillroom.cli.deployed_processes import POOL
from stillroom.recipe import Recipe
from tasks.deployed import LIMITS

BUILDS, SHARDS = "builds", "shards"  # queues: builds wait for shards, so they must not take their places
RECONCILE_SECONDS = 120
DEFAULT_SLOTS = {"teacher": 4, "sandbox": 4, "lake": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """One deployment: a flow by its module path, and how it is started."""

    name: str
    entrypoint: str
    queue: str
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    schedules: Sequence[Schedule] = ()


def deployments(recipe: Recipe) -> list[Deployed]:
    """All deployments; the build's form starts with ``recipe``. Schedules are examples that are off."""
    given = {"recipe": recipe.model_dump(mode="json")}
    examples = (
        Cron("0 3 * * *", timezone="UTC", active=False, slug="every-night"),
        Interval(timedelta(hours=6), active=False, slug="every-six-hours"),
        RRule("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=5;BYMINUTE=0;BYSECOND=0", active=False, slug="three-days-a-week"),
    )
    weekly = Cron("0 4 * * 0", timezone="UTC", active=False, slug="every-sunday")
    often = Interval(timedelta(seconds=RECONCILE_SECONDS), slug="all-the-time")
    return [
        Deployed(name="build", entrypoint="flows.deployed.build", queue=BUILDS, parameters=given, schedules=examples),
        Deployed(name="build-file", entrypoint="flows.deployed.build_file", queue=BUILDS),
        Deployed(name="shard", entrypoint="flows.deployed.shard", queue=SHARDS),
        Deployed(name="reverify", entrypoint="flows.deployed_reverify.reverify", queue=BUILDS),
        Deployed(name="maintain", entrypoint="flows.deployed.maintain", queue=BUILDS, schedules=[weekly]),
        Deployed(name="reconcile", entrypoint="flows.deployed.reconcile", queue=BUILDS, schedules=[often]),
    ]


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
        for one in deployments(recipe):
            ids[one.name] = str(await _deploy(client, one, folder))
        for automation in automations(ids):
            if not await client.read_automations_by_name(automation.name):
                await client.create_automation(automation)


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


async def _deploy(client: PrefectClient, one: Deployed, folder: Path) -> UUID:
    made = RunnerDeployment.from_entrypoint(
        one.entrypoint,
        name=one.name,
        version=__version__,
        parameters=one.parameters,
        work_pool_name=POOL,
        work_queue_name=one.queue,
        # A command of our own leaves out a second interpreter that would look for the flow's requirements.
        job_variables={"command": f"{sys.executable} -m prefect.engine", "working_dir": str(folder)},
        schedules=[*one.schedules],
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
