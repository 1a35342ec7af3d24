"""What deployed flow runs end as: the states and messages that their pages show, and that wake builds later."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.build import ShardsFailed
from stillroom.errors import GateError, LakeError, LeaseHeld, StillroomError
from stillroom.lake import Lake
from stillroom.lake.reading import opened
from stillroom.runs import Run, RunState, given_up, late_shards, left_out, run_state, unfinished_shards
from tasks.announcing import announce_snapshot, show_standing
from tasks.deployed import deployed_lake
from tasks.lake_outage import is_outage
from tasks.prefect_outage import NOT_TO_BE_HAD, answered
from tasks.waking import HELD_UP, LAKE_AWAY, MOST_ATTEMPTS, SHARDS_FAILED, SKIPPED
from tasks.workshop import Workshop


async def outcome(shop: Workshop, run: Run, work: Coroutine[Any, Any, str]) -> str | State[Any]:
    """What the build came to. One that failed while shards are owed is woken once they are done.

    Raises:
        StillroomError: as ``work``, where it waits for no shard; or the lake cannot be asked whether it does.
    """
    lake = shop.lake
    try:
        label = await work
    except StillroomError as error:
        if is_outage(error):
            raise
        waits = await shop.read(partial(_waits, lake, run, error))
        await _shown(shop, lambda: show_standing(lake, run.run_id))
        if waits is None:
            raise
        return waits
    await _shown(shop, lambda: show_standing(lake, run.run_id))
    if not label:
        return Completed(message=f"{run.run_id} brought nothing new, so nothing was published")
    await _shown(shop, lambda: announce_snapshot(lake, run.recipe.dataset, label, run.run_id))
    lacks = left_out(lake, run)
    without = f" without {lacks}, which may come later" if lacks.shards else ""
    return Completed(message=f"{run.run_id} was published as {label}{without}")


async def _shown(shop: Workshop, show: Callable[[], Awaitable[None]]) -> None:
    """Show it where that can be done: it is no part of the work, and changes nothing of what a build ends as."""
    try:
        await answered(show, shop.watcher.say)
    except NOT_TO_BE_HAD as error:
        shop.watcher.say(f"what came of it is not shown here: {type(error).__name__}: {error}")


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


def skipped(error: LakeError) -> State[Any]:
    """The end of a flow run that did nothing since another is at the same work, or since its lake does not answer."""
    return Completed(name=SKIPPED, message=f"Nothing was done: {error}")


def nothing_to_do(lake: Lake, run_id: str, *, for_good: bool = False) -> State[Any] | None:
    """The end of a build that was tried again though its run is finished or was given up; None where work is left.

    With ``for_good``, None also where it may turn out that the run was not given up.
    """
    if why := given_up(lake, run_id, for_good=for_good):
        return Failed(message=f"Nothing was done: {why}")
    state, note = run_state(lake, run_id)
    if state is RunState.OPENED or late_shards(lake, run_id):
        return None
    return Completed(message=f"{run_id} is finished: {note}")


def held_up(run_id: str, error: LeaseHeld) -> State[Any]:
    """The end of a build of a run that was begun, while others are at work on its dataset.

    One with whose run nobody goes on afterwards is told so.
    """
    try:
        with opened(deployed_lake()) as lake:
            end = nothing_to_do(lake, run_id, for_good=True)
    except LakeError:  # whoever wakes it asks again
        end = None
    if end is not None:
        return end
    return Failed(
        name=HELD_UP,
        message=f"{error} After that this build goes on by itself, unless a newer one of {run_id} has been started: "
        "then that one counts.",
    )


def lake_away(run_id: str, error: LakeError, attempts: int) -> State[Any]:
    """The end of a build of a run that was begun, whose lake does not answer; it was tried so often until now."""
    if attempts < MOST_ATTEMPTS:
        on = f"Once the lake answers this build of {run_id} goes on by itself, up to its attempt {MOST_ATTEMPTS}."
    else:
        on = (
            f"This was attempt {attempts} of this build of {run_id}, so it waits for a person: retry it in Prefect's "
            "UI or its shards, the last of which wakes it."
        )
    why = str(error).rstrip(". ")
    return Failed(
        name=LAKE_AWAY,
        message=f"{type(error).__name__}: {why}. Nothing that was paid for is lost. {on}",
    )


def shard_lake_away(error: LakeError) -> State[Any]:
    """The end of a shard whose lake does not answer; the build that waits for it tries it again."""
    why = str(error).rstrip(". ")
    return Failed(
        name=LAKE_AWAY,
        message=f"{type(error).__name__}: {why}. Nothing that was paid for is lost. Once the lake answers, a build "
        f"that waits for this shard tries it again, up to its attempt {MOST_ATTEMPTS}; else retry it.",
    )
