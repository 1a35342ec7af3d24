"""A build: seeding, shards and calibration side by side, then the measure of tests, curation and publication.

Every step finds in the lake what is done already, so running a build again continues it.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from prefect import flow

from flows.deciding import decided_and_published
from flows.shard import shard as shard_flow
from stillroom.errors import GateError, StillroomError, TeacherError
from stillroom.recipe import Recipe
from stillroom.runs import FIRST_ROUND, load_run, may_be_published, missing, runs_beside, tasks_unjudged
from tasks.calibration import calibrate_verifiers
from tasks.publication import curate, publish_late, publish_snapshot
from tasks.ruling_again import rule_again
from tasks.sampling import hopeless
from tasks.seeding import import_sources, meet_teachers, plan, write_prompts
from tasks.workshop import workshop


class ShardsFailed(StillroomError):
    """Some shards of a build failed; all others are committed."""


class WritingFailed(StillroomError):
    """A teacher wrote no more prompts; what it was paid for is kept."""


class NotStarted(StillroomError):
    """A shard was left alone: its teacher was found gone before, or its build was being ended."""


class ShardRuns(Protocol):
    """The flow runs of a build's shards, wherever they run.

    Attributes:
        advice: what to do about failed ones.
    """

    advice: str

    @property
    def count(self) -> int:
        """Shards that were started."""
        ...

    def start(self, numbers: list[int]) -> None:
        """Start those that were not started yet."""
        ...

    async def first_answer(self) -> None:
        """Wait until some sample was answered, where that is worth waiting for."""
        ...

    async def cancel(self) -> None:
        """End them where they are, wherever they run; their journals have what they were paid for."""
        ...

    async def leave(self) -> None:
        """Start none any more and end those that run in this process, which is being ended; others go on."""
        ...

    async def join(self) -> dict[int, BaseException]:
        """Wait for all of them; returns the failures by shard."""
        ...


@flow(name="build", flow_run_name="{run_id}", persist_result=False)
async def build(run_id: str) -> str:
    """Build the run to its snapshot with its shards in this process; returns and raises as ``build_run``."""
    return await build_run(run_id, OwnShards(run_id, load_run(workshop().lake, run_id).recipe))


async def build_run(run_id: str, shards: ShardRuns) -> str:
    """The way of a build; returns NAME@N, or "" where nothing new came.

    Raises:
        ShardsFailed: naming them and why the first one failed, where the recipe does not allow to publish without them;
            a second build repeats only them.
        WritingFailed: the writer is gone or refuses; a second build goes on from there.
        GateError: a verifier misjudges cases whose verdict is known, or what was kept must not be published.
        Overtaken: other datasets that it is compared with published again and again while it was at work.
    """
    await asyncio.gather(meet_teachers(run_id), import_sources(run_id))
    lake = workshop().lake
    if tasks_unjudged(lake, runs_beside(lake, run_id)):
        await rule_again(run_id, of_dataset=True)
    shards.start(await plan(run_id, FIRST_ROUND))
    unwritten: TeacherError | None = None
    try:
        await shards.first_answer()  # so that a person sees a sample before the teacher is busy with writing
        await _write_and_calibrate(run_id, shards)
    except GateError:  # a verifier that is not fit: what else is paid for is lost
        await shards.cancel()
        raise
    except asyncio.CancelledError:  # whether a person wants that, or somebody ends this process, nobody says here
        await shards.leave()
        raise
    except TeacherError as error:
        unwritten = error
    finally:
        failed = await shards.join()  # where writing failed, the shards go on: what they are paid for is kept
    if unwritten is not None:
        also = f" Beside that, {_told(failed, shards.count)}." if failed else ""
        raise WritingFailed(
            f"no more prompts were written: {str(unwritten).rstrip('. ')}.{also} "
            "Nothing that was paid for is lost; start the build again and it goes on from here."
        ) from unwritten
    run = load_run(lake, run_id)
    is_enough = may_be_published(lake, run)  # whatever became of flow runs, the lake says what is there
    if failed:
        first = failed[min(failed, key=lambda number: (isinstance(failed[number], NotStarted), number))]
        why = f"{_told(failed, shards.count)}: {first}"
        if not is_enough:
            raise ShardsFailed(f"{why} The others are committed; {shards.advice}") from first
        workshop().watcher.say(f"{why} The recipe's allow_partial lets the others be published without them.")
    elif not is_enough:
        raise ShardsFailed(
            f"owed is {missing(lake, run)}, though no flow run of it failed. The others are committed; {shards.advice}"
        )
    _, label = await decided_and_published(run_id, curate, publish_snapshot)
    return label


async def build_late(run_id: str) -> str:
    """Derive a finished run again, since shards that it lacked have come; returns NAME@N, or "" where nothing is new.

    Raises:
        GateError: what was kept must not be published.
        Overtaken: as ``build_run``.
        SandboxError: the sandbox failed for good.
    """
    _, label = await decided_and_published(run_id, curate, publish_late)
    return label


async def _write_and_calibrate(run_id: str, shards: ShardRuns) -> None:
    """Write prompts and start their shards; meanwhile measure the verifiers, which stops all where one is not fit."""

    async def write() -> None:
        number = 1
        while await write_prompts(run_id, number):
            shards.start(await plan(run_id, number))
            number += 1

    try:
        async with asyncio.TaskGroup() as beside:
            beside.create_task(calibrate_verifiers(run_id))
            beside.create_task(write())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


def _told(failed: Mapping[int, BaseException], count: int) -> str:
    """Which shards have failed, and how many were left alone."""
    tried = sorted(number for number, why in failed.items() if not isinstance(why, NotStarted))
    listed = f" ({', '.join(map(str, tried))})" if tried else ""
    left = len(failed) - len(tried)
    return f"{len(tried)} of {count} shards failed{listed}" + (f", {left} were not started" if left else "")


class OwnShards:
    """The shards of a build as subflows in its own process, each started once, a few at a time."""

    advice = "start the build again and only these are repeated."

    def __init__(self, run_id: str, recipe: Recipe) -> None:
        self._run_id = run_id
        self._at_once = asyncio.Semaphore(recipe.execution.shards_at_once)
        self._running: dict[int, asyncio.Task[str]] = {}

    @property
    def count(self) -> int:
        """Shards that were started."""
        return len(self._running)

    def start(self, numbers: list[int]) -> None:
        """Start those that were not started yet."""
        for number in numbers:
            if number not in self._running:
                self._running[number] = asyncio.create_task(self._run(number))

    async def first_answer(self) -> None:
        """Wait until some sample was answered, or there is nothing to answer."""
        answered = asyncio.create_task(workshop().first_answer.wait())
        everything = asyncio.gather(*self._running.values(), return_exceptions=True)
        await asyncio.wait((answered, everything), return_when=asyncio.FIRST_COMPLETED)
        answered.cancel()

    async def cancel(self) -> None:
        """End them where they are; their journals have what they were paid for."""
        for running in self._running.values():
            running.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def leave(self) -> None:
        """End them: all run in this process."""
        await self.cancel()

    async def join(self) -> dict[int, BaseException]:
        """Wait for all of them; returns the failures by shard."""
        results = await asyncio.gather(*self._running.values(), return_exceptions=True)
        return {
            number: result
            for number, result in zip(self._running, results, strict=True)
            if isinstance(result, BaseException)
        }

    async def _run(self, number: int) -> str:
        async with self._at_once:
            if why := hopeless(self._run_id, number):
                raise NotStarted(f"shard {number} was not started: {why}")
            return await shard_flow(self._run_id, number)
