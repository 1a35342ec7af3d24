"""Finds expected values that the solution would be given beforehand: they are arguments of calls that come later.

All steps are in the solution's process before its first line runs. For ``assert encode("abc") == "bcd"`` beside
``assert decode("bcd") == "abc"``, or within one assertion of both, it could look among the arguments, and what they
hold, for what it is asked. A process of the tests' own sends them one by one, when they are due.
"""

import ast
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stillroom.records.execution import Step
from verifiers.bounded import Evaluator
from verifiers.bounds import Unsupported
from verifiers.conversion.brought import Brought, is_telling, is_trivial, items_of, said_of
from verifiers.conversion.questions import Question
from verifiers.conversion.results import names
from verifiers.sandbox.inside.plain_data import BadData, decode

FEWEST_SMALL = 2
"""So many small values, each of a call of its own, are no accident where half of the tests expect them."""
_SMALL, _TELLING = 1, 2
_WORK = 100_000  # of evaluating what an assertion names


def foretold(steps: Sequence[Step], questions: Iterable[Question]) -> str:
    """The first assertion that expects what a later call is given, or "".

    A value that is met by accident, such as 3, is nothing by itself. ``assert to_int("III") == 3`` beside
    ``assert to_roman(3) == "III"`` is, where it is so with half of the assertions that expect more than 0 or True.
    """
    brought = Brought(steps)
    if not brought:
        return ""
    asked, small, texts = 0, set[bytes](), list[str]()
    for question in questions:
        expected = [each for each in _expected(question) if not is_trivial(each.value)]
        asked += bool(expected)
        found = [_found(each.value, brought, brought.settled[each.reading]) for each in expected]
        if _TELLING in found:
            return question.text
        if _SMALL in found:
            values = [said_of(each.value) for each, how in zip(expected, found, strict=True) if how == _SMALL]
            small.update(values if len(question.readings) > 1 else values[:1])
            texts.append(question.text)
    return texts[0] if len(small) >= FEWEST_SMALL and 2 * len(texts) >= asked else ""


def _found(value: object, brought: Brought, position: int) -> int:
    """Whether a step after this one brings a value, or all that is in it and not there: 0, ``_SMALL``, ``_TELLING``."""
    if is_telling(value) and brought.after(value, position):
        return _TELLING
    missing = list(_missing(value, brought, position))
    places = [brought.after(each, position) for each in missing]
    if not places or not places[0].intersection(*places):
        return 0
    return _TELLING if any(map(is_telling, missing)) else _SMALL


def _missing(value: object, brought: Brought, position: int) -> Iterator[object]:
    """What is not there by a step, of a value: the value where a later step brings it as it is, else its items."""
    left = [value]
    while left:
        each = left.pop()
        if is_trivial(each) or brought.is_known(each, position):
            continue
        if items_of(each) and not brought.after(each, position):
            left += items_of(each)
        else:
            yield each


@dataclass(frozen=True, slots=True)
class _Expected:
    """A value that an assertion names, and the reading that is to be so: of several the first."""

    value: object
    reading: int


def _expected(question: Question) -> Iterator[_Expected]:
    """What an assertion names."""
    for part in _parts(question.expression):
        readings = [int(each[1:]) for each in names(part) if each.startswith("@")]
        if not readings:
            continue
        if question.expected is not None:
            with contextlib.suppress(BadData):  # of what is larger than is sent
                yield _Expected(decode(question.expected), min(readings))
            continue
        for value in _named(part, Evaluator(question.names, _WORK)):
            yield _Expected(value, min(readings))


def _parts(node: ast.expr | None) -> Iterator[ast.expr]:
    """What is asserted one by one: the parts of an ``and``."""
    left = [node] if node is not None else []
    while left:
        match part := left.pop():
            case ast.BoolOp(values=parts):
                left += parts
            case _:
                yield part


def _named(part: ast.expr, evaluator: Evaluator) -> Iterator[object]:
    """The values in an assertion that a reading may have to be: no index, and nothing that a distance is under.

    What is computed without a reading is one value: of ``T[k]`` neither the table nor the key.
    """
    left: list[ast.AST] = [part]
    while left:
        node = left.pop()
        if isinstance(node, ast.expr) and not _reads(node):
            with contextlib.suppress(Unsupported, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
                value = evaluator.value(node)
                yield value
                yield from items_of(value)  # which a reading may be in
                continue
        match node:
            case ast.Subscript(value=owner):
                left.append(owner)
            case ast.Compare(left=ast.Call(func=ast.Name(id="abs")) as distance, ops=[ast.Lt() | ast.LtE()]):
                left.append(distance)
            case _:
                left += ast.iter_child_nodes(node)


def _reads(node: ast.expr) -> bool:
    return any(name.startswith("@") for name in names(node))
