"""What is done to every character and to every word of texts: they are cut, hashed and held against what is known.

A hash of words in a row is ``a * base^(n-1) + b * base^(n-2) + ...`` modulo 2^64 of their own hashes. Those of all
words up to each are kept, and that of a run is what two of them differ in.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stillroom.kernels import kernel
from stillroom.wording import BETWEEN, HALVES, MARK, WITHIN

Bytes: TypeAlias = NDArray[np.uint8]
CodePoints: TypeAlias = NDArray[np.uint32]
Hashes: TypeAlias = NDArray[np.uint64]
Places: TypeAlias = NDArray[np.int64]

WORD_BASE = np.uint64(0xD1B54A32D192ED03)
_CHAR_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_32, _64 = np.uint64(32), np.uint64(64)
_ASCII = 128
_BEYOND = 255


@kernel(
    'void(Array(uint8, 1, "C", readonly=True), int64[::1], Array(uint8, 1, "C", readonly=True), bool_[::1])',
)
def find_texts_with(data: Bytes, bounds: Places, is_wanted: Bytes, found: NDArray[np.bool_]) -> None:
    """Which texts of UTF-8 have any character beyond ASCII that is wanted, by code point."""
    for text in range(len(found)):
        at, end = bounds[text], bounds[text + 1]
        found[text] = False
        while at < end:
            if data[at] < _ASCII:
                at += 1
                continue
            code, size = _decoded(data, at)
            at += size
            if is_wanted[code]:
                found[text] = True
                break


@kernel(
    'int64(Array(uint8, 1, "C", readonly=True), int64[::1], Array(uint32, 1, "C", readonly=True),'
    ' Array(uint8, 1, "C", readonly=True), uint64[::1], int64[::1], int64[::1], int64[::1], int64[::1], uint64[::1])'
)
def cut_words(
    data: Bytes,
    bounds: Places,
    one_case: CodePoints,
    kinds: Bytes,
    hashes: Hashes,
    owners: Places,
    starts: Places,
    ends: Places,
    before: Places,
    sums: Hashes,
) -> int:
    """Cuts texts of UTF-8 into words, as ``stillroom/curation/word_grams.py`` has them; returns how many.

    ``one_case`` and ``kinds`` say of each code point that there is what it counts as. The others are written to, and
    have room for a word a byte, ``before`` and ``sums`` for one more.
    """
    ascii_letters = np.zeros(256, np.uint8)  # in one case; 0 between words, and _BEYOND for what is not ASCII
    ascii_letters[_ASCII:] = _BEYOND
    for code in range(_ASCII):
        if kinds[code] == WITHIN:
            ascii_letters[code] = one_case[code]
    count = 0
    before[0] = 0
    sums[0] = 0
    for text in range(len(bounds) - 1):
        at, end = bounds[text], bounds[text + 1]
        origin = at  # so that characters are counted from it: each byte within one puts it off by one
        while at < end:
            letter = ascii_letters[data[at]]
            if letter == 0:
                at += 1
                continue
            here = at - origin
            kind = np.uint8(WITHIN)
            if letter == _BEYOND:
                code, size = _decoded(data, at)
                at += size
                origin += size - 1
                kind = kinds[code]
                if kind in (BETWEEN, MARK):
                    continue
                hash_ = np.uint64(one_case[code])
            else:
                at += 1
                hash_ = np.uint64(letter)
            while at < end:
                letter = ascii_letters[data[at]]
                if letter == _BEYOND:
                    code, size = _decoded(data, at)
                    if kinds[code] != MARK and (kinds[code] != WITHIN or kind != WITHIN):
                        break
                    hash_ = hash_ * _CHAR_BASE + np.uint64(one_case[code])
                    at += size
                    origin += size - 1
                elif letter == 0 or kind != WITHIN:
                    break
                else:
                    hash_ = hash_ * _CHAR_BASE + np.uint64(letter)
                    at += 1
            hash_ = _mixed(hash_)
            owners[count] = text
            starts[count] = here
            ends[count] = at - origin
            hashes[count] = hash_
            sums[count + 1] = sums[count] * WORD_BASE + hash_
            before[count + 1] = before[count] + (4 if kind == WITHIN else 2 if kind == HALVES else 1)
            count += 1
    return count


@kernel(
    'int64(Array(uint64, 1, "C", readonly=True), Array(int64, 1, "C", readonly=True),'
    ' Array(int64, 1, "C", readonly=True), int64, Array(uint64, 1, "C", readonly=True),'
    ' Array(uint64, 1, "C", readonly=True), int64[::1], int64[::1], uint64[::1])'
)
def find_runs(
    sums: Hashes,
    owners: Places,
    before: Places,
    least: int,
    table: Hashes,
    known: Hashes,
    first: Places,
    last: Places,
    hashes: Hashes,
) -> int:
    """From each word on, the shortest run in its text that is ``least`` by what is ``before`` each; returns how many.

    Of these the known ones: those that ``table`` has (``fill_table``), and that are among ``known``, which ascend. With
    an empty table, all. ``first``, ``last`` and ``hashes`` are written to.
    """
    powers = np.ones(least + 1, np.uint64)
    for at in range(least):
        powers[at + 1] = powers[at] * WORD_BASE
    size = _size_of(table)
    count = end = 0
    for begin in range(len(owners)):
        target = before[begin] + least
        while end < len(owners) and before[end] < target:
            end += 1
        if before[end] < target:
            break
        run = sums[end] - sums[begin] * powers[end - begin]
        if len(table) > 0:
            bits = bits_of(run, size)
            if table[run >> (_64 - size)] & bits != bits or not is_among(known, run):
                continue
        if owners[begin] == owners[end - 1]:
            first[count] = begin
            last[count] = end - 1
            hashes[count] = run
            count += 1
    return count


@kernel('void(Array(uint64, 1, "C", readonly=True), uint64[::1])')
def fill_table(known: Hashes, table: Hashes) -> None:
    """Sets three bits of each hash at one place of a table of a power of two, which a cache can hold."""
    size = _size_of(table)
    for at in range(len(known)):
        table[known[at] >> (_64 - size)] |= bits_of(known[at], size)


@kernel('void(Array(int32, 1, "C", readonly=True), int64, uint64[::1])')
def hash_windows(numbers: NDArray[np.int32], size: int, hashes: Hashes) -> None:
    """The hash of ``size`` numbers in a row from each on; ``hashes`` has room for as many as there are."""
    power = np.uint64(1)
    for _ in range(size):
        power *= WORD_BASE
    hash_ = np.uint64(0)
    for at in range(len(numbers)):
        hash_ = hash_ * WORD_BASE + _mixed_number(numbers[at])
        if at >= size:
            hash_ -= _mixed_number(numbers[at - size]) * power
        if at >= size - 1:
            hashes[at - size + 1] = hash_


@kernel()
def _decoded(data: Bytes, at: int) -> tuple[int, int]:
    """The character beyond ASCII that begins here, and how many bytes it has."""
    lead = np.int64(data[at])
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | (data[at + 1] & 0x3F), 2
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6 | (data[at + 2] & 0x3F), 3
    of_rest = (data[at + 1] & 0x3F) << 12 | (data[at + 2] & 0x3F) << 6 | (data[at + 3] & 0x3F)
    return (lead & 0x07) << 18 | of_rest, 4


@kernel()
def _mixed(number: np.uint64) -> np.uint64:
    """Spreads every input bit over the word; a bijection, so nothing that differs is made equal."""
    number *= _CHAR_BASE
    number ^= number >> _32
    return number * _MIX


@kernel()
def _mixed_number(number: int) -> np.uint64:
    return _mixed(np.uint64(np.int64(number)))


@kernel()
def _size_of(table: Hashes) -> np.uint64:
    """Of how many bits its places are."""
    size = 0
    while 1 << size < len(table):
        size += 1
    return np.uint64(size)


@kernel()
def bits_of(hash_: np.uint64, size: np.uint64) -> np.uint64:
    """Three of 64 bits, by what of a hash comes after its place."""
    rest = hash_ << size
    one = np.uint64(1)
    return (
        (one << (rest >> np.uint64(58)))
        | (one << ((rest >> np.uint64(52)) & np.uint64(63)))
        | (one << ((rest >> np.uint64(46)) & np.uint64(63)))
    )


@kernel()
def is_among(ascending: "NDArray[np.uint64] | NDArray[np.uint32]", wanted: "np.uint64 | np.uint32") -> bool:
    """Whether it is one of these numbers."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low < len(ascending) and ascending[low] == wanted
