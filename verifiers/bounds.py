"""Bounds what evaluating tests may cost: a budget of work, and limits on values that are not made yet."""

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby, pairwise
from typing import cast

from verifiers.vocabulary import DATA_TYPES

MAX_WORK = 2_000_000  # nodes visited plus elements touched
MAX_ELEMENTS = 1_000_000  # of one sequence, or characters of one text
MAX_INT_BITS = 1 << 17
MAX_DIGITS = 4_000  # of an integer that becomes text or comes from it
MAX_PLACES = 100_000  # to which a number may be rounded
MAX_KEYS = 10_000  # of a set or dictionary that is made: chosen well, each looks at the places of all others
MAX_SAME_HASH = 8  # different keys with one hash: each is compared with all others
TOUCHED_AT_ONCE = 16  # elements that built-in code touches in the time of one node

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
        self.spend(length if isinstance(value, set | frozenset | dict) else 1 + length // TOUCHED_AT_ONCE)
        return length

    def keys(self, keys: Collection[object]) -> None:
        """Charge for a set or dictionary that is made of ``keys``; refuse one that was chosen to take long.

        Raises:
            TooMuch: for very many keys, or many different ones with the same hash.
            TypeError: for keys that have no hash, as in Python.
        """
        self.spend(len(keys))
        if len(keys) > MAX_KEYS:
            raise TooMuch("too many keys")
        if len(keys) <= MAX_SAME_HASH:
            return
        hashed = sorted(((hash(key), position) for position, key in enumerate(keys)))
        if not any(one == other for (one, _), (other, _) in pairwise(hashed)):
            return
        in_order = list(keys)
        for _, crowd in groupby(hashed, key=lambda each: each[0]):
            different: list[object] = []
            for _, position in crowd:
                if in_order[position] not in different:
                    different.append(in_order[position])
                if len(different) > MAX_SAME_HASH:
                    raise TooMuch("too many keys have the same hash")

    def whole_numbers(self, values: Iterable[object]) -> None:
        """Refuse integers on which division or a function would take quadratic time."""
        if sum(value.bit_length() for value in values if isinstance(value, int)) > MAX_INT_BITS:
            raise TooMuch("an integer is too large")

    def iterate(self, value: object) -> Iterator[object]:
        """The items of a built-in container, charged for."""
        if type(value) not in DATA_TYPES or isinstance(value, type):
            raise Unsupported(f"iterating over {type(value).__name__}")
        for item in cast("Iterable[object]", value):
            self.spend(1)
            yield item

    def in_order(self, value: object) -> Iterator[object]:
        """The items of a built-in container where their order is part of the answer, charged for.

        Raises:
            Unsupported: as ``require_order`` says.
        """
        require_order(value)
        return self.iterate(value)

    def product(self, left: object, right: object) -> None:
        """Refuse a product that would be too large; charge for a sequence that is repeated."""
        for sequence, times in ((left, right), (right, left)):
            if isinstance(sequence, str | bytes | list | tuple) and isinstance(times, int):
                if _elements(cast("object", sequence)) * times > MAX_ELEMENTS:
                    raise TooMuch("a repeated sequence is too long")
                self.spend(max(0, len(cast("str", sequence)) * times))
        if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > MAX_INT_BITS:
            raise TooMuch("an integer product is too large")

    def digits(self, values: Iterable[object]) -> None:
        """Refuse integers whose text would take quadratic time, data that is large as a text, and sets without order.

        Raises:
            TooMuch: where that would take too long.
            Unsupported: as ``require_order`` says.
        """
        for value in values:
            if isinstance(value, int) and value.bit_length() > MAX_DIGITS * 3:
                raise TooMuch("an integer is too long for a text")
            if isinstance(value, str | bytes):
                self.size(value)
            require_order(value)
            if isinstance(value, list | tuple | set | frozenset | dict):
                self.spend(len(cast("list[object]", value)))
                self.digits(cast("Iterable[object]", value))
                if isinstance(value, dict):
                    self.digits(cast("dict[object, object]", value).values())


def require_order(value: object) -> None:
    """Refuse a set whose order is another one in every process: that of texts follows a seed, which programs share.

    Raises:
        Unsupported: where it has two elements or more, and not only numbers.
    """
    if isinstance(value, set | frozenset):
        items = cast("set[object]", value)
        if len(items) > 1 and not all(isinstance(item, int | float) for item in items):
            raise Unsupported("the order of a set")


def _elements(sequence: object) -> int:
    """How many elements a value has with those of its elements, and so on; stops above the most that are allowed."""
    total = 0
    left = [sequence]
    while left and total <= MAX_ELEMENTS:
        item = left.pop()
        if isinstance(item, SIZED):
            total += len(cast("list[object]", item))
        if isinstance(item, list | tuple | set | frozenset | dict):
            left.extend(cast("Iterable[object]", item))
        if isinstance(item, dict):
            left.extend(cast("dict[object, object]", item).values())
    return total
