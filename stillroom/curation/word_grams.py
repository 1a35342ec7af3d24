"""Cuts texts into words and runs of words, each a 64-bit number, by whole arrays at a time."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.shingles import Hashes, mix

_CHAR_BASE, _WORD_BASE = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03  # odd, so that they have inverses modulo 2^64
_CODE_POINTS = 0x110000
_HALVES, _QUARTERS = 2, 3  # kinds of characters, by how much of a word each is
_UNSPACED = (
    (0x0E00, 0x0EFF, _QUARTERS),  # Thai, Lao
    (0x1000, 0x109F, _QUARTERS),  # Myanmar
    (0x1780, 0x17FF, _QUARTERS),  # Khmer
    (0x3005, 0x3007, _HALVES),  # marks and zero among Chinese characters
    (0x3040, 0x30FF, _HALVES),  # kana
    (0x3400, 0x9FFF, _HALVES),  # Chinese characters
    (0x20000, 0x323AF, _HALVES),
)
_WORD_QUARTERS = 4
_QUARTERS_OF_KIND = np.array([0, 4, 2, 1])
_SEPARATOR = "\n"
_WORD = re.compile(r"[^\W_]+")
# Line ends and tabs of text that was escaped as in JSON; commands of LaTeX begin with the same characters.
_ESCAPED_BLANK = re.compile(
    r"\\(?!(?:n(?:abla|e|eg|eq|eqq|ewline|geq|i|leq|olimits|ot|otin|u)|r(?:angle|brace|ceil|ef|floor|ho|ight|ightarrow|m|oot)"
    r"|t(?:an|anh|au|bf|ext|extbf|extit|extrm|extstyle|exttt|frac|herefore|heta|ilde|imes|iny|o|op|riangle|t))(?![A-Za-z]))"
    r"[nrt]"
)
_INVISIBLE = re.compile(  # what formats text (category Cf), joins graphemes or picks a variant of a character
    "[\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)


class Runs(NamedTuple):
    """Runs of words: the numbers of the first and of the last word of each, and a hash."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    hashes: Hashes

    def at(self, places: NDArray[np.int64] | NDArray[np.bool_]) -> "Runs":
        """Some of them."""
        return Runs(*(column[places] for column in self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of some texts, in order.

    Words are runs of letters, marks and digits of folded texts. In scripts that put no space between words every
    character is one here, but counts as less: two of Chinese and kana, and four letters of Thai, Lao, Khmer and
    Burmese, are about as much as one English word, so that a size in words asks for as much text in each script.

    Attributes:
        hashes: one number per word; words are equal where the numbers are, but for one chance in 2^64.
        owners: the text that each word lies in.
        starts: the character of ``folded(text)`` at which it begins.
        ends: the character after its last.
        before: quarters of words before each, and before what follows the last; None where each is a whole word.
    """

    hashes: Hashes
    owners: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    before: NDArray[np.int64] | None = None

    def runs(self, size: int) -> Runs:
        """From each word on, the shortest run within its text that is as much as ``size`` words."""
        if self.before is None:
            return self.spans(size)
        last = np.searchsorted(self.before, self.before[:-1] + size * _WORD_QUARTERS) - 1
        first = np.flatnonzero(last < len(self.hashes))
        first = first[self.owners[first] == self.owners[last[first]]]
        return Runs(first, last[first], self._hashes_of(first, last[first] + 1))

    def spans(self, count: int) -> Runs:
        """All runs within a text of this count of words, each counted as one."""
        places = max(len(self.hashes) - count + 1, 0)
        return self.spans_from(np.flatnonzero(self.owners[:places] == self.owners[count - 1 :][:places]), count)

    def spans_from(self, first: NDArray[np.int64], count: int) -> Runs:
        """The runs of this count of words, each counted as one, that begin with these."""
        return Runs(first, first + count - 1, self._hashes_of(first, first + count))

    def size(self, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many words runs are from one to another, rounded down."""
        if self.before is None:
            return last - first + 1
        return (self.before[last + 1] - self.before[first]) // _WORD_QUARTERS

    def _hashes_of(self, first: NDArray[np.int64], end: NDArray[np.int64]) -> Hashes:
        return segment_hashes(self.hashes, first, end, _WORD_BASE)


class KnownRuns:
    """Some runs of words, to find in texts."""

    def __init__(self, hashes: Hashes, cut: Callable[[Words], Runs]) -> None:
        """Take their hashes, and how texts are cut into such runs."""
        self._cut = cut
        self._hashes = np.unique(hashes)
        bits = max(16, len(self._hashes).bit_length() + 4)
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, bool)  # tells most runs apart from all of these at one look
        self._table[self._hashes >> self._shift] = True

    def among(self, words: Words) -> Runs:
        """Those that stand in these texts."""
        if not len(self._hashes):
            nothing = np.zeros(0, np.int64)
            return Runs(nothing, nothing, np.zeros(0, np.uint64))
        runs = self._cut(words)
        maybe = runs.at(np.flatnonzero(self._table[runs.hashes >> self._shift]))
        place = np.searchsorted(self._hashes, maybe.hashes).clip(max=len(self._hashes) - 1)
        return maybe.at(self._hashes[place] == maybe.hashes)


def folded(text: str) -> str:
    """A text as its words are compared: NFKC, without what cannot be seen, in lower case; blanks are not escaped."""
    if "\\" in text:
        text = _ESCAPED_BLANK.sub(" ", text)
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower()


def words_in(text: str) -> list[str]:
    """The words of one short text as they stand in it, folded; in scripts without spaces they are not parted."""
    return _WORD.findall(folded(text))


def words_of(texts: Sequence[str]) -> Words:
    """The words of these texts."""
    lowered = [folded(text) for text in texts]
    codes = _code_points(_SEPARATOR.join(lowered))
    kinds = np.zeros(len(codes) + 2, np.uint8)
    kinds[1:-1] = _kinds()[codes]
    before, after = kinds[:-1], kinds[1:]
    is_border = (before != after) | (before >= _HALVES)
    starts = np.flatnonzero(is_border & (after > 0))
    ends = np.flatnonzero(is_border & (before > 0))
    text_starts = np.cumsum([0, *(len(text) + 1 for text in lowered)])
    owners = np.repeat(np.arange(len(lowered)), np.diff(np.searchsorted(starts, text_starts)))
    quarters = None if kinds.max() < _HALVES else np.cumsum([0, *_QUARTERS_OF_KIND[after[starts]].tolist()])
    return Words(
        hashes=segment_hashes(codes.astype(np.uint64), starts, ends, _CHAR_BASE),
        owners=owners,
        starts=starts - text_starts[owners],
        ends=ends - text_starts[owners],
        before=quarters,
    )


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


@cache
def _kinds() -> NDArray[np.uint8]:
    """For each code point: 0 between words, 1 within one, from 2 on a word by itself."""
    kinds = np.fromiter((chr(code).isalnum() for code in range(_CODE_POINTS)), np.uint8, _CODE_POINTS)
    marks = np.fromiter((unicodedata.category(chr(code))[0] == "M" for code in range(_CODE_POINTS)), bool, _CODE_POINTS)
    for first, last, kind in _UNSPACED:
        kinds[first : last + 1] *= kind
        marks[first : last + 1] = False
    kinds[marks] = 1  # vowel signs and accents belong to the letter before
    return kinds
