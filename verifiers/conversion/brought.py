"""Says which values a plan's steps bring to the solution's process, and when: each by what it equals.

A tuple is known by the list of the same items, and 2000 by 2000.0: whoever finds the one can return the other.
"""

import marshal
from collections.abc import Iterator, Sequence
from typing import Any, cast

from stillroom.records.execution import Given, Step
from verifiers.wire_data import WIRE_FORMAT

LEAST_LARGE = 1_000
"""Smaller whole numbers, and texts and containers of less than two items, may be met by accident."""
_MOST_NESTED = 100


class Brought:
    """The values that steps bring, and all that is in them.

    Args:
        steps: of a plan.

    Attributes:
        settled: of each step that reads, in order, the position of the step after which what it reads is what it is: a
            result is, once the call has returned, whenever it is looked at.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.settled = [*_settled(steps)]
        self._positions: dict[bytes, list[int]] = {}
        for position, step in enumerate(steps):
            for value in _values(step):
                if not is_trivial(value) and (said := said_of(value)):
                    positions = self._positions.setdefault(said, [])
                    if not positions or positions[-1] != position:
                        positions.append(position)

    def __bool__(self) -> bool:
        return bool(self._positions)

    def is_known(self, value: object, position: int) -> bool:
        """Whether a value is there by a step."""
        return self._positions.get(said_of(value), [position + 1])[0] <= position

    def after(self, value: object, position: int) -> set[int]:
        """The steps after this one that bring a value."""
        return {each for each in self._positions.get(said_of(value), ()) if each > position}


def said_of(value: object) -> bytes:
    """A value as bytes, the same for what equals it or has the same items; nothing of what is nested deeply."""
    try:
        return _bytes(value, _MOST_NESTED)
    except ValueError:
        return b""


def items_of(value: object) -> list[object]:
    """What is in a container; nothing is in other values."""
    if isinstance(value, dict):
        return [*cast("dict[object, object]", value), *cast("dict[object, object]", value).values()]
    return list(cast("list[object]", value)) if isinstance(value, list | tuple | set | frozenset) else []


def is_trivial(value: object) -> bool:
    """Whether a value is returned without looking by who has computed nothing."""
    match value:
        case int() | float() | complex():
            return value in (-1, 0, 1)
        case str() | bytes() | list() | tuple() | set() | frozenset() | dict():
            return len(cast("list[object]", value)) == 0
        case _:
            return True


def is_telling(value: object) -> bool:
    """Whether a value is met by no accident."""
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


def _settled(steps: Sequence[Step]) -> Iterator[int]:
    """Of each step that reads, the position of the step that made what it reads, or was the last to change it."""
    made: dict[int, int] = {}
    for position, step in enumerate(steps):
        given = [each.register for each in _given(step) if each.register is not None]
        if step.kind == "read":
            yield made.get(step.register, position)
        elif step.kind == "call":  # it may change what it is given
            made |= dict.fromkeys((step.register, *given), position)
        else:
            made[step.register] = max((made.get(each, position) for each in given), default=position)


def _given(step: Step) -> tuple[Given, ...]:
    return (*step.arguments, *(each for _, each in step.keywords))


def _values(step: Step) -> Iterator[object]:
    """The values that a step names, and all that is in them."""
    left = [each.value for each in _given(step) if each.register is None]
    if step.kind == "put":
        left.append(step.value)
    while left:
        value = left.pop()
        yield value
        left += items_of(value)


def _bytes(value: object, depth: int) -> bytes:
    return marshal.dumps(cast("Any", _normal(value, depth)), WIRE_FORMAT)


def _normal(value: object, depth: int) -> object:
    """The form of a value that is the same for all that equal it.

    Raises:
        ValueError: where it is nested too deeply.
    """
    if depth == 0:
        raise ValueError("nested too deeply")
    match value:
        case float() if value.is_integer():
            return int(value)
        case list() | tuple():
            return tuple([_normal(each, depth - 1) for each in cast("list[object]", value)])
        case dict():
            pairs = cast("dict[object, object]", value).items()
            return ("dict", *sorted(_bytes(pair, depth - 1) for pair in pairs))
        case set() | frozenset():
            return ("set", *sorted(_bytes(each, depth - 1) for each in cast("set[object]", value)))
        case _:
            return value
