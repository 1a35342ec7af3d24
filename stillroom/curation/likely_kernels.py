"""Which texts may hold a run of words of ASCII that is known: all that do, and few more.

All else stands between words here. Of a word only its first and its last eight letters count, so that it is hashed
without a branch: on prose each is a guess, and a wrong one costs as much as a word. What a text holds is told by
``word_kernels``.
"""

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.word_kernels import WORD_BASE, Bytes, Hashes, Places, bits_of
from stillroom.kernels import kernel

_CASE, _a, _zero, _LETTERS, _DIGITS, _NO_LETTER = (np.uint8(number) for number in (0x20, 0x61, 0x30, 26, 10, 0))
# Numbers without a sign: an index needs no look whether it counts from the end.
_0, _1, _3, _7, _8, _32, _63, _64 = (np.uint64(number) for number in (0, 1, 3, 7, 8, 32, 63, 64))
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_OF_FIRST, _OF_LAST = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_OTHER = np.uint64(0x165667B19E3779F9)


@kernel(
    'void(Array(uint8, 1, "C", readonly=True), int64[::1], int64, bool_, uint8[::1], uint64[::1], uint64[::1],'
    " uint64[::1], uint64[:, ::1])"
)
def add_runs(
    data: Bytes,
    bounds: Places,
    size: int,
    is_beginning: bool,
    letters: Bytes,
    packed: Hashes,
    edges: Hashes,
    sums: Hashes,
    tables: NDArray[np.uint64],
) -> None:
    """Sets in two tables what ``find_likely`` asks of each run of ``size`` words, or of those that texts begin with.

    ``letters`` (the bytes of ``packed``), ``edges`` and ``sums`` are written to, and have room for a text.
    """
    count, power, places = np.uint64(size), _power(size), _places(tables)
    for text in range(len(bounds) - 1):
        words = _sum_words(data, bounds[text], bounds[text + 1], letters, packed, edges, sums)
        last = min(words, count) if is_beginning else words
        for end in range(count, last + _1):
            run = sums[end] - sums[end - count] * power
            tables[_0, run >> (_64 - places)] |= bits_of(run, places)
            run *= _OTHER
            tables[_1, run >> (_64 - places)] |= bits_of(run, places)


@kernel(
    'void(Array(uint8, 1, "C", readonly=True), int64[::1], int64, int64, uint8[::1], uint64[::1], uint64[::1],'
    " uint64[::1], uint64[:, ::1], uint64[:, ::1], bool_[::1])"
)
def find_likely(
    data: Bytes,
    bounds: Places,
    size: int,
    other_size: int,
    letters: Bytes,
    packed: Hashes,
    edges: Hashes,
    sums: Hashes,
    tables: NDArray[np.uint64],
    other_tables: NDArray[np.uint64],
    found: NDArray[np.bool_],
) -> None:
    """Which texts have a run of ``size`` words in its tables, or one of ``other_size`` in the others (``add_runs``)."""
    for text in range(len(found)):
        words = _sum_words(data, bounds[text], bounds[text + 1], letters, packed, edges, sums)
        found[text] = _has_any(sums, words, size, tables) or _has_any(sums, words, other_size, other_tables)


@kernel()
def _has_any(sums: Hashes, words: np.uint64, size: int, tables: NDArray[np.uint64]) -> bool:
    count, power, places = np.uint64(size), _power(size), _places(tables)
    for end in range(count, words + _1):
        run = sums[end] - sums[end - count] * power
        bits = bits_of(run, places)
        if tables[_0, run >> (_64 - places)] & bits == bits:
            run *= _OTHER
            bits = bits_of(run, places)
            if tables[_1, run >> (_64 - places)] & bits == bits:
                return True
    return False


@kernel()
def _sum_words(
    data: Bytes, begin: int, end: int, letters: Bytes, packed: Hashes, edges: Hashes, sums: Hashes
) -> np.uint64:
    """Writes a polynomial hash of the words before each, and of all; returns how many words there are."""
    start, size = np.uint64(begin), np.uint64(end - begin)
    for at in range(size):
        byte = data[start + at]
        low = np.uint8(byte | _CASE)
        is_within = (np.uint8(low - _a) < _LETTERS) | (np.uint8(byte - _zero) < _DIGITS)
        letters[at] = low if is_within else _NO_LETTER
    for at in range(size, size + _8):
        letters[at] = _NO_LETTER
    count = was_within = _0
    for at in range(size + _1):  # where words begin and end, without a branch
        is_within = np.uint64(letters[at] != _NO_LETTER)
        edges[count] = at
        count += is_within ^ was_within
        was_within = is_within
    words = count >> _1
    sums[_0] = _0
    for word in range(words):
        first, after = edges[word << _1], edges[(word << _1) | _1]
        kept = min(after - first, _8)
        mask = _ALL >> (_64 - (kept << _3))
        hash_ = (_eight(packed, first) & mask) * _OF_FIRST + (_eight(packed, after - kept) & mask) * _OF_LAST
        hash_ = (hash_ ^ (hash_ >> _32)) * _MIX
        sums[word + _1] = sums[word] * WORD_BASE + hash_
    return words


@kernel()
def _eight(packed: Hashes, at: np.uint64) -> np.uint64:
    """The eight bytes from this one on; two aligned reads."""
    place, shift = at >> _3, (at & _7) << _3
    return (packed[place] >> shift) | ((packed[place + _1] << _1) << (_63 - shift))


@kernel()
def _power(size: int) -> np.uint64:
    power = _1
    for _ in range(size):
        power *= WORD_BASE
    return power


@kernel()
def _places(tables: NDArray[np.uint64]) -> np.uint64:
    """Of how many bits a place in a table is."""
    bits = 0
    while 1 << bits < tables.shape[1]:
        bits += 1
    return np.uint64(bits)
