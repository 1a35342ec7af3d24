"""Calls of functions and methods on plain data, each refused where its result would be too large or is not known."""

import math
from collections.abc import Callable, Iterable
from typing import cast

from verifiers.bounds import MAX_ELEMENTS, MAX_INT_BITS, SIZED, Budget, TooMuch, Unsupported
from verifiers.vocabulary import DATA_TYPES, FUNCTIONS, LAZY, METHODS


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
        if name in ("str", "repr", "int", "bin", "oct", "hex"):
            self._budget.digits(arguments)
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
        if name == "replace" and isinstance(owner, str | bytes):
            longest = max((len(item) for item in arguments if isinstance(item, str | bytes)), default=0)
            if (len(owner) + 1) * (longest + 1) > MAX_ELEMENTS:
                raise TooMuch("a replacement is too long")
        if name == "join":
            total = 0
            for item in self._budget.iterate(arguments[0]):
                total += len(cast("str", owner)) + (len(item) if isinstance(item, str | bytes) else 0)
                if total > MAX_ELEMENTS:
                    raise TooMuch("a joined text is too long")
        result = getattr(owner, name)(*arguments, **keywords)
        return result if type(result) in DATA_TYPES else list(result)


def _all_types(values: Iterable[object]) -> bool:
    return all(
        isinstance(value, type) or (isinstance(value, tuple) and _all_types(cast("tuple[object, ...]", value)))
        for value in values
    )
