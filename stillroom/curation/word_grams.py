"""Cuts texts into words and runs of words, each a 64-bit number, by whole arrays at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.folded_texts import CodePoints, folded_characters
from stillroom.curation.shingles import Hashes, mix
from stillroom.wording import BETWEEN, MARK, WITHIN, plain

_CHAR_BASE, _WORD_BASE = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03  # odd, so that they have inverses modulo 2^64
WORD_QUARTERS = 4
_QUARTERS_OF_KIND = np.array([0, 4, 2, 1])


class Runs(NamedTuple):
    """Runs of words: the numbers of the first and of the last word of each, and a hash."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    hashes: Hashes


NO_RUNS = Runs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint64))
Values = CodePoints | Hashes
Wanted = Callable[[Hashes], NDArray[np.int64]]  # the places of some of these hashes


def every(hashes: Hashes) -> NDArray[np.int64]:
    """The places of all of them."""
    return np.arange(len(hashes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of some texts, in order.

    Words are those of folded texts, as ``stillroom/wording.py`` has them. In scripts that put no space between words
    every letter is one, but counts as less, so that a size in words asks for as much text in each script.

    Attributes:
        hashes: one number per word; words are equal where the numbers are, but for one chance in 2^64.
        owners: the text that each word lies in.
        starts: the character of ``folded(text)`` at which it begins.
        ends: the character after its last.
        sums: a polynomial hash of all words before each, and of all, from which those of runs are made.
        before: quarters of words before each, and of all; None where each is a whole word.
    """

    hashes: Hashes
    owners: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    sums: Hashes
    before: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        """How many there are, each counted as one."""
        return len(self.owners)

    def runs(self, size: int, wanted: Wanted = every) -> Runs:
        """From each word on, the shortest run within its text that is as much as ``size`` words."""
        if self.before is None:
            return self.spans(size, wanted)
        least = self.before[: max(len(self) - size + 1, 0)] + size * WORD_QUARTERS  # quarters before the run's end
        first = np.arange(len(least))
        last = first + size - 1
        is_longer = self.before[last + 1] < least  # few: where all words are whole ones, no run is
        last[is_longer] = np.searchsorted(self.before, least[is_longer]) - 1
        first, last = (side[last < len(self)] for side in (first, last))
        hashes = _segments(self.sums, first, last + 1, _WORD_BASE)
        places = wanted(hashes)
        return self._within(first[places], last[places], hashes[places])

    def spans(self, count: int, wanted: Wanted = every) -> Runs:
        """All runs within a text of this count of words, each counted as one."""
        most = len(self) - count + 1
        if most <= 0:
            return NO_RUNS
        inverses = _powers(_WORD_BASE, _enough(len(self)))[1]
        hashes = (self.sums[count:] - self.sums[:most]) * inverses[:most]  # of words' hashes: as mixed as they are
        first = wanted(hashes)
        return self._within(first, first + count - 1, hashes[first])

    def spans_from(self, first: NDArray[np.int64], count: int) -> Runs:
        """The runs of this count of words, each counted as one, that begin with these."""
        return Runs(first, first + count - 1, _segments(self.sums, first, first + count, _WORD_BASE))

    def size(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many words runs are from one to another, rounded down."""
        return (self.quarters_before(last + 1) - self.quarters_before(first)) // WORD_QUARTERS

    def quarters_before(self, words: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many quarters of words are before each of these, of which one past the last may be among them."""
        return words * WORD_QUARTERS if self.before is None else self.before[words]

    def _within(self, first: NDArray[np.int64], last: NDArray[np.int64], hashes: Hashes) -> Runs:
        """Those runs that lie within one text."""
        is_within = self.owners[first] == self.owners[last]
        return Runs(first[is_within], last[is_within], hashes[is_within])


Cut = Callable[[Words, Wanted], Runs]  # how texts are cut into runs


class KnownRuns:
    """Some runs of words, to find in texts."""

    def __init__(self, hashes: Hashes, cut: Cut) -> None:
        """Take their hashes, and how texts are cut into such runs."""
        self._cut = cut
        self._hashes = np.unique(hashes)
        bits = max(16, len(self._hashes).bit_length() + 4)
        self._shift, self._further = np.uint64(64 - bits), np.uint64(bits)
        # By two parts of a hash: few runs are in both that are not known. Bits, which the processor's cache can hold.
        self._first = _bits(self._hashes >> self._shift, bits)
        self._second = _bits((self._hashes << self._further) >> self._shift, bits)

    def among(self, words: Words) -> Runs:
        """Those that stand in these texts."""
        return self._cut(words, self._places) if len(self._hashes) else NO_RUNS

    def _places(self, hashes: Hashes) -> NDArray[np.int64]:
        maybe = np.flatnonzero(_are_set(self._first, hashes >> self._shift))
        maybe = maybe[_are_set(self._second, (hashes[maybe] << self._further) >> self._shift)]
        place = np.searchsorted(self._hashes, hashes[maybe]).clip(max=len(self._hashes) - 1)
        return maybe[self._hashes[place] == hashes[maybe]]


def _bits(places: Hashes, bits: int) -> NDArray[np.uint8]:
    """Of ``2^bits`` bits those that are set, eight to a byte, the lowest first."""
    flags = np.zeros(1 << bits, bool)
    flags[places.view(np.int64)] = True
    return np.packbits(flags, bitorder="little")


def _are_set(packed: NDArray[np.uint8], places: Hashes) -> NDArray[np.bool_]:
    """Whether the bits at these places are set."""
    of_place = packed.take((places >> np.uint64(3)).view(np.int64), mode="clip")  # as signed, numpy copies no index
    return (of_place >> (places.astype(np.uint8) & np.uint8(7)) & np.uint8(1)).view(np.bool_)


def folded(text: str) -> str:
    """A text as its words are compared."""
    return plain(text)


def words_of(texts: Sequence[str]) -> Words:
    """The words of these texts."""
    codes, kinds_of_codes, text_starts = folded_characters(texts)
    kinds = np.zeros(len(codes) + 2, np.uint8)  # between two that are none
    kinds[1:-1] = kinds_of_codes
    if kinds.max() == MARK:
        _part_marks(kinds)
    starts, ends, quarters = _edges(kinds)
    counts = np.diff(np.searchsorted(starts, text_starts))
    before = np.repeat(text_starts[:-1], counts)
    hashes = segment_hashes(codes, starts, ends, _CHAR_BASE)
    return Words(
        hashes=hashes,
        owners=np.repeat(np.arange(len(texts)), counts),
        starts=starts - before,
        ends=ends - before,
        sums=_sums(hashes, _WORD_BASE),
        before=quarters,
    )


def _edges(kinds: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | None]:
    """Where words begin and end among characters of these kinds, and the quarters of words before each and of all.

    The quarters are None where each word is a whole one.
    """
    before, after = kinds[:-1], kinds[1:]
    if kinds.max() <= WITHIN:
        edges = np.flatnonzero(before != after)
        return edges[::2], edges[1::2], None
    goes_on = ((before == WITHIN) & (after == WITHIN)) | (after == MARK)
    starts = np.flatnonzero((after != BETWEEN) & ~goes_on)
    ends = np.flatnonzero((before != BETWEEN) & ~goes_on)
    return starts, ends, np.append(0, np.cumsum(_QUARTERS_OF_KIND[after[starts]]))


def _part_marks(kinds: NDArray[np.uint8]) -> None:
    """Let marks part no word where they follow a letter, and be between words where they follow none."""
    marks = np.flatnonzero(kinds == MARK)
    is_first = kinds[marks - 1] != MARK  # of marks in a row
    bases = kinds[marks[is_first] - 1][np.cumsum(is_first) - 1]
    kinds[marks[bases <= WITHIN]] = bases[bases <= WITHIN]


def segment_hashes(values: Values, starts: NDArray[np.int64], ends: NDArray[np.int64], base: int) -> Hashes:
    """Polynomial hashes of segments modulo 2^64: a difference of running sums, shifted back to the segment's start."""
    return mix(_segments(_sums(values, base), starts, ends, base))


def _segments(sums: Hashes, starts: NDArray[np.int64], ends: NDArray[np.int64], base: int) -> Hashes:
    return (sums[ends] - sums[starts]) * _powers(base, _enough(len(sums) - 1))[1][starts]


def _sums(values: Values, base: int) -> Hashes:
    sums = np.zeros(len(values) + 1, np.uint64)
    np.multiply(values, _powers(base, _enough(len(values)))[0][: len(values)], out=sums[1:])
    return np.cumsum(sums, out=sums)


def _enough(count: int) -> int:
    """So many powers that few sizes of arrays are held."""
    return 1 << max(count, 1).bit_length()


@cache
def _powers(base: int, count: int) -> tuple[Hashes, Hashes]:
    """The powers of an odd base and of its inverse modulo 2^64."""
    powers = np.full(count, base, np.uint64)
    inverses = np.full(count, pow(base, -1, 1 << 64), np.uint64)
    powers[0] = inverses[0] = 1
    return np.cumprod(powers), np.cumprod(inverses)
