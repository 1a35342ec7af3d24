"""Cuts texts into words and runs of words, each a 64-bit number, by whole arrays at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.shingles import Hashes, mix
from stillroom.wording import BETWEEN, MARK, WITHIN, plain
from stillroom.wording import kinds as kind_of_each

_CHAR_BASE, _WORD_BASE = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03  # odd, so that they have inverses modulo 2^64
_SEPARATOR = "\n"
# Line ends and tabs of text that was escaped as in JSON; commands of LaTeX begin with the same characters.
_ESCAPED_BLANK = re.compile(
    r"\\(?!(?:n(?:abla|e|eg|eq|eqq|ewline|geq|i|leq|olimits|ot|otin|u)|r(?:angle|brace|ceil|ef|floor|ho|ight|ightarrow|m|oot)"
    r"|t(?:an|anh|au|bf|ext|extbf|extit|extrm|extstyle|exttt|frac|herefore|heta|ilde|imes|iny|o|op|riangle|t))(?![A-Za-z]))"
    r"[nrt]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of some texts, in order.

    Words are those of folded texts, as ``stillroom/wording.py`` has them.

    Attributes:
        hashes: one number per word; words are equal where the numbers are, but for one chance in 2^64.
        owners: the text that each word lies in.
        starts: the character of ``folded(text)`` at which it begins.
        ends: the character after its last.
    """

    hashes: Hashes
    owners: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def runs(self, size: int) -> tuple[NDArray[np.int64], Hashes]:
        """All runs of ``size`` words within a text: the number of the first word, and a hash of the run."""
        count = max(len(self.hashes) - size + 1, 0)
        first = np.flatnonzero(self.owners[:count] == self.owners[size - 1 :][:count])
        return first, self.run_hashes(first, size)

    def run_hashes(self, first: NDArray[np.int64], size: int) -> Hashes:
        """The hashes of runs of ``size`` words that begin with these."""
        return segment_hashes(self.hashes, first, first + size, _WORD_BASE)


class KnownRuns:
    """Some runs of ``size`` words, to find in texts."""

    def __init__(self, hashes: Hashes, size: int) -> None:
        self.size = size
        self._hashes = np.unique(hashes)
        bits = max(16, len(self._hashes).bit_length() + 4)
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, bool)  # tells most runs apart from all of these at one look
        self._table[self._hashes >> self._shift] = True

    def among(self, words: Words) -> tuple[NDArray[np.int64], Hashes]:
        """Where they stand: the number of the first word of each, and its hash."""
        if not len(self._hashes):
            return np.zeros(0, np.int64), np.zeros(0, np.uint64)
        first, hashes = words.runs(self.size)
        maybe = np.flatnonzero(self._table[hashes >> self._shift])
        place = np.searchsorted(self._hashes, hashes[maybe]).clip(max=len(self._hashes) - 1)
        known = maybe[self._hashes[place] == hashes[maybe]]
        return first[known], hashes[known]


def folded(text: str) -> str:
    """A text as its words are compared: in plain form, and blanks are not escaped."""
    if "\\" in text:
        text = _ESCAPED_BLANK.sub(" ", text)
    return plain(text)


def words_of(texts: Sequence[str]) -> Words:
    """The words of these texts."""
    lowered = [folded(text) for text in texts]
    joined = _SEPARATOR.join(lowered)
    codes = _code_points(joined)
    kinds = np.zeros(len(codes) + 2, np.uint8)
    kinds[1:-1] = np.frombuffer(kind_of_each(), np.uint8)[codes]
    if not joined.isascii():
        _part_marks(kinds)
    before, after = kinds[:-1], kinds[1:]
    goes_on = ((before == WITHIN) & (after == WITHIN)) | (after == MARK)
    starts = np.flatnonzero((after != BETWEEN) & ~goes_on)
    ends = np.flatnonzero((before != BETWEEN) & ~goes_on)
    text_starts = np.cumsum([0, *(len(text) + 1 for text in lowered)])
    owners = np.repeat(np.arange(len(lowered)), np.diff(np.searchsorted(starts, text_starts)))
    return Words(
        hashes=segment_hashes(codes.astype(np.uint64), starts, ends, _CHAR_BASE),
        owners=owners,
        starts=starts - text_starts[owners],
        ends=ends - text_starts[owners],
    )


def _part_marks(kinds: NDArray[np.uint8]) -> None:
    """Let marks part no word where they follow a letter, and be between words where they follow none."""
    marks = np.flatnonzero(kinds == MARK)
    if len(marks):
        last = np.maximum.accumulate(np.where(kinds != MARK, np.arange(len(kinds)), 0))  # that is no mark
        bases = kinds[last[marks]]
        kinds[marks[bases <= WITHIN]] = bases[bases <= WITHIN]


def _code_points(text: str) -> NDArray[np.uint8] | NDArray[np.uint32]:
    if text.isascii():
        return np.frombuffer(text.encode(), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def segment_hashes(values: Hashes, starts: NDArray[np.int64], ends: NDArray[np.int64], base: int) -> Hashes:
    """Polynomial hashes of segments modulo 2^64: a difference of running sums, shifted back to the segment's start."""
    powers, inverses = _powers(base, 1 << max(len(values), 1).bit_length())
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * powers[: len(values)], out=sums[1:])
    return mix((sums[ends] - sums[starts]) * inverses[starts])


@cache
def _powers(base: int, count: int) -> tuple[Hashes, Hashes]:
    """The powers of an odd base and of its inverse modulo 2^64."""
    powers = np.full(count, base, np.uint64)
    inverses = np.full(count, pow(base, -1, 1 << 64), np.uint64)
    powers[0] = inverses[0] = 1
    return np.cumprod(powers), np.cumprod(inverses)
