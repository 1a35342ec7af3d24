"""Cuts texts into words and runs of words, each a 64-bit number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.folded_texts import foldings, kinds_of_characters, utf8_of
from stillroom.curation.word_kernels import WORD_BASE, Hashes, cut_words, fill_table, find_runs
from stillroom.wording import plain

WORD_QUARTERS = 4


class Runs(NamedTuple):
    """Runs of words: the numbers of the first and of the last word of each, and a hash."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    hashes: Hashes


class Sought(NamedTuple):
    """Hashes of runs that are looked for, ascending, and a table that few others are in: see ``find_runs``."""

    table: Hashes
    hashes: Hashes


NO_RUNS = Runs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint64))
EVERY = Sought(np.zeros(0, np.uint64), np.zeros(0, np.uint64))


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
        before: quarters of words before each, and of all.
    """

    hashes: Hashes
    owners: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    sums: Hashes
    before: NDArray[np.int64]

    def __len__(self) -> int:
        """How many there are, each counted as one."""
        return len(self.owners)

    def runs(self, size: int, sought: Sought = EVERY) -> Runs:
        """From each word on, the shortest run within its text that is as much as ``size`` words."""
        return self._runs(self.before, size * WORD_QUARTERS, sought)

    def spans(self, count: int, sought: Sought = EVERY) -> Runs:
        """All runs within a text of this count of words, each counted as one."""
        return self._runs(np.arange(len(self) + 1), count, sought)

    def spans_from(self, first: NDArray[np.int64], count: int) -> Runs:
        """The runs of this count of words, each counted as one, that begin with these."""
        power = np.uint64(pow(int(WORD_BASE), count, 1 << 64))
        return Runs(first, first + count - 1, self.sums[first + count] - self.sums[first] * power)

    def size(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many words runs are from one to another, rounded down."""
        return (self.quarters_before(last + 1) - self.quarters_before(first)) // WORD_QUARTERS

    def quarters_before(self, words: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many quarters of words are before each of these, of which one past the last may be among them."""
        return self.before[words]

    def _runs(self, before: NDArray[np.int64], least: int, sought: Sought) -> Runs:
        first, last = np.empty(len(self), np.int64), np.empty(len(self), np.int64)
        hashes = np.empty(len(self), np.uint64)
        count = find_runs(self.sums, self.owners, before, least, *sought, first, last, hashes)
        return Runs(first[:count], last[:count], hashes[:count])


Cut = Callable[[Words, Sought], Runs]  # how texts are cut into runs


class KnownRuns:
    """Some runs of words, to find in texts."""

    def __init__(self, hashes: Hashes, cut: Cut) -> None:
        """Take their hashes, and how texts are cut into such runs."""
        self._cut = cut
        hashes = np.unique(hashes)
        table = np.zeros(1 << max(10, len(hashes).bit_length() - 2), np.uint64)
        fill_table(hashes, table)
        self._sought = Sought(table, hashes)

    def among(self, words: Words) -> Runs:
        """Those that stand in these texts."""
        return self._cut(words, self._sought) if len(self._sought.hashes) else NO_RUNS


def folded(text: str) -> str:
    """A text as its words are compared."""
    return plain(text)


def words_of(texts: Sequence[str]) -> Words:
    """The words of these texts."""
    data, bounds, is_ascii = utf8_of(texts)
    most = len(data)
    hashes, sums = np.empty(most, np.uint64), np.empty(most + 1, np.uint64)
    owners, starts, ends = (np.empty(most, np.int64) for _ in range(3))
    before = np.empty(most + 1, np.int64)
    one_case = foldings(is_ascii=is_ascii)
    count = cut_words(data, bounds, one_case, kinds_of_characters(), hashes, owners, starts, ends, before, sums)
    return Words(
        hashes=hashes[:count],
        owners=owners[:count],
        starts=starts[:count],
        ends=ends[:count],
        sums=sums[: count + 1],
        before=before[: count + 1],
    )
