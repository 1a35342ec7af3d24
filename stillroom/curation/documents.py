"""New documents in their order of arrival, read in batches: from a frame in memory, or a lazy one over Parquet."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import polars as pl

from stillroom.errors import RequestError

Documents: TypeAlias = pl.DataFrame | pl.LazyFrame

_BATCH_ROWS = 20_000
_EXPECTED = {"id": "text", "text": "text", "rank": "a number"}


class NewDocuments:
    """The new documents of one search; texts are never all in memory unless the caller's frame is.

    Attributes:
        order: arrival, id of all of them, ascending: by rank, then id, going on from the old ones.
    """

    def __init__(self, documents: Documents, old_signatures: pl.DataFrame) -> None:
        """Check the documents and put them in order.

        Raises:
            RequestError: for missing columns, empty values, and ids that are repeated or old.
        """
        self._documents = documents
        _check_columns(documents.lazy().collect_schema())
        ranked = documents.lazy().select("id", "rank").collect()
        _check_values(ranked, ("id", "rank"))
        if ranked["id"].n_unique() != len(ranked):
            repeated = ranked.filter(pl.col("id").is_duplicated())["id"][0]
            raise RequestError(f"id {repeated!r} occurs twice among the new documents: expected each once")
        if len(both := ranked.join(old_signatures, on="id", how="semi")):
            raise RequestError(f"document {both['id'][0]!r} is both new and old: leave out what is published already")
        in_order = ranked.with_row_index("row").sort("rank", "id")
        first = 1 + int(np.max(old_signatures["arrival"].to_numpy(), initial=-1))
        arrivals = np.arange(first, first + len(ranked), dtype=np.int64)
        self.order = in_order.select(pl.Series("arrival", arrivals), "id")
        self._arrival_of_row = np.empty_like(arrivals)
        self._arrival_of_row[in_order["row"].to_numpy()] = arrivals

    def batches(self) -> Iterator[pl.DataFrame]:
        """All documents as frames of arrival, id, text, ascending within a batch.

        Raises:
            RequestError: for a text that is null.
        """
        start = 0
        texts = self._documents.lazy().select("id", "text")
        for batch in texts.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True):
            _check_values(batch, ("text",))
            arrivals = pl.Series("arrival", self._arrival_of_row[start : start + len(batch)], pl.Int64())
            yield batch.select(arrivals, "id", "text").sort("arrival")
            start += len(batch)


def _check_columns(schema: pl.Schema) -> None:
    for name, expected in _EXPECTED.items():
        if name not in schema:
            raise RequestError(f"new documents have no column {name!r}: expected id, text and rank")
        if not (schema[name].is_numeric() if expected == "a number" else schema[name] == pl.String):
            raise RequestError(f"column {name!r} of the new documents is {schema[name]}: expected {expected}")


def _check_values(frame: pl.DataFrame, names: tuple[str, ...]) -> None:
    for name in names:
        column = frame[name]
        if column.null_count() or (column.dtype.is_float() and column.is_nan().any()):
            raise RequestError(
                f"column {name!r} of the new documents has empty values: expected {_EXPECTED[name]} in each"
            )
