"""Turns what the sandbox reported into a judgement: the only place where a program's claims become a verdict."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from stillroom.records import Judgement, Outcome
from stillroom.records.execution import Ending, Execution, Raised, Reading, Reported, TestsRun
from verifiers.bounded import Evaluator
from verifiers.bounds import Unsupported
from verifiers.expected_exceptions import may_be_other_names, meets
from verifiers.inexact import is_said_by_data
from verifiers.plan import Converted, Question
from verifiers.sandbox.inside.plain_data import BadData, TooCostly, decode
from verifiers.usual_imports import IMPORTED_NAMES

MAX_DETAIL_CHARS = 1_000
MAX_SHOWN_CHARS = 200
CHECK_WORK = 500_000  # of the bounded evaluator, for all the assertions of one answer: about a second


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an answer does not pass."""

    reason: str
    detail: str = ""
    outcome: Outcome = Outcome.FAIL
    absent: str = ""  # the name that the solution does not define


class NeedsProcess(Exception):
    """The driver cannot tell, so the tests must run as they are, in a process of their own."""


def judge_calls(plan: Converted, execution: Execution) -> Judgement:
    """Hold what a solution's process reported against the questions of the tests.

    One assertion that does not hold is enough to fail, whatever the driver cannot say of the others.

    Raises:
        NeedsProcess: when no assertion is known to fail, and one has a result without a plain form or with more to it
            than that, or asks for more than the driver does.
    """
    evaluator = Evaluator({}, CHECK_WORK)
    findings: list[Finding | None] = []
    undecided: NeedsProcess | None = None
    for question in plan.questions:
        try:
            findings.append(_of_whom(_answer(question, execution, evaluator), plan.entry_point, plan.only_read))
        except NeedsProcess as error:
            undecided = undecided or error
    first = _first(findings)
    if undecided is not None and (first is None or first.outcome is not Outcome.FAIL):
        raise undecided
    if execution.ending is Ending.OUTPUT_LIMIT or (first is None and execution.ending is not Ending.DONE):
        first = how_it_ended(execution)
    return judgement(first, execution, passed=findings.count(None), total=len(plan.questions))


def judge_tests(
    tests: TestsRun, execution: Execution, entry_point: str = "", only_read: Container[str] = ()
) -> Judgement:
    """Judge a solution by tests that ran in a process of their own.

    Args:
        tests: how they ended.
        execution: how the solution did.
        entry_point: what the solution is asked for, "" where that is not said.
        only_read: names that are no function or class to the tests, so that their lack is the tests' own.
    """
    passed = sum(unit.ending == "passed" for unit in tests.units)
    skipped = sum(unit.ending == "skipped" for unit in tests.units)
    total = max(1, len(tests.units) - skipped)
    finding = _tests_finding(tests, execution, entry_point, only_read)
    return judgement(finding, execution, passed=passed, total=total)


def judgement(finding: Finding | None, execution: Execution, *, passed: int, total: int) -> Judgement:
    """A judgement with the execution's times."""
    return Judgement(
        outcome=Outcome.PASS if finding is None else finding.outcome,
        reason="" if finding is None else finding.reason,
        detail="" if finding is None else finding.detail[:MAX_DETAIL_CHARS],
        tests_passed=passed,
        tests_total=total,
        cpu_seconds=execution.cpu_seconds,
        wall_seconds=execution.wall_seconds,
        peak_memory_bytes=execution.peak_memory_bytes,
    )


def how_it_ended(execution: Execution) -> Finding:
    """Why a program did not come to its end."""
    raised = execution.raised
    match execution.ending:
        case Ending.EXCEPTION if raised is not None:
            return Finding(_raised_reason(raised), f"{raised.type_name}: {raised.message}")
        case Ending.SYNTAX:
            return Finding("syntax", raised.message if raised is not None else "")
        case Ending.CRASH:
            return Finding(f"crash:{-execution.exit_status}", f"ended by signal {-execution.exit_status}")
        case Ending.EXIT | Ending.EXCEPTION | Ending.DONE:
            return Finding("exception:SystemExit", f"the program ended itself with status {execution.exit_status}")
        case Ending.TIMEOUT:
            return Finding("timeout", f"{execution.cpu_seconds:.2f} s of CPU, {execution.wall_seconds:.2f} s in all")
        case _:
            return Finding(str(execution.ending), f"peak memory {execution.peak_memory_bytes} bytes")


def _tests_finding(
    tests: TestsRun, execution: Execution, entry_point: str, only_read: Container[str]
) -> Finding | None:
    if execution.ending in (Ending.SYNTAX, Ending.EXCEPTION, Ending.MEMORY, Ending.OUTPUT_LIMIT):
        return how_it_ended(execution)
    if tests.ending is not Ending.DONE and not tests.is_waiting:
        return Finding(f"tests:{tests.ending}", "the tests' own process did not come to its end", Outcome.ABSTAIN)
    if any(unit.ending == "too-much" for unit in tests.units):
        return Finding("output-limit", "the solution returned more than may cross")
    if tests.ending is not Ending.DONE or tests.is_solution_gone or execution.ending is not Ending.DONE:
        return how_it_ended(execution)
    undecided: Finding | None = None
    if tests.absent:
        if tests.absent in IMPORTED_NAMES and tests.absent not in only_read:
            return Finding("tests:unusable", f"the tests do not import {tests.absent!r}", Outcome.ABSTAIN)
        undecided = _of_whom(_wrong_name(tests.absent), entry_point, only_read)
        if undecided is not None and undecided.outcome is Outcome.FAIL:
            return undecided  # else another unit may still show that the answer is wrong
    for unit in tests.units:
        raised = unit.raised or Raised(type_name="?")
        detail = f"{unit.name}: {raised.type_name}: {raised.message}"
        if tests.absent and (raised.missing == tests.absent or repr(tests.absent) in raised.message):
            continue
        match unit.ending:
            case "passed" | "skipped":
                continue
            case "undecided":  # another unit may still show that the answer is wrong
                undecided = undecided or Finding("tests:undecided", f"{unit.name}: {raised.message}", Outcome.ABSTAIN)
            case "raised":
                return Finding(_raised_reason(raised), detail)
            case "failed" | "broken-result":
                return Finding("wrong-answer", detail)
            case _:
                return Finding("tests:unusable", detail, Outcome.ABSTAIN)
    if undecided is not None:
        return undecided
    if not tests.calls:
        return Finding("tests:no-call", "the tests never call the solution", Outcome.ABSTAIN)
    endings = [unit.ending for unit in tests.units]
    if endings.count("passed") <= ("skipped" in endings):  # what is left is the module that the skipped ones are in
        return Finding("tests:skipped", "all the tests are skipped", Outcome.ABSTAIN)
    if not tests.asserted:
        return Finding("tests:no-assert", "no assertion was reached", Outcome.ABSTAIN)
    return None


def _wrong_name(name: str, text: str = "") -> Finding:
    return Finding("harness:wrong-name", f"{text}the solution does not define {name!r}", absent=name)


def _of_whom(finding: Finding | None, entry_point: str, only_read: Container[str]) -> Finding | None:
    """The same, unless the name that is missing is none that the solution was asked for, as far as that is known."""
    if finding is None or not finding.absent:
        return finding
    detail = f"nobody defines {finding.absent!r}: {finding.detail}"
    if finding.absent in only_read:
        return Finding("tests:unusable", detail, Outcome.ABSTAIN)
    if entry_point and finding.absent != entry_point:
        return Finding("tests:undecided", detail, Outcome.ABSTAIN)
    return finding


def _first(findings: Iterable[Finding | None]) -> Finding | None:
    """The first that fails the answer, else the first that says why nothing can be said."""
    found = [each for each in findings if each is not None]
    return next((each for each in found if each.outcome is Outcome.FAIL), found[0] if found else None)


def _answer(question: Question, execution: Execution, evaluator: Evaluator) -> Finding | None:
    """None where the assertion holds.

    Raises:
        NeedsProcess: where the driver cannot tell.
    """
    if question.readings and question.readings[-1] >= len(execution.readings):
        ended = how_it_ended(execution)
        return Finding(ended.reason, f"{question.text}: {ended.detail}")
    readings = [execution.readings[position] for position in question.readings]
    if question.raises:
        return _raises(question, readings)
    for position, reading in zip(question.readings, readings, strict=True):
        if reading.reported is not Reported.VALUE:
            return _no_value(question, position, reading)
    if question.expected is not None and readings[-1].data == question.expected:
        return None
    names = _values(question, readings)
    if isinstance(names, Finding):
        return names
    evaluator.names = {**question.names, **names}
    problem = ""
    try:
        holds = question.expression is not None and bool(evaluator.value(question.expression))
    except (Unsupported, RecursionError, MemoryError) as error:
        raise NeedsProcess(f"{question.text}: {error}") from error
    except (ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as error:
        holds, problem = False, f"{type(error).__name__}: {error}; "
    is_enough = holds and question.expression is not None and is_said_by_data(question.expression, names)
    if not is_enough and not all(reading.is_exact for reading in readings):
        raise NeedsProcess(f"{question.text}: what is no built-in type may say otherwise than its data")
    return None if holds else Finding("wrong-answer", f"{question.text}: {problem}found {_shown(names.values())}")


def _values(question: Question, readings: Iterable[Reading]) -> dict[str, object] | Finding:
    """What was reported, by the names that the question has for it."""
    pairs = zip(question.readings, readings, strict=True)
    try:
        return {f"@{position}": decode(reading.data) for position, reading in pairs}
    except TooCostly as error:
        raise NeedsProcess(f"{question.text}: {error}") from error
    except BadData as error:
        return Finding("wrong-answer", f"{question.text}: the result cannot be read: {error}")


def _raises(question: Question, readings: list[Reading]) -> Finding | None:
    """None where the block raised what it should; what was computed before it must not have raised."""
    before, block = readings[: -question.in_block], readings[-question.in_block :]
    for position, reading in zip(question.readings, before, strict=False):
        if reading.reported in (Reported.RAISED, Reported.ABSENT):
            return _no_value(question, position, reading)
    first = next((each for each in block if each.reported in (Reported.RAISED, Reported.ABSENT)), None)
    if first is None:
        return Finding("wrong-answer", f"{question.text}: nothing was raised")
    if first.reported is Reported.ABSENT or first.raised is None:
        return _no_value(question, question.readings[-1], first)
    if first is not block[-1]:
        raise NeedsProcess(f"{question.text}: what follows in the block should not have run")
    if meets(question.raises, first.raised):
        return None
    if may_be_other_names(question.raises):
        raise NeedsProcess(f"{question.text}: raised {first.raised.type_name}")
    return Finding(_raised_reason(first.raised), f"{question.text}: raised {_said(first.raised)}")


def _no_value(question: Question, position: int, reading: Reading) -> Finding:
    if question.is_lazy and reading.reported is not Reported.ABSENT:
        raise NeedsProcess(f"{question.text}: not all of it may have to be evaluated")
    if reading.reported is Reported.ABSENT:
        if reading.name in IMPORTED_NAMES:
            detail = f"{question.text}: the tests do not import {reading.name!r}"
            return Finding("tests:unusable", detail, Outcome.ABSTAIN)
        return _wrong_name(reading.name, f"{question.text}: ")
    if reading.raised is not None:
        return Finding(_raised_reason(reading.raised), f"{question.text}: {_said(reading.raised)}")
    if position in question.objects:
        detail = f"{question.text}: an object of type {reading.name!r} would decide itself whether it equals data"
        return Finding("tests:object-against-data", detail, Outcome.ABSTAIN)
    raise NeedsProcess(f"{question.text}: a result of type {reading.name!r}")


def _said(raised: Raised) -> str:
    return f"{raised.type_name}: {raised.message}"


def _raised_reason(raised: Raised) -> str:
    if raised.type_name == "MemoryError":
        return "memory"
    is_import = "ImportError" in raised.base_names
    is_name = "NameError" in raised.base_names and "UnboundLocalError" not in raised.base_names
    if is_import or (is_name and raised.missing in IMPORTED_NAMES):
        return "harness:missing-import"
    return f"exception:{raised.type_name}"


def _shown(values: Iterable[object]) -> str:
    try:
        return ", ".join(repr(value)[:MAX_SHOWN_CHARS] for value in values)
    except ValueError:
        return "an integer of very many digits"
