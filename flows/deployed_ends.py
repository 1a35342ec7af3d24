"""What deployed flow runs end as: the states and messages that their pages show, and that wake builds later."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.build import ShardsFailed
from stillroom.errors import GateError, LakeError, LeaseHeld, Overtaken, StillroomError
from stillroom.lake import Lake
from stillroom.lake.reading import opened
from stillroom.publication import published_by_build
from stillroom.runs import Run, RunState, given_up, late_shards, left_out, load_run, run_state, unfinished_shards
from tasks.announcing import announce_snapshot, is_shown, show_snapshot, show_standing
from tasks.deployed import deployed_lake
from tasks.going_on import MOST_ATTEMPTS
from tasks.lake_outage import is_outage
from tasks.prefect_outage import NOT_TO_BE_HAD, answered
from tasks.waking import HELD_UP, LAKE_AWAY, OVERTAKEN, SHARDS_FAILED, SKIPPED
from tasks.workshop import Workshop


async def outcome(shop: Workshop, run: Run, work: Coroutine[Any, Any, str]) -> str | State[Any]:
    """What the build came to. One that failed while shards are owed is woken once they are done.

    Raises:
        StillroomError: as ``work``, where it waits for no shard; or the lake cannot be asked whether it does.
    """
    lake, say = shop.lake, shop.watcher.say
    try:
        label = await work
    except Overtaken:  # whatever shards are owed: it is to decide again, with those that are there
        await _shown(lambda: show_standing(lake, run.run_id), say)
        raise
    except StillroomError as error:
        if is_outage(error):
            raise
        waits = await shop.read(partial(_waits, lake, run, error))
        await _shown(lambda: show_standing(lake, run.run_id), say)
        if waits is None:
            raise
        return waits
    await _told(lake, run, label, say)
    if not label:
        return Completed(message=f"{run.run_id} brought nothing new, so nothing was published")
    lacks = left_out(lake, run)
    without = f" without {lacks}, which may come later" if lacks.shards else ""
    return Completed(message=f"{run.run_id} was published as {label}{without}")


async def _told(lake: Lake, run: Run, label: str, say: Callable[[str], None]) -> None:
    """Tell what came of a finished run: NAME@N, or "" for nothing new."""
    await _shown(lambda: show_standing(lake, run.run_id), say)
    if label:
        await _shown(lambda: announce_snapshot(lake, run.recipe.dataset, label, run.run_id), say)
        await _shown(lambda: show_snapshot(lake, run.recipe.dataset, label, run.run_id), say)


async def _told_once(lake: Lake, run_id: str, say: Callable[[str], None]) -> None:
    """The same, where no attempt before has done so: it may have died right after it had finished the run."""
    run = load_run(lake, run_id)
    version = published_by_build(lake, run)

    async def tell() -> None:
        if version is None or not await is_shown(lake, version.name, version.label, run_id):
            await _told(lake, run, version.label if version is not None else "", say)

    await _shown(tell, say)


async def _shown(show: Callable[[], Awaitable[None]], say: Callable[[str], None]) -> None:
    """Show it where that can be done: it is no part of the work, and changes nothing of what a build ends as."""
    try:
        await answered(show, say)
    except NOT_TO_BE_HAD as error:
        say(f"what came of it is not shown here: {type(error).__name__}: {error}")


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


async def nothing_to_do(
    lake: Lake, run_id: str, say: Callable[[str], None], *, for_good: bool = False
) -> State[Any] | None:
    """The end of a build that was tried again though its run is finished or was given up; None where work is left.

    What came of a finished run is told where an attempt before died in between. With ``for_good``, None also where it
    may turn out that the run was not given up.
    """
    if why := given_up(lake, run_id, for_good=for_good):
        return Failed(message=f"Nothing was done: {why}")
    state, note = run_state(lake, run_id)
    if state is RunState.OPENED or late_shards(lake, run_id):
        return None
    await _told_once(lake, run_id, say)
    return Completed(message=f"{run_id} is finished: {note}")


async def held_up(run_id: str, error: LeaseHeld, say: Callable[[str], None]) -> State[Any]:
    """The end of a build of a run that was begun, while others are at work on its dataset.

    One with whose run nobody goes on afterwards is told so.
    """
    try:
        with opened(deployed_lake()) as lake:
            end = await nothing_to_do(lake, run_id, say, for_good=True)
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
    on = _goes_on(run_id, "Once the lake answers", attempts)
    return Failed(name=LAKE_AWAY, message=f"{_kept(error)} {on}")


def overtaken(run_id: str, error: Overtaken, attempts: int) -> State[Any]:
    """The end of a build that others published before, each time that it had decided; it was tried so often until now.

    Nothing is wrong with it, and there is no end to what others publish: it comes later.
    """
    why = str(error).rstrip(". ")
    return Failed(name=OVERTAKEN, message=f"{why}. {_goes_on(run_id, 'Within minutes', attempts)}")


def _goes_on(run_id: str, when: str, attempts: int) -> str:
    """Who sees to it that a build goes on."""
    if attempts < MOST_ATTEMPTS:
        return f"{when} this build of {run_id} goes on by itself, up to its attempt {MOST_ATTEMPTS}."
    return (
        f"This was attempt {attempts} of this build of {run_id}, so it waits for a person: retry it in Prefect's "
        "UI or its shards, the last of which wakes it."
    )


def shard_lake_away(error: LakeError) -> State[Any]:
    """The end of a shard whose lake does not answer; it is tried again by its build, or by `reconcile` after that."""
    return Failed(
        name=LAKE_AWAY,
        message=f"{_kept(error)} Once the lake answers it is tried again by itself, up to its attempt {MOST_ATTEMPTS}; "
        "after that, and where its build is cancelled, it waits for a person.",
    )


def _kept(error: LakeError) -> str:
    """What is known, where the lake is away, of what was paid for: answers that came meanwhile found no journal."""
    why = str(error).rstrip(". ")
    return f"{type(error).__name__}: {why}. What stands in the journals is kept."
