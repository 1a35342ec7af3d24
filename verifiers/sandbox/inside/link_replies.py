"""Reads messages from the solution: the usual reply, a call's plain result, without a reader for any value."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# pyright: basic
import marshal
import struct

import plain_data
import runner
from link_forms import CONTAINER, PLAIN

_NONE, _TRUE, _FALSE, _INT, _FLOAT, _TEXT = b"NTFigu"
_SHORT = {_NONE: None, _TRUE: True, _FALSE: False}
_READ_INT, _READ_FLOAT, _READ_SIZE = struct.Struct("<i"), struct.Struct("<d"), struct.Struct("<I")


def _usual(value: object) -> tuple:
    """The answer to a call that returned this and printed nothing."""
    return ("value", (CONTAINER, "reply", [(PLAIN, value), (PLAIN, [None, None, 0])]), None)


def _frame() -> tuple[bytes, bytes]:
    """What is before and behind the value in such a message."""
    one, other = (marshal.dumps(_usual(value), runner.FORMAT) for value in (True, False))
    at = next(position for position, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1])
    return one[:at], one[at + 1 :]


_HEAD, _TAIL = _frame()
_START, _AROUND = len(_HEAD), len(_HEAD) + len(_TAIL)


def loads(data: bytes) -> object:
    """What ``plain_data.decode`` reads, where that takes no bounds.

    Raises:
        BadData: as it does.
    """
    if data.startswith(_HEAD) and data.endswith(_TAIL) and len(data) > _AROUND:
        kind, size = data[_START], len(data) - _AROUND
        if size == 1 and kind in _SHORT:
            return _usual(_SHORT[kind])
        if size == 5 and kind == _INT:
            return _usual(_READ_INT.unpack_from(data, _START + 1)[0])
        if size == 9 and kind == _FLOAT:
            return _usual(_READ_FLOAT.unpack_from(data, _START + 1)[0])
        if size >= 5 and kind == _TEXT and _READ_SIZE.unpack_from(data, _START + 1)[0] == size - 5:
            try:
                return _usual(data[_START + 5 : _START + size].decode("utf-8", "surrogatepass"))
            except UnicodeDecodeError as error:
                raise plain_data.BadData(f"not a value: {error}") from error
    return plain_data.decode(data, is_sparing=False)
