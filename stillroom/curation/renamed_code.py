"""Finds Python code of benchmarks in documents also where it was reformatted and its names were changed.

Code is compared token by token, without comments, docstrings and blank lines. A name that a program may choose counts
as any other such name; what it may not choose (keywords, builtins, what follows a dot, numbers, texts) as it stands.
30 tokens in a row are then held against each other once more: each name must stand for one other all along
(parameterized matching: Baker, 1993). Shorter code is too common to tell where it comes from.

So is longer code that is an idiom: `is_prime` under other names stands in an item of HumanEval and in half of all
programs about primes. What has less than 120 tokens (some 50 words) and, with all else that is found of the item's
program, is less than half of it is marked as a fragment (Cosmopedia asks for more than half of an item: Ben Allal et
al., 2024, github.com/huggingface/cosmopedia, decontamination). A program is what stands by itself: a fenced block, a
text in a list that is written as JSON, or a whole text that is Python.

Runs of 30 tokens are looked up by a 64-bit hash, and what they are is compared before anything is said: of a token
of a benchmark some 30 bytes are held.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from stillroom.curation.contamination import HIT_SCHEMA, covered, numbered, refuse_unusable
from stillroom.curation.markup import readings, with_readings
from stillroom.curation.programs import ANY_NAME, LEAST_TOKENS, Program, programs_within
from stillroom.curation.word_kernels import Hashes, hash_windows

FRAGMENTS = "code-fragments@1"  # the method that says that a match is no more than a fragment
RUN_TOKENS = LEAST_TOKENS
MOST_PLACES = 64  # of a benchmark, at which a run is held against the items that have it
LONG_RUN_TOKENS = 120
LEAST_SHARE = 0.5  # of an item's program
_LEAST_KINDS = 8  # different tokens in a run: tables of numbers are no code

Tokens = NDArray[np.int32]  # numbers of a vocabulary


class _Vocabulary:
    """Numbers of the tokens of benchmarks, and a hash of each; 0 is any name."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {ANY_NAME: 0}

    def add(self, tokens: Sequence[str]) -> Tokens:
        """Their numbers; new ones are added."""
        numbers = self._numbers
        return np.fromiter((numbers.setdefault(token, len(numbers)) for token in tokens), np.int32, len(tokens))

    def look_up(self, tokens: Sequence[str]) -> Tokens:
        """Their numbers; tokens that no benchmark has are told apart by numbers below 0."""
        others: dict[str, int] = {}
        numbers = self._numbers
        found = (numbers[one] if one in numbers else others.setdefault(one, -1 - len(others)) for one in tokens)
        return np.fromiter(found, np.int32, len(tokens))


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A program by the numbers of its tokens: as they are looked up, and each token's own."""

    kinds: Tokens
    names: Tokens

    def runs(self) -> tuple[NDArray[np.int64], Hashes]:
        """The runs by which it is looked up: the first token of each, and a hash."""
        first = np.arange(max(len(self.kinds) - RUN_TOKENS + 1, 0))
        if not len(first):
            return first, np.zeros(0, np.uint64)
        is_new = sliding_window_view(_before(self.kinds), RUN_TOKENS) < first[:, None]
        first = first[is_new.sum(axis=1) >= _LEAST_KINDS]
        hashes = np.empty(len(self.kinds), np.uint64)
        hash_windows(self.kinds, RUN_TOKENS, hashes)
        return first, hashes[first]


@dataclass(frozen=True, slots=True)
class _Match:
    """Tokens of a program that are those of one of a benchmark, by its number, but for names."""

    number: int
    program: Program
    start: int
    tokens: int
    is_fragment: bool


class RenamedCode:
    """The Python code in some benchmarks, to look documents up in."""

    method = "renamed-code@5"
    is_parted_by_fences = True

    def __init__(self, items: pl.DataFrame) -> None:
        """Index items, given as benchmark, item_id, text; those without code of 30 tokens are not looked for.

        A run that a benchmark has at many places, such as a header that all its programs begin with, stands for the
        first ``MOST_PLACES`` of them; an item that has no other runs is not counted as looked for.

        Raises:
            RequestError: a column is missing, or something in it is no text.
        """
        refuse_unusable(items, "benchmark items", ("benchmark", "item_id", "text"))
        items = with_readings(items)
        item_of, self._items = numbered(items)
        self._vocabulary = _Vocabulary()
        self._programs: list[_Numbered] = []
        self._owners: list[int] = []
        owners: list[int] = []
        is_too_short = np.zeros(len(items), bool)
        runs: list[tuple[NDArray[np.int64], Hashes]] = []
        for row, text in enumerate(items["text"].to_list()):
            programs = list(programs_within(text))
            is_too_short[row] = bool(programs) and all(len(one.kinds) < RUN_TOKENS for one in programs)
            for one in programs:
                add = self._vocabulary.add
                self._programs.append(_Numbered(add(one.kinds), add(one.names)))
                self._owners.append(int(item_of[row]))
                owners.append(row)
                runs.append(self._programs[-1].runs())
        places = self._places(runs)
        self._hashes: Hashes = places["hash"].to_numpy()
        self._where: NDArray[np.int32] = places.select("program", "start").to_numpy()
        is_checked = np.zeros(len(items), bool)
        is_checked[np.array(owners, np.int64)[places["program"].unique().to_numpy()]] = True
        self.coverage = covered(items, is_checked=is_checked, is_too_short=is_too_short)

    def _places(self, runs: Sequence[tuple[NDArray[np.int64], Hashes]]) -> pl.DataFrame:
        """Where runs are, by hash: program and first token, of each benchmark the first ``MOST_PLACES``."""
        counts = [len(first) for first, _ in runs]
        benchmarks = [self._items[owner][0] for owner in self._owners]
        frame = pl.DataFrame(
            {
                "hash": np.concatenate([np.zeros(0, np.uint64), *(hashes for _, hashes in runs)]),
                "program": np.repeat(np.arange(len(runs), dtype=np.int32), counts),
                "start": np.concatenate([np.zeros(0, np.int32), *(first.astype(np.int32) for first, _ in runs)]),
            }
        )
        benchmark = pl.Series("benchmark", benchmarks, pl.String()).rank("dense")
        return (
            frame.with_columns(benchmark.gather(frame["program"]))
            .sort("hash", "benchmark", "program", "start")
            .filter(pl.int_range(pl.len()).over("hash", "benchmark") < MOST_PLACES)
        )

    def find(self, documents: pl.DataFrame) -> pl.DataFrame:
        """Documents (id, text) with code of an item: rows of ``HIT_SCHEMA``, one per document and item.

        ``words`` counts tokens, and the evidence is the lines of the document that hold them.

        Raises:
            RequestError: a column is missing, or something in it is no text.
        """
        refuse_unusable(documents, "documents", ("id", "text"))
        hits: list[tuple[str, str, str, int, str, bool]] = []
        for id_, text in documents.select("id", "text").iter_rows():
            best: dict[tuple[str, str], _Match] = {}
            programs = [program for reading in readings(text) for program in programs_within(reading)]
            for match in sorted(self._matches(programs), key=lambda one: (one.is_fragment, -one.tokens)):
                best.setdefault(self._items[self._owners[match.number]], match)
            hits += [
                (id_, *item, match.tokens, match.program.shown(match.start, match.tokens), match.is_fragment)
                for item, match in best.items()
            ]
        return pl.DataFrame(hits, schema=HIT_SCHEMA, orient="row")

    def _matches(self, programs: Sequence[Program]) -> list[_Match]:
        """Code of benchmarks in the programs of a document."""
        runs = [(program, *run) for program in programs for run in self._runs(program)]
        there: dict[int, NDArray[np.bool_]] = {}  # which tokens of each of ours
        for _, number, at, _, tokens in runs:
            covered = there.setdefault(number, np.zeros(len(self._programs[number].kinds), bool))
            covered[at : at + tokens] = True
        shares = {number: float(covered.mean()) for number, covered in there.items()}
        return [
            _Match(number, program, start, tokens, tokens < LONG_RUN_TOKENS and shares[number] < LEAST_SHARE)
            for program, number, _, start, tokens in runs
        ]

    def _runs(self, program: Program) -> Iterator[tuple[int, int, int, int]]:
        """Which of our programs go on alike, from which token of theirs, from which of this one, and for how many."""
        look_up = self._vocabulary.look_up
        ours = _Numbered(look_up(program.kinds), look_up(program.names))
        starts, hashes = ours.runs()
        left, right = (np.searchsorted(self._hashes, hashes, side) for side in ("left", "right"))
        seen: dict[tuple[int, int], int] = {}  # up to which token a program and one of ours go on alike, side by side
        for run in np.flatnonzero(right > left).tolist():
            start = int(starts[run])
            places: list[tuple[int, int]] = self._where[left[run] : right[run]].tolist()
            for number, at in places:
                if start + RUN_TOKENS <= seen.get((number, at - start), 0):
                    continue
                tokens = _equal_but_for_names(ours, start, self._programs[number], at)
                if tokens >= RUN_TOKENS:
                    seen[number, at - start] = start + tokens
                    yield number, at, start, tokens


def _before(kinds: Tokens) -> NDArray[np.int64]:
    """Where each token stood last before, or -1: the different ones of a run are those that stood before it."""
    order = np.argsort(kinds, kind="stable")
    before = np.full(len(kinds), -1, np.int64)
    is_again = kinds[order][1:] == kinds[order][:-1]
    before[order[1:][is_again]] = order[:-1][is_again]
    return before


def _equal_but_for_names(one: _Numbered, start: int, other: _Numbered, at: int) -> int:
    """For how many tokens two programs go on alike, while each name of one stands for one of the other."""
    most = min(len(one.kinds) - start, len(other.kinds) - at)
    kinds = one.kinds[start : start + most]
    is_other = np.flatnonzero(kinds != other.kinds[at : at + most])
    most = int(is_other[0]) if len(is_other) else most
    free = np.flatnonzero(kinds[:most] == 0)
    names, known = one.names[start + free].tolist(), other.names[at + free].tolist()
    theirs: dict[int, int] = {}
    ours: dict[int, int] = {}
    for step, name, stands_for in zip(free.tolist(), names, known, strict=True):
        if theirs.setdefault(name, stands_for) != stands_for or ours.setdefault(stands_for, name) != name:
            return step
    return most
