"""Tasks of a shard: answer and verify what it owes, and commit it once."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from prefect import task

from stillroom.calibration import named_calibrations, shipped_cases
from stillroom.capabilities import find_capability
from stillroom.errors import StillroomError
from stillroom.lease import MOMENT_SECONDS, REGAIN_SECONDS, may_be_lost, sampling
from stillroom.recipe import Recipe
from stillroom.records import SamplingParams
from stillroom.runs import (
    Owed,
    Run,
    abandoned_entries,
    at_work,
    committed_answers,
    committed_entries,
    committed_shards,
    has_earlier,
    is_shared,
    load_run,
    owed_at_most,
    refuse_given_up,
    refuse_taken_over,
    refuse_unplanned,
    retracted_prompts,
    shard_journal,
    shard_key,
    shard_prompts,
    shard_rows,
    stored_elsewhere,
)
from stillroom.sampling import Assignment, Policy, Shard, Tally
from stillroom.sampling.entries import Entry
from tasks.lake_outage import lease_once_answered
from tasks.meeting import met
from tasks.retrying import RETRYING
from tasks.workshop import workshop

LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owing:
    """A shard that is to be sampled.

    Attributes:
        owed: what it owes at most.
        is_shared: whether other runs have planned prompts of it, too.
    """

    run: Run
    shard: int
    owed: Owed
    is_shared: bool


@task(name="answer, verify and commit", task_run_name="shard {shard}", **RETRYING)
async def sample_shard(run_id: str, shard: int) -> str:
    """Do what the shard still owes; returns its commit key.

    Raises:
        TeacherError: a teacher is gone.
        SandboxError: the sandbox failed for good.
        LakeError: the journal or the lake cannot be written, or another process has the shard.
        RequestError: the run has planned no such shard or was given up, or a later run has taken over its prompts.
    """
    shop = workshop()
    lake = shop.lake
    run = await shop.read(partial(_planned, run_id, shard))
    key = shard_key(run, shard)
    async with AsyncExitStack() as held:
        work = sampling(run_id, shard)
        await lease_once_answered(held, lake.root, work, shop.watcher.say, seconds=MOMENT_SECONDS)
        owing = await shop.read(partial(_owing, run, shard))
        if owing is None:
            return key
        if not owing.owed.prompts:  # all samples are there: `judge again` gives missing verdicts
            await shop.write(lambda: lake.commit(key, {}, run_id=run_id, shard=shard))
            return key
        if owing.is_shared:
            await _until_alone(run, shard)
        assigned = await shop.read(partial(shard_prompts, lake, run, shard))
        withheld = await shop.read(partial(retracted_prompts, lake, run.recipe.dataset))
        names = {name for _, name in assigned}
        teachers = {name: (await met(run, name)).client for name in sorted(names)}
        assignments = [
            Assignment(prompt=prompt, teacher=teachers[name], is_withheld=prompt.prompt_id in withheld)
            for prompt, name in assigned
        ]
        sampled = await shop.read(partial(_work, owing, assignments))
        async with shop.slots(("teacher", "sandbox")):
            result = await sampled.run(shard_journal(lake, run_id, shard))
        for refusal in result.refusals:
            shop.watcher.say(f"prompt {refusal.prompt_id} was not answered: {refusal.message}")
        await shop.write(lambda: lake.commit(key, shard_rows(result, recipe=run.recipe), run_id=run_id, shard=shard))
    return key


def _planned(run_id: str, shard: int) -> Run:
    """The run, which has planned the shard."""
    lake = workshop().lake
    run = load_run(lake, run_id)
    refuse_unplanned(lake, run, shard)
    return run


def _owing(run: Run, shard: int) -> _Owing | None:
    """What the run is to sample of the shard; None where it is committed.

    Raises:
        RequestError: the run was given up.
    """
    lake = workshop().lake
    if shard in committed_shards(lake, run):
        return None
    refuse_given_up(lake, run.run_id)
    owed = owed_at_most(lake, run, [shard])
    return _Owing(run=run, shard=shard, owed=owed, is_shared=is_shared(lake, run, shard))


def _work(owing: _Owing, assignments: Sequence[Assignment]) -> Shard:
    """The shard's work, with all that the lake and the journals know of it."""
    shop = workshop()
    lake, run, shard = shop.lake, owing.run, owing.shard
    recipe = run.recipe
    capability = find_capability(recipe.capability)
    verifiers = shop.verifiers(recipe.verification)
    is_begun = owing.owed.begun > 0 or owing.owed.prompts < len(assignments)
    return Shard(
        assignments,
        capability=capability,
        params=sampling_params(recipe),
        epoch=recipe.sampling.epoch,
        policy=policy(recipe),
        verifiers=verifiers,
        committed=committed_entries(lake, run.run_id, shard) if is_begun else (),
        answers=committed_answers(lake, run.run_id, shard) if is_begun else {},
        elsewhere=stored_elsewhere(lake, run, shard) if owing.is_shared else (),
        abandoned=_abandoned(owing, [one.prompt.prompt_id for one in assignments]),
        calibrations=named_calibrations(lake, verifiers, shipped_cases(capability)),
        observe=lambda tally: _observed(shard, tally),
        say=shop.watcher.say,
    )


def _abandoned(owing: _Owing, prompt_ids: Sequence[str]) -> list[Entry]:
    """What journals hold of these prompts that other runs left, whether the lake knows them or has forgotten them."""
    shop, run = workshop(), owing.run
    # Prompts that no other run has planned, which are most, can only be in what is forgotten.
    known = abandoned_entries(shop.lake, run, owing.shard, shop.watcher.say) if owing.is_shared else []
    return [*known, *shop.forgotten_of(run).entries(prompt_ids)]


def hopeless(run_id: str, shard: int) -> StillroomError | None:
    """Why the shard cannot be finished in this process: one of its teachers was found gone; None where none was."""
    shop = workshop()
    gone = shop.given_up()
    if not gone:
        return None
    asked = "SELECT DISTINCT teacher FROM lake.shards WHERE run_id = ? AND shard = ? ORDER BY teacher"
    names = [row["teacher"] for row in shop.lake.rows(asked, [run_id, shard])]
    return next((gone[name] for name in names if name in gone), None)


async def _until_alone(run: Run, shard: int) -> None:
    """Wait for shards of earlier runs whose prompts this one has taken over; what they are paid for is taken over too.

    Raises:
        RequestError: a later run has taken over its own, before or meanwhile.
    """
    shop = workshop()
    # A lease that is free may have been lost a moment ago, with its connection, by a holder that is about to take it
    # again and go on: then one look proves nothing.
    looks = 2 if may_be_lost(shop.lake.root) and await shop.read(partial(has_earlier, shop.lake, run, shard)) else 1
    free, told = 0, False
    while free < looks:
        if free:
            await asyncio.sleep(REGAIN_SECONDS)
        others = await shop.read(partial(_earlier_at_work, run, shard))
        free = 0 if others else free + 1
        if others and not told:
            shop.watcher.say(f"shard {shard} waits until {others[0]} has ended: it asks for the same")
            told = True
        if others:
            await asyncio.sleep(LOOK_SECONDS)


def _earlier_at_work(run: Run, shard: int) -> list[str]:
    lake = workshop().lake
    refuse_taken_over(lake, run, shard)
    return at_work(lake, run, shard)


def _observed(shard: int, tally: Tally) -> None:
    shop = workshop()
    if tally.samples > tally.replayed:
        shop.first_answer.set()
    shop.watcher.sampled(shard, tally)


def sampling_params(recipe: Recipe) -> SamplingParams:
    """The recipe's sampling parameters, all of them."""
    sampling = recipe.sampling
    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        min_p=sampling.min_p,
        repetition_penalty=sampling.repetition_penalty,
        max_new_tokens=sampling.max_new_tokens,
        stop=tuple(find_capability(recipe.capability).stop_texts),
    )


def policy(recipe: Recipe) -> Policy:
    """The recipe's sampling policy."""
    sampling = recipe.sampling
    return Policy(samples=sampling.samples, wave=sampling.wave, keep=recipe.selection.keep, adaptive=sampling.adaptive)
