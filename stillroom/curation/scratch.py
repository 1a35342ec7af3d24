"""The scratch database of one search for duplicates: buckets, pairs and texts, in DuckDB, spilling to disk."""

import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.candidates import Arrivals
from stillroom.curation.settings import DedupSettings
from stillroom.errors import LakeError

_TABLES = """
CREATE TABLE crowded (bucket BIGINT, arrival BIGINT);
CREATE TABLE pairs (later BIGINT, earlier BIGINT, estimate DOUBLE, is_lasting BOOLEAN);
CREATE TABLE similarities (later BIGINT, earlier BIGINT, jaccard DOUBLE);
CREATE TEMP TABLE loose_texts (position BIGINT, text VARCHAR);
"""

_BUCKETS = """
WITH everyone AS (
    SELECT bucket, arrival FROM new_rows
    UNION ALL
    SELECT bucket, arrival FROM old_rows WHERE bucket IN (SELECT bucket FROM new_rows)
), shared AS (
    SELECT bucket FROM everyone GROUP BY bucket HAVING count(*) > 1
)
SELECT bucket, arrival FROM everyone SEMI JOIN shared USING (bucket) ORDER BY bucket, arrival
"""

_CANDIDATES = """
CREATE OR REPLACE TEMP TABLE candidates AS
SELECT later, earlier FROM (SELECT DISTINCT later, earlier, estimate FROM pairs)
QUALIFY row_number() OVER (PARTITION BY later ORDER BY estimate DESC, earlier) <= $most
"""

_UNVERIFIED = """
SELECT later, earlier FROM candidates ANTI JOIN similarities USING (later, earlier)
"""

_MATCHES = """
SELECT later, earlier, jaccard FROM similarities SEMI JOIN candidates USING (later, earlier)
WHERE jaccard >= ? ORDER BY later, earlier
"""

_TEXTS_IN_ORDER = """
CREATE OR REPLACE TEMP TABLE texts AS SELECT position, text FROM loose_texts ORDER BY position;
DELETE FROM loose_texts;
"""


class Scratch:
    """One scratch database; see ``open_scratch``. Documents are known by their arrivals alone."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the tables of a new, empty database."""
        self._connection = connection
        connection.execute(_TABLES)

    def shared_buckets(self, new_rows: pl.DataFrame, old_rows: pl.DataFrame) -> tuple[Arrivals, Arrivals]:
        """Buckets that hold a new document and at least one more.

        Args:
            new_rows: bucket, arrival, of new documents.
            old_rows: the same of old ones.

        Returns:
            Bucket numbers, ascending, and the arrivals in them, ascending within a bucket.
        """
        with self._view("new_rows", new_rows), self._view("old_rows", old_rows):
            rows = self._connection.execute(_BUCKETS).fetchnumpy()
        return np.asarray(rows["bucket"], np.int64), np.asarray(rows["arrival"], np.int64)

    def add_crowded(self, buckets: Arrivals, arrivals: Arrivals) -> None:
        """Remember the rows of buckets whose pairs depend on who is kept."""
        with self._view("fresh", pl.DataFrame({"bucket": buckets, "arrival": arrivals})):
            self._connection.execute("INSERT INTO crowded SELECT bucket, arrival FROM fresh")

    def crowded(self) -> tuple[Arrivals, Arrivals]:
        """All remembered rows: bucket numbers, ascending, and the arrivals in them, ascending within a bucket."""
        rows = self._connection.execute("SELECT bucket, arrival FROM crowded ORDER BY bucket, arrival").fetchnumpy()
        return np.asarray(rows["bucket"], np.int64), np.asarray(rows["arrival"], np.int64)

    def add_pairs(self, later: Arrivals, earlier: Arrivals, estimates: NDArray[np.float64], *, lasting: bool) -> None:
        """Add pairs with their estimated similarity; the not lasting are gone with ``forget_passing_pairs``."""
        pairs = pl.DataFrame({"later": later, "earlier": earlier, "estimate": estimates})
        with self._view("fresh", pairs.unique()):
            self._connection.execute("INSERT INTO pairs SELECT later, earlier, estimate, ? FROM fresh", [lasting])

    def choose_candidates(self, most: int) -> None:
        """Make candidates of the pairs: for each later document its ``most`` likeliest duplicates."""
        self._connection.execute(_CANDIDATES, {"most": most})

    def forget_passing_pairs(self) -> None:
        """Drop the pairs that depended on who was kept; their similarities stay known."""
        self._connection.execute("DELETE FROM pairs WHERE NOT is_lasting")

    def unverified(self) -> tuple[Arrivals, Arrivals]:
        """Candidate pairs (later, earlier) whose similarity is not known yet."""
        rows = self._connection.execute(_UNVERIFIED).fetchnumpy()
        return np.asarray(rows["later"], np.int64), np.asarray(rows["earlier"], np.int64)

    def record(self, later: Arrivals, earlier: Arrivals, jaccard: NDArray[np.float64]) -> None:
        """Record the exact similarity of pairs."""
        with self._view("fresh", pl.DataFrame({"later": later, "earlier": earlier, "jaccard": jaccard})):
            self._connection.execute("INSERT INTO similarities SELECT later, earlier, jaccard FROM fresh")

    def matches(self, threshold: float) -> pl.DataFrame:
        """The candidate pairs at or above the threshold: later, earlier, jaccard, ordered by the first two."""
        return self._connection.execute(_MATCHES, [threshold]).pl()

    def load_texts(self, positions: pl.DataFrame, texts: Iterable[pl.DataFrame]) -> list[int]:
        """Lay texts out in a given order, one at each position.

        Args:
            positions: arrival, position (0, 1, 2, ...).
            texts: batches of arrival, text; one text for each position.

        Returns:
            The number of characters of the text at each position.
        """
        for batch in texts:
            with self._view("fresh", batch.join(positions, on="arrival", how="inner").select("position", "text")):
                self._connection.execute("INSERT INTO loose_texts SELECT position, text FROM fresh")
        self._connection.execute(_TEXTS_IN_ORDER)
        return self._connection.execute("SELECT length(text) AS n FROM texts ORDER BY position").pl()["n"].to_list()

    def texts(self, start: int, stop: int) -> pl.Series:
        """The texts at positions from ``start`` up to, not including, ``stop``."""
        return self._connection.execute(
            "SELECT text FROM texts WHERE position >= ? AND position < ? ORDER BY position", [start, stop]
        ).pl()["text"]

    @contextmanager
    def _view(self, name: str, frame: pl.DataFrame) -> Generator[None]:
        self._connection.register(name, frame)
        try:
            yield
        finally:
            self._connection.unregister(name)


@contextmanager
def open_scratch(settings: DedupSettings) -> Generator[Scratch]:
    """A scratch database within the settings' memory, in a folder that is removed at the end.

    Raises:
        LakeError: where the disk is too small to spill to, or memory too small for a single step.
    """
    with tempfile.TemporaryDirectory(prefix="stillroom-dedup-", dir=settings.spill_directory) as folder:
        connection = duckdb.connect(
            str(Path(folder) / "scratch.duckdb"),
            config={
                "memory_limit": f"{settings.memory_bytes // 1024}KiB",
                "temp_directory": str(Path(folder) / "spill"),
            },
        )
        try:
            connection.execute("SET enable_progress_bar = false")  # it would stand on stdout
            yield Scratch(connection)
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise LakeError(
                f"the search for duplicates ran out of disk or memory in {folder}: {error}. "
                "Give it another spill_directory or a larger memory_bytes"
            ) from error
        finally:
            connection.close()
