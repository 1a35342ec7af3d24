"""Runs a verifier over cases and counts what it let pass."""

import asyncio
from collections.abc import Callable

from stillroom.calibration.cases import Case, CaseSet
from stillroom.calibration.records import Calibration, calibration_id
from stillroom.errors import Unjudgeable
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
    case that the verifier cannot judge.

    Args:
        verifier: who is measured.
        cases: what it judges.
        progress: is told how many are done, and of how many.
        say: is told which cases cannot be judged, and why.

    Raises:
        SandboxError: the sandbox failed, so nothing was measured.
    """
    room = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def passes(case: Case) -> bool:
        nonlocal done
        async with room:
            outcome = await judged_case(verifier, case, say)
        done += 1
        progress(done, len(cases.cases))
        return outcome is Outcome.PASS

    passed = await asyncio.gather(*(passes(case) for case in cases.cases))
    judged = list(zip(cases.cases, passed, strict=True))
    return Calibration(
        calibration_id=calibration_id(verifier.verifier_id, cases),
        verifier=verifier.name,
        verifier_id=verifier.verifier_id,
        case_set=cases.name,
        set_id=cases.set_id,
        good_cases=sum(case.is_good for case, _ in judged),
        good_passed=sum(case.is_good and passes_ for case, passes_ in judged),
        bad_cases=sum(not case.is_good for case, _ in judged),
        bad_passed=sum(not case.is_good and passes_ for case, passes_ in judged),
        misjudged=tuple(case.case_id for case, passes_ in judged if passes_ != case.is_good),
    )


async def judged_case(verifier: Verifier, case: Case, say: Say) -> Outcome:
    """How a case is judged; one that cannot be is told, and comes to no verdict.

    Raises:
        SandboxError: the sandbox failed.
    """
    try:
        return (await judge_one(verifier, case.check, case.answer)).outcome
    except Unjudgeable as error:
        say(f"case {case.case_id} cannot be judged: {error}")
        return Outcome.ABSTAIN
