"""Turns what the sandbox reported into a judgement: the only place where a program's claims become a verdict."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from stillroom.records import Judgement, Outcome
from stillroom.records.execution import Ending, Execution, Raised, Reading, Reported, TestsRun
from verifiers.bounded import Evaluator
from verifiers.bounds import Unsupported
from verifiers.plan import Converted, Question
from verifiers.sandbox.inside.plain_data import BadData, decode

MAX_DETAIL_CHARS = 1_000
MAX_SHOWN_CHARS = 200
CHECK_WORK = 500_000  # of the bounded evaluator, for all the assertions of one answer

# Names that programs get by an import: where one is undefined, the import is what is missing.
_USUAL_IMPORTS = """
    np numpy pd pandas plt scipy sympy nx torch List Dict Set Tuple Optional Union Any Callable Iterable Iterator
    Sequence Mapping Generator Deque DefaultDict Counter defaultdict deque OrderedDict namedtuple ChainMap reduce
    partial lru_cache cache cmp_to_key wraps total_ordering permutations combinations product accumulate chain
    groupby zip_longest islice cycle repeat combinations_with_replacement pairwise starmap takewhile dropwhile
    sqrt floor ceil gcd lcm factorial comb perm log log2 log10 isqrt prod inf pi heappush heappop heapify
    nlargest nsmallest bisect_left bisect_right insort deepcopy dataclass field Enum Decimal Fraction mean
    median datetime timedelta date ascii_lowercase ascii_uppercase ascii_letters digits punctuation itemgetter
    attrgetter randint md5 sha256 ABC abstractmethod TypeVar Generic pytest unittest
"""
IMPORTED_NAMES = frozenset((*sys.stdlib_module_names, *_USUAL_IMPORTS.split()))


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an answer does not pass."""

    reason: str
    detail: str = ""
    outcome: Outcome = Outcome.FAIL


class NeedsProcess(Exception):
    """A result has no plain form, so the tests must run as they are, in a process of their own."""


def judge_calls(plan: Converted, execution: Execution) -> Judgement:
    """Hold what a solution's process reported against the questions of the tests.

    Raises:
        NeedsProcess: when a result has no plain form.
    """
    evaluator = Evaluator({}, CHECK_WORK)
    findings = [_answer(question, execution, evaluator) for question in plan.questions]
    first = next((found for found in findings if found is not None), None)
    if execution.ending is Ending.OUTPUT_LIMIT or (first is None and execution.ending is not Ending.DONE):
        first = how_it_ended(execution)
    return judgement(first, execution, passed=findings.count(None), total=len(findings))


def judge_tests(tests: TestsRun, execution: Execution) -> Judgement:
    """Judge a solution by tests that ran in a process of their own."""
    passed = sum(unit.ending == "passed" for unit in tests.units)
    return judgement(_tests_finding(tests, execution), execution, passed=passed, total=max(1, len(tests.units)))


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


def _tests_finding(tests: TestsRun, execution: Execution) -> Finding | None:
    if execution.ending in (Ending.SYNTAX, Ending.EXCEPTION, Ending.MEMORY, Ending.OUTPUT_LIMIT):
        return how_it_ended(execution)
    if tests.ending is not Ending.DONE and not tests.is_waiting:
        return Finding(f"tests:{tests.ending}", "the tests' own process did not come to its end", Outcome.ABSTAIN)
    if any(unit.ending == "too-much" for unit in tests.units):
        return Finding("output-limit", "the solution returned more than may cross")
    if tests.ending is not Ending.DONE or tests.is_solution_gone or execution.ending is not Ending.DONE:
        return how_it_ended(execution)
    if tests.absent:
        if tests.absent in IMPORTED_NAMES:
            return Finding("tests:unusable", f"the tests do not import {tests.absent!r}", Outcome.ABSTAIN)
        return Finding("harness:wrong-name", f"the solution does not define {tests.absent!r}")
    undecided: Finding | None = None
    for unit in tests.units:
        raised = unit.raised or Raised(type_name="?")
        detail = f"{unit.name}: {raised.type_name}: {raised.message}"
        match unit.ending:
            case "passed":
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
    return None


def _answer(question: Question, execution: Execution, evaluator: Evaluator) -> Finding | None:
    """None where the assertion holds."""
    if question.readings and question.readings[-1] >= len(execution.readings):
        ended = how_it_ended(execution)
        return Finding(ended.reason, f"{question.text}: {ended.detail}")
    readings = [execution.readings[position] for position in question.readings]
    if question.raises:
        return _raises(question, readings[-1])
    for reading in readings:
        if reading.reported is not Reported.VALUE:
            return _no_value(question, reading)
    if question.expected is not None and readings[0].data == question.expected:
        return None
    try:
        pairs = zip(question.readings, readings, strict=True)
        names = {f"@{position}": decode(reading.data) for position, reading in pairs}
    except BadData as error:
        return Finding("wrong-answer", f"{question.text}: the result cannot be read: {error}")
    evaluator.names = {**question.names, **names}
    try:
        holds = question.expression is not None and bool(evaluator.value(question.expression))
    except Unsupported as error:
        return Finding("wrong-answer", f"{question.text}: {error}; found {_shown(names.values())}")
    except (ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
        problem = f"{type(error).__name__}: {error}"
        return Finding("wrong-answer", f"{question.text}: {problem}; found {_shown(names.values())}")
    return None if holds else Finding("wrong-answer", f"{question.text}: found {_shown(names.values())}")


def _raises(question: Question, reading: Reading) -> Finding | None:
    if reading.reported is Reported.ABSENT:
        return _no_value(question, reading)
    raised = reading.raised
    if raised is None:
        return Finding("wrong-answer", f"{question.text}: nothing was raised")
    if set(question.raises) & {raised.type_name, *raised.base_names}:
        return None
    return Finding(_raised_reason(raised), f"{question.text}: raised {raised.type_name}: {raised.message}")


def _no_value(question: Question, reading: Reading) -> Finding:
    if reading.reported is Reported.ABSENT:
        if reading.name in IMPORTED_NAMES:
            detail = f"{question.text}: the tests do not import {reading.name!r}"
            return Finding("tests:unusable", detail, Outcome.ABSTAIN)
        return Finding("harness:wrong-name", f"{question.text}: the solution does not define {reading.name!r}")
    if reading.raised is not None:
        raised = reading.raised
        return Finding(_raised_reason(raised), f"{question.text}: {raised.type_name}: {raised.message}")
    raise NeedsProcess(reading.name)


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
