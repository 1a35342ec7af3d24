"""Buckets and pairs of documents, as tables of the scratch database of one search."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.candidates import Arrivals, starts
from stillroom.curation.scratch import Scratch

_TABLES = """
CREATE TABLE crowded (part INTEGER, bucket BIGINT, arrival BIGINT);
CREATE TABLE pairs (later BIGINT, earlier BIGINT, estimate DOUBLE, is_lasting BOOLEAN);
CREATE TABLE similarities (later BIGINT, earlier BIGINT, jaccard DOUBLE);
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

_CROWDED = "SELECT bucket, arrival FROM crowded WHERE part = ? ORDER BY bucket, arrival"

_CANDIDATES = """
CREATE OR REPLACE TEMP TABLE candidates AS
SELECT later, earlier, row_number() OVER (PARTITION BY later ORDER BY estimate DESC, earlier) AS place
FROM (SELECT DISTINCT later, earlier, estimate FROM pairs ANTI JOIN dropped ON dropped.arrival = pairs.earlier)
QUALIFY place <= 1 + $most  -- the one too many tells that some are left out
"""

_UNVERIFIED = """
SELECT later, earlier FROM candidates ANTI JOIN similarities USING (later, earlier) LIMIT ?
"""

_MATCHES = """
SELECT later, earlier, jaccard FROM similarities SEMI JOIN candidates USING (later, earlier)
WHERE jaccard >= ? ORDER BY later, earlier
"""


class PairTables:
    """The tables of one search. Documents are known by their arrivals alone.

    Attributes:
        crowded_parts: in how many parts ``crowded`` gives what it remembers.
    """

    def __init__(self, scratch: Scratch) -> None:
        """Make empty tables."""
        self._scratch = scratch
        self.crowded_parts = 0
        scratch.execute(_TABLES)

    def shared_buckets(self, new_rows: pl.DataFrame, old_rows: pl.DataFrame) -> tuple[Arrivals, Arrivals]:
        """Buckets that hold a new document and at least one more.

        Args:
            new_rows: bucket, arrival, of new documents.
            old_rows: the same of old ones.

        Returns:
            Bucket numbers, ascending, and the arrivals in them, ascending within a bucket.
        """
        with self._scratch.view("new_rows", new_rows), self._scratch.view("old_rows", old_rows):
            rows = self._scratch.arrays(_BUCKETS)
        return rows["bucket"], rows["arrival"]

    def add_crowded(self, buckets: Arrivals, arrivals: Arrivals, at_a_time: int) -> None:
        """Remember the rows of buckets whose pairs depend on who is kept.

        Args:
            buckets: bucket numbers, ascending.
            arrivals: the arrivals in them, ascending within a bucket.
            at_a_time: about how many rows are asked for together; one bucket is never cut.
        """
        if not len(buckets):
            return
        begins = np.flatnonzero(starts(buckets))
        part_of_bucket = begins // at_a_time
        sizes = np.diff(np.append(begins, len(buckets)))
        parts = self.crowded_parts + np.cumsum(np.diff(part_of_bucket, prepend=part_of_bucket[0]) > 0)
        rows = pl.DataFrame({"part": np.repeat(parts, sizes), "bucket": buckets, "arrival": arrivals})
        with self._scratch.view("fresh", rows):
            self._scratch.execute("INSERT INTO crowded SELECT part, bucket, arrival FROM fresh")
        self.crowded_parts = int(parts[-1]) + 1

    def crowded(self, part: int) -> tuple[Arrivals, Arrivals]:
        """Remembered rows of some whole buckets, as they were added."""
        rows = self._scratch.arrays(_CROWDED, [part])
        return rows["bucket"], rows["arrival"]

    def add_pairs(self, later: Arrivals, earlier: Arrivals, estimates: NDArray[np.float64], *, lasting: bool) -> None:
        """Add pairs with their estimated similarity; the not lasting are gone with ``forget_passing_pairs``."""
        pairs = pl.DataFrame({"later": later, "earlier": earlier, "estimate": estimates})
        with self._scratch.view("fresh", pairs):
            self._scratch.execute("INSERT INTO pairs SELECT later, earlier, estimate, ? FROM fresh", [lasting])

    def choose_candidates(self, most: int, dropped: Arrivals) -> bool:
        """Make candidates of the pairs: for each later document its ``most`` likeliest duplicates.

        Args:
            most: how many of them.
            dropped: documents that nothing is compared with.

        Returns:
            Whether any document had more, so that who is dropped decides what its candidates are.
        """
        with self._scratch.view("dropped", pl.DataFrame({"arrival": dropped})):
            self._scratch.execute(_CANDIDATES, {"most": most})
        left_out = self._scratch.rows("SELECT count(*) FROM candidates WHERE place > ?", [most])[0][0]
        if left_out:
            self._scratch.execute("DELETE FROM candidates WHERE place > ?", [most])
        return bool(left_out)

    def forget_passing_pairs(self) -> None:
        """Drop the pairs that depended on who was kept; their similarities stay known."""
        self._scratch.execute("DELETE FROM pairs WHERE NOT is_lasting")

    def unverified(self, most: int) -> tuple[Arrivals, Arrivals]:
        """Candidate pairs (later, earlier) whose similarity is not known yet, at most so many of them."""
        rows = self._scratch.arrays(_UNVERIFIED, [most])
        return rows["later"], rows["earlier"]

    def record(self, later: Arrivals, earlier: Arrivals, jaccard: NDArray[np.float64]) -> None:
        """Record the exact similarity of pairs."""
        with self._scratch.view("fresh", pl.DataFrame({"later": later, "earlier": earlier, "jaccard": jaccard})):
            self._scratch.execute("INSERT INTO similarities SELECT later, earlier, jaccard FROM fresh")

    def matches(self, threshold: float) -> pl.DataFrame:
        """The candidate pairs at or above the threshold: later, earlier, jaccard, ordered by the first two."""
        return self._scratch.frame(_MATCHES, [threshold])
