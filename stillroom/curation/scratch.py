"""The scratch database of one search for duplicates: buckets, pairs and texts, in DuckDB, spilling to disk."""

import shutil
import tempfile
from collections.abc import Generator, Iterable
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.candidates import Arrivals
from stillroom.curation.settings import DedupSettings
from stillroom.errors import LakeError

_MIB = 1 << 20
_NO_ROOM = (  # a commit that finds no space is a failed transaction
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.FatalException,
)

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
SELECT later, earlier, row_number() OVER (PARTITION BY later ORDER BY estimate DESC, earlier) AS place
FROM (SELECT DISTINCT later, earlier, estimate FROM pairs ANTI JOIN dropped ON dropped.arrival = pairs.earlier)
QUALIFY place <= 1 + $most  -- the one too many tells that some are left out
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
        connection.execute("SET enable_progress_bar = false")  # it would stand on stdout
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

    def choose_candidates(self, most: int, dropped: Arrivals) -> bool:
        """Make candidates of the pairs: for each later document its ``most`` likeliest duplicates.

        Args:
            most: how many of them.
            dropped: documents that nothing is compared with.

        Returns:
            Whether any document had more, so that who is dropped decides what its candidates are.
        """
        with self._view("dropped", pl.DataFrame({"arrival": dropped})):
            self._connection.execute(_CANDIDATES, {"most": most})
        left_out = self._connection.execute("DELETE FROM candidates WHERE place > ? RETURNING later", [most]).fetchone()
        return left_out is not None

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
        LakeError: where the folder cannot be written to, the disk is too small to spill to, or memory too small for a
            single step.
    """
    place = settings.spill_directory or Path(tempfile.gettempdir())
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="stillroom-dedup-", dir=place, ignore_cleanup_errors=True)
            )
            scratch = Scratch(stack.enter_context(closing(_connect(Path(folder), settings))))
        except (OSError, *_NO_ROOM) as error:
            raise _no_room(place, settings, error) from error
        try:
            yield scratch
        except _NO_ROOM as error:
            raise _no_room(place, settings, error) from error


def _connect(folder: Path, settings: DedupSettings) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        str(folder / "scratch.duckdb"),
        config={
            "memory_limit": f"{settings.memory_bytes // 1024}KiB",
            "temp_directory": str(folder / "spill"),
        },
    )


def _no_room(place: Path, settings: DedupSettings, error: duckdb.Error | OSError) -> LakeError:
    """An error that says where room was looked for, what is free there, and what to do."""
    found = f"{shutil.disk_usage(place).free / _MIB:,.1f} MB free" if place.is_dir() else "no such folder"
    return LakeError(
        f"the search for duplicates cannot go on: {error}. Expected {settings.memory_bytes / _MIB:,.0f} MB of memory, "
        f"and room in {place} for what does not fit there; found {found}. Free space in it, or memory, then try again."
    )
