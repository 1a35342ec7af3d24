"""Tasks of verification beyond the shards: what prompts' tests are worth, seen from all their samples."""

import asyncio
from collections.abc import Sequence
from functools import partial

from prefect import task

from stillroom.calibration import named_calibrations, shipped_cases
from stillroom.capabilities import find_capability
from stillroom.errors import Unjudgeable
from stillroom.lake import Row
from stillroom.records import Verifier
from stillroom.runs import (
    PROMPTS_A_COMMIT,
    Run,
    Unmeasured,
    is_measured,
    load_run,
    measured,
    measuring_cost,
    rejudging_key,
    settled,
    strengths_key,
    unjudged,
    unmeasured,
    unsettled,
)
from stillroom.unjudged import trouble_of_one
from tasks.judging_again import judged_here, judged_there
from tasks.retrying import RETRYING
from tasks.workshop import workshop


@task(name="judge again", **RETRYING)
async def judge_again(run_id: str) -> tuple[int, dict[str, str]]:
    """Judge the samples that lack a verdict of what counts now.

    There are some where something changed after the shard was done: limits, the image, a prompt's tests; or where one
    could not be judged, which is said once more if it still cannot.

    Returns:
        How many verdicts that took; and by sample, why it could not be judged.

    Raises:
        SandboxError: the sandbox failed; what was committed before is not judged again.
        WorkersError: the recipe has Dask workers judge, and they are gone; likewise.
    """
    shop = workshop()
    run = load_run(shop.lake, run_id)
    verifiers = shop.verifiers(run.recipe.verification)
    todo = unjudged(shop.lake, run, verifiers)
    if not todo:
        return 0, {}
    calibrations = _calibrations(run, verifiers)
    count = looked_at = 0
    unjudgeable: dict[str, str] = {}
    runner = shop.batch_runner(run.recipe.execution)
    judging = judged_here(todo, calibrations) if runner is None else judged_there(runner, run, todo, calibrations)
    async for found in judging:
        done = [(one, row) for one, row in found if not isinstance(row, str)]
        unjudgeable |= {one.sample["sample_id"]: why for one, why in found if isinstance(why, str)}
        count += len(done)
        looked_at += len(found)
        shop.watcher.progressed("judging again", looked_at, len(todo))
        if done:
            key, rows = rejudging_key(run, [one for one, _ in done]), [row for _, row in done]
            await shop.write(partial(shop.lake.commit, key, {"verdicts": rows}, run_id=run_id))
    return count, unjudgeable


def _calibrations(run: Run, verifiers: Sequence[Verifier]) -> dict[str, str]:
    cases = shipped_cases(find_capability(run.recipe.capability))
    return named_calibrations(workshop().lake, verifiers, cases)


@task(name="settle tests", **RETRYING)
async def settle_tests(run_id: str) -> int:
    """Judge samples by agreement where tests are candidates and no solution is known; returns for how many prompts.

    What the agreed tests cannot be tried on is left to ``judge_again``.

    Raises:
        SandboxError: the sandbox failed; what was committed before is not settled again.
    """
    shop = workshop()
    run = load_run(shop.lake, run_id)
    if "python-tests" not in find_capability(run.recipe.capability).verifier_names:
        return 0
    verifiers = shop.verifiers(run.recipe.verification)
    verifier = next(one for one in verifiers if one.name.startswith("python-tests@"))
    calibrations = _calibrations(run, verifiers)
    todo = unsettled(shop.lake, run, verifier.verifier_id)
    for place, one in enumerate(todo):
        shop.watcher.progressed("settling tests", place, len(todo))
        async with shop.slots(("sandbox",)):
            rows = await settled(one, verifier, calibrations.get(verifier.verifier_id, ""))
        await shop.write(partial(shop.lake.commit, one.key(verifier.verifier_id), rows, run_id=run_id))
    return len(todo)


@task(name="measure tests", **RETRYING)
async def measure_tests(run_id: str) -> int:
    """Measure the tests of the run's prompts that were not measured yet; returns how many those were.

    Raises:
        SandboxError: the sandbox failed; what was committed before is not measured again.
    """
    shop = workshop()
    lake = shop.lake
    run = load_run(lake, run_id)
    capability = find_capability(run.recipe.capability)
    if not is_measured(run.recipe, capability):
        return 0
    code_tests = shop.code_tests(run.recipe.verification)
    verifier_ids = [one.verifier_id for one in shop.verifiers(run.recipe.verification)]
    todo = unmeasured(lake, run, code_tests.measure_id, verifier_ids)
    if not todo:
        return 0
    done = measured_prompts = 0

    async def measure(one: Unmeasured) -> Row | None:
        nonlocal done
        try:
            with trouble_of_one("the measure of tests", "this prompt's solution or tests show"):
                row = await measured(one, capability, code_tests)
        except Unjudgeable as error:  # unmeasured tests are too weak, so nothing is kept by them
            shop.watcher.say(f"the tests of prompt {one.prompt.prompt_id} stay unmeasured: {error}")
            row = None
        done += 1
        shop.watcher.progressed("measuring tests", done, len(todo))
        return row

    for start in range(0, len(todo), PROMPTS_A_COMMIT):
        some = todo[start : start + PROMPTS_A_COMMIT]
        async with shop.slots(("sandbox",)):
            found = await asyncio.gather(*(measure(one) for one in some))
        rows = [row for row in found if row is not None]
        if not rows:
            continue
        measured_prompts += len(rows)
        tables = {"test_strengths": rows, "costs": [measuring_cost(rows)]}
        await shop.write(partial(lake.commit, strengths_key(rows), tables, run_id=run_id))
    shop.watcher.say(f"the tests of {measured_prompts} prompts were measured")
    return measured_prompts
