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


def _usual(number: int, value: object) -> tuple:
    """The answer to a call of this number that returned this and printed nothing."""
    return (number, "value", (CONTAINER, "reply", [(PLAIN, value), (PLAIN, [None, None, 0])]), None)


def _frame() -> tuple[bytes, bytes, bytes]:
    """What is before the number in such a message, between it and the value, and behind that."""
    one, other = (marshal.dumps(_usual(number, value), runner.FORMAT) for number, value in ((0, True), (-1, False)))
    places = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    return one[: places[0]], one[places[3] + 1 : places[4]], one[places[4] + 1 :]


_HEAD, _BETWEEN, _TAIL = _frame()
_NUMBER = len(_HEAD)
_START = _NUMBER + _READ_INT.size + len(_BETWEEN)
_AROUND = _START + len(_TAIL)


def loads(data: bytes) -> object:
    """What ``plain_data.decode`` reads, where that takes no bounds.

    Raises:
        BadData: as it does.
    """
    size = len(data) - _AROUND
    if size > 0 and data.startswith(_BETWEEN, _NUMBER + 4) and data.startswith(_HEAD) and data.endswith(_TAIL):
        number, kind = _READ_INT.unpack_from(data, _NUMBER)[0], data[_START]
        if size == 1 and kind in _SHORT:
            return _usual(number, _SHORT[kind])
        if size == 5 and kind == _INT:
            return _usual(number, _READ_INT.unpack_from(data, _START + 1)[0])
        if size == 9 and kind == _FLOAT:
            return _usual(number, _READ_FLOAT.unpack_from(data, _START + 1)[0])
        if size >= 5 and kind == _TEXT and _READ_SIZE.unpack_from(data, _START + 1)[0] == size - 5:
            try:
                return _usual(number, data[_START + 5 : _START + size].decode("utf-8", "surrogatepass"))
            except UnicodeDecodeError as error:
                raise plain_data.BadData(f"not a value: {error}") from error
    return plain_data.decode(data, is_sparing=False)
