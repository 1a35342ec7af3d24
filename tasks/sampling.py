"""Tasks of a shard: answer and verify what it owes, and commit it once."""

import asyncio

from prefect import task

from stillroom.calibration import named_calibrations, shipped_cases
from stillroom.capabilities import find_capability
from stillroom.errors import StillroomError
from stillroom.lease import MOMENT_SECONDS, lease_soon, sampling
from stillroom.recipe import Recipe
from stillroom.records import SamplingParams
from stillroom.runs import (
    Run,
    abandoned_entries,
    at_work,
    committed_answers,
    committed_entries,
    committed_shards,
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
from tasks.meeting import met
from tasks.retrying import RETRYING
from tasks.workshop import workshop

LOOK_SECONDS = 1.0


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
    run = load_run(lake, run_id)
    refuse_unplanned(lake, run, shard)
    key = shard_key(run, shard)
    async with lease_soon(lake.root, sampling(run_id, shard), seconds=MOMENT_SECONDS):
        if shard in committed_shards(lake, run):
            return key
        refuse_given_up(lake, run_id)
        if not owed_at_most(lake, run, [shard]).prompts:  # all samples are there: `judge again` gives missing verdicts
            await shop.write(lambda: lake.commit(key, {}, run_id=run_id, shard=shard))
            return key
        await _until_alone(run, shard)
        recipe = run.recipe
        assigned = shard_prompts(lake, run, shard)
        withheld = retracted_prompts(lake, recipe.dataset)
        names = {name for _, name in assigned}
        teachers = {name: (await met(run, name)).client for name in sorted(names)}
        capability = find_capability(recipe.capability)
        verifiers = shop.verifiers(recipe.verification)
        work = Shard(
            [
                Assignment(prompt=prompt, teacher=teachers[name], is_withheld=prompt.prompt_id in withheld)
                for prompt, name in assigned
            ],
            capability=capability,
            params=sampling_params(recipe),
            epoch=recipe.sampling.epoch,
            policy=policy(recipe),
            verifiers=verifiers,
            committed=committed_entries(lake, run_id, shard),
            answers=committed_answers(lake, run_id, shard),
            elsewhere=stored_elsewhere(lake, run, shard),
            abandoned=abandoned_entries(lake, run, shard, shop.watcher.say),
            calibrations=named_calibrations(lake, verifiers, shipped_cases(capability)),
            observe=lambda tally: _observed(shard, tally),
            say=shop.watcher.say,
        )
        async with shop.slots(("teacher", "sandbox")):
            result = await work.run(shard_journal(lake, run_id, shard))
        for refusal in result.refusals:
            shop.watcher.say(f"prompt {refusal.prompt_id} was not answered: {refusal.message}")
        prompts = [prompt for prompt, _ in assigned]
        rows = shard_rows(result, capability=capability, prompts=prompts, recipe=recipe)
        await shop.write(lambda: lake.commit(key, rows, run_id=run_id, shard=shard))
    return key


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
    lake, told = workshop().lake, False
    while True:
        refuse_taken_over(lake, run, shard)
        others = at_work(lake, run, shard)
        if not others:
            return
        if not told:
            workshop().watcher.say(f"shard {shard} waits until {others[0]} has ended: it asks for the same")
            told = True
        await asyncio.sleep(LOOK_SECONDS)


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
