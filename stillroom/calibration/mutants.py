"""Bad cases made by machine: right answers of Python code with one small mistake each.

A mutant is no mistake where it does what the original does, so one that passes the tests is compared with the
original on generated inputs. It is set aside, and counts neither as right nor as wrong, only if it does the same on
``MIN_EQUAL_INPUTS`` of them and differs on none. One that cannot be compared so, since its tests name no inputs say,
counts as a wrong answer that passed: the rate of false passes may come out too high for that, never too low. What
remains and passes shows a hole, in the verifier or in the tests of its case. Many mutants run for ever, so they are
given ``MUTANT_SECONDS`` of CPU, whatever the verifier gives.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from stillroom.calibration.cases import Case, CaseSet, case_set
from stillroom.calibration.records import Calibration
from stillroom.records import Answer
from stillroom.records.execution import Executor, Limits
from verifiers.behaviour import MIN_EQUAL_INPUTS, observe, same_effect
from verifiers.generated_inputs import generated, inputs_in
from verifiers.mutation import mutants
from verifiers.plan import Converted, convert

MUTANTS_A_CASE = 12
INPUTS = 512  # more than twice what must be equal, since those on which the original raises do not count
SEED = 0
RULE = f"set aside if equal on {MIN_EQUAL_INPUTS} of {INPUTS} inputs"
MUTANT_SECONDS = 1.0
_LIMITS = Limits(cpu_seconds=MUTANT_SECONDS, wall_seconds=2 * MUTANT_SECONDS + 1)
AT_ONCE = 8  # originals whose mutants are compared at a time


def mutant_cases(cases: CaseSet) -> CaseSet:
    """Bad cases from the good ones of a set that are Python code with a function to call; runs nothing."""
    made = tuple(
        Case(
            case_id=f"{case.case_id}/mutant-{number}-{one.operator}-line-{one.line}",
            check=case.check,
            answer=Answer(text=one.source),
            is_good=False,
        )
        for case in cases.cases
        if case.is_good and case.check.entry_point
        for number, one in enumerate(mutants(case.answer.text, limit=MUTANTS_A_CASE, seed=SEED), 1)
    )
    return case_set(f"mutants of {cases.name}", made, rule=RULE)


async def set_aside_equivalent(
    measured: Calibration, mutated: CaseSet, originals: CaseSet, executor: Executor
) -> Calibration:
    """The measurement without those mutants that pass and were seen to do what their originals do.

    Raises:
        SandboxError: the sandbox failed.
    """
    passed = [case for case in mutated.cases if case.case_id in set(measured.misjudged)]
    by_id = {case.case_id: case for case in originals.cases}
    groups: dict[str, list[Case]] = {}
    for case in passed:
        groups.setdefault(case.case_id.rpartition("/")[0], []).append(case)
    room = asyncio.Semaphore(AT_ONCE)

    async def alike(original: Case, some: Sequence[Case]) -> set[str]:
        async with room:
            return await _indistinguishable(original, some, executor)

    found = await asyncio.gather(*(alike(by_id[name], some) for name, some in groups.items()))
    aside = set[str]().union(*found)
    return replace(
        measured,
        bad_cases=measured.bad_cases - len(aside),
        bad_passed=measured.bad_passed - len(aside),
        set_aside=len(aside),
        misjudged=tuple(name for name in measured.misjudged if name not in aside),
    )


async def _indistinguishable(original: Case, mutated: Sequence[Case], executor: Executor) -> set[str]:
    """Ids of those that do what the original does wherever it returns something, on ``MIN_EQUAL_INPUTS`` at least.

    Where the original raises, the task says nothing about the input.
    """
    name = original.check.entry_point
    plan = convert(original.check.tests, name)
    bases = inputs_in(plan, name) if isinstance(plan, Converted) else []
    tried = generated(bases, count=INPUTS, seed=SEED)
    if len(tried) < MIN_EQUAL_INPUTS:
        return set()
    effects = (await observe(executor, original.answer.text, name, tried, _LIMITS)).effects
    meant = [
        (one, effect) for one, effect in zip(tried, effects, strict=True) if effect is not None and effect.is_value
    ]
    if len(meant) < MIN_EQUAL_INPUTS:
        return set()
    inputs = [one for one, _ in meant]
    seen = await asyncio.gather(
        *(observe(executor, case.answer.text, name, inputs, _LIMITS, most_lost=0) for case in mutated)
    )
    return {
        case.case_id
        for case, observed in zip(mutated, seen, strict=True)
        if all(same_effect(effect, other) for (_, effect), other in zip(meant, observed.effects, strict=True))
    }
