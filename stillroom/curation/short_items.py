"""Finds short benchmark items in documents also where one word of theirs was changed, added or left out.

An item of 8 to 12 words has no run of 13, and as a whole it is missed once a single word differs. One change leaves
one of its halves as it was: so halves are looked up, and around each that is found the other half is compared, word by
word. The first and the last word must be there, since an item without them is little more than a common phrase. In
scripts without spaces one character may differ.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.contamination import GRAM_WORDS, HIT_SCHEMA, LEAST_WORDS, covered, refuse_unusable
from stillroom.curation.markup import with_readings
from stillroom.curation.text_pieces import pieces_of, word_blocks
from stillroom.curation.word_grams import Cut, KnownRuns, Words, folded
from stillroom.curation.word_readings import readings_of_words

Hashed = list[int]  # words
MOST_ITEMS = 64  # of a benchmark that share a half: what more have is a phrase, at each of which all would be compared


@dataclass(frozen=True, slots=True)
class _Half:
    """One half of an item: the words of the other one, read away from it."""

    item: int
    is_first: bool
    rest: Hashed


class ShortItems:
    """The items of some benchmarks that have 8 to 12 words, to look documents up in."""

    method = "short-items@6"
    is_parted_by_fences = False

    def __init__(self, items: pl.DataFrame) -> None:
        """Index items, given as benchmark, item_id, text; those that share a half with many others are not looked for.

        Raises:
            RequestError: a column is missing, or something in it is no text.
        """
        refuse_unusable(items, "benchmark items", ("benchmark", "item_id", "text"))
        items = with_readings(items, readings_of_words)
        self._items = items.select("benchmark", "item_id")
        benchmarks: list[str] = items["benchmark"].to_list()
        sizes = np.zeros(len(items), np.int64)
        self._halves: dict[int, dict[int, list[_Half]]] = {}
        for block, words in word_blocks(items["text"].to_list()):
            counts = np.bincount(words.owners, minlength=len(block))
            first = np.cumsum(counts) - counts
            sizes[block] = np.where(counts > 0, words.size(first, first + counts - 1), 0)
            self._add(block, words, sizes[block], counts)
        is_checked = (sizes >= LEAST_WORDS) & (sizes < GRAM_WORDS)
        for known in self._halves.values():
            for hash_ in [hash_ for hash_, sharing in known.items() if len(sharing) > MOST_ITEMS]:
                crowd = Counter(benchmarks[half.item] for half in known[hash_])
                dropped = [half for half in known[hash_] if crowd[benchmarks[half.item]] > MOST_ITEMS]
                is_checked[[half.item for half in dropped]] = False
                known[hash_] = [half for half in known[hash_] if crowd[benchmarks[half.item]] <= MOST_ITEMS]
        self.coverage = covered(items, is_checked=is_checked, is_too_short=sizes < LEAST_WORDS)
        self._known = {
            size: KnownRuns(np.array(list(known), np.uint64), _spans(size)) for size, known in self._halves.items()
        }

    def _add(self, block: Sequence[int], words: Words, sizes: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        """Take in the halves of those of a block of items that have 8 to 12 words."""
        starts = np.cumsum([0, *counts.tolist()])
        by_size: dict[int, list[tuple[int, _Half]]] = {}
        for row in np.flatnonzero((sizes >= LEAST_WORDS) & (sizes < GRAM_WORDS)).tolist():
            for place, size, half in _halves_of(block[row], words, int(starts[row]), int(starts[row + 1])):
                by_size.setdefault(size, []).append((place, half))
        for size, halves in by_size.items():
            hashes = words.spans_from(np.array([place for place, _ in halves]), size).hashes
            known = self._halves.setdefault(size, {})
            for hash_, (_, half) in zip(hashes.tolist(), halves, strict=True):
                known.setdefault(hash_, []).append(half)

    def find(self, documents: pl.DataFrame) -> pl.DataFrame:
        """Documents (id, text) that hold an item but for one word: rows of ``HIT_SCHEMA``, one per document and item.

        What holds an item whole is left to the search for runs of words.

        Raises:
            RequestError: a column is missing, or something in it is no text.
        """
        refuse_unusable(documents, "documents", ("id", "text"))
        rows, pieces = pieces_of(documents["text"])
        ids: list[str] = documents["id"].to_list()
        names: list[tuple[str, str]] = self._items.rows()
        found: dict[tuple[int, str, str], tuple[int, str]] = {}
        for block, words in word_blocks(pieces):
            for item, first, last in self._spans(words):
                piece = block[int(words.owners[first])]
                key = (rows[piece], *names[item])
                if key not in found:
                    run = folded(pieces[piece])[int(words.starts[first]) : int(words.ends[last])]
                    found[key] = (last - first + 1, run)
        hits = [(ids[row], *name, size, run, False) for (row, *name), (size, run) in sorted(found.items())]
        return pl.DataFrame(hits, schema=HIT_SCHEMA, orient="row")

    def _spans(self, words: Words) -> Iterator[tuple[int, int, int]]:
        """Items that occur but for one word, each with the numbers of the first and the last word."""
        for size, known in self._known.items():
            runs = known.among(words)
            for first, hash_ in zip(runs.first.tolist(), runs.hashes.tolist(), strict=True):
                for half in self._halves[size][hash_]:
                    there = _beside(words, first, size, half)
                    if taken := _taken(half.rest, there):
                        yield (
                            (half.item, first, first + size - 1 + taken)
                            if half.is_first
                            else (half.item, first - taken, first + size - 1)
                        )


def _spans(count: int) -> Cut:
    return lambda words, sought: words.spans(count, sought)


def _halves_of(item: int, words: Words, start: int, end: int) -> Iterator[tuple[int, int, _Half]]:
    """Both halves of an item: the number of the first word, how many there are, and what is beside them."""
    middle = (start + end) // 2
    hashed: Hashed = words.hashes[start:end].tolist()
    before, after = hashed[: middle - start], hashed[middle - start :]
    yield start, len(before), _Half(item, is_first=True, rest=after)
    yield middle, len(after), _Half(item, is_first=False, rest=before[::-1])


def _beside(words: Words, first: int, size: int, half: _Half) -> Hashed:
    """The words of the document beside a half that was found, read away from it: as many as can matter."""
    most, owner = len(half.rest) + 1, words.owners[first]
    if half.is_first:
        found = slice(first + size, first + size + most)
        return words.hashes[found][words.owners[found] == owner].tolist()
    found = slice(max(first - most, 0), first)
    return words.hashes[found][words.owners[found] == owner].tolist()[::-1]


def _taken(rest: Sequence[int], there: Sequence[int]) -> int:
    """How many of ``there`` are ``rest`` but for one word before its last; 0 where they are not, or differ in none."""
    same = 0
    while same < min(len(rest), len(there)) and rest[same] == there[same]:
        same += 1
    if same == len(rest):
        return 0
    after = rest[same + 1 :]
    if after and after == there[same + 1 : len(rest)]:  # changed
        return len(rest)
    shorter = len(rest) - 1
    if any([*rest[:at], *rest[at + 1 :]] == there[:shorter] for at in range(shorter)):  # left out
        return shorter
    if rest[same:] == there[same + 1 : len(rest) + 1]:  # added
        return len(rest) + 1
    return 0
