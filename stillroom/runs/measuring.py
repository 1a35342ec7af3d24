"""How strong the tests of a run's prompts are: which are to be measured still, and what the measure says.

A measurement belongs to a check, not to a run: what one run has measured, all later ones read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stillroom.capabilities import Capability
from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake, Row
from stillroom.recipe import Recipe
from stillroom.records import ID_DIGITS, Prompt
from stillroom.runs.opening import Run
from stillroom.runs.rows import prompt_from
from verifiers.code_tests import CodeTests, Strength

PROMPTS_A_COMMIT = 16  # measured together: what a kill can cost, and rows enough for a file
FROM_REFERENCE = "reference"
MAX_SHOWN = 8  # survivors that are kept for a person

_UNMEASURED = """
WITH newest AS (
    SELECT * FROM lake.verdicts WHERE run_id = $run AND verifier_id IN (SELECT unnest($verifiers))
    QUALIFY row_number() OVER (PARTITION BY sample_id, verifier_id ORDER BY created_at DESC) = 1
), passed AS (
    SELECT sample_id, any_value(check_id) AS check_id FROM newest GROUP BY sample_id HAVING bool_and(outcome = 'pass')
)
SELECT c.check_id, first(s.sample_id ORDER BY s.sample_index, s.sample_id) AS sample_id,
       first(s.answer ORDER BY s.sample_index, s.sample_id) AS answer
FROM passed c JOIN lake.samples s ON s.sample_id = c.sample_id AND s.run_id = $run
WHERE c.check_id NOT IN (SELECT check_id FROM lake.test_strengths WHERE measure_id = $measure)
GROUP BY c.check_id ORDER BY c.check_id
"""
_PROMPTS = """
SELECT * FROM lake.prompts WHERE check_id IN (SELECT unnest($ids))
QUALIFY row_number() OVER (PARTITION BY check_id ORDER BY created_at DESC) = 1
"""


def is_measured(recipe: Recipe, capability: Capability) -> bool:
    """Whether tests decide about this recipe's samples, and their strength about the tests."""
    return recipe.verification.min_test_strength is not None and "python-tests" in capability.verifier_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasured:
    """A prompt whose tests are to be measured.

    Attributes:
        solutions: programs that should pass its tests, at least one, the most trusted first, each after where it
            comes from: ``reference`` or a sample id.
    """

    prompt: Prompt
    solutions: tuple[tuple[str, str], ...]


def unmeasured(lake: Lake, run: Run, measure_id: str, verifier_ids: Sequence[str]) -> list[Unmeasured]:
    """The prompts of a run of which some sample has passed these verifiers and whose tests were not measured so."""
    asked = {"run": run.run_id, "measure": measure_id, "verifiers": sorted(verifier_ids)}
    found = {row["check_id"]: row for row in lake.rows(_UNMEASURED, asked)}
    prompts = [prompt_from(row) for row in lake.rows(_PROMPTS, {"ids": list(found)})] if found else []
    result: list[Unmeasured] = []
    for prompt in sorted(prompts, key=lambda one: one.check_id):
        row = found[prompt.check_id]
        reference = ((FROM_REFERENCE, prompt.reference),) if prompt.reference else ()
        result.append(Unmeasured(prompt=prompt, solutions=(*reference, (row["sample_id"], row["answer"]))))
    return result


async def measured(one: Unmeasured, capability: Capability, code_tests: CodeTests) -> Row:
    """Measure one prompt's tests; returns its row of ``test_strengths``.

    Raises:
        SandboxError: nothing is known about the tests.
    """
    trivial = capability.trivial_answers(one.prompt)
    tried: list[tuple[str, Strength]] = []
    for source, solution in one.solutions:
        tried.append((source, await code_tests.measure(one.prompt.check, solution, trivial)))
        if not tried[-1][1].problem.startswith("solution:"):
            break
    source, strength = tried[-1]
    return strength_row(one.prompt, strength, solution_from=source, code_tests=code_tests)


def strength_row(prompt: Prompt, strength: Strength, *, solution_from: str, code_tests: CodeTests) -> Row:
    """A row of ``test_strengths``."""
    shown = [f"line {one.line}, {one.operator}: {one.change}" for one in strength.survivors[:MAX_SHOWN]]
    return {
        "check_id": prompt.check_id,
        "prompt_id": prompt.prompt_id,
        "measure": code_tests.name,
        "measure_id": code_tests.measure_id,
        "solution_from": solution_from,
        "strength": strength.value,
        "mutants": strength.mutants,
        "undecided": strength.undecided,
        "killed": strength.killed,
        "set_aside": strength.set_aside,
        "inputs": strength.inputs,
        "trivial_passes": len(strength.trivial_passes),
        "trivial_pass": next(iter(strength.trivial_passes), ""),
        "survivors": shown,
        "problem": strength.problem,
        "programs": strength.programs,
        "cpu_seconds": strength.cpu_seconds,
    }


def measuring_cost(rows: Sequence[Mapping[str, Any]]) -> Row:
    """What measuring took, as a row of ``costs``."""
    return {
        "stage": "verification",
        "teacher_id": "",
        "samples": sum(row["programs"] for row in rows),
        "prompt_tokens": 0,
        "cached_tokens": 0,
        "completion_tokens": 0,
        "seconds": sum(row["cpu_seconds"] for row in rows),
        "money": 0.0,
        "currency": "",
    }


def strengths_key(rows: Sequence[Mapping[str, Any]]) -> str:
    """Commit key of some measurements."""
    return f"strengths:{fingerprint([[row['check_id'], row['measure_id']] for row in rows], length=ID_DIGITS)}"


def weakness(row: Mapping[str, Any], minimum: float) -> str:
    """Why tests are too weak for ``minimum``, with the evidence, or ""; what could not be measured is too weak.

    Args:
        row: a row of ``test_strengths``, its values null where there is none.
        minimum: the least share of mutants that tests must fail.
    """
    if row["mutants"] is None:
        return "the strength of its tests was not measured"
    if row["trivial_passes"]:
        return f"a solution that understands nothing passes its tests: {row['trivial_pass']}"
    if row["strength"] is None:
        return f"the strength of its tests could not be measured: {row['problem']}"
    if row["strength"] >= minimum:
        return ""
    mistakes = row["mutants"] - row["set_aside"]
    hole = f"; a mutant that passes: {row['survivors'][0]}" if row["survivors"] else ""
    return f"its tests fail {row['killed']} of {mistakes} mutants, {row['strength']:.2f} of at least {minimum:g}{hole}"
