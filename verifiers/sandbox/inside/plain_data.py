"""Reads the values that leave a program, without trusting a byte of them.

The wire's form is marshal format 2 restricted to built-in data. The program's process writes it with
``marshal.dumps``; the reader is this module and never ``marshal.loads``, which hostile bytes can crash.
Equal bytes mean equal values of equal types (NaN apart), so most comparisons need no reading at all.

Keys can be chosen so that a set or dictionary of them takes quadratic time, or worse where sets are in sets. What that
costs is known before one is made: keys of one hash are compared with each other, and a key may have to look at the
place of every other. Both are summed over the whole value and bounded.
"""

import struct
from itertools import pairwise

MAX_DEPTH = 120
MAX_ITEMS = 2_000_000  # elements of all containers of one value
MAX_INT_DIGITS = 80_000  # 15-bit digits: some 360,000 decimal digits
MAX_PLACES = 100_000_000  # the squares of the numbers of keys, summed: some 0.05 s of looking for a free place
MAX_COMPARED_BYTES = 32 << 20  # of keys that share their hash with others, once for each other: some 0.2 s

_INT, _SIZE, _FLOAT, _COMPLEX = struct.Struct("<i"), struct.Struct("<I"), struct.Struct("<d"), struct.Struct("<dd")
_CONSTANTS = {ord("N"): None, ord("T"): True, ord("F"): False, ord("."): ...}
_CLOSED = object()


class BadData(ValueError):
    """The bytes are not a value in the wire's form, or go beyond its bounds."""


class TooCostly(BadData):
    """The bytes may be a value, but one that would take the reader too long."""


def decode(data: bytes, *, is_sparing: bool = True) -> object:
    """The value that ``data`` stands for.

    Args:
        data: one value in the wire's form.
        is_sparing: refuse what takes long; without it, only a time limit from outside bounds what hostile bytes cost.

    Raises:
        BadData: for anything but one whole value.
        TooCostly: for one beyond the bounds above.
    """
    reader = _Reader(data, is_sparing=is_sparing)
    try:
        value = reader.value(MAX_DEPTH)
    except (struct.error, IndexError, UnicodeDecodeError, TypeError) as error:
        raise BadData(f"not a value: {error}") from error
    if value is _CLOSED or reader.at != len(data):
        raise BadData("not exactly one value")
    return value


class _Reader:
    def __init__(self, data: bytes, *, is_sparing: bool) -> None:
        self.data = data
        self.is_sparing = is_sparing
        self.at = 0
        self.items = 0
        self.places = 0
        self.compared = 0  # bytes, beyond the one time that each is read

    def value(self, depth: int) -> object:
        kind = self.data[self.at]
        self.at += 1
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind == 0x69:  # i
            return self._unpack(_INT)[0]
        if kind == 0x75:  # u
            return self._take(self._unpack(_SIZE)[0]).decode("utf-8", "surrogatepass")
        if kind == 0x67:  # g
            return self._unpack(_FLOAT)[0]
        if kind == 0x6C:  # l
            return self._long()
        if kind == 0x73:  # s
            return self._take(self._unpack(_SIZE)[0])
        if kind == 0x79:  # y
            return complex(*self._unpack(_COMPLEX))
        if depth == 0:
            raise TooCostly("nested too deeply")
        if kind == 0x7B:  # {
            return self._dict(depth - 1)
        if kind == 0x30:  # 0
            return _CLOSED
        if kind not in b"[(<>":
            raise BadData(f"unknown kind {kind}")
        count = self._unpack(_SIZE)[0]
        self._count(count)
        if kind in b"<>":
            items, costs = self._set(count, depth - 1)
            self._weigh(items, costs)
            return set(items) if kind == 0x3C else frozenset(items)
        items = [self._element(depth - 1) for _ in range(count)]
        return items if kind == 0x5B else tuple(items)

    def _set(self, count: int, depth: int) -> tuple[list[object], list[int]]:
        """The elements of a set, and what comparing each of them costs."""
        items: list[object] = []
        costs: list[int] = []
        for _ in range(count):
            before = self.at + self.compared
            items.append(self._element(depth))
            costs.append(self.at + self.compared - before)
        return items, costs

    def _dict(self, depth: int) -> dict[object, object]:
        keys: list[object] = []
        costs: list[int] = []
        values: list[object] = []
        before = self.at + self.compared
        while (key := self.value(depth)) is not _CLOSED:
            self._count(1)
            keys.append(key)
            costs.append(self.at + self.compared - before)
            values.append(self._element(depth))
            before = self.at + self.compared
        self._weigh(keys, costs)
        return dict(zip(keys, values, strict=True))

    def _weigh(self, keys: list[object], costs: list[int]) -> None:
        """Add up what a set or dictionary of these keys costs to make, and refuse it where that is too much."""
        if len(keys) < 2:
            return  # what cannot be hashed is found when the set is made
        self.places += len(keys) ** 2
        if self.is_sparing and self.places > MAX_PLACES:
            raise TooCostly("too many keys")
        hashes = list(map(hash, keys))
        ordered = sorted(hashes)
        if not any(one == other for one, other in pairwise(ordered)):
            return
        crowds = dict.fromkeys(ordered, 0)
        for each in ordered:
            crowds[each] += 1
        self.compared += sum((crowds[each] - 1) * cost for each, cost in zip(hashes, costs, strict=True))
        if self.is_sparing and self.compared > MAX_COMPARED_BYTES:
            raise TooCostly("too many keys have the same hash")

    def _element(self, depth: int) -> object:
        value = self.value(depth)
        if value is _CLOSED:
            raise BadData("a dictionary ended outside of one")
        return value

    def _count(self, count: int) -> None:
        self.items += count
        if self.items > MAX_ITEMS:
            raise TooCostly("too many elements")

    def _long(self) -> int:
        size = self._unpack(_INT)[0]
        count = abs(size)
        if self.is_sparing and count > MAX_INT_DIGITS:
            raise TooCostly("an integer is too long")
        digits = struct.unpack(f"<{count}H", self._take(2 * count))
        if any(digit >> 15 for digit in digits):
            raise BadData("an integer's digit is out of range")
        value = _joined(digits)
        return -value if size < 0 else value

    def _unpack(self, form: struct.Struct) -> tuple[int, ...]:
        found = form.unpack_from(self.data, self.at)
        self.at += form.size
        return found

    def _take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise BadData("cut short")
        taken = self.data[self.at : end]
        self.at = end
        return taken


def _joined(digits: tuple[int, ...]) -> int:
    """The integer with these 15-bit digits, lowest first, by halves: quadratic work only in the leaves."""
    if len(digits) <= 64:
        value = 0
        for digit in reversed(digits):
            value = value << 15 | digit
        return value
    middle = len(digits) // 2
    return _joined(digits[middle:]) << 15 * middle | _joined(digits[:middle])
