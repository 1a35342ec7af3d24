"""The way of a deployed build: what it goes on with, whom it keeps out meanwhile, and what it ends as."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.logging import get_run_logger

from flows.build import build_late, build_run
from flows.deployed_ends import held_up, lake_away, nothing_to_do, outcome, overtaken, skipped
from flows.deployed_shards import DeployedShards
from stillroom.errors import LakeError, LeaseHeld, Overtaken
from stillroom.lease import MOMENT_SECONDS, building
from stillroom.recipe import Recipe, refuse_idle_models
from stillroom.runs import (
    Run,
    RunState,
    late_shards,
    load_run,
    open_run,
    refuse_unknown_words,
    refuse_unusable_benchmarks,
    refuse_unusable_tables,
    run_state,
)
from stillroom.seeding import recipe_prompts
from tasks import flow_runs
from tasks.announcing import artifact_key
from tasks.deployed import deployed_lake, deployed_workshop, refuse_other_version
from tasks.lake_outage import is_outage, lease_once_answered, patient_lake
from tasks.overdue import overdue
from tasks.prefect_outage import answered
from tasks.reporting import tell_without_stacks
from tasks.workshop import Workshop


async def built(read: Callable[[], Recipe], new_run: bool) -> str | State[Any]:
    """Build the recipe that ``read`` gives, or go on with the run that this flow run has begun; as the flow `build`."""
    context = FlowRunContext.get()
    assert context is not None, "a flow runs in its context"  # noqa: S101 - narrows the type
    this = context.flow_run
    assert this is not None, "and is recorded"  # noqa: S101 - narrows the type
    tell_without_stacks()
    await refuse_other_version()
    run_id = flow_runs.run_of(this)
    if run_id is None and (end := overdue()) is not None:
        return end
    try:
        async with AsyncExitStack() as held:
            recipe = _checked(read()) if run_id is None else await _recorded(run_id)
            root, work, say = deployed_lake(), building(recipe.dataset), get_run_logger().info
            await lease_once_answered(held, root, work, say, seconds=MOMENT_SECONDS)
            shop = await held.enter_async_context(deployed_workshop(artifact_key(recipe.dataset, "build")))
            if run_id is None:
                await shop.start_sandbox(recipe.verification)
                await shop.meet_workers(recipe.execution)
                run = await shop.write(lambda: open_run(shop.lake, recipe, new_run=new_run))
                run_id = run.run_id
            elif (end := await nothing_to_do(shop.lake, run_id, shop.watcher.say)) is not None:
                return end
            else:
                run = load_run(shop.lake, run_id)
            await answered(lambda: _note(this, run.run_id), shop.watcher.say)
            return await outcome(shop, run, _way(shop, run, this))
    # Another build of the dataset, or who keeps house in the lake. Where the lease is in PostgreSQL it can be lost to
    # them also while the build goes on, which is told at the end of the block.
    except LeaseHeld as error:
        if run_id is None:
            return skipped(error)
        await _note_as_ended(this, run_id)
        return await held_up(run_id, error, get_run_logger().info)
    except Overtaken as error:
        if run_id is None:
            raise
        return overtaken(run_id, error, this.run_count)
    except LakeError as error:
        if run_id is None or not is_outage(error):
            raise
        await _note_as_ended(this, run_id)
        return lake_away(run_id, error, this.run_count)


def _checked(recipe: Recipe) -> Recipe:
    """A recipe that may be built: all that is asked of one beyond its form."""
    refuse_idle_models(recipe, "what stands in the form")
    refuse_unknown_words(recipe)
    recipe_prompts(recipe)
    refuse_unusable_benchmarks(recipe)
    refuse_unusable_tables(recipe)
    return recipe


async def _recorded(run_id: str) -> Recipe:
    """The recipe of a run that was begun: a file may have been changed since, or be gone."""
    lake = await patient_lake(deployed_lake(), get_run_logger().info)
    try:
        return load_run(lake, run_id).recipe
    finally:
        lake.close()


async def _note(this: FlowRun, run_id: str) -> None:
    async with get_client() as client:
        await flow_runs.note_that_it_goes_on(client, this, run_id)


async def _note_as_ended(this: FlowRun, run_id: str) -> None:
    """Note that this is the build that counts, and is to be woken, unless another one of the run is at work.

    It may have ended before it could note that it goes on, and an older note is of one that nobody wakes.
    """

    async def note() -> None:
        async with get_client() as client:
            counts = next(iter(await flow_runs.builds(client, run_id)), this)
            if counts.id != this.id and not flow_runs.is_live(counts.state):
                await flow_runs.note_that_it_goes_on(client, this, run_id)

    await answered(note, get_run_logger().info)


async def _way(shop: Workshop, run: Run, this: FlowRun) -> str:
    """All of a build, or of a finished run what came late."""
    if run_state(shop.lake, run.run_id)[0] is RunState.OPENED:
        shop.watcher.say(f"{'continuing' if run.is_continued else 'opened'} run {run.run_id}")
        await shop.start_sandbox(run.recipe.verification)
        return await build_run(run.run_id, DeployedShards(run, this.id))
    late = late_shards(shop.lake, run.run_id)
    shop.watcher.say(f"shards {', '.join(map(str, late))} came after {run.run_id} was curated")
    await shop.start_sandbox(run.recipe.verification)
    return await build_late(run.run_id)
