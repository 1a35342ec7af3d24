"""The verifier ``python-tests@12``: judges Python solutions by tests whose expected values they never see.

The version stands also for how the capability ``code`` extracts the answer that is judged: a change there is a new one.
"""

import ast
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

from stillroom.fingerprint import fingerprint
from stillroom.records import Answer, Check, Judgement, Outcome
from stillroom.records.execution import Ending, Execution, Executor, Limits, Program, UnfitProgram
from verifiers.conversion.only_read import only_read
from verifiers.conversion.rereads import has_changed
from verifiers.io_pairs import BadPairs, Pair, read_pairs, same_output
from verifiers.judging import Finding, NeedsProcess, how_it_ended, judge_calls, judge_tests, judgement
from verifiers.kept_originals import unless_changed
from verifiers.kept_plans import plan_of
from verifiers.pace import wall_for
from verifiers.plan import Converted, Unconvertible
from verifiers.second_look import holds_in_one_process, is_open

NAME = "python-tests@12"
MAX_SOURCE_CHARS = 256 << 10
TEXT_ROOM_BYTES = 4096  # beyond the expected output, so that a longer one is seen to be longer


class PythonTests:
    """Judges code by ``Check.tests``: Python source, or JSON pairs of stdin and stdout.

    Args:
        executor: runs the solutions.
        timeout_seconds: CPU time that a solution may take for all its tests.
        memory_bytes: address space of a solution.
        wall_seconds: time that it may take in all; by default it may sleep twice as long as it may compute.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        timeout_seconds: float = 5.0,
        memory_bytes: int = 1 << 30,
        wall_seconds: float | None = None,
    ) -> None:
        self._executor = executor
        self._limits = Limits(
            cpu_seconds=timeout_seconds,
            wall_seconds=wall_for(timeout_seconds) if wall_seconds is None else wall_seconds,
            memory_bytes=memory_bytes,
        )

    @property
    def name(self) -> str:
        """``name@version``."""
        return NAME

    @property
    def image_digest(self) -> str:
        """Digest of the image that solutions run in."""
        return self._executor.image_digest

    @property
    def verifier_id(self) -> str:
        """Fingerprint of name, limits and image digest."""
        return _verifier_id(self._limits, self.image_digest)

    async def judge(self, check: Check, answer: Answer) -> Judgement:
        """Judge one answer.

        Raises:
            SandboxError: when the sandbox failed, so that nothing is known about the answer.
        """
        found = await self._judged(check, answer)
        if answer.doubt and found.outcome is Outcome.PASS:
            return replace(found, outcome=Outcome.ABSTAIN, reason="tests:undecided", detail=answer.doubt)
        return found

    async def _judged(self, check: Check, answer: Answer) -> Judgement:
        if answer.problem:
            return Judgement(outcome=Outcome.FAIL, reason=answer.problem)
        if not answer.text.strip():
            return Judgement(outcome=Outcome.FAIL, reason="harness:no-code", detail="the answer holds no code")
        if len(answer.text) > MAX_SOURCE_CHARS:
            detail = f"{len(answer.text)} characters of source; at most {MAX_SOURCE_CHARS} are run"
            return Judgement(outcome=Outcome.FAIL, reason="source-limit", detail=detail)
        try:
            pairs = read_pairs(check.tests)
        except BadPairs as error:
            return Judgement(outcome=Outcome.ABSTAIN, reason="tests:unusable", detail=str(error))
        if pairs is not None:
            return await self._judge_pairs(pairs, answer.text)
        return await self._judge_tests(check, answer)

    async def _judge_tests(self, check: Check, answer: Answer) -> Judgement:
        plan = plan_of(check.tests, check.entry_point, answer.originals.methods, answer.originals.classes)
        if isinstance(plan, Unconvertible) and not plan.is_usable:
            return Judgement(outcome=Outcome.ABSTAIN, reason=plan.reason, detail=plan.detail)
        if isinstance(plan, Converted) and not plan.foretold:
            program = Program(source=answer.text, steps=plan.steps, limits=self._limits, originals=answer.originals)
            try:
                execution = await self._executor.run(program)
                if not has_changed(plan.rereads, execution.readings):
                    return unless_changed(judge_calls(plan, execution), execution)
            except (NeedsProcess, UnfitProgram):  # what all calls together are too large for may cross one by one
                pass
        try:
            return await self._judge_in_process(check, answer)
        except UnfitProgram as error:
            return Judgement(outcome=Outcome.ABSTAIN, reason="tests:too-long", detail=str(error))

    async def _judge_in_process(self, check: Check, answer: Answer) -> Judgement:
        source = answer.text
        program = Program(
            source=source,
            tests=check.tests,
            entry_point=check.entry_point,
            draws_seed=_draws_seed(check, self.image_digest),
            limits=self._limits,
            originals=answer.originals,
        )
        execution = await self._executor.run(program)
        if execution.tests is None:
            raise TypeError("the executor ran no tests")
        values = only_read(ast.parse(check.tests), check.entry_point) if execution.tests.absent else frozenset[str]()
        found = judge_tests(execution.tests, execution, check.entry_point, values)
        if is_open(found, execution.tests) and await holds_in_one_process(self._executor, check, source, self._limits):
            detail = f"the tests fail only where they run apart from the solution: {found.detail}"
            return replace(found, outcome=Outcome.ABSTAIN, reason="tests:undecided", detail=detail)
        return unless_changed(found, execution)

    async def _judge_pairs(self, pairs: tuple[Pair, ...], source: str) -> Judgement:
        """Run the program once for each pair; stop at the first that fails, and charge for what ran."""
        cpu = wall = 0.0
        for passed, pair in enumerate(pairs):
            keep = len(pair.stdout.encode("utf-8", "replace")) + TEXT_ROOM_BYTES
            limits = replace(self._limits, output_bytes=max(self._limits.output_bytes, keep))
            stdin = pair.stdin.encode("utf-8", "surrogateescape")
            program = Program(source=source, is_script=True, stdin=stdin, limits=limits, keep_output_bytes=keep)
            try:
                execution = await self._executor.run(program)
            except UnfitProgram as error:
                return Judgement(outcome=Outcome.ABSTAIN, reason="tests:too-long", detail=str(error))
            cpu, wall = cpu + execution.cpu_seconds, wall + execution.wall_seconds
            finding = _pair_finding(pair, execution)
            last = judgement(finding, execution, passed=passed + (finding is None), total=len(pairs))
            if finding is not None or passed + 1 == len(pairs):
                return Judgement(
                    outcome=last.outcome,
                    reason=last.reason,
                    detail=last.detail,
                    tests_passed=last.tests_passed,
                    tests_total=last.tests_total,
                    cpu_seconds=cpu,
                    wall_seconds=wall,
                    peak_memory_bytes=last.peak_memory_bytes,
                )
        raise AssertionError("there is at least one pair")


def _pair_finding(pair: Pair, execution: Execution) -> Finding | None:
    if execution.ending is not Ending.DONE:
        return how_it_ended(execution)
    if execution.stdout_bytes == len(execution.stdout) and same_output(pair.stdout, execution.stdout):
        return None
    shown = execution.stdout[:200].decode("utf-8", "replace")
    return Finding("wrong-answer", f"on {pair.stdin[:200]!r}: printed {shown!r}, expected {pair.stdout[:200]!r}")


def _draws_seed(check: Check, image_digest: str) -> int:
    """With what the random numbers of tests begin: the same whenever they judge, and known to no program."""
    parts = (NAME, image_digest, check.entry_point, check.tests)
    return int.from_bytes(sha256(repr(parts).encode("utf-8", "backslashreplace")).digest()[:8])


@lru_cache  # asked for several times a sample
def _verifier_id(limits: Limits, image_digest: str) -> str:
    config = [limits.cpu_seconds, limits.wall_seconds, limits.memory_bytes, limits.output_bytes]
    return fingerprint(["verifier", NAME, config, image_digest], length=24)
