"""Plain data that crosses to a program or is expected from it: its form, its size, and whether it equals itself."""

import math
from typing import cast

from stillroom.records.execution import Data
from verifiers.bounds import TooMuch, Unsupported

WIRE_FORMAT = 2  # of marshal
MAX_DATA_ITEMS = 200_000  # elements of one argument or expected value, shared parts counted each time


def within_bounds(value: object) -> Data:
    """``value``, as data that may cross.

    Raises:
        TooMuch: for more than ``MAX_DATA_ITEMS`` elements.
        Unsupported: for what is no plain data.
    """
    if measure(value) > MAX_DATA_ITEMS:
        raise TooMuch("an argument is too large")
    return cast("Data", value)


def measure(value: object, limit: int = MAX_DATA_ITEMS) -> int:
    """How many elements a value has all told, counting shared parts each time; stops above ``limit``."""
    total = 0
    left = [value]
    while left and total <= limit:
        item = left.pop()
        if isinstance(item, str | bytes):
            total += len(item) // 8
        elif isinstance(item, list | tuple | set | frozenset):
            items = cast("list[object]", item)
            total += len(items)
            left.extend(items)
        elif isinstance(item, dict):
            pairs = cast("dict[object, object]", item)
            total += 2 * len(pairs)
            left.extend(pairs.keys())
            left.extend(pairs.values())
        elif isinstance(item, int):
            total += item.bit_length() >> 6
        elif item is not None and not isinstance(item, float | complex) and item is not ...:
            raise Unsupported(f"data of type {type(item).__name__}")
    return total


def has_nan(value: object) -> bool:
    """Whether a NaN is somewhere in a value."""
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, complex):
        return math.isnan(value.real) or math.isnan(value.imag)
    if isinstance(value, dict):
        pairs = cast("dict[object, object]", value)
        return any(map(has_nan, pairs.keys())) or any(map(has_nan, pairs.values()))
    return isinstance(value, list | tuple | set | frozenset) and any(map(has_nan, cast("list[object]", value)))
