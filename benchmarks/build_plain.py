"""A build without Prefect: the functions of the same tasks, called in one asyncio loop in the order of the flow."""

import asyncio
import inspect
import time
from dataclasses import dataclass, field
from typing import Any

from stillroom.runs import FIRST_ROUND, load_run
from tasks.calibration import calibrate_verifiers
from tasks.publication import curate, publish_snapshot
from tasks.sampling import sample_shard
from tasks.seeding import import_sources, meet_teachers, plan, write_prompts
from tasks.verification import judge_again, measure_tests, settle_tests
from tasks.workshop import workshop


@dataclass
class PlainBuild:
    """One build of a run whose prompts people wrote.

    Attributes:
        calls: how many task runs a build on Prefect has: one for each task, and one in the build for each shard's flow.
        shard_seconds: from the start of the first shard to the end of the last.
    """

    run_id: str
    calls: int = 0
    shard_seconds: float = 0.0
    _at_once: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._at_once = asyncio.Semaphore(load_run(workshop().lake, self.run_id).recipe.execution.shards_at_once)

    async def build(self) -> str:
        """As ``flows.build.build``; returns NAME@N."""
        await asyncio.gather(self._call(meet_teachers, self.run_id), self._call(import_sources, self.run_id))
        began = time.perf_counter()
        numbers: list[int] = await self._call(plan, self.run_id, FIRST_ROUND)
        shards = asyncio.gather(*(self._shard(number) for number in numbers))
        beside = asyncio.gather(self._call(calibrate_verifiers, self.run_id), self._call(write_prompts, self.run_id, 1))
        await shards
        self.shard_seconds = time.perf_counter() - began
        await beside
        _, unjudgeable = await self._call(judge_again, self.run_id)
        await self._call(settle_tests, self.run_id)  # people's tests are no candidates
        await self._call(measure_tests, self.run_id)
        curation = await self._call(curate, self.run_id, unjudgeable)
        return await self._call(publish_snapshot, self.run_id, curation)

    async def _shard(self, number: int) -> None:
        async with self._at_once:
            self.calls += 1  # the build's task run that stands for the shard's flow run
            await self._call(sample_shard, self.run_id, number)

    async def _call(self, task: Any, *arguments: object) -> Any:  # noqa: ANN401 - tasks of all kinds
        self.calls += 1
        result = task.fn(*arguments)
        return await result if inspect.isawaitable(result) else result
