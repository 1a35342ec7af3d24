"""The flows that are deployed: what people start, schedule and retry in Prefect's UI.

Each runs in a process of its own, which a worker starts. The build and its shards find each other by the run's tag.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

from prefect import Flow, flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger
from pydantic import Field

from flows.build import build_late, build_run
from flows.deployed_ends import held_up, nothing_to_do, outcome, skipped
from flows.deployed_shards import DeployedShards
from stillroom.errors import LeaseHeld, StillroomError
from stillroom.lake import Lake
from stillroom.lake.maintenance import GRACE_MINUTES, KEEP_DAYS, MOST_GRACE_MINUTES, MOST_KEEP_DAYS
from stillroom.lease import MOMENT_SECONDS, building, lease_soon
from stillroom.recipe import Recipe, load_recipe, refuse_idle_models, with_paths_from
from stillroom.runs import (
    Run,
    RunState,
    late_shards,
    load_run,
    open_run,
    open_runs,
    refuse_unknown_words,
    refuse_unusable_benchmarks,
    refuse_unusable_tables,
    run_state,
    runs_with_late_shards,
)
from stillroom.seeding import recipe_prompts
from tasks import flow_runs
from tasks.announcing import announce_failed_shard, artifact_key
from tasks.deployed import deployed_lake, deployed_workshop, refuse_other_version
from tasks.housekeeping import keep_house
from tasks.prefect_outage import UNANSWERED, answered
from tasks.reporting import tell_without_stacks
from tasks.sampling import sample_shard
from tasks.unbegun import crash_unbegun
from tasks.waking import HELD_UP, wake_build
from tasks.workshop import Workshop

# What may come of asking the lake and Prefect's server about one run.
NOT_TO_BE_HAD = (StillroomError, PrefectException, *UNANSWERED)

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


@flow(name=flow_runs.BUILD, flow_run_name="build {recipe.dataset}", on_cancellation=[cancel_shards])
async def build(recipe: Recipe, new_run: bool = False) -> str | State[Any]:
    """Build a recipe to its next snapshot, or continue the build that is unfinished; returns NAME@N, or "".

    Paths in the recipe are taken from the folder that the worker was started in. Tried again, it goes on with the run
    it began. Where another build of the dataset is at work it does nothing and says so.

    Args:
        recipe: What to make, from what, by whom, checked how, kept by which rule.
        new_run: Open another run, even if one is unfinished.
    """
    return await _build(lambda: with_paths_from(recipe, Path.cwd()), new_run)


@flow(name=flow_runs.BUILD, flow_run_name="build {recipe_file}", on_cancellation=[cancel_shards])
async def build_file(recipe_file: Path, new_run: bool = False) -> str | State[Any]:
    """Build the recipe of a file as it is when the run begins; else as ``build``.

    Args:
        recipe_file: A recipe in YAML, on the machine of the worker.
        new_run: Open another run, even if one is unfinished.
    """
    return await _build(lambda: load_recipe(recipe_file), new_run)


@flow(
    name=flow_runs.SHARD,
    flow_run_name="{run_id} shard {shard}",
    on_failure=[announce_failed],
    on_crashed=[announce_failed],
)
async def shard(run_id: str, shard: int) -> str:
    """Answer, verify and commit one shard; what an earlier attempt was paid for is not asked for again.

    The build is woken where it gave up and nothing is owed any more.
    """
    async with deployed_workshop(artifact_key(run_id, "shard", shard)) as shop:
        await shop.start_sandbox(load_run(shop.lake, run_id).recipe.verification)
        key = await sample_shard(run_id, shard)
        try:
            if await answered(lambda: wake_build(shop.lake, run_id), shop.watcher.say):
                shop.watcher.say(f"the build of {run_id} goes on: nothing keeps it waiting any more")
        except NOT_TO_BE_HAD as error:  # the shard is committed, and that is what it was to do
            shop.watcher.say(f"the build of {run_id} was not woken, which `reconcile` does: {error}")
        return key


@flow(name="maintain", flow_run_name="maintain the lake")
def maintain(keep_days: KeepDays = KEEP_DAYS, grace_minutes: GraceMinutes = GRACE_MINUTES) -> str | State[Any]:
    """Keep house in the lake. Where somebody is at work in it, nothing is done and that is said.

    Args:
        keep_days: Versions of the catalogue that are younger stay.
        grace_minutes: A file is removed when nothing has named it for this long; whoever reads for longer may lose it.
    """
    tell_without_stacks()
    try:
        return keep_house(keep_days, grace_minutes)
    except LeaseHeld as error:
        return skipped(error)


@flow(name="reconcile", flow_run_name="reconcile")
async def reconcile() -> list[str] | State[Any]:
    """Wake builds whose shards were done after they ended, cancel shards of cancelled ones; returns those runs.

    Builds that were held up are woken, too, or fail where their runs were given up. Before that, flow runs that were
    taken and never began are marked as crashed.
    """
    tell_without_stacks()
    await _crash_unbegun()
    try:
        lake = Lake.open(deployed_lake(), create=True)
    except LeaseHeld as error:  # somebody keeps house
        return skipped(error)
    try:
        unsettled = dict.fromkeys((*open_runs(lake), *runs_with_late_shards(lake), *await _held_up(lake)))
        return [run_id for run_id in unsettled if await _settle(lake, run_id)]
    finally:
        lake.close()


async def _crash_unbegun() -> None:
    """In the work pool that this flow run came from."""
    context = FlowRunContext.get()
    pool = context.flow_run.work_pool_name if context is not None and context.flow_run is not None else None
    if pool is None:
        return
    try:
        async with get_client() as client:
            for one in await crash_unbegun(client, pool):
                get_run_logger().warning("%s has never begun, and counts as crashed", one.name)
    except NOT_TO_BE_HAD as error:
        get_run_logger().error("what has never begun is left as it is: %s: %s", type(error).__name__, error)


async def _held_up(lake: Lake) -> list[str]:
    """Runs of the lake that have builds that were held up, also such as were given up since."""
    try:
        async with get_client() as client:
            found = await flow_runs.runs_of_builds_in(client, HELD_UP)
    except NOT_TO_BE_HAD as error:
        get_run_logger().error("builds that were held up are left as they are: %s: %s", type(error).__name__, error)
        return []
    known = lake.rows("SELECT run_id FROM lake.current_runs ORDER BY created_at, run_id")
    return [row["run_id"] for row in known if row["run_id"] in found]


async def _settle(lake: Lake, run_id: str) -> bool:
    """Do what is left of a run; returns whether that was anything. What is wrong with one keeps no other waiting."""
    try:
        return await _cancel_left(run_id) or await wake_build(lake, run_id)
    except NOT_TO_BE_HAD as error:
        get_run_logger().error("%s is left as it is: %s: %s", run_id, type(error).__name__, error)
        return False


async def _build(read: Callable[[], Recipe], new_run: bool) -> str | State[Any]:
    """Build the recipe that ``read`` gives, or go on with the run that this flow run has begun."""
    context = FlowRunContext.get()
    assert context is not None, "a flow runs in its context"  # noqa: S101 - narrows the type
    this = context.flow_run
    assert this is not None, "and is recorded"  # noqa: S101 - narrows the type
    tell_without_stacks()
    refuse_other_version()
    run_id = flow_runs.run_of(this)
    async with AsyncExitStack() as held:
        try:
            recipe = _checked(read()) if run_id is None else _recorded(run_id)
            alone = lease_soon(deployed_lake(), building(recipe.dataset), seconds=MOMENT_SECONDS)
            await held.enter_async_context(alone)
            shop = await held.enter_async_context(deployed_workshop(artifact_key(recipe.dataset, "build")))
        except LeaseHeld as error:  # another build of the dataset, or who keeps house in the lake
            return skipped(error) if run_id is None else held_up(run_id, error)
        if run_id is None:
            await shop.start_sandbox(recipe.verification)
            await shop.meet_workers(recipe.execution)
            run = await shop.write(lambda: open_run(shop.lake, recipe, new_run=new_run))
            await answered(lambda: _tag(this, run.run_id), shop.watcher.say)
        else:
            if (end := nothing_to_do(shop.lake, run_id)) is not None:
                return end
            run = load_run(shop.lake, run_id)
            if run_state(shop.lake, run_id)[0] is not RunState.OPENED:
                late = late_shards(shop.lake, run_id)
                shop.watcher.say(f"shards {', '.join(map(str, late))} came after {run_id} was curated")
                return await outcome(shop, run, _late(shop, run))
        shop.watcher.say(f"{'continuing' if run.is_continued else 'opened'} run {run.run_id}")
        return await outcome(shop, run, _whole(shop, run, DeployedShards(run, this.id)))


def _checked(recipe: Recipe) -> Recipe:
    """A recipe that may be built: all that is asked of one beyond its form."""
    refuse_idle_models(recipe, "what stands in the form")
    refuse_unknown_words(recipe)
    recipe_prompts(recipe)
    refuse_unusable_benchmarks(recipe)
    refuse_unusable_tables(recipe)
    return recipe


def _recorded(run_id: str) -> Recipe:
    """The recipe of a run that was begun: a file may have been changed since, or be gone."""
    lake = Lake.open(deployed_lake(), create=True)
    try:
        return load_run(lake, run_id).recipe
    finally:
        lake.close()


async def _tag(this: FlowRun, run_id: str) -> None:
    async with get_client() as client:
        await client.update_flow_run(this.id, tags=[*this.tags, flow_runs.run_tag(run_id)])


async def _whole(shop: Workshop, run: Run, shards: DeployedShards) -> str:
    await shop.start_sandbox(run.recipe.verification)
    return await build_run(run.run_id, shards)


async def _late(shop: Workshop, run: Run) -> str:
    await shop.start_sandbox(run.recipe.verification)
    return await build_late(run.run_id)


async def _cancel_left(run_id: str) -> bool:
    """Cancel what is live of a build since before a person cancelled it; returns whether there was anything.

    What somebody tried again since is left alone here. Prefect ends it within seconds all the same, as it does with
    every flow run whose parent is cancelled; only a new build goes on with the run.
    """
    async with get_client() as client:
        newest = next(iter(await flow_runs.builds(client, run_id)), None)
        if newest is None or newest.state is None or not newest.state.is_cancelled():
            return False
        since = newest.state.timestamp
        found = await flow_runs.all_of_shards(client, run_id)
        return bool(await flow_runs.cancel(client, [one for one in found if one.state and one.state.timestamp < since]))
