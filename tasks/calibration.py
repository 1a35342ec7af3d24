"""The task of calibration: verifiers that were never measured are, on the cases that come with Stillroom."""

from functools import partial

from prefect import task

from stillroom.calibration import (
    Calibration,
    calibration_id,
    load,
    measure,
    record,
    refuse_beyond_limits,
    shipped_cases,
)
from stillroom.capabilities import find_capability
from stillroom.recipe import Verification
from stillroom.runs import load_run
from tasks.retrying import RETRYING
from tasks.workshop import workshop


@task(name="calibrate verifiers", **RETRYING)
async def calibrate_verifiers(run_id: str, verification: Verification | None = None) -> list[str]:
    """Measure the run's verifiers where the lake does not know them yet; returns the calibrations they stand on.

    Args:
        run_id: whose capability and snapshot section count.
        verification: under which the run is to be judged; None: its own.

    Raises:
        GateError: one misjudges too many cases, and the recipe does not allow it.
        SandboxError: the sandbox failed.
    """
    shop = workshop()
    recipe = load_run(shop.lake, run_id).recipe
    cases = shipped_cases(find_capability(recipe.capability))
    if cases is None:
        return []
    found: list[Calibration] = []
    for verifier in shop.verifiers(verification or recipe.verification):
        known = load(shop.lake, calibration_id(verifier.verifier_id, cases))
        if known is None:
            observe = partial(shop.watcher.progressed, f"calibrating {verifier.name}")
            async with shop.slots(("sandbox",)):
                known = await measure(verifier, cases, observe, shop.watcher.say)
            await shop.write(partial(record, shop.lake, [known]))
            shop.watcher.say(
                f"{known.verifier} was calibrated: it passes {known.good_passed} of {known.good_cases} right answers "
                f"and {known.bad_passed} of {known.bad_cases} wrong ones"
            )
        found.append(known)
    if not recipe.snapshot.allow_unverified:
        refuse_beyond_limits(found)
    return [one.calibration_id for one in found]
