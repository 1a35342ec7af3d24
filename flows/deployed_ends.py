"""What deployed flow runs end as: the states and messages that their pages show, and that wake builds later."""

from collections.abc import Coroutine
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.build import ShardsFailed
from stillroom.errors import GateError, LeaseHeld, StillroomError
from stillroom.lake import Lake
from stillroom.lake.reading import opened
from stillroom.runs import Run, RunState, given_up, late_shards, left_out, run_state, unfinished_shards
from tasks.announcing import announce_snapshot, show_standing
from tasks.deployed import deployed_lake
from tasks.prefect_outage import answered
from tasks.waking import HELD_UP, SHARDS_FAILED, SKIPPED
from tasks.workshop import Workshop


async def outcome(shop: Workshop, run: Run, work: Coroutine[Any, Any, str]) -> str | State[Any]:
    """What the build came to. One that failed while shards are owed is woken once they are done."""
    lake, say = shop.lake, shop.watcher.say
    try:
        label = await work
    except StillroomError as error:
        await answered(lambda: show_standing(lake, run.run_id), say)
        waits = _waits(lake, run, error)
        if waits is None:
            raise
        return waits
    await answered(lambda: show_standing(lake, run.run_id), say)
    if not label:
        return Completed(message=f"{run.run_id} brought nothing new, so nothing was published")
    await answered(lambda: announce_snapshot(lake, run.recipe.dataset, label, run.run_id), say)
    lacks = left_out(lake, run)
    without = f" without {lacks}, which may come later" if lacks.shards else ""
    return Completed(message=f"{run.run_id} was published as {label}{without}")


def _waits(lake: Lake, run: Run, error: StillroomError) -> State[Any] | None:
    """The state of a failed build that goes on once its shards are done; None where they would not help it."""
    if isinstance(error, ShardsFailed):
        return Failed(name=SHARDS_FAILED, message=str(error))
    # Of a finished run the shards that never came are owed for ever: it would be woken again and again.
    if isinstance(error, GateError) or run_state(lake, run.run_id)[0] is not RunState.OPENED:
        return None
    owed = unfinished_shards(lake, run)
    if not owed:
        return None
    why = str(error).rstrip(". ")
    shards = f"Owed are shards of {run.run_id}: {', '.join(map(str, owed))}"
    return Failed(
        name=SHARDS_FAILED,
        message=f"{type(error).__name__}: {why}. {shards}. Retry this build in Prefect's UI, which tries them too, or "
        f"call `stillroom retry {run.run_id}`. Once none of them is owed the build goes on by itself.",
    )


def skipped(error: LeaseHeld) -> State[Any]:
    """The end of a flow run that did nothing since another is at the same work."""
    return Completed(name=SKIPPED, message=f"Nothing was done: {error}")


def nothing_to_do(lake: Lake, run_id: str) -> State[Any] | None:
    """The end of a build that was tried again though its run is finished or was given up; None where work is left."""
    if why := given_up(lake, run_id):
        return Failed(message=f"Nothing was done: {why}")
    state, note = run_state(lake, run_id)
    if state is RunState.OPENED or late_shards(lake, run_id):
        return None
    return Completed(message=f"{run_id} is finished: {note}")


def held_up(run_id: str, error: LeaseHeld) -> State[Any]:
    """The end of a build that was tried again, which somebody wants to go on, while others are at work.

    One with whose run nobody goes on afterwards is told so.
    """
    with opened(deployed_lake()) as lake:
        end = nothing_to_do(lake, run_id)
    if end is not None:
        return end
    return Failed(
        name=HELD_UP,
        message=f"Nothing was done: {error} After that this build goes on by itself, unless a newer one of {run_id} "
        "has been started: then that one counts.",
    )
