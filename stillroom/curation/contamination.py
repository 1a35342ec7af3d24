"""Finds text of benchmarks in documents: any 13 words in a row that a benchmark item has too.

Runs of 13 words are the usual measure of contamination (Brown et al., 2020, arXiv:2005.14165, appendix C). Items that
have fewer words, but at least 8, count where they occur whole. Texts are compared as ``folded`` leaves them, so that
no way of writing the same characters hides them. What is found is kept as evidence, so that a person can judge it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.shingles import Hashes
from stillroom.curation.text_pieces import pieces_of, word_blocks
from stillroom.curation.word_grams import KnownRuns, Words, folded
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
    }
)

_NO_RUNS = pl.DataFrame(schema=dict.fromkeys(("piece", "item", "start", "end", "words"), pl.Int64()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What a prompt or an answer shares with a benchmark item.

    Attributes:
        side: prompt, answer, or "prompt+answer" for what begins in the one and ends in the other.
        method: how it was found, name@version.
        said: what was found, as words between the text and the item.
        words: of the evidence, or tokens of code.
        evidence: what both share.
    """

    side: str
    method: str
    said: str
    benchmark: str
    item_id: str
    words: int
    evidence: str


class Benchmarks:
    """The runs of words of some benchmarks, to look documents up in."""

    method = "word-runs@2"

    def __init__(self, items: pl.DataFrame) -> None:
        """Index items, given as benchmark, item_id, text.

        Raises:
            RequestError: a column is missing, something in it is no text, or there is no item to check against.
        """
        refuse_unusable(items, "benchmark items", ("benchmark", "item_id", "text"))
        if not len(items):
            raise RequestError("no benchmark items to check against: name at least one, or turn decontamination off")
        item_of, names = numbered(items)
        self._items = pl.DataFrame(names, schema=["benchmark", "item_id"], orient="row").with_row_index("item")
        self._items = self._items.cast({"item": pl.Int64()})
        texts: list[str] = items["text"].to_list()
        sizes = np.zeros(len(items), np.int64)
        runs: dict[int, list[pl.DataFrame]] = {size: [] for size in range(LEAST_WORDS, GRAM_WORDS + 1)}
        begins = [np.zeros(0, np.uint64)]  # of texts that count where they occur whole: their first 8 words
        for block, words in word_blocks(texts):
            rows = np.array(block, np.int64)
            of_block = np.bincount(words.owners, minlength=len(block))
            sizes[rows] = of_block
            for size, found in runs.items():
                found.append(_runs(words, of_block, item_of[rows], size))
            is_short = (of_block >= LEAST_WORDS) & (of_block < GRAM_WORDS)
            begins.append(words.run_hashes((np.cumsum(of_block) - of_block)[is_short], LEAST_WORDS))
        *self._short, self._long = (_Index(pl.concat(found), self._items, size) for size, found in runs.items())
        self._known = KnownRuns(self._long.hashes, GRAM_WORDS)
        self._begins = KnownRuns(np.concatenate(begins), LEAST_WORDS)
        self.coverage = covered(items, is_checked=sizes >= LEAST_WORDS, is_too_short=sizes < LEAST_WORDS)

    def find(self, documents: pl.DataFrame) -> pl.DataFrame:
        """Whatever documents (id, text) share with an item: rows of ``HIT_SCHEMA``, one per document and item.

        Raises:
            RequestError: a column is missing, or something in it is no text.
        """
        refuse_unusable(documents, "documents", ("id", "text"))
        rows, pieces = pieces_of(documents["text"].to_list())
        found = [_NO_RUNS]
        for block, words in word_blocks(pieces):
            found += self._runs(words, np.array(block, np.int64))
        runs = pl.concat(found)
        longest = (
            runs.with_columns(pl.Series("row", rows, pl.Int64()).gather(runs["piece"]))
            .sort("row", "item", "words", "piece", "start", descending=[False, False, True, False, False])
            .unique(["row", "item"], keep="first", maintain_order=True)
        )
        spans: list[tuple[int, int, int]] = longest.select("piece", "start", "end").rows()
        evidence = [folded(pieces[piece])[start:end] for piece, start, end in spans]
        return (
            longest.with_columns(
                pl.Series("evidence", evidence, pl.String()), documents["id"].gather(longest["row"]).alias("id")
            )
            .join(self._items, on="item", maintain_order="left")
            .sort("row", "item")
            .select(list(HIT_SCHEMA))
        )

    def _runs(self, words: Words, rows: NDArray[np.int64]) -> Iterator[pl.DataFrame]:
        """Runs of consecutive matches: piece, item, start, end, words. ``rows`` has the piece of each text of words."""
        yield self._long.found(words, rows, *self._known.among(words))
        begins, _ = self._begins.among(words)
        for index in self._short:
            first = begins[begins + index.size <= len(words.hashes)]
            first = first[words.owners[first] == words.owners[first + index.size - 1]]
            yield index.found(words, rows, first, words.run_hashes(first, index.size))


def _runs(words: Words, sizes: NDArray[np.int64], items: NDArray[np.int64], size: int) -> pl.DataFrame:
    """Runs of one length, hash and item: of texts with just so many words, or, at the full length, of longer ones too.

    Args:
        words: of some texts.
        sizes: of each text, how many words it has.
        items: of each text, the item that it belongs to.
        size: the length.
    """
    first, hashes = words.runs(size)
    texts = words.owners[first]
    counts = (sizes[texts] == size) | (size == GRAM_WORDS)
    return pl.DataFrame({"hash": hashes[counts], "item": items[texts[counts]]}).unique()


class _Index:
    """The runs of one length.

    A run that stands in many items, such as an instruction that all begin with, names of each benchmark the first
    ``MOST_ITEMS``.
    """

    def __init__(self, runs: pl.DataFrame, items: pl.DataFrame, size: int) -> None:
        runs = runs.unique()
        self._runs = (
            runs.with_columns(items["benchmark"].rank("dense").gather(runs["item"]))
            .sort("hash", "benchmark", "item")
            .filter(pl.int_range(pl.len()).over("hash", "benchmark") < MOST_ITEMS)
            .select("hash", "item")
        )
        self.size = size

    @property
    def hashes(self) -> Hashes:
        """Of all runs."""
        return self._runs["hash"].to_numpy()

    def found(self, words: Words, rows: NDArray[np.int64], first: NDArray[np.int64], hashes: Hashes) -> pl.DataFrame:
        """Of runs that begin with these words, and have these hashes, those that are known, as ``Benchmarks._runs``."""
        if not len(first):
            return _NO_RUNS
        size = self.size
        return (
            pl.DataFrame(
                {
                    "hash": hashes,
                    "piece": rows[words.owners[first]],
                    "place": first,
                    "start": words.starts[first],
                    "end": words.ends[first + size - 1],
                }
            )
            .join(self._runs, on="hash")
            .sort("piece", "item", "place")
            .with_columns(run=(pl.col("place") - pl.int_range(pl.len())).over("piece", "item"))
            .group_by("piece", "item", "run")
            .agg(pl.col("start").min(), pl.col("end").max(), (pl.len() + size - 1).cast(pl.Int64()).alias("words"))
            .drop("run")
        )


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
