"""Tasks of verification beyond the shards: what prompts' tests are worth, seen from all their samples."""

import asyncio

from prefect import task

from stillroom.capabilities import find_capability
from stillroom.runs import (
    PROMPTS_A_COMMIT,
    is_measured,
    load_run,
    measured,
    measuring_cost,
    settled,
    strengths_key,
    unmeasured,
    unsettled,
)
from tasks.retrying import RETRYING
from tasks.workshop import workshop


@task(name="settle tests", **RETRYING)
async def settle_tests(run_id: str) -> int:
    """Judge samples by agreement where tests are candidates and no solution is known; returns for how many prompts.

    Raises:
        SandboxError: the sandbox failed; what was committed before is not settled again.
    """
    shop = workshop()
    run = load_run(shop.lake, run_id)
    if "python-tests" not in find_capability(run.recipe.capability).verifier_names:
        return 0
    todo = unsettled(shop.lake, run)
    verifiers = shop.verifiers(run.recipe.verification)
    verifier = next(one for one in verifiers if one.name.startswith("python-tests@"))
    for one in todo:
        rows = await settled(one, verifier)
        await asyncio.to_thread(shop.lake.commit, one.key, rows, run_id=run_id)
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
    todo = unmeasured(lake, run, code_tests.measure_id)
    for start in range(0, len(todo), PROMPTS_A_COMMIT):
        some = todo[start : start + PROMPTS_A_COMMIT]
        rows = await asyncio.gather(*(measured(one, capability, code_tests) for one in some))
        tables = {"test_strengths": rows, "costs": [measuring_cost(rows)]}
        await asyncio.to_thread(lake.commit, strengths_key(rows), tables, run_id=run_id)
    if todo:
        shop.watcher.say(f"the tests of {len(todo)} prompts were measured")
    return len(todo)
