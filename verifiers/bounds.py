"""Bounds what evaluating tests may cost: a budget of work, and limits on values that are not made yet."""

from collections.abc import Iterable, Iterator
from typing import cast

from verifiers.vocabulary import DATA_TYPES

MAX_WORK = 2_000_000  # nodes visited plus elements touched
MAX_ELEMENTS = 1_000_000  # of one sequence, or characters of one text
MAX_INT_BITS = 1 << 17
MAX_DIGITS = 4_000  # of an integer that becomes text or comes from it

SIZED = (str, bytes, list, tuple, set, frozenset, dict, range)


class Unsupported(Exception):
    """The expression uses something that this evaluator does not know."""


class TooMuch(Unsupported):
    """The expression asks for more work or a larger value than is allowed."""


class Budget:
    """Work that is left.

    Args:
        work: nodes and elements, all told.
    """

    def __init__(self, work: int = MAX_WORK) -> None:
        self.work = work

    def spend(self, work: int) -> None:
        """Take from the budget.

        Raises:
            TooMuch: when nothing is left.
        """
        self.work -= work
        if self.work < 0:
            raise TooMuch("the tests ask for too much work")

    def size(self, value: object) -> int:
        """Charge for touching all of ``value``; returns its length."""
        length = len(cast("list[object]", value)) if isinstance(value, SIZED) else 1
        if length > MAX_ELEMENTS:
            raise TooMuch("a sequence is too long")
        self.spend(length)
        return length

    def iterate(self, value: object) -> Iterator[object]:
        """The items of a built-in container, charged for."""
        if type(value) not in DATA_TYPES or isinstance(value, type):
            raise Unsupported(f"iterating over {type(value).__name__}")
        for item in cast("Iterable[object]", value):
            self.spend(1)
            yield item

    def product(self, left: object, right: object) -> None:
        """Refuse a product that would be too large; charge for a sequence that is repeated."""
        for sequence, times in ((left, right), (right, left)):
            if isinstance(sequence, str | bytes | list | tuple) and isinstance(times, int):
                if len(cast("str", sequence)) * times > MAX_ELEMENTS:
                    raise TooMuch("a repeated sequence is too long")
                self.spend(max(0, len(cast("str", sequence)) * times))
        if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MAX_INT_BITS:
            raise TooMuch("an integer product is too large")

    def digits(self, values: Iterable[object]) -> None:
        """Refuse integers whose text would take quadratic time, and nested data that is large as a text."""
        for value in values:
            if isinstance(value, int) and value.bit_length() > MAX_DIGITS * 3:
                raise TooMuch("an integer is too long for a text")
            if isinstance(value, list | tuple | set | frozenset | dict):
                self.size(cast("list[object]", value))
                self.digits(cast("Iterable[object]", value))
                if isinstance(value, dict):
                    self.digits(cast("dict[object, object]", value).values())
