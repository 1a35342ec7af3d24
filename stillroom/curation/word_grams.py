"""Cuts texts into runs of n words, each run a 64-bit number, by whole arrays at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.shingles import Hashes, mix

_CHAR_BASE, _WORD_BASE = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03  # odd, so that they have inverses modulo 2^64
_CODE_POINTS = 0x110000
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0x20000, 0x323AF),
)
_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordGrams:
    """All runs of ``size`` words of some texts.

    Attributes:
        hashes: one number per run; runs are equal where the numbers are, but for one chance in 2^64.
        owners: the text that each run lies in.
        starts: the character of its text at which a run begins.
        ends: the character after its last.
        places: the number of its first word in its text.
    """

    hashes: Hashes
    owners: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    places: NDArray[np.int64]


def word_grams(texts: Sequence[str], size: int) -> WordGrams:
    """The runs of ``size`` words of each text.

    Words are runs of letters and digits in lower case; in scripts that put no space between words (Chinese, Japanese,
    Thai, ...) every character is one. Offsets count characters of ``text.lower()``.
    """
    joined = _SEPARATOR.join(texts).lower()
    codes = _code_points(joined)
    starts, ends = _words(codes)
    text_starts = np.cumsum([0, *(len(text.lower()) + 1 for text in texts)])
    owners = np.searchsorted(text_starts, starts, "right") - 1
    words = _segment_hashes(codes.astype(np.uint64) + np.uint64(1), starts, ends, _CHAR_BASE)
    first = np.arange(max(len(words) - size + 1, 0))
    first = first[owners[first] == owners[first + size - 1]] if len(first) else first
    first_of_text = np.searchsorted(owners, owners[first], "left")
    return WordGrams(
        hashes=_segment_hashes(words, first, first + size, _WORD_BASE),
        owners=owners[first],
        starts=starts[first] - text_starts[owners[first]],
        ends=ends[first + size - 1] - text_starts[owners[first]],
        places=first - first_of_text,
    )


def count_words(text: str) -> int:
    """How many words a text has."""
    return len(_words(_code_points(text.lower()))[0])


def _code_points(text: str) -> NDArray[np.uint8] | NDArray[np.uint32]:
    if text.isascii():
        return np.frombuffer(text.encode(), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _words(codes: NDArray[np.uint8] | NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where words start and end."""
    kinds = np.concatenate([np.zeros(1, np.uint8), _kinds()[codes], np.zeros(1, np.uint8)])
    before, after = kinds[:-1], kinds[1:]
    alone = (before == 2) | (after == 2)
    starts = np.flatnonzero((after > 0) & ((before == 0) | alone)[: len(after)])
    ends = np.flatnonzero((before > 0) & ((after == 0) | alone)[: len(before)])
    return starts, ends


def _segment_hashes(values: Hashes, starts: NDArray[np.int64], ends: NDArray[np.int64], base: int) -> Hashes:
    """Polynomial hashes of segments modulo 2^64: a difference of running sums, shifted back to the segment's start."""
    powers, inverses = _powers(base, 1 << max(len(values), 1).bit_length())
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * powers[: len(values)], out=sums[1:])
    return mix((sums[ends] - sums[starts]) * inverses[starts])


@cache
def _powers(base: int, count: int) -> tuple[Hashes, Hashes]:
    """The powers of an odd base and of its inverse modulo 2^64."""
    inverse = pow(base, -1, 1 << 64)
    one = np.ones(1, np.uint64)
    rest = count - 1
    return (
        np.concatenate([one, np.cumprod(np.full(rest, base, np.uint64))]),
        np.concatenate([one, np.cumprod(np.full(rest, inverse, np.uint64))]),
    )


@cache
def _kinds() -> NDArray[np.uint8]:
    """For each code point: 0 between words, 1 within one, 2 a word by itself."""
    kinds = np.fromiter((chr(code).isalnum() for code in range(_CODE_POINTS)), np.uint8, _CODE_POINTS)
    for first, last in _UNSPACED:
        kinds[first : last + 1] *= 2
    return kinds
