"""New documents in their order of arrival, read in batches: from a frame in memory, or a lazy one over Parquet."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.budget import Budget
from stillroom.curation.ledger import Ledger
from stillroom.errors import RequestError

Documents: TypeAlias = pl.DataFrame | pl.LazyFrame

_EXPECTED = {"id": "text", "text": "text", "rank": "a number"}


class NewDocuments:
    """The new documents of one search; texts are never all in memory unless the caller's frame is.

    Attributes:
        first: the arrival of the first of them; they go on from the old ones, by rank, then id.
        count: how many there are.
    """

    def __init__(self, documents: Documents, ledger: Ledger, budget: Budget) -> None:
        """Check the documents and put them in order, which the ledger keeps.

        Raises:
            RequestError: for missing columns, empty values, and ids that are repeated or old.
        """
        self._documents = documents
        self._batch_rows = budget.documents
        schema = documents.lazy().collect_schema()
        _check_columns(schema)
        ranked = batches(documents.select("id", "rank"), budget.ids)
        nothing = pl.DataFrame(schema={"id": pl.String(), "rank": schema["rank"]})
        self.first = ledger.next_arrival
        rows = ledger.arrange(_checked(batch, ("id", "rank")) for batch in (nothing, *ranked))
        self.count = len(rows)
        self._arrival_of_row = np.empty_like(rows)
        self._arrival_of_row[rows] = np.arange(self.first, self.first + self.count)

    def batches(self) -> Iterator[pl.DataFrame]:
        """All documents as frames of arrival, id, text, ascending within a batch.

        Raises:
            RequestError: for a text that is null.
        """
        start = 0
        for batch in batches(self._documents.select("id", "text"), self._batch_rows):
            _checked(batch, ("text",))
            arrivals = pl.Series("arrival", self._arrival_of_row[start : start + len(batch)], pl.Int64())
            yield batch.select(arrivals, "id", "text").sort("arrival")
            start += len(batch)

    def texts(self, is_wanted: NDArray[np.bool_]) -> Iterator[pl.DataFrame]:
        """The texts of some documents, flagged by their number among the new ones, as frames of arrival, text."""
        start = 0
        for batch in batches(self._documents.select("text"), self._batch_rows) if is_wanted.any() else ():
            arrivals = self._arrival_of_row[start : start + len(batch)]
            start += len(batch)
            are_wanted = is_wanted[arrivals - self.first]
            yield pl.DataFrame({"arrival": arrivals[are_wanted], "text": batch["text"].filter(pl.Series(are_wanted))})


def batches(frame: Documents, rows: int) -> Iterator[pl.DataFrame]:
    """The rows of a frame in their order, about so many at a time."""
    if isinstance(frame, pl.DataFrame):
        return frame.iter_slices(rows)
    return frame.collect_batches(chunk_size=rows, maintain_order=True)


def _check_columns(schema: pl.Schema) -> None:
    for name, expected in _EXPECTED.items():
        if name not in schema:
            raise RequestError(f"new documents have no column {name!r}: expected id, text and rank")
        if not (schema[name].is_numeric() if expected == "a number" else schema[name] == pl.String):
            raise RequestError(f"column {name!r} of the new documents is {schema[name]}: expected {expected}")


def _checked(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    for name in names:
        column = frame[name]
        if column.null_count() or (column.dtype.is_float() and column.is_nan().any()):
            raise RequestError(
                f"column {name!r} of the new documents has empty values: expected {_EXPECTED[name]} in each"
            )
    return frame
