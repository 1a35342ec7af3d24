"""How good is a test? Measures a task's tests by the wrong programs that they let through.

Tests that a model wrote are candidates, not truth. Two kinds of wrong programs are put to them: solutions that
understand nothing (``trivial``), and mutants of a solution that passes. A mutant that passes too is a hole in the
tests, unless it is no mistake at all: it is set aside as equivalent if it does what the solution does on hundreds of
generated inputs, and only then.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.fingerprint import fingerprint
from stillroom.records import Answer, Check, Judgement, Outcome
from stillroom.records.execution import Executor, Limits
from verifiers.behaviour import MIN_EQUAL_INPUTS, Observation, observe, same_effect
from verifiers.generated_inputs import Input, generated, inputs_in
from verifiers.mutation import Mutant, mutants
from verifiers.pace import LEAST_SECONDS, TIMES_SLOWER, Clocked, for_many_calls, hasty, wall_for
from verifiers.plan import Converted, convert
from verifiers.python_tests import PythonTests

NAME = "test-strength@2"
MOST_MUTANTS = 40
INPUTS = 256  # generated for a prompt; some of them may end the solution itself
MIN_EQUAL_VALUES = 100  # of the MIN_EQUAL_INPUTS on which an equivalent mutant must do the same: both return something
SEED = 0
MOST_UNDECIDED = 0.5  # of the mutants: where the tests come to no verdict on more, the others are too few to go by
ID_DIGITS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """What tests were found to be worth.

    Attributes:
        mutants: mutants of the solution on which the tests came to a verdict.
        undecided: those on which they came to none: left out of the strength.
        killed: of these, those that failed.
        set_aside: of these, those that passed and did what the solution does on all generated inputs.
        survivors: the others that passed: the tests' holes.
        trivial_passes: trivial solutions that passed.
        inputs: generated inputs on which behaviour was compared.
        problem: why nothing could be measured, or "".
        programs: that were run for it.
        cpu_seconds: that they took.
    """

    mutants: int = 0
    undecided: int = 0
    killed: int = 0
    set_aside: int = 0
    survivors: tuple[Mutant, ...] = ()
    trivial_passes: tuple[str, ...] = ()
    inputs: int = 0
    problem: str = ""
    programs: int = 0
    cpu_seconds: float = 0.0

    @property
    def value(self) -> float | None:
        """Killed over those that are mistakes, 0 to 1; 0 where a trivial solution passes; None where unknown."""
        if self.trivial_passes:
            return 0.0
        mistakes = self.mutants - self.set_aside
        return self.killed / mistakes if mistakes and not self.problem else None


class CodeTests:
    """Measures tests in a sandbox, within a bounded number of programs.

    Args:
        executor: runs the programs.
        timeout_seconds: CPU time of a solution, as the verifier of samples has it.
        memory_bytes: address space of a program.
        most_mutants: mutants of one solution.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        timeout_seconds: float = 5.0,
        memory_bytes: int = 1 << 30,
        most_mutants: int = MOST_MUTANTS,
    ) -> None:
        self._executor = executor
        self._limits = Limits(
            cpu_seconds=timeout_seconds, wall_seconds=wall_for(timeout_seconds), memory_bytes=memory_bytes
        )
        self._most_mutants = most_mutants

    @property
    def name(self) -> str:
        """``name@version``."""
        return NAME

    @property
    def measure_id(self) -> str:
        """Fingerprint of all that decides a measurement, but for the tests and the solution."""
        pace = [self._limits.cpu_seconds, self._limits.memory_bytes, LEAST_SECONDS, TIMES_SLOWER]
        config = [*pace, self._most_mutants, MOST_UNDECIDED, INPUTS, MIN_EQUAL_INPUTS, SEED]
        return fingerprint(["test-strength", NAME, config, self._executor.image_digest], length=ID_DIGITS)

    async def measure(self, check: Check, solution: str, trivial: Sequence[Answer]) -> Strength:
        """Measure a check by wrong programs.

        Args:
            check: the tests.
            solution: a program that passes them; where it does not, nothing is measured.
            trivial: solutions that understand nothing of the task.

        Raises:
            SandboxError: the sandbox failed, so that nothing is known about the tests.
        """
        clocked = Clocked(self._executor)
        accepted = await _verifier(clocked, self._limits).judge(check, Answer(text=solution))
        if accepted.outcome is not Outcome.PASS:
            return Strength(problem=f"solution:{accepted.reason}", programs=1, cpu_seconds=accepted.cpu_seconds)
        limits = hasty(clocked.pace, self._limits)
        made = mutants(solution, limit=self._most_mutants, seed=SEED)
        wrong = [*trivial, *(Answer(text=mutant.source) for mutant in made)]
        verifier = _verifier(self._executor, limits)
        judgements = await asyncio.gather(*(verifier.judge(check, answer) for answer in wrong))
        judged = judgements[len(trivial) :]
        passed = [mutant for mutant, one in zip(made, judged, strict=True) if one.outcome is Outcome.PASS]
        killed = sum(one.outcome is Outcome.FAIL for one in judged)
        undecided = len(made) - killed - len(passed)
        same = await self._equivalent(check, solution, passed, limits)
        trivial_passes = tuple(
            answer.text
            for answer, one in zip(trivial, judgements[: len(trivial)], strict=True)
            if one.outcome is Outcome.PASS
        )
        return Strength(
            mutants=killed + len(passed),
            undecided=undecided,
            killed=killed,
            set_aside=len(same.mutants),
            survivors=tuple(mutant for mutant in passed if mutant not in same.mutants),
            trivial_passes=trivial_passes,
            inputs=same.inputs,
            problem="" if trivial_passes else _problem(killed + len(passed) - len(same.mutants), undecided, len(made)),
            programs=1 + len(wrong) + same.programs,
            cpu_seconds=accepted.cpu_seconds + _cpu(judgements) + same.cpu_seconds,
        )

    async def _equivalent(self, check: Check, solution: str, passed: Sequence[Mutant], limits: Limits) -> "_Equivalent":
        """Which of the mutants that passed do what the solution does."""
        plan = convert(check.tests, check.entry_point)
        if not passed or not isinstance(plan, Converted):
            return _Equivalent()
        tried = generated(inputs_in(plan, check.entry_point), count=INPUTS, seed=SEED)
        if len(tried) < MIN_EQUAL_INPUTS:
            return _Equivalent()
        limits = for_many_calls(limits)
        original = await observe(self._executor, solution, check.entry_point, tried, limits)
        usable = [one for one, effect in zip(tried, original.effects, strict=True) if effect is not None]
        if not _suffice(original):
            return _Equivalent(programs=original.programs, cpu_seconds=original.cpu_seconds)
        seen = await asyncio.gather(*(self._again(mutant, check, usable, limits) for mutant in passed))
        expected = [effect for effect in original.effects if effect is not None]
        return _Equivalent(
            mutants=tuple(
                mutant
                for mutant, found in zip(passed, seen, strict=True)
                if all(map(same_effect, expected, found.effects))
            ),
            inputs=len(usable),
            programs=original.programs + sum(one.programs for one in seen),
            cpu_seconds=original.cpu_seconds + sum(one.cpu_seconds for one in seen),
        )

    async def _again(self, mutant: Mutant, check: Check, usable: Sequence[Input], limits: Limits) -> Observation:
        """What a mutant does where the solution came to an end; the first input at which it does not ends it."""
        return await observe(self._executor, mutant.source, check.entry_point, usable, limits, most_lost=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Equivalent:
    mutants: tuple[Mutant, ...] = ()
    inputs: int = 0
    programs: int = 0
    cpu_seconds: float = 0.0


def _suffice(original: Observation) -> bool:
    effects = [effect for effect in original.effects if effect is not None]
    return len(effects) >= MIN_EQUAL_INPUTS and sum(effect.is_value for effect in effects) >= MIN_EQUAL_VALUES


def _cpu(judgements: Sequence[Judgement]) -> float:
    return sum(one.cpu_seconds for one in judgements)


def _verifier(executor: Executor, limits: Limits) -> PythonTests:
    return PythonTests(
        executor,
        timeout_seconds=limits.cpu_seconds,
        wall_seconds=limits.wall_seconds,
        memory_bytes=limits.memory_bytes,
    )


def _problem(mistakes: int, undecided: int, made: int) -> str:
    """Why the mutants say nothing of the tests, or ""."""
    if undecided > MOST_UNDECIDED * made:
        return f"mutants:undecided ({undecided} of {made})"
    return "" if mistakes else "mutants:none"
