"""Bad cases made by machine: right answers of Python code with one small mistake each.

A mutant is no mistake where it does what the original does, so one that passes the tests is compared with the
original on generated inputs. It is set aside, and counts neither as right nor as wrong, only if it does the same on
``MIN_EQUAL_INPUTS`` of them and differs on none. One that cannot be compared so, since its tests name no inputs say,
counts as a wrong answer that passed: the rate of false passes may come out too high for that, never too low. What
remains and passes shows a hole, in the verifier or in the tests of its case. Many mutants run for ever, so they are
given less time than a right answer, by what their original takes (``verifiers.pace``). Where that one does not pass, or
the verifier abstains, nothing was seen of whether it tells right from wrong: such mutants are undecided, and counted
aside.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stillroom.calibration.cases import Case, CaseSet, case_set
from stillroom.calibration.measuring import Progress, Say, judged_case
from stillroom.calibration.records import Calibration, calibration_id
from stillroom.errors import Defect
from stillroom.records import Answer, Outcome, Verifier
from stillroom.records.execution import Executor, Limits
from stillroom.unjudged import trouble_of_one
from verifiers.behaviour import MIN_EQUAL_INPUTS, observe, same_effect
from verifiers.generated_inputs import generated, inputs_in
from verifiers.mutation import mutants
from verifiers.pace import LEAST_SECONDS, TIMES_SLOWER, Clocked, for_many_calls, hasty
from verifiers.plan import Converted, convert

MUTANTS_A_CASE = 12
INPUTS = 512  # more than twice what must be equal, since those on which the original raises do not count
SEED = 0
RULE = (
    f"set aside if equal on {MIN_EQUAL_INPUTS} of {INPUTS} inputs; undecided if abstained; "
    f"{TIMES_SLOWER:g} times the original's time, at least {LEAST_SECONDS:g} s"
)
AT_ONCE = 8  # originals whose mutants are judged at a time
Judges = Callable[[Executor, Limits], Verifier]  # makes the verifier that is measured, with limits of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What came of the mutants of one original, by id; those under neither were rejected."""

    passed: frozenset[str] = frozenset()
    aside: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()


def mutant_cases(cases: CaseSet) -> CaseSet:
    """Bad cases from the good ones of a set whose answers are Python code, functions and scripts; runs nothing."""
    made = tuple(
        Case(
            case_id=f"{case.case_id}/mutant-{number}-{one.operator}-line-{one.line}",
            check=case.check,
            answer=Answer(text=one.source),
            is_good=False,
        )
        for case in cases.cases
        if case.is_good
        for number, one in enumerate(mutants(case.answer.text, limit=MUTANTS_A_CASE, seed=SEED), 1)
    )
    return case_set(f"mutants of {cases.name}", made, rule=RULE)


async def measure_mutants(
    judges: Judges,
    mutated: CaseSet,
    originals: CaseSet,
    executor: Executor,
    limits: Limits,
    progress: Progress = lambda _done, _all: None,
    say: Say = lambda _: None,
) -> Calibration:
    """Judge mutants and count those that pass, without what says nothing about the verifier.

    Args:
        judges: makes the verifier.
        mutated: the mutants, as ``mutant_cases`` makes them.
        originals: the set that they were made from.
        executor: runs the programs.
        limits: of a right answer.
        progress: is told how many are done, and of how many.
        say: is told which originals and mutants cannot be judged or compared, and why.

    Raises:
        SandboxError: the sandbox failed, so nothing was measured.
    """
    by_id = {case.case_id: case for case in originals.cases}
    groups: dict[str, list[Case]] = {}
    for case in mutated.cases:
        groups.setdefault(case.case_id.rpartition("/")[0], []).append(case)
    room = asyncio.Semaphore(AT_ONCE)
    done = 0

    async def seen(original: Case, some: Sequence[Case]) -> _Seen:
        nonlocal done
        async with room:
            found = await _seen(judges, original, some, executor, limits, say)
        done += len(some)
        progress(done, len(mutated.cases))
        return found

    found = await asyncio.gather(*(seen(by_id[name], some) for name, some in groups.items()))
    passed, aside, undecided = (
        frozenset[str]().union(*(getattr(one, name) for one in found)) for name in ("passed", "aside", "undecided")
    )
    verifier = judges(executor, limits)
    return Calibration(
        calibration_id=calibration_id(verifier.verifier_id, mutated),
        verifier=verifier.name,
        verifier_id=verifier.verifier_id,
        case_set=mutated.name,
        set_id=mutated.set_id,
        good_cases=0,
        good_passed=0,
        bad_cases=len(mutated.cases) - len(aside) - len(undecided),
        bad_passed=len(passed),
        set_aside=len(aside),
        undecided=len(undecided),
        misjudged=tuple(case.case_id for case in mutated.cases if case.case_id in passed),
    )


async def _seen(
    judges: Judges, original: Case, mutated: Sequence[Case], executor: Executor, limits: Limits, say: Say
) -> _Seen:
    clocked = Clocked(executor)
    if await judged_case(judges(clocked, limits), original, say) is not Outcome.PASS:
        return _Seen(undecided=frozenset(case.case_id for case in mutated))
    shorter = hasty(clocked.pace, limits)
    verifier = judges(executor, shorter)
    judged = await asyncio.gather(*(judged_case(verifier, case, say) for case in mutated))
    outcomes = dict(zip([case.case_id for case in mutated], judged, strict=True))
    passed = [case for case in mutated if outcomes[case.case_id] is Outcome.PASS]
    aside = set[str]()
    try:
        with trouble_of_one("the comparison with originals", "this one or its mutants show"):
            if passed:
                aside = await _indistinguishable(original, passed, executor, for_many_calls(shorter))
    except Defect as error:
        say(f"mutants of case {original.case_id} cannot be compared with it: {error}")
    return _Seen(
        passed=frozenset(case.case_id for case in passed) - aside,
        aside=frozenset(aside),
        undecided=frozenset(name for name, outcome in outcomes.items() if outcome in (Outcome.ABSTAIN, None)),
    )


async def _indistinguishable(original: Case, mutated: Sequence[Case], executor: Executor, limits: Limits) -> set[str]:
    """Ids of those that do what the original does wherever it returns something, on ``MIN_EQUAL_INPUTS`` at least.

    Where the original raises, the task says nothing about the input.
    """
    name = original.check.entry_point
    plan = convert(original.check.tests, name)
    bases = inputs_in(plan, name) if isinstance(plan, Converted) else []
    tried = generated(bases, count=INPUTS, seed=SEED)
    if len(tried) < MIN_EQUAL_INPUTS:
        return set()
    effects = (await observe(executor, original.answer.text, name, tried, limits)).effects
    meant = [
        (one, effect) for one, effect in zip(tried, effects, strict=True) if effect is not None and effect.is_value
    ]
    if len(meant) < MIN_EQUAL_INPUTS:
        return set()
    inputs = [one for one, _ in meant]
    seen = await asyncio.gather(
        *(observe(executor, case.answer.text, name, inputs, limits, most_lost=0) for case in mutated)
    )
    return {
        case.case_id
        for case, observed in zip(mutated, seen, strict=True)
        if all(same_effect(effect, other) for (_, effect), other in zip(meant, observed.effects, strict=True))
    }
