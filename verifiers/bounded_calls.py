"""Calls of functions and methods on plain data, each refused where its result would be too large or is not known."""

import math
from collections.abc import Callable, Iterable
from typing import cast

from verifiers.bounded_text import formatted
from verifiers.bounds import (
    MAX_DIGITS,
    MAX_ELEMENTS,
    MAX_INT_BITS,
    MAX_PLACES,
    SIZED,
    Budget,
    TooMuch,
    Unsupported,
    require_order,
)
from verifiers.vocabulary import DATA_TYPES, FUNCTIONS, LAZY, METHODS

_IN_ORDER = frozenset((*LAZY, "list", "tuple", "dict"))
"""Functions whose results have the order of what they are given."""


class Calls:
    """Carries out calls whose arguments are data already.

    Args:
        budget: pays for what a call touches.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def function(self, name: str, arguments: list[object], keywords: dict[str, object]) -> object:
        """The result of one of ``FUNCTIONS``; a lazy one as a list.

        Raises:
            TooMuch: where the result would be too large.
            Unsupported: for arguments that could act or that bounds do not cover.
        """
        if name == "range":
            found = range(*cast("list[int]", arguments))
            if len(found) > MAX_ELEMENTS:
                raise TooMuch("a range is too long")
            return found
        if name in _IN_ORDER:
            for each in arguments:
                require_order(each)
        if name in ("str", "repr", "int", "bin", "oct", "hex"):
            self._budget.digits(arguments)
        if name == "int" and arguments and isinstance(arguments[0], str | bytes) and len(arguments[0]) > MAX_DIGITS:
            raise TooMuch("a text is too long for an integer")
        if name in ("set", "frozenset", "dict") and arguments:
            self._keys(name, arguments[0])
        if name == "round" and any(abs(each) > MAX_PLACES for each in arguments[1:] if isinstance(each, int)):
            raise TooMuch("a number is rounded to too many places")
        if name == "divmod":
            self._budget.whole_numbers(arguments)
        if name == "bytes" and arguments and isinstance(arguments[0], int) and arguments[0] > MAX_ELEMENTS:
            raise TooMuch("bytes too long")
        if name == "sum" and any(isinstance(start, SIZED) for start in (*arguments[1:], *keywords.values())):
            raise Unsupported("a sum of sequences")
        if name == "isinstance" and not _all_types(arguments[1:]):
            raise Unsupported("isinstance of an unknown type")
        result = FUNCTIONS[name](*arguments, **keywords)
        return list(cast("Iterable[object]", result)) if name in LAZY else result

    def math_function(
        self, function: Callable[..., object], arguments: list[object], keywords: dict[str, object]
    ) -> object:
        """The result of one of the functions in ``MATH``.

        Raises:
            TooMuch: where the result would be too large.
            Unsupported: where a constant is called.
        """
        if not callable(function):
            raise Unsupported("call of a constant")
        self._budget.whole_numbers(arguments)
        if function is math.prod:
            self._budget.digits(arguments)
            bits = sum(item.bit_length() for item in self._budget.iterate(arguments[0]) if isinstance(item, int))
            if bits > MAX_INT_BITS:
                raise TooMuch("a product is too large")
        return function(*arguments, **keywords)

    def method(self, owner: object, name: str, arguments: list[object], keywords: dict[str, object]) -> object:
        """The result of one of ``METHODS``; a lazy one as a list.

        Raises:
            TooMuch: where the result would be too large.
            Unsupported: for a method that is not known.
        """
        if isinstance(owner, type):
            raise Unsupported("method of a type")
        if name not in METHODS.get(type(owner), ()):
            raise Unsupported(f"method {name} of {type(owner).__name__}")
        self._budget.size(owner)
        if name == "format":
            if keywords:
                raise Unsupported("a format with names")
            return formatted(cast("str", owner), arguments, self._budget)
        if type(owner) in (set, frozenset):
            self._budget.keys(
                [*cast("set[object]", owner), *(each for other in arguments for each in self._budget.iterate(other))]
            )
        if name == "replace" and isinstance(owner, str | bytes):
            longest = max((len(item) for item in arguments if isinstance(item, str | bytes)), default=0)
            if (len(owner) + 1) * (longest + 1) > MAX_ELEMENTS:
                raise TooMuch("a replacement is too long")
        if name == "join":
            total = 0
            for item in self._budget.in_order(arguments[0]):
                total += len(cast("str", owner)) + (len(item) if isinstance(item, str | bytes) else 0)
                if total > MAX_ELEMENTS:
                    raise TooMuch("a joined text is too long")
        result = getattr(owner, name)(*arguments, **keywords)
        return result if type(result) in DATA_TYPES else list(result)

    def mapped(self, name: str, over: list[object]) -> list[object]:
        """What one of ``FUNCTIONS`` makes of each of these.

        Raises:
            Unsupported: as for ``function``.
        """
        found: list[object] = []
        for item in over:
            self._budget.spend(1)
            self._budget.size(item)
            found.append(self.function(name, [item], {}))
        return found

    def ordered(self, name: str, key: str, arguments: list[object], keywords: dict[str, object]) -> object:
        """``sorted``, ``max`` or ``min`` by what the function ``key`` makes of each item.

        Raises:
            Unsupported: as for ``function``, and for arguments of another form.
        """
        if name not in ("sorted", "max", "min") or not arguments or set(keywords) - {"reverse", "default"}:
            raise Unsupported("a key function")
        items = arguments if len(arguments) > 1 else list(self._budget.in_order(arguments[0]))
        if not items:
            return FUNCTIONS[name]([], **keywords)
        by = cast("list[int]", self.mapped(key, items))
        places = FUNCTIONS[name](range(len(items)), key=by.__getitem__, **keywords)
        return [items[place] for place in cast("list[int]", places)] if name == "sorted" else items[cast("int", places)]

    def _keys(self, name: str, given: object) -> None:
        """Refuse what would take long to make a set or dictionary of."""
        if isinstance(given, set | frozenset | dict):
            return
        items = list(self._budget.iterate(given))
        if name == "dict":
            items = [cast("list[object]", pair)[0] for pair in items if isinstance(pair, str | list | tuple) and pair]
        self._budget.keys(items)


def _all_types(values: Iterable[object]) -> bool:
    return all(
        isinstance(value, type) or (isinstance(value, tuple) and _all_types(cast("tuple[object, ...]", value)))
        for value in values
    )
