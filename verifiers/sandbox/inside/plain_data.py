"""Reads the values that leave a program, without trusting a byte of them.

The wire's form is marshal format 2 restricted to built-in data. The program's process writes it with
``marshal.dumps``; the reader is this module and never ``marshal.loads``, which hostile bytes can crash.
Equal bytes mean equal values of equal types (NaN apart), so most comparisons need no reading at all.
"""

import struct

MAX_DEPTH = 120
MAX_ITEMS = 2_000_000  # elements of all containers of one value
MAX_INT_DIGITS = 80_000  # 15-bit digits: some 360,000 decimal digits
HASH_CHECK_ITEMS = 1_000  # sets and dictionaries above this are checked for crafted collisions
MAX_COLLISION_SHARE = 0.25

_INT, _SIZE, _FLOAT, _COMPLEX = struct.Struct("<i"), struct.Struct("<I"), struct.Struct("<d"), struct.Struct("<dd")
_CONSTANTS = {ord("N"): None, ord("T"): True, ord("F"): False, ord("."): ...}
_CLOSED = object()


class BadData(ValueError):
    """The bytes are not a value in the wire's form, or go beyond its bounds."""


def decode(data: bytes) -> object:
    """The value that ``data`` stands for.

    Raises:
        BadData: for anything but one whole value within the bounds above.
    """
    reader = _Reader(data)
    try:
        value = reader.value(MAX_DEPTH)
    except (struct.error, IndexError, UnicodeDecodeError, TypeError) as error:
        raise BadData(f"not a value: {error}") from error
    if value is _CLOSED or reader.at != len(data):
        raise BadData("not exactly one value")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.items = 0

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
            raise BadData("nested too deeply")
        if kind == 0x7B:  # {
            return self._dict(depth - 1)
        if kind == 0x30:  # 0
            return _CLOSED
        if kind not in b"[(<>":
            raise BadData(f"unknown kind {kind}")
        count = self._unpack(_SIZE)[0]
        self._count(count)
        items = [self._element(depth - 1) for _ in range(count)]
        if kind == 0x5B:
            return items
        if kind == 0x28:
            return tuple(items)
        _refuse_collisions(items)
        return set(items) if kind == 0x3C else frozenset(items)

    def _dict(self, depth: int) -> dict[object, object]:
        keys: list[object] = []
        values: list[object] = []
        while (key := self.value(depth)) is not _CLOSED:
            self._count(1)
            keys.append(key)
            values.append(self._element(depth))
        _refuse_collisions(keys)
        return dict(zip(keys, values, strict=True))

    def _element(self, depth: int) -> object:
        value = self.value(depth)
        if value is _CLOSED:
            raise BadData("a dictionary ended outside of one")
        return value

    def _count(self, count: int) -> None:
        self.items += count
        if self.items > MAX_ITEMS:
            raise BadData("too many elements")

    def _long(self) -> int:
        size = self._unpack(_INT)[0]
        count = abs(size)
        if count > MAX_INT_DIGITS:
            raise BadData("an integer is too long")
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


def _refuse_collisions(keys: list[object]) -> None:
    if len(keys) > HASH_CHECK_ITEMS and len(set(map(hash, keys))) < MAX_COLLISION_SHARE * len(keys):
        raise BadData("keys were crafted to collide")
