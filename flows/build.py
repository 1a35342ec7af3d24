"""A build: seeding, shards and calibration side by side, then the measure of tests, curation and publication.

Every step finds in the lake what is done already, so running a build again continues it.
"""

import asyncio
from typing import Protocol

from prefect import flow

from flows.shard import shard as shard_flow
from stillroom.errors import GateError, StillroomError
from stillroom.recipe import Recipe
from stillroom.runs import FIRST_ROUND, load_run
from tasks.calibration import calibrate_verifiers
from tasks.publication import curate, publish_snapshot
from tasks.seeding import import_sources, meet_teachers, plan, write_prompts
from tasks.verification import judge_again, measure_tests, settle_tests
from tasks.workshop import workshop


class ShardsFailed(StillroomError):
    """Some shards of a build failed; all others are committed."""


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
        """End them where they are; their journals have what they were paid for."""
        ...

    async def join(self) -> dict[int, BaseException]:
        """Wait for all of them; returns the failures by shard."""
        ...


@flow(name="build", flow_run_name="{run_id}")
async def build(run_id: str) -> str:
    """Build the run to its snapshot with its shards in this process; returns and raises as ``build_run``."""
    return await build_run(run_id, OwnShards(run_id, load_run(workshop().lake, run_id).recipe))


async def build_run(run_id: str, shards: ShardRuns) -> str:
    """The way of a build; returns NAME@N, or "" where nothing new came.

    Raises:
        ShardsFailed: naming them and why the first one failed; a second build repeats only them.
        GateError: a verifier misjudges cases whose verdict is known, or what was kept must not be published.
    """
    await asyncio.gather(meet_teachers(run_id), import_sources(run_id))
    shards.start(plan(run_id, FIRST_ROUND))
    try:
        await shards.first_answer()  # so that a person sees a sample before the teacher is busy with writing
        await _write_and_calibrate(run_id, shards)
    except (asyncio.CancelledError, GateError):  # a verifier that is not fit: what else is paid for is lost
        await shards.cancel()
        raise
    finally:
        failed = await shards.join()  # where writing failed, the shards go on: what they are paid for is kept
    if failed:
        listed = ", ".join(str(number) for number in sorted(failed))
        first = failed[min(failed)]
        raise ShardsFailed(
            f"{len(failed)} of {shards.count} shards failed ({listed}): {first} "
            f"The others are committed; {shards.advice}"
        ) from first
    await judge_again(run_id)
    await settle_tests(run_id)
    await measure_tests(run_id)
    curation_id = curate(run_id)
    return publish_snapshot(run_id, curation_id)


async def _write_and_calibrate(run_id: str, shards: ShardRuns) -> None:
    """Write prompts and start their shards; meanwhile measure the verifiers, which stops all where one is not fit."""

    async def write() -> None:
        number = 1
        while await write_prompts(run_id, number):
            shards.start(plan(run_id, number))
            number += 1

    try:
        async with asyncio.TaskGroup() as beside:
            beside.create_task(calibrate_verifiers(run_id))
            beside.create_task(write())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


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
            return await shard_flow(self._run_id, number)
