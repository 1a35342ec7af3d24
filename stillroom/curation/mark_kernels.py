"""Which texts may say something besides their words: one look at each byte, instead of one search for each mark.

What is asked of a mark here is less than the regular expressions ask that read it, and never more: a text that has no
bit is one that they leave as it is.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.word_kernels import Bytes, Places
from stillroom.kernels import kernel

WRITTEN, FORMULA, TYPESET, SEPARATOR = 1, 2, 4, 8
"""Bits: for ``markup``, for ``formulas``, for ``typesetting``; and of a character that is the last between digits."""
_LETTER, _DIGIT, _HEX, _WORD, _POINT = 1, 2, 4, 8, 16
_ASCII = 0x80


def _classes() -> NDArray[np.uint8]:
    """What each byte may be a part of; of characters beyond ASCII all bytes may be letters."""
    found = np.full(256, _LETTER | _WORD, np.uint8)
    found[:_ASCII] = 0
    for code in range(_ASCII):
        one = chr(code)
        found[code] |= one.isalpha() * _LETTER | one.isdigit() * _DIGIT
        found[code] |= (one in "0123456789abcdefABCDEF") * _HEX | (one.isalnum() or one == "_") * _WORD
        found[code] |= (one in '.,;:!?"') * _POINT
    return found


_CLASSES = _classes()
_BACKSLASH, _LESS, _AMPERSAND, _PERCENT, _CLOSED, _STAR, _HYPHEN, _OPEN, _COMMA, _BRACE = b"\\<&%]*-[,{"
_AFTER_BACKSLASH = tuple(b",;:! ")  # before thousands
_n, _r, _t, _u, _x, _p, _ROUND, _CARET, _BLANK, _ZERO = b"nrtuxp(^ 0"
_LINE_FEED, _RETURN, _TAB, _FIRST_OF_LINE_SEPARATOR = b"\n\r\t\xe2"
_FOLLOWING = np.uint32(16)  # bits
_NO_PAIR = np.uint32(0)


def _pairs() -> NDArray[np.uint32]:
    """Of each byte a bit for the mark that it is, and 16 further up one for each mark that it may follow."""
    classes = (_DIGIT, _HEX, _LETTER)
    digits, hex_digits, letters = ([code for code in range(256) if _CLASSES[code] & one] for one in classes)
    followed: list[tuple[list[int], list[int]]] = [
        ([_BACKSLASH], [*letters, *_AFTER_BACKSLASH]),
        ([_LESS], [*letters, *b"!/<"]),
        ([_AMPERSAND], [*letters, *b"#"]),
        ([_PERCENT], hex_digits),
        ([_CLOSED], [_ROUND]),
        ([_STAR], [_STAR]),
        ([_HYPHEN], [*b" \t\n\r\xe2"]),
        ([_OPEN], [*digits, _CARET]),
        ([_COMMA], digits),
        ([_BRACE], [_COMMA]),
        ([*range(0xC2, 256)], [*range(_ASCII, 256)]),
    ]
    found = np.zeros(256, np.uint32)
    for bit, (marks, following) in enumerate(followed):
        found[marks] |= np.uint32(1 << bit)
        found[following] |= np.uint32(1 << bit) << _FOLLOWING
    return found


_PAIRS = _pairs()


@kernel(
    'void(Array(uint8, 1, "C", readonly=True), int64[::1], Array(uint8, 1, "C", readonly=True), uint8[::1])',
)
def find_marks(data: Bytes, bounds: Places, beyond_ascii: Bytes, found: Bytes) -> None:
    """Sets the bits of each text, given in UTF-8; ``beyond_ascii`` has those of each code point.

    A mark is looked at where what follows it may make it one: a comma before a digit, say. None ends a text.
    """
    for text in range(len(found)):
        start, end = bounds[text], bounds[text + 1]
        bits = np.uint8(0)
        classes = _NO_PAIR
        for after in range(start, end):
            before, classes = classes, _PAIRS[data[after]]
            if before & (classes >> _FOLLOWING):
                at = after - 1
                if data[at] >= _ASCII:
                    bits |= _of_character(data, at, start, end, beyond_ascii)
                else:
                    bits |= _of_mark(data, at, start, end)
        found[text] = bits


@kernel()
def _of_mark(data: Bytes, at: int, start: int, end: int) -> int:
    byte = data[at]
    before = data[at - 1] if at > start else np.uint8(0)
    one = data[at + 1] if at + 1 < end else np.uint8(0)
    two = data[at + 2] if at + 2 < end else np.uint8(0)
    three = data[at + 3] if at + 3 < end else np.uint8(0)
    if byte == _BACKSLASH:
        return _of_backslash(data, at, end)
    if byte == _COMMA:
        return TYPESET if _is(before, _DIGIT) and _is(one, _DIGIT) and _is(two, _DIGIT) and _is(three, _DIGIT) else 0
    if byte == _OPEN:
        return TYPESET if _is_note(data, at, start, end) else 0
    if byte == _CLOSED:
        return TYPESET if one == _ROUND and _is_address(data, at + 2, end) else 0
    if byte == _STAR:
        return TYPESET if one == _STAR and _is_bold_part(data, at, start, end) else 0
    if byte == _HYPHEN:
        return TYPESET if _is(before, _LETTER) and _ends_line(data, at + 1, end) else 0
    if byte == _LESS:
        return WRITTEN if _is(one, _LETTER) or one == 0x21 or one == 0x2F or one == _LESS else 0  # ! and /
    if byte == _AMPERSAND:
        return WRITTEN if _is(one, _LETTER) or one == 0x23 else 0  # a number sign
    if byte == _PERCENT:
        is_blank = one == 0x32 and two == 0x30
        return WRITTEN if is_blank or (_is(one, _HEX) and _is(two, _HEX) and three == _PERCENT) else 0
    return TYPESET if one == _COMMA and two == 0x7D and _is(three, _DIGIT) else 0  # {,}


@kernel()
def _of_backslash(data: Bytes, at: int, end: int) -> int:
    one = data[at + 1] if at + 1 < end else np.uint8(0)
    two = data[at + 2] if at + 2 < end else np.uint8(0)
    bits = 0
    is_letter = one == _u and at + 5 < end and _is(two, _HEX) and _is(data[at + 5], _HEX)
    if is_letter or one in (_n, _r, _t):
        bits |= WRITTEN
    if _is(one, _LETTER) and _is(two, _LETTER):
        is_broken_escape = (one == _u and two not in (_n, _p)) or (one == _x and _is(two, _HEX))
        bits |= 0 if is_broken_escape else FORMULA
    elif one in _AFTER_BACKSLASH and at + 4 < end and _is(two, _DIGIT):
        bits |= TYPESET if _is(data[at + 3], _DIGIT) and _is(data[at + 4], _DIGIT) else 0
    return bits


@kernel()
def _is_note(data: Bytes, at: int, start: int, end: int) -> bool:
    """Whether a number in brackets may be that of a note: `dog[1]`, `dog.[1]`, `dog[^1]`."""
    before = data[at - 1] if at > start else np.uint8(0)
    if at + 1 < end and data[at + 1] == _CARET:
        return _is(before, _WORD)
    digits = 0
    while at + 1 + digits < end and _is(data[at + 1 + digits], _DIGIT):
        digits += 1
    after = at + 1 + digits
    if digits == 0 or digits > 3 or data[at + 1] == _ZERO or after >= end or data[after] != _CLOSED:
        return False
    follows = data[after + 1] if after + 1 < end else np.uint8(0)
    then = data[after + 2] if after + 2 < end else np.uint8(0)
    if _is(before, _POINT) or before >= _ASCII:
        return bool(follows <= _BLANK or follows >= _ASCII or _is(follows, _POINT) or follows == _OPEN)
    if at - start < 3 or not (_is(before, _LETTER) and _is(data[at - 2], _LETTER) and _is(data[at - 3], _LETTER)):
        return False
    if follows == _BLANK:
        return bool(then <= _BLANK or _is(then, _LETTER))
    return bool(follows < _BLANK or follows >= _ASCII or _is(follows, _POINT) or follows == _OPEN)


@kernel()
def _ends_line(data: Bytes, at: int, end: int) -> bool:
    """Whether a line may end there, after blanks."""
    while at < end and (data[at] == _BLANK or data[at] == _TAB):
        at += 1
    return bool(at < end and data[at] in (_LINE_FEED, _RETURN, _FIRST_OF_LINE_SEPARATOR))


@kernel()
def _is_address(data: Bytes, at: int, end: int) -> bool:
    """Whether before a blank or a bracket there is one of `/.#:`."""
    while at < end:
        byte = data[at]
        if byte in (0x2F, 0x2E, 0x23, 0x3A):
            return True
        if byte in (_BLANK, _ROUND, 0x29) or (byte >= 0x09 and byte <= 0x0D):
            return False
        at += 1
    return False


@kernel()
def _is_bold_part(data: Bytes, at: int, start: int, end: int) -> bool:
    """Whether what stands in two stars may be a part of a word."""
    after = at + 2
    while after < end and _is(data[after], _WORD):
        after += 1
    if after == at + 2 or after + 1 >= end or data[after] != _STAR or data[after + 1] != _STAR:
        return False
    return (at > start and _is(data[at - 1], _WORD)) or (after + 2 < end and _is(data[after + 2], _WORD))


@kernel()
def _of_character(data: Bytes, at: int, start: int, end: int, beyond_ascii: Bytes) -> int:
    lead = np.int64(data[at])
    if lead >= 0xF0:
        return 0
    size = 2 if lead < 0xE0 else 3
    if size == 2:
        code = (lead & 0x1F) << 6 | (data[at + 1] & 0x3F)
    else:
        code = (lead & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6 | (data[at + 2] & 0x3F)
    bits = np.int64(beyond_ascii[code])
    if bits & SEPARATOR:
        bits ^= SEPARATOR
        is_between = at > start and _is(data[at - 1], _DIGIT) and at + size < end and _is(data[at + size], _DIGIT)
        bits |= TYPESET if is_between else 0
    return int(bits)


@kernel()
def _is(byte: "int | np.integer[Any]", class_: int) -> bool:
    return bool(_CLASSES[byte] & class_ != 0)
