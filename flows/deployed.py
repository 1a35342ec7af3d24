"""The flows that are deployed: what people start, schedule and retry in Prefect's UI.

Each runs in a process of its own, which a worker starts. The build and its shards find each other by the run's tag.
"""

from pathlib import Path
from typing import Annotated, Any

from prefect import Flow, flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from pydantic import Field

from flows.deployed_build import built
from flows.deployed_ends import shard_lake_away, skipped
from stillroom.errors import LakeError, LeaseHeld
from stillroom.lake.maintenance import GRACE_MINUTES, KEEP_DAYS, MOST_GRACE_MINUTES, MOST_KEEP_DAYS
from stillroom.recipe import Recipe, load_recipe, with_paths_from
from stillroom.runs import load_run, refuse_idle_settings
from tasks import flow_runs
from tasks.announcing import announce_failed_shard, artifact_key
from tasks.deployed import deployed_workshop
from tasks.housekeeping import keep_house
from tasks.lake_outage import is_outage
from tasks.overdue import overdue
from tasks.prefect_outage import NOT_TO_BE_HAD, answered
from tasks.reporting import tell_without_stacks
from tasks.sampling import sample_shard
from tasks.waking import wake_build

# Forms describe a parameter as the docstring of its flow does.
KeepDays = Annotated[float, Field(ge=0, le=MOST_KEEP_DAYS)]
GraceMinutes = Annotated[float, Field(ge=0, le=MOST_GRACE_MINUTES)]


async def cancel_shards(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Cancel the shards of a build that is being cancelled; the worker calls it."""
    del flow, state
    async with get_client() as client:
        run_id = flow_runs.run_of(await client.read_flow_run(flow_run.id))  # its tag may be newer than what is given
        if run_id is not None:
            await flow_runs.cancel(client, await flow_runs.all_of_shards(client, run_id))


async def announce_failed(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tell others of a shard that failed, for whatever reason."""
    del flow
    announce_failed_shard(flow_run.parameters["run_id"], flow_run.parameters["shard"], flow_runs.reason(state))


@flow(
    name=flow_runs.BUILD, flow_run_name="build {recipe.dataset}", on_cancellation=[cancel_shards], persist_result=False
)
async def build(recipe: Recipe, new_run: bool = False) -> str | State[Any]:
    """Build a recipe to its next snapshot, or continue the build that is unfinished; returns NAME@N, or "".

    Paths in the recipe are taken from the folder that the worker was started in. Tried again, it goes on with the run
    it began. Where another build of the dataset is at work it does nothing and says so.

    Args:
        recipe: What to make, from what, by whom, checked how, kept by which rule.
        new_run: Open another run, even if one is unfinished.
    """

    def read() -> Recipe:
        made = with_paths_from(recipe, Path.cwd())
        refuse_idle_settings(made, is_from_form=True)
        return made

    return await built(read, new_run)


@flow(name=flow_runs.BUILD, flow_run_name="build {recipe_file}", on_cancellation=[cancel_shards], persist_result=False)
async def build_file(recipe_file: Path, new_run: bool = False) -> str | State[Any]:
    """Build the recipe of a file as it is when the run begins; else as ``build``.

    Args:
        recipe_file: A recipe in YAML, on the machine of the worker.
        new_run: Open another run, even if one is unfinished.
    """

    def read() -> Recipe:
        made = load_recipe(recipe_file)
        refuse_idle_settings(made)
        return made

    return await built(read, new_run)


@flow(
    name=flow_runs.SHARD,
    flow_run_name="{run_id} shard {shard}",
    on_failure=[announce_failed],
    on_crashed=[announce_failed],
    persist_result=False,
)
async def shard(run_id: str, shard: int) -> str | State[Any]:
    """Answer, verify and commit one shard; what an earlier attempt was paid for is not asked for again.

    The build is woken where it gave up and nothing is owed any more.
    """
    try:
        return await _committed(run_id, shard)
    except LakeError as error:
        if not is_outage(error):
            raise
        return shard_lake_away(error)


async def _committed(run_id: str, shard: int) -> str:
    """Do the shard and wake its build; returns its commit key."""
    async with deployed_workshop(artifact_key(run_id, "shard", shard)) as shop:
        await shop.start_sandbox(load_run(shop.lake, run_id).recipe.verification)
        key = await sample_shard(run_id, shard)
        try:
            if await answered(lambda: wake_build(shop.lake, run_id), shop.watcher.say):
                shop.watcher.say(f"the build of {run_id} goes on: nothing keeps it waiting any more")
        except NOT_TO_BE_HAD as error:  # the shard is committed, and that is what it was to do
            shop.watcher.say(f"the build of {run_id} was not woken, which `reconcile` does: {error}")
        return key


@flow(name="maintain", flow_run_name="maintain the lake", persist_result=False)
def maintain(keep_days: KeepDays = KEEP_DAYS, grace_minutes: GraceMinutes = GRACE_MINUTES) -> str | State[Any]:
    """Keep house in the lake. Where somebody is at work in it, nothing is done and that is said.

    Args:
        keep_days: Versions of the catalogue that are younger stay.
        grace_minutes: A file is removed when nothing has named it for this long; whoever reads for longer may lose it.
    """
    tell_without_stacks()
    if (end := overdue()) is not None:
        return end
    try:
        return keep_house(keep_days, grace_minutes)
    except LeaseHeld as error:
        return skipped(error)
