"""Judges stored samples again, as many at a time as are committed together: in this process, or on a cluster."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from functools import partial

from stillroom.batch_runner import BatchRunner
from stillroom.errors import Unjudgeable
from stillroom.lake import Row
from stillroom.runs import Run, Unjudged, judged, row_of
from tasks.workshop import workshop
from verifiers.batches import Asked, Told, judge_batch, pack, unpack

SAMPLES_A_COMMIT = 500
SAMPLES_A_BATCH = 100  # of which each starts a container on a worker

Judged = list[tuple[Unjudged, Row | str]]  # samples with their rows of ``verdicts``, or why one has no verdict


async def judged_here(todo: Sequence[Unjudged], calibrations: Mapping[str, str]) -> AsyncGenerator[Judged]:
    """Judge these samples in the sandbox of this process.

    Raises:
        SandboxError: the sandbox failed, so that nothing is known about those that were under way.
    """
    for start in range(0, len(todo), SAMPLES_A_COMMIT):
        some = todo[start : start + SAMPLES_A_COMMIT]
        async with workshop().slots(("sandbox",)):
            rows = await asyncio.gather(*(_judged_or_told(one, calibrations) for one in some))
        yield [*zip(some, rows, strict=True)]


async def judged_there(
    runner: BatchRunner, run: Run, todo: Sequence[Unjudged], calibrations: Mapping[str, str]
) -> AsyncGenerator[Judged]:
    """Judge these samples in sandboxes of the runner's workers. They take none of this machine's slots.

    Raises:
        SandboxError: as ``judged_here``.
        RequestError: a worker's verifiers are not those of this machine.
        WorkersError: there are no workers any more.
    """
    batches = [todo[start : start + SAMPLES_A_BATCH] for start in range(0, len(todo), SAMPLES_A_BATCH)]
    packed = (pack([_asked(one) for one in some]) for some in batches)
    work = partial(judge_batch, bench=workshop().bench(run.recipe.verification))
    made = runner.run("judge", work, packed)
    done: Judged = []
    for some in batches:
        told = unpack(await asyncio.to_thread(next, made))
        done += [(one, _row_or_told(one, of_it, calibrations)) for one, of_it in zip(some, told, strict=True)]
        if len(done) >= SAMPLES_A_COMMIT or some is batches[-1]:
            yield done
            done = []


def _asked(one: Unjudged) -> Asked:
    return Asked(verifier_id=one.verifier.verifier_id, check=one.prompt.check, answer=one.answer)


async def _judged_or_told(one: Unjudged, calibrations: Mapping[str, str]) -> Row | str:
    try:
        return await judged(one, calibrations)
    except Unjudgeable as error:
        return _told(one, str(error))


def _row_or_told(one: Unjudged, told: Told, calibrations: Mapping[str, str]) -> Row | str:
    if told.judgement is None:
        return _told(one, told.problem)
    return row_of(one, told.judgement, calibrations)


def _told(one: Unjudged, why: str) -> str:
    workshop().watcher.say(f"sample {one.sample['sample_id']} stays without a verdict: {why}")
    return why
