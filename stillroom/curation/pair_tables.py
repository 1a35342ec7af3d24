"""Buckets and pairs of documents, as tables of the scratch database of one search."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.candidates import Arrivals, whole_buckets
from stillroom.curation.scratch import Scratch

_TABLES = """
CREATE TABLE crowded (part INTEGER, bucket BIGINT, arrival BIGINT);
CREATE TABLE pairs (bucket BIGINT, later BIGINT, earlier BIGINT, estimate DOUBLE);
CREATE TABLE similarities (later BIGINT, earlier BIGINT, jaccard DOUBLE);
"""

_ADD_CROWDED = "INSERT INTO crowded SELECT $part, bucket, arrival FROM fresh"

_CROWDED = "SELECT bucket, arrival FROM crowded WHERE part = $part ORDER BY bucket, arrival"

_CANDIDATES = """
CREATE OR REPLACE TEMP TABLE candidates AS
SELECT later, earlier, row_number() OVER (PARTITION BY later ORDER BY estimate DESC, earlier) AS place
FROM (SELECT DISTINCT later, earlier, estimate FROM pairs ANTI JOIN dropped ON dropped.arrival = pairs.earlier)
QUALIFY place <= 1 + $most  -- the one too many tells that some are left out
"""

_UNVERIFIED = """
SELECT later, earlier FROM candidates ANTI JOIN similarities USING (later, earlier) LIMIT $most
"""

_MATCHES = """
SELECT later, earlier, jaccard FROM similarities SEMI JOIN candidates USING (later, earlier)
WHERE jaccard >= $threshold ORDER BY later, earlier
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

    def add_crowded(self, buckets: Arrivals, arrivals: Arrivals, at_a_time: int) -> None:
        """Remember the rows of buckets whose pairs depend on who is kept.

        Args:
            buckets: bucket numbers, ascending.
            arrivals: the arrivals in them, ascending within a bucket.
            at_a_time: about how many rows are asked for together; one bucket is never cut.
        """
        for some in whole_buckets(buckets, at_a_time):
            with self._scratch.view("fresh", pl.DataFrame({"bucket": buckets[some], "arrival": arrivals[some]})):
                self._scratch.execute(_ADD_CROWDED, part=self.crowded_parts)
            self.crowded_parts += 1

    def crowded(self, part: int) -> tuple[Arrivals, Arrivals]:
        """Remembered rows of some whole buckets, as they were added."""
        rows = self._scratch.arrays(_CROWDED, part=part)
        return rows["bucket"], rows["arrival"]

    def add_pairs(self, pairs: pl.DataFrame) -> None:
        """Add pairs: bucket, later, earlier, estimate; the bucket is null where nothing can change them."""
        with self._scratch.view("fresh", pairs):
            self._scratch.execute("INSERT INTO pairs SELECT bucket, later, earlier, estimate FROM fresh")

    def choose_candidates(self, most: int, dropped: Arrivals) -> bool:
        """Make candidates of the pairs: for each later document its ``most`` likeliest duplicates.

        Args:
            most: how many of them.
            dropped: documents that nothing is compared with.

        Returns:
            Whether any document had more, so that who is dropped decides what its candidates are.
        """
        with self._scratch.view("dropped", pl.DataFrame({"arrival": dropped})):
            self._scratch.execute(_CANDIDATES, most=most)
        left_out = self._scratch.rows("SELECT count(*) FROM candidates WHERE place > $most", most=most)[0][0]
        if left_out:
            self._scratch.execute("DELETE FROM candidates WHERE place > $most", most=most)
        return bool(left_out)

    def forget_pairs(self, buckets: Arrivals) -> None:
        """Drop the pairs of these crowded buckets; their similarities stay known."""
        with self._scratch.view("renewed", pl.DataFrame({"bucket": buckets})):
            self._scratch.execute("DELETE FROM pairs WHERE bucket IN (FROM renewed)")

    def unverified(self, most: int) -> tuple[Arrivals, Arrivals]:
        """Candidate pairs (later, earlier) whose similarity is not known yet, at most so many of them."""
        rows = self._scratch.arrays(_UNVERIFIED, most=most)
        return rows["later"], rows["earlier"]

    def record(self, later: Arrivals, earlier: Arrivals, jaccard: NDArray[np.float64]) -> None:
        """Record the exact similarity of pairs."""
        with self._scratch.view("fresh", pl.DataFrame({"later": later, "earlier": earlier, "jaccard": jaccard})):
            self._scratch.execute("INSERT INTO similarities SELECT later, earlier, jaccard FROM fresh")

    def matches(self, threshold: float) -> pl.DataFrame:
        """The candidate pairs at or above the threshold: later, earlier, jaccard, ordered by the first two."""
        return self._scratch.frame(_MATCHES, threshold=threshold)
