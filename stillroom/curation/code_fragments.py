"""Tells code that programs have alike by chance from code that a benchmark's item is known by.

The textbook test for primes stands in an item of HumanEval and in half of all programs about primes. So a run of words
that stands in the code of a program (not in its prose: comments, docstrings, texts of several words; nor in assertions
or data) is a fragment where all of this is true, and says then nothing about where the program comes from:

- less than half of the item's code is there too (of a benchmark's item, Cosmopedia asks for more than half of what
  overlaps: Ben Allal et al., 2024, github.com/huggingface/cosmopedia, decontamination);
- it is shorter than 50 words;
- the words in it that an author chooses, as against those of the language, have few letters: `n`, `nums`, `is_prime`.

Whatever stands in prose, in code that cannot be read as Python, or in a text that is no code at all counts as it is,
and so do bare lines of code that define nothing.
"""

import builtins
import keyword
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from stillroom.curation.programs import Program, programs_of
from stillroom.curation.shingles import Hashes
from stillroom.curation.word_grams import Words, words_in, words_of

FRAGMENTS = "code-fragments@1"  # the method that a fragment is told by, whichever search has found it
LEAST_SHARE = 0.5  # of an item's code
LONG_RUN_WORDS = 50
MOST_CHOSEN_LETTERS = 24
_DEFINING = frozenset(("def", "class", "import"))
_PROSE_WORDS = 4  # in one token: a text of so many says something
_INDENTS = (">", "<")  # as ``Program`` has them
_TYPES = (str, bytes, list, dict, set, int, float)
_OF_PYTHON = frozenset(
    word
    for name in (*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *(name for one in _TYPES for name in dir(one)))
    for word in words_in(name)
)


class ItemCode:
    """The texts of benchmark items, to hold code of documents against."""

    def __init__(self, texts: pl.Series, items: Sequence[int], size: int) -> None:
        """Take texts, the item that each belongs to, and how many words the runs have that are looked for."""
        self._size = size
        self._texts = texts
        self._rows: dict[int, list[int]] = {}
        for row, item in enumerate(items):
            self._rows.setdefault(item, []).append(row)
        self._code: dict[int, list[Words]] = {}

    def fragments(self, text: str, runs: Sequence[tuple[int, str]]) -> list[bool]:
        """Of runs in a document, whether each is only a fragment of its item.

        Args:
            text: of the document.
            runs: for each the item, and the words of it as the folded document has them.
        """
        if not any(is_common(run) for _, run in runs):
            return [False] * len(runs)
        code = [piece for program in programs_of(text) if _is_whole(program, text) for piece in code_of(program)]
        inside, everywhere = words_of(code), words_of([text])
        known = inside.runs(self._size).hashes
        is_inside = _Inside(inside, everywhere)
        return [is_common(run) and run in is_inside and self._share(item, known) < LEAST_SHARE for item, run in runs]

    def _share(self, item: int, known: Hashes) -> float:
        """The most that one text of an item has of these runs, as a share of its code, or of all of it."""
        if item not in self._code:
            self._code[item] = [_code_words(self._texts[row]) for row in self._rows[item]]
        return max(_covered(words, self._size, known) for words in self._code[item])


def _is_whole(program: Program, text: str) -> bool:
    """Whether a program is one: lines alone, between no fences, may be cut out of another and be all there is."""
    return "```" in text or not _DEFINING.isdisjoint(program.names)


class _Inside:
    """Which runs of words stand nowhere in a document but in its code."""

    def __init__(self, inside: Words, everywhere: Words) -> None:
        self._sides = inside, everywhere
        self._known: dict[str, bool] = {}

    def __contains__(self, run: str) -> bool:
        if run not in self._known:
            words = words_of([run])
            hash_ = words.spans(len(words)).hashes
            inside, everywhere = (int((one.spans(len(words)).hashes == hash_).sum()) for one in self._sides)
            self._known[run] = 0 < everywhere <= inside
        return self._known[run]


def code_of(program: Program) -> Iterator[str]:
    """The code of a program, in pieces: between them stands prose, or an assertion."""
    piece: list[str] = []
    is_new, is_assertion = True, False
    for name in program.names:
        is_assertion = name == "assert" if is_new else is_assertion
        is_new = name == "\n" or (is_new and name in _INDENTS)
        if is_assertion or len(words_in(name)) >= _PROSE_WORDS:
            yield " ".join(piece)
            piece = []
        else:
            piece.append(name)
    yield " ".join(piece)


def is_common(run: str) -> bool:
    """Whether many programs may have a run of words by chance: not of a long one, of data, or of chosen words."""
    words = words_in(run)
    chosen = {word for word in words if word not in _OF_PYTHON and not word.isdigit()}
    return (
        len(words) < LONG_RUN_WORDS
        and 2 * sum(word.isdigit() for word in words) < len(words)
        and sum(map(len, chosen)) <= MOST_CHOSEN_LETTERS
    )


def _code_words(text: str) -> Words:
    """The words of a text's code, or of all of it where it has none."""
    return words_of([piece for program in programs_of(text) for piece in code_of(program)] or [text])


def _covered(words: Words, size: int, known: Hashes) -> float:
    """The share of words that lie in known runs."""
    count = len(words)
    runs = words.runs(size, lambda hashes: np.flatnonzero(np.isin(hashes, known)))
    steps = np.bincount(runs.first, minlength=count + 1) - np.bincount(runs.last + 1, minlength=count + 1)
    return float((np.cumsum(steps)[:count] > 0).mean()) if count else 0.0
