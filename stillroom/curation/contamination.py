"""Finds text of benchmarks in documents: any 13 words in a row that a benchmark item has too.

Runs of 13 words are the usual measure of contamination (Brown et al., 2020, arXiv:2005.14165, appendix C). Items that
have fewer words, but at least 8, count where they occur whole. What is found is kept as evidence, so that a person can
judge it.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.shingles import blocks
from stillroom.curation.word_grams import WordGrams, count_words, word_grams
from stillroom.errors import RequestError

GRAM_WORDS = 13
LEAST_WORDS = 8

HIT_SCHEMA = pl.Schema(
    {
        "id": pl.String(),  # of the document
        "benchmark": pl.String(),
        "item_id": pl.String(),
        "words": pl.Int64(),  # of the longest run that both share
        "evidence": pl.String(),  # that run as it stands in the document, in lower case
    }
)

_NO_RUNS = pl.DataFrame(schema=dict.fromkeys(("piece", "item", "start", "end", "words"), pl.Int64()))
_TABLE_BITS = 24
_TABLE_SHIFT = np.uint64(64 - _TABLE_BITS)
_PIECE_CHARS, _OVERLAP_CHARS = 1 << 20, 1 << 12


class Benchmarks:
    """The runs of words of some benchmarks, to look documents up in."""

    def __init__(self, items: pl.DataFrame) -> None:
        """Index items, given as benchmark, item_id, text.

        Raises:
            RequestError: where columns are missing or there is no item to check against.
        """
        if missing := {"benchmark", "item_id", "text"} - set(items.columns):
            raise RequestError(f"benchmark items have no column {min(missing)!r}: expected benchmark, item_id and text")
        if not len(items):
            raise RequestError("no benchmark items to check against: name at least one, or turn decontamination off")
        self._items = items.select("benchmark", "item_id", "text").with_row_index("item").cast({"item": pl.Int64()})
        sizes = np.fromiter((count_words(text) for text in items["text"].to_list()), np.int64, len(items))
        self._indexes = [
            _Index(self._items.filter(pl.Series((sizes == size) if size < GRAM_WORDS else (sizes >= size))), size)
            for size in range(LEAST_WORDS, GRAM_WORDS + 1)
            if ((sizes == size) if size < GRAM_WORDS else (sizes >= size)).any()
        ]
        self.coverage = (
            self._items.with_columns(pl.Series("is_checked", sizes >= LEAST_WORDS))
            .group_by("benchmark", maintain_order=True)
            .agg(pl.len().alias("items"), (~pl.col("is_checked")).sum().alias("too_short"))
        )

    def find(self, documents: pl.DataFrame) -> pl.DataFrame:
        """Whatever documents (id, text) share with an item: rows of ``HIT_SCHEMA``, one per document and item."""
        rows, pieces = _pieces(documents["text"].to_list())
        runs = pl.concat([_NO_RUNS, *(found for index in self._indexes for found in index.find(pieces))])
        longest = (
            runs.with_columns(pl.Series("row", rows, pl.Int64()).gather(runs["piece"]))
            .sort("row", "item", "words", "piece", "start", descending=[False, False, True, False, False])
            .unique(["row", "item"], keep="first", maintain_order=True)
        )
        spans: list[tuple[int, int, int]] = longest.select("piece", "start", "end").rows()
        evidence = [pieces[piece].lower()[start:end] for piece, start, end in spans]
        return (
            longest.with_columns(
                pl.Series("evidence", evidence, pl.String()), documents["id"].gather(longest["row"]).alias("id")
            )
            .join(self._items, on="item", maintain_order="left")
            .select(list(HIT_SCHEMA))
        )


class _Index:
    """The runs of one length of some items."""

    def __init__(self, items: pl.DataFrame, size: int) -> None:
        self._size = size
        grams = word_grams(items["text"].to_list(), size)
        self._grams = pl.DataFrame({"hash": grams.hashes, "item": items["item"].gather(grams.owners)}).unique()
        self._table = np.zeros(1 << _TABLE_BITS, bool)
        self._table[grams.hashes >> _TABLE_SHIFT] = True

    def find(self, texts: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Runs of consecutive matches: piece, item, start, end, words."""
        for rows in blocks(texts):
            grams = word_grams([texts[row] for row in rows], self._size)
            maybe = np.flatnonzero(self._table[grams.hashes >> _TABLE_SHIFT])
            if len(maybe):
                yield self._runs(grams, maybe, np.array(rows, np.int64))

    def _runs(self, grams: WordGrams, maybe: NDArray[np.int64], rows: NDArray[np.int64]) -> pl.DataFrame:
        place = pl.col("place")
        return (
            pl.DataFrame(
                {
                    "hash": grams.hashes[maybe],
                    "piece": rows[grams.owners[maybe]],
                    "place": grams.places[maybe],
                    "start": grams.starts[maybe],
                    "end": grams.ends[maybe],
                }
            )
            .join(self._grams, on="hash")
            .sort("piece", "item", "place")
            .with_columns(run=(place - pl.int_range(pl.len())).over("piece", "item"))
            .group_by("piece", "item", "run")
            .agg(
                pl.col("start").min(),
                pl.col("end").max(),
                (pl.len() + (self._size - 1)).cast(pl.Int64()).alias("words"),
            )
            .drop("run")
        )


def _pieces(texts: Sequence[str]) -> tuple[list[int], list[str]]:
    """Giant texts cut into overlapping pieces: the row that each piece comes from, and the pieces."""
    rows: list[int] = []
    pieces: list[str] = []
    for row, text in enumerate(texts):
        for start in range(0, max(len(text) - _OVERLAP_CHARS, 1), _PIECE_CHARS):
            rows.append(row)
            pieces.append(text[start : start + _PIECE_CHARS + _OVERLAP_CHARS])
    return rows, pieces
