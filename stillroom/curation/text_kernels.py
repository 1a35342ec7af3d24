"""What is done to every byte of texts in UTF-8: blanks folded, shingles hashed and dropped into the bins of sketches.

Many texts are one array of bytes, and the bounds between them. Shingles are hashed one piece of a text at a time, which
stays in the processor's first cache, so that a text of any length takes no more memory. How the kernels loop, and where
they do without branches, is what they are fast by: on prose each branch is a guess, and a wrong one costs as much as
five shingles.
"""

from typing import TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from stillroom.kernels import Kernel, kernel

Bytes: TypeAlias = NDArray[np.uint8]
Bounds: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Hashes: TypeAlias = NDArray[np.uint64]
Sketches: TypeAlias = NDArray[np.uint32]
BandKeys: TypeAlias = NDArray[np.uint32]

SHINGLE_CHARS = 5
PIECE_BYTES = 2048
_MOST_SHINGLES = PIECE_BYTES + SHINGLE_CHARS  # of a piece, which goes on to the end of a character

_LINE_FEED, _RETURN, _SPACE = np.uint8(10), np.uint8(13), np.uint8(32)
_SEEN, _BLANK, _LINE_END = np.uint8(0), np.uint8(1), np.uint8(2)
_KINDS = np.array([_BLANK if chr(code).isspace() else _SEEN for code in range(128)] + [_SEEN] * 128, np.uint8)
_KINDS[[_LINE_FEED, _RETURN]] = _LINE_END
_WRITTEN = np.where(_KINDS == _BLANK, _SPACE, np.arange(256, dtype=np.uint8))

_PAD = np.uint64(0x10FFFF)  # a code point that Unicode keeps free of characters
_ODD_0, _ODD_1, _ODD_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
_ODD_3, _ODD_4 = np.uint64(0x27D4EB2F165667C5), np.uint64(0x85EBCA77C2B2AE63)
_MIX_0, _MIX_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_ODD_OWN = np.uint64(0xA0761D6478BD642F)
# Indices without a sign need no look whether they are negative, which would count from the end.
_0, _1, _2, _6, _8, _16, _32, _48 = (np.uint64(number) for number in (0, 1, 2, 6, 8, 16, 32, 48))
_THREE_BYTES, _FOUR_BYTES = np.uint64(0xE0), np.uint64(0xF0)  # first bytes of such characters, and greater ones
_LOW_6, _LOW_7, _LOW_16 = np.uint64(0x3F), np.uint64(0x7F), np.uint64(0xFFFF)

_EMPTY = np.uint32(0xFFFFFFFF)
_SECOND, _OWN = np.uint32(1 << 30), np.uint32(2 << 30)  # above a bin's value of 30 bits; the first source has 0 there
_PLACES = 1 << 13
_TO_PLACE = np.uint64(64 - 13)


def mix(numbers: Hashes) -> Hashes:
    """Spreads every input bit over the word, in place; a bijection, so nothing that differs is made equal."""
    numbers *= _MIX_0
    numbers ^= numbers >> _32
    numbers *= _MIX_1
    return numbers


_mixed = cast("Kernel[[np.uint64], np.uint64]", kernel()(mix))  # one number


@kernel('void(Array(uint8, 1, "C", readonly=True), int64[::1], bool_[::1], uint8[::1], int64[::1])')
def fold_blanks(data: Bytes, bounds: Bounds, is_done: Flags, folded: Bytes, folded_bounds: Bounds) -> None:
    """``stillroom.fingerprint.fold_blanks`` of texts whose blanks are ASCII; those that are done are copied."""
    size = _0
    for text in range(len(is_done)):
        at, end = np.uint64(bounds[text]), np.uint64(bounds[text + 1])
        folded_bounds[text] = size
        if is_done[text]:
            for place in range(at, end):
                folded[size] = data[place]
                size += _1
            continue
        while at < end and _KINDS[data[at]] != _SEEN:
            at += _1
        while at < end and _KINDS[data[end - _1]] != _SEEN:
            end -= _1
        while at < end:  # a line, of which the last one ends with what is seen
            kind = _KINDS[data[at]]
            while kind == _BLANK:
                folded[size] = data[at]
                size += _1
                at += _1
                kind = _KINDS[data[at]]
            while kind != _LINE_END and at < end:
                folded[size] = _WRITTEN[data[at]]
                at += _1
                following = _KINDS[data[at]] if at < end else _SEEN
                size += _1 - np.uint64(kind & (following != _SEEN))  # a blank before another or the end is written over
                kind = following
            if at < end:
                at += _2 if data[at] == _RETURN and data[at + _1] == _LINE_FEED else _1
                folded[size] = _LINE_FEED
                size += _1
    folded_bounds[len(is_done)] = size


@kernel('int64(Array(uint8, 1, "C", readonly=True), int64[::1], uint64[::1], int64[::1])')
def hash_shingles(data: Bytes, bounds: Bounds, hashes: Hashes, hash_bounds: Bounds) -> int:
    """The shingles of each text in order, each a number; ``hashes`` has room for one a byte. Returns how many.

    A text shorter than a shingle is one, padded. Different shingles of ASCII never share a number; others do with
    probability 2^-64.
    """
    size = 0
    for text in range(len(hash_bounds) - 1):
        hash_bounds[text] = size
        at, end = int(bounds[text]), int(bounds[text + 1])
        while at < end:
            stop = _end_of_piece(data, at, end)
            size = _hash_piece(data, at, stop, hashes, size)
            at = _next_piece(data, stop, end)
    hash_bounds[len(hash_bounds) - 1] = size
    return size


@kernel('void(Array(uint8, 1, "C", readonly=True), int64[::1], int64[::1], uint32[:, ::1])')
def fill_sketches(data: Bytes, bounds: Bounds, texts: Bounds, sketches: Sketches) -> None:
    """The sketches of some of the texts, given by their numbers: see ``stillroom/curation/sketch.py``."""
    hashes = np.empty(_MOST_SHINGLES, np.uint64)
    distinct = np.empty(2 * _MOST_SHINGLES, np.uint64)
    places = np.zeros(_PLACES, np.uint16)
    for number in range(len(texts)):
        bins = sketches[number]
        for bin_ in range(len(bins)):
            bins[bin_] = _EMPTY
        start, end = int(bounds[texts[number]]), int(bounds[texts[number] + 1])
        count = known = 0
        for source in range(3):
            if start == end or (source > 0 and not _has_empty(bins)):
                break
            at = start
            while at < end:
                stop = _end_of_piece(data, at, end)
                if source == 0 or at > start or stop < end:  # else they are those of the source before
                    count = _hash_piece(data, at, stop, hashes, 0)
                if source == 0:
                    _drop_first(hashes, count, bins)
                elif source == 1:
                    _drop_second(hashes, count, bins)
                else:
                    known = _add_distinct(hashes, count, distinct, known, places)
                    if known > _MOST_SHINGLES or stop == end:
                        _drop_own(distinct, known, bins)
                        known = 0
                        for place in range(_PLACES):
                            places[place] = 0
                at = _next_piece(data, stop, end)


@kernel("void(uint32[:, ::1], uint32[:, ::1], int64)")
def fill_band_keys(sketches: Sketches, keys: BandKeys, bits: int) -> None:
    """The lowest ``bits`` of the rows of each band side by side."""
    texts, bands = keys.shape
    rows = sketches.shape[1] // bands
    mask = np.uint32((1 << bits) - 1)
    for text in range(texts):
        for band in range(bands):
            key = np.uint32(0)
            for row in range(rows):
                key |= (sketches[text, band * rows + row] & mask) << np.uint32(bits * row)
            keys[text, band] = key


SIGNING = (fold_blanks, fill_sketches, fill_band_keys)
"""What is called for each new document."""


@kernel()
def _continues(byte: np.uint8) -> bool:
    """Whether it is within a character."""
    return byte & 0xC0 == 0x80


@kernel()
def _end_of_piece(data: Bytes, start: int, end: int) -> int:
    stop = min(start + PIECE_BYTES, end)
    while stop < end and _continues(data[stop]):
        stop += 1
    return stop


@kernel()
def _next_piece(data: Bytes, stop: int, end: int) -> int:
    """Where the piece after one that stops here begins: with its last characters, which begin shingles."""
    at = stop
    for _ in range(SHINGLE_CHARS - 1 if stop < end else 0):
        at -= 1
        while _continues(data[at]):
            at -= 1
    return at


@kernel()
def _hash_piece(data: Bytes, start: int, end: int, hashes: Hashes, size: int) -> int:
    """Puts the shingles of a piece behind those that are there; returns how many there are then."""
    begin = np.uint64(start)
    bits = np.uint8(0)
    for at in range(np.uint64(end - start)):
        bits |= data[begin + at]
    if bits < 128 and end - start >= SHINGLE_CHARS:
        return _hash_ascii(data, start, end, hashes, size)
    return _hash_unicode(data, start, end, hashes, size)


@kernel()
def _hash_ascii(data: Bytes, start: int, end: int, hashes: Hashes, size: int) -> int:
    """The five bytes from every position on as one number, mixed."""
    packed = np.uint64(0)
    for at in range(start, start + SHINGLE_CHARS - 1):
        packed = (packed >> _8) | (np.uint64(data[at]) << _32)
    count = end - start - (SHINGLE_CHARS - 1)
    begin, behind = np.uint64(start + SHINGLE_CHARS - 1), np.uint64(size)
    for at in range(np.uint64(count)):
        packed = (packed >> _8) | (np.uint64(data[begin + at]) << _32)
        hashes[behind + at] = _mixed(packed)
    return size + count


@kernel()
def _hash_unicode(data: Bytes, start: int, end: int, hashes: Hashes, size: int) -> int:
    """As for ASCII where a shingle is ASCII, else a linear hash of its five code points; a short text is padded."""
    packed = a = b = c = d = e = np.uint64(0)
    count = 0
    at = start
    while at < end or count < SHINGLE_CHARS:
        code = _PAD
        if at < end:
            code = np.uint64(data[at])
            at += 1
            if code > _LOW_7:
                more = 1 + int(code >= _THREE_BYTES) + int(code >= _FOUR_BYTES)
                code &= _LOW_6 >> np.uint64(more)
                for _ in range(more):
                    code = (code << _6) | (np.uint64(data[at]) & _LOW_6)
                    at += 1
        packed = (packed >> _8) | ((code & _LOW_7) << _32)
        a, b, c, d, e = b, c, d, e, code
        count += 1
        if count >= SHINGLE_CHARS:
            linear = a * _ODD_0 + b * _ODD_1 + c * _ODD_2 + d * _ODD_3 + e * _ODD_4
            hashes[size] = _mixed(packed if (a | b | c | d | e) <= _LOW_7 else linear)
            size += 1
    return size


@kernel()
def _drop_first(hashes: Hashes, count: int, bins: Sketches) -> None:
    """One half of a hash picks a bin, the other half is the value in it."""
    size = np.uint64(len(bins))
    for at in range(count):
        bin_ = ((hashes[at] >> _48) * size) >> _16
        bins[bin_] = min(bins[bin_], np.uint32(hashes[at]) >> np.uint32(2))


@kernel()
def _drop_second(hashes: Hashes, count: int, bins: Sketches) -> None:
    """The halves change places; a value of the first source is less than any of this one."""
    size = np.uint64(len(bins))
    for at in range(count):
        bin_ = (((hashes[at] >> _16) & _LOW_16) * size) >> _16
        bins[bin_] = min(bins[bin_], np.uint32(hashes[at] >> np.uint64(34)) | _SECOND)


@kernel()
def _drop_own(hashes: Hashes, count: int, bins: Sketches) -> None:
    """The least of a hash of its own for each bin that has none of another source."""
    for bin_ in range(len(bins)):
        if bins[bin_] >= _OWN:
            seed = _mixed(np.uint64(bin_) + _1)
            least = (hashes[0] ^ seed) * _ODD_OWN
            for at in range(1, count):
                least = min(least, (hashes[at] ^ seed) * _ODD_OWN)
            bins[bin_] = min(bins[bin_], np.uint32(least >> np.uint64(34)) | _OWN)


@kernel()
def _has_empty(bins: Sketches) -> bool:
    most = np.uint32(0)
    for bin_ in range(len(bins)):
        most = max(most, bins[bin_])
    return most == _EMPTY


@kernel()
def _add_distinct(hashes: Hashes, count: int, distinct: Hashes, known: int, places: NDArray[np.uint16]) -> int:
    """Adds hashes that are not there yet; ``places`` has by a hash's highest bits its number, counted from 1."""
    for at in range(count):
        place = np.int64(hashes[at] >> _TO_PLACE)
        while places[place] > 0 and distinct[places[place] - 1] != hashes[at]:
            place = (place + 1) % _PLACES
        if places[place] == 0:
            distinct[known] = hashes[at]
            known += 1
            places[place] = known
    return known
