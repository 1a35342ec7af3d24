"""Runs a verifier over cases and counts what it let pass."""

import asyncio
from collections.abc import Callable

from stillroom.calibration.cases import Case, CaseSet
from stillroom.calibration.records import Calibration, calibration_id
from stillroom.errors import Defect
from stillroom.records import Outcome, Verifier
from stillroom.unjudged import judge_one

AT_ONCE = 64  # cases on their way to the sandbox; it takes as many as it has room for
Progress = Callable[[int, int], None]
Say = Callable[[str], None]


async def measure(
    verifier: Verifier,
    cases: CaseSet,
    progress: Progress = lambda _done, _all: None,
    say: Say = lambda _: None,
) -> Calibration:
    """Judge all cases and count.

    A good case that is not passed and a bad one that is are named in the result. An abstention is no pass, nor is a
    good case that the verifier cannot judge. Whether it would refuse a bad one that it cannot judge is not known, so
    that one is undecided.

    Args:
        verifier: who is measured.
        cases: what it judges.
        progress: is told how many are done, and of how many.
        say: is told which cases cannot be judged, and why.

    Raises:
        SandboxError: the sandbox failed, also at one case alone, so nothing was measured.
    """
    room = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def judged(case: Case) -> Outcome | None:
        nonlocal done
        async with room:
            outcome = await judged_case(verifier, case, say)
        done += 1
        progress(done, len(cases.cases))
        return outcome

    outcomes = list(zip(cases.cases, await asyncio.gather(*map(judged, cases.cases)), strict=True))
    undecided = sum(outcome is None and not case.is_good for case, outcome in outcomes)
    passed = [(case, outcome is Outcome.PASS) for case, outcome in outcomes]
    return Calibration(
        calibration_id=calibration_id(verifier.verifier_id, cases),
        verifier=verifier.name,
        verifier_id=verifier.verifier_id,
        case_set=cases.name,
        set_id=cases.set_id,
        good_cases=sum(case.is_good for case, _ in passed),
        good_passed=sum(case.is_good and passes for case, passes in passed),
        bad_cases=sum(not case.is_good for case, _ in passed) - undecided,
        bad_passed=sum(not case.is_good and passes for case, passes in passed),
        undecided=undecided,
        misjudged=tuple(case.case_id for case, passes in passed if passes != case.is_good),
    )


async def judged_case(verifier: Verifier, case: Case, say: Say) -> Outcome | None:
    """How a case is judged; None where the verifier has a defect that it shows, which is told.

    Raises:
        SandboxError: the sandbox failed, also where it does at this case alone: with more memory it may not.
    """
    try:
        return (await judge_one(verifier, case.check, case.answer)).outcome
    except Defect as error:
        say(f"case {case.case_id} cannot be judged: {error}")
        return None
