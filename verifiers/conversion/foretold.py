"""Finds expected values that the solution would be given beforehand: they are arguments of calls that come later.

All steps are in the solution's process before its first line runs. For ``assert encode("abc") == "bcd"`` beside
``assert decode("bcd") == "abc"`` it could look among the arguments, and what they hold, for what it is asked. A process
of the tests' own sends them one by one, when they are due.
"""

import ast
import marshal
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from stillroom.records.execution import Step
from verifiers.conversion.questions import Question
from verifiers.wire_data import WIRE_FORMAT

LEAST_LARGE = 1_000
"""Smaller whole numbers, and texts and containers of less than two items, are guessed without looking."""


def foretold(steps: Sequence[Step], questions: Iterable[Question]) -> str:
    """The first assertion that expects what a later call is given, or ""."""
    last: dict[bytes, int] = {}  # by value: the last step that brings it
    reads: list[int] = []
    for position, step in enumerate(steps):
        if step.kind == "read":
            reads.append(position)
        for value in _brought(step):
            if _is_telling(value) and (said := _said(value)):
                last[said] = position
    if not last:
        return ""
    for question in questions:
        asked = reads[question.readings[-1]] if question.readings else 0
        if any(last.get(said, -1) > asked for said in _expected(question)):
            return question.text
    return ""


def _brought(step: Step) -> Iterator[object]:
    """The values that a step names, and all that is in them."""
    given = (*step.arguments, *(each for _, each in step.keywords))
    left = [each.value for each in given if each.register is None]
    if step.kind == "put":
        left.append(step.value)
    while left:
        value = left.pop()
        yield value
        if isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            left += value


def _is_telling(value: object) -> bool:
    while isinstance(value, list | tuple) and len(cast("list[object]", value)) == 1:  # which may be nested deeply
        value = cast("list[object]", value)[0]
    match value:
        case bool() | None:
            return False
        case int():
            return abs(value) >= LEAST_LARGE
        case float():
            return not value.is_integer() or abs(value) >= LEAST_LARGE
        case complex():
            return bool(value)
        case str() | bytes():
            return len(value) > 1
        case list() | tuple() | set() | frozenset() | dict():
            return len(cast("list[object]", value)) > 1
        case _:
            return False


def _expected(question: Question) -> Iterator[bytes]:
    """What an assertion names, as it is sent."""
    if question.expected is not None:
        yield question.expected
        return
    for value in question.names.values():
        if _is_telling(value):
            yield _said(value)
    for node in ast.walk(question.expression) if question.expression is not None else ():
        if isinstance(node, ast.Constant | ast.List | ast.Tuple | ast.Set | ast.Dict | ast.UnaryOp):
            try:
                value = ast.literal_eval(node)
            except (ValueError, TypeError):
                continue
            if _is_telling(value):
                yield _said(value)


def _said(value: object) -> bytes:
    """A value in the wire's form; nothing of one that is nested too deeply to be sent."""
    try:
        return marshal.dumps(cast("Any", value), WIRE_FORMAT)
    except ValueError:
        return b""
