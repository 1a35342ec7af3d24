"""Finds text of benchmarks in documents: any 13 words in a row that a benchmark item has too.

Runs of 13 words are the usual measure of contamination (Brown et al., 2020, arXiv:2005.14165, appendix C). Items that
have fewer words, but at least 8, count where they occur whole. Texts are compared as ``folded`` leaves them, so that
no way of writing the same characters hides them, and with and without markup. What is found is kept as evidence, so
that a person can judge it. Code counts as prose does: who plants 13 words of a solution is found, and so is who wrote a
textbook idiom with the names that an item has.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.likely_texts import LikelyTexts
from stillroom.curation.markup import with_readings
from stillroom.curation.text_pieces import pieces_of, word_blocks
from stillroom.curation.word_grams import WORD_QUARTERS, KnownRuns, Runs, Words, folded
from stillroom.curation.word_kernels import Hashes
from stillroom.curation.word_readings import readings_of_words
from stillroom.errors import RequestError

GRAM_WORDS = 13
LEAST_WORDS = 8
MOST_ITEMS = 16  # of a benchmark that a run is reported for: each document with it would else give a row for every item

HIT_SCHEMA = pl.Schema(
    {
        "id": pl.String(),  # of the document
        "benchmark": pl.String(),
        "item_id": pl.String(),
        "words": pl.Int64(),  # of the longest run that both share
        "evidence": pl.String(),  # that run as it stands in the document, folded
        "is_fragment": pl.Boolean(),  # it is code that programs have alike but for names, and tells nothing
    }
)

_NO_HASHES = pl.DataFrame(schema={"hash": pl.UInt64(), "item": pl.Int64()})
_NO_RUNS = pl.DataFrame(schema=dict.fromkeys(("piece", "item", "start", "end", "words"), pl.Int64()))
_RUNS_AT_A_TIME = 1 << 16  # that are known: each may stand in many items


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What a prompt or an answer shares with a benchmark item.

    Attributes:
        side: prompt, answer, or "prompt+answer" for what begins in the one and ends in the other.
        method: how it was found, name@version.
        said: what was found, as words between the text and the item.
        words: of the evidence, or tokens of code.
        evidence: what both share.
        is_fragment: it is code that programs have alike but for names, and no reason to drop anything.
    """

    side: str
    method: str
    said: str
    benchmark: str
    item_id: str
    words: int
    evidence: str
    is_fragment: bool = False


class Benchmarks:
    """The runs of words of some benchmarks, to look documents up in."""

    method = "word-runs@6"
    is_parted_by_fences = False

    def __init__(self, items: pl.DataFrame) -> None:
        """Index items, given as benchmark, item_id, text.

        Raises:
            RequestError: a column is missing, something in it is no text, or there is no item to check against.
        """
        refuse_unusable(items, "benchmark items", ("benchmark", "item_id", "text"))
        if not len(items):
            raise RequestError("no benchmark items to check against: name at least one, or turn decontamination off")
        items = with_readings(items, readings_of_words)
        item_of, names = numbered(items)
        self._items = pl.DataFrame(names, schema=["benchmark", "item_id"], orient="row").with_row_index("item")
        self._items = self._items.cast({"item": pl.Int64()})
        sizes = np.zeros(len(items), np.int64)
        long = [_NO_HASHES]
        short: dict[int, list[pl.DataFrame]] = {}  # texts that count where they occur whole, by their count of words
        begins = [np.zeros(0, np.uint64)]  # of these, their first 8 words
        for block, words in word_blocks(items["text"].to_list()):
            rows = np.array(block, np.int64)
            counts = np.bincount(words.owners, minlength=len(block))
            first = np.cumsum(counts) - counts
            sizes[rows] = of_block = np.where(counts > 0, words.size(first, first + counts - 1), 0)
            runs = words.runs(GRAM_WORDS)
            long.append(_owned(runs, item_of[rows[words.owners[runs.first]]]))
            is_short = (of_block >= LEAST_WORDS) & (of_block < GRAM_WORDS)
            for count in np.unique(counts[is_short]).tolist():
                texts = np.flatnonzero(is_short & (counts == count))
                whole = words.spans_from(first[texts], count)
                short.setdefault(count, []).append(_owned(whole, item_of[rows[texts]]))
            begin = words.runs(LEAST_WORDS)
            begins.append(begin.hashes[np.isin(begin.first, first[is_short])])
        self._long = _Index(pl.concat(long), self._items)
        self._short = {count: _Index(pl.concat(found), self._items) for count, found in sorted(short.items())}
        self._known = KnownRuns(self._long.hashes, lambda words, sought: words.runs(GRAM_WORDS, sought))
        self._begins = KnownRuns(np.concatenate(begins), lambda words, sought: words.runs(LEAST_WORDS, sought))
        is_short = (sizes >= LEAST_WORDS) & (sizes < GRAM_WORDS)
        texts, short_texts = (found["text"].to_list() for found in (items, items.filter(pl.Series(is_short))))
        self._filter = LikelyTexts(GRAM_WORDS, texts, len(self._long.hashes), LEAST_WORDS, short_texts)
        self.coverage = covered(items, is_checked=sizes >= LEAST_WORDS, is_too_short=sizes < LEAST_WORDS)

    def find(self, documents: pl.DataFrame) -> pl.DataFrame:
        """Whatever documents (id, text) share with an item: rows of ``HIT_SCHEMA``, one per document and item.

        Raises:
            RequestError: a column is missing, or something in it is no text.
        """
        refuse_unusable(documents, "documents", ("id", "text"))
        rows, pieces = pieces_of(documents["text"])
        runs = pl.concat([_NO_RUNS, *self._runs(pieces)])
        longest = (
            runs.lazy()
            .with_columns(pl.Series("row", rows, pl.Int64()).gather(runs["piece"]))
            .sort("row", "item", "words", "piece", "start", descending=[False, False, True, False, False])
            .unique(["row", "item"], keep="first", maintain_order=True)
            .collect()
        )
        spans: list[tuple[int, int, int]] = longest.select("piece", "start", "end").rows()
        evidence = _evidence(pieces, spans)
        return (
            longest.lazy()
            .with_columns(
                documents["id"].gather(longest["row"]).alias("id"),
                pl.Series("evidence", evidence, pl.String()),
                pl.lit(value=False).alias("is_fragment"),
            )
            .join(self._items.lazy(), on="item", maintain_order="left")
            .sort("row", "item")
            .select(list(HIT_SCHEMA))
            .collect()
        )

    def _runs(self, pieces: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Runs of consecutive matches: piece, item, start, end, words."""
        waiting: dict[_Index, list[pl.DataFrame]] = {index: [] for index in (self._long, *self._short.values())}
        likely = self._filter.among(pieces)
        numbers: list[int] = likely.tolist()
        for block, words in word_blocks([pieces[piece] for piece in numbers]):
            for index, runs in self._likely(words):
                if len(runs.first):
                    waiting[index].append(_placed(words, likely[block], runs))
                if sum(map(len, waiting[index])) > _RUNS_AT_A_TIME:
                    yield index.found(pl.concat(waiting[index]))
                    waiting[index].clear()
        for index, placed in waiting.items():
            if placed:
                yield index.found(pl.concat(placed))

    def _likely(self, words: Words) -> Iterator[tuple["_Index", Runs]]:
        """Runs that may be in an index: all that are, and few more."""
        yield self._long, self._known.among(words)
        begins = self._begins.among(words).first
        for count, index in self._short.items() if len(begins) else ():
            first = begins[begins + count <= len(words)]
            first = first[words.owners[first] == words.owners[first + count - 1]]
            yield index, words.spans_from(first, count)


def _evidence(pieces: Sequence[str], spans: Sequence[tuple[int, int, int]]) -> list[str]:
    """The text of each span, given as piece, start and end, as it stands in its folded piece."""
    texts = {piece: folded(pieces[piece]) for piece in {piece for piece, _, _ in spans}}
    return [texts[piece][start:end] for piece, start, end in spans]


def _placed(words: Words, pieces: NDArray[np.int64], runs: Runs) -> pl.DataFrame:
    """Runs of some words with where they are.

    Args:
        words: of some texts.
        pieces: the piece that each of these texts is.
        runs: of these words.

    Returns:
        hash, piece; first (the number of the first word); start and end, in characters; above and below, the quarters
        of words before the run and up to its end.
    """
    return pl.DataFrame(
        {
            "hash": runs.hashes,
            "piece": pieces[words.owners[runs.first]],
            "first": runs.first,
            "start": words.starts[runs.first],
            "end": words.ends[runs.last],
            "above": words.quarters_before(runs.first),
            "below": words.quarters_before(runs.last + 1),
        }
    )


def _owned(runs: Runs, items: NDArray[np.int64]) -> pl.DataFrame:
    """Runs by hash and item, each once."""
    return pl.DataFrame({"hash": runs.hashes, "item": items}).unique()


class _Index:
    """Runs, by hash and item.

    A run that stands in many items, such as an instruction that all begin with, names of each benchmark the first
    ``MOST_ITEMS``.

    Attributes:
        hashes: of all runs, ascending; one that stands in several items as often.
    """

    def __init__(self, runs: pl.DataFrame, items: pl.DataFrame) -> None:
        runs = runs.unique()
        runs = (
            runs.with_columns(items["benchmark"].rank("dense").gather(runs["item"]))
            .sort("hash", "benchmark", "item")
            .filter(pl.int_range(pl.len()).over("hash", "benchmark") < MOST_ITEMS)
            .select("hash", "item")
        )
        self.hashes: Hashes = runs["hash"].to_numpy()
        self._item_of: NDArray[np.int64] = runs["item"].to_numpy()

    def found(self, placed: pl.DataFrame) -> pl.DataFrame:
        """Of some runs (``_placed``) those that are known, as ``Benchmarks._runs``."""
        asked = placed["hash"].to_numpy()
        first, last = (np.searchsorted(self.hashes, asked, side) for side in ("left", "right"))
        counts = last - first
        of_run = np.repeat(np.arange(len(asked)), counts)
        at = np.arange(len(of_run)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
        found = placed[of_run]
        columns = [found[name].to_numpy() for name in ("piece", "first", "start", "end", "above", "below")]
        in_order = np.lexsort((columns[1], self._item_of[at], columns[0]))
        item = self._item_of[at][in_order]
        piece, first, start, end, above, below = (column[in_order] for column in columns)
        begins = np.ones(len(item), np.bool_)  # of what follows word by word; its ends ascend with its starts
        begins[1:] = (piece[1:] != piece[:-1]) | (item[1:] != item[:-1]) | (first[1:] != first[:-1] + 1)
        ends = np.append(begins[1:], np.ones(min(1, len(begins)), np.bool_))
        words = (below[ends] - above[begins]) // WORD_QUARTERS
        found = {"piece": piece[begins], "item": item[begins], "start": start[begins], "end": end[ends], "words": words}
        return pl.DataFrame(found, schema=_NO_RUNS.schema)


def numbered(items: pl.DataFrame) -> tuple[NDArray[np.int64], list[tuple[str, str]]]:
    """The number of the item that each text belongs to, and of each number the benchmark and item_id."""
    names = items.select("benchmark", "item_id").unique(maintain_order=True)
    numbers = items.select("benchmark", "item_id").join(
        names.with_row_index("item"), on=["benchmark", "item_id"], how="left", maintain_order="left"
    )
    return numbers["item"].to_numpy().astype(np.int64), names.rows()


def covered(items: pl.DataFrame, *, is_checked: NDArray[np.bool_], is_too_short: NDArray[np.bool_]) -> pl.DataFrame:
    """By benchmark: its items, those looked for, and those of which every text is too short.

    Args:
        items: texts with benchmark and item_id; an item may have many.
        is_checked: of each text, whether it is looked for.
        is_too_short: of each text, whether it has too few words.
    """
    return (
        items.select("benchmark", "item_id", pl.Series("checked", is_checked), pl.Series("too_short", is_too_short))
        .group_by("benchmark", "item_id", maintain_order=True)
        .agg(pl.col("checked").any(), pl.col("too_short").all())
        .group_by("benchmark", maintain_order=True)
        .agg(pl.len().alias("items"), pl.col("checked").sum(), pl.col("too_short").sum())
    )


def refuse_unusable(frame: pl.DataFrame, what: str, columns: Sequence[str]) -> None:
    """Refuse a frame in which texts are missing.

    Raises:
        RequestError: it lacks a column, or something in it is no text.
    """
    for column in columns:
        if column not in frame.columns:
            raise RequestError(f"{what} have no column {column!r}: expected {', '.join(columns)}")
        if len(frame) and frame.schema[column] != pl.String:
            raise RequestError(f"column {column!r} of {what} is {frame.schema[column]}: expected text")
        if empty := frame[column].null_count():
            raise RequestError(
                f"column {column!r} of {what} has no value in {empty:,} of {len(frame):,} rows: expected text in "
                "each; leave those rows out, or put an empty text there"
            )
