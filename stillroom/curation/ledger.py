"""Who is who in one search for duplicates: ids, arrivals and text hashes of all documents, in its scratch database.

Documents are known by their arrivals everywhere else.
"""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from stillroom.curation.candidates import Arrivals
from stillroom.curation.scratch import Scratch
from stillroom.errors import RequestError

_TABLES = """
CREATE TEMP TABLE old (arrival BIGINT, id VARCHAR, text_hash VARCHAR, characters BIGINT);
CREATE TEMP TABLE hashes (arrival BIGINT, text_hash VARCHAR);
"""
_REPEATED = "SELECT id FROM ranked GROUP BY id HAVING count(*) > 1 ORDER BY min(row) LIMIT 1"
_BOTH = "SELECT id FROM ranked SEMI JOIN old USING (id) ORDER BY row LIMIT 1"
_ARRANGED = """
CREATE TEMP TABLE arranged AS SELECT id, row FROM ranked ORDER BY rank, id;
DROP TABLE ranked;
CREATE TEMP VIEW everyone AS
SELECT arrival, id FROM old UNION ALL SELECT rowid + {first:d} AS arrival, id FROM arranged
"""
_REPEATS = """
CREATE TEMP TABLE repeats AS
WITH everywhere AS (
    SELECT arrival, text_hash FROM hashes
    UNION ALL SELECT arrival, text_hash FROM old WHERE $with_old
), texts AS (
    SELECT text_hash, min(arrival) AS target, min(arrival) FILTER (arrival >= $first) AS first
    FROM everywhere GROUP BY text_hash HAVING count(*) > 1
)
SELECT arrival, target, arrival = first AS is_first FROM hashes JOIN texts USING (text_hash) WHERE target <> arrival
"""
_TEXT_NUMBERS = """
SELECT arrival, dense_rank() OVER (ORDER BY text_hash) AS number
FROM (SELECT arrival, text_hash FROM old UNION ALL SELECT arrival, text_hash FROM hashes)
"""
_DROPS = """
CREATE TEMP TABLE drops AS
SELECT arrival, representative, similarity, method FROM near
UNION ALL  -- a document whose text equals one that is itself dropped otherwise goes to that one's representative
SELECT r.arrival, coalesce(n.representative, r.target), coalesce(n.similarity, 1.0), coalesce(n.method, $exact)
FROM repeats r LEFT JOIN near n ON n.arrival = r.target WHERE n.arrival IS NOT NULL OR $with_exact
"""
_DROPS_BY_ID = """
SELECT e.id, r.id AS representative_id, similarity, method
FROM drops d JOIN everyone e ON e.arrival = d.arrival JOIN everyone r ON r.arrival = d.representative
ORDER BY d.arrival
"""
_CLUSTERS_BY_ID = """
WITH members AS (
    SELECT DISTINCT representative, representative AS arrival FROM drops
    UNION ALL SELECT representative, arrival FROM drops
)
SELECT r.id AS cluster_id, e.id, m.arrival = m.representative AS is_representative
FROM members m JOIN everyone e ON e.arrival = m.arrival JOIN everyone r ON r.arrival = m.representative
ORDER BY m.representative, m.arrival
"""


class Ledger:
    """The ids of one search. Call, in this order: ``add_old``, ``arrange``, ``add_hashes``, ``compare``.

    Attributes:
        next_arrival: above those of all old documents.
    """

    def __init__(self, scratch: Scratch) -> None:
        """Begin with no documents."""
        self._scratch = scratch
        self.next_arrival = 0
        scratch.execute(_TABLES)

    def add_old(self, batch: pl.DataFrame) -> None:
        """Take in old documents: arrival, id, text_hash, characters."""
        if len(batch):
            with self._scratch.view("fresh", batch.select("arrival", "id", "text_hash", "characters")):
                self._scratch.execute("INSERT INTO old SELECT arrival, id, text_hash, characters FROM fresh")
            self.next_arrival = max(self.next_arrival, 1 + int(batch["arrival"].to_numpy().max()))

    def arrange(self, batches: Iterable[pl.DataFrame]) -> Arrivals:
        """Put new documents in order, by rank, then id, after the old ones.

        Args:
            batches: id, rank of all of them; the first gives the type of the ranks.

        Returns:
            By place in that order, the row where the document came, counted from 0 over all batches.

        Raises:
            RequestError: an id is repeated, or is that of an old document.
        """
        start = 0
        for number, batch in enumerate(batches):
            how = "INSERT INTO ranked" if number else "CREATE TEMP TABLE ranked AS"
            with self._scratch.view("fresh", batch.with_row_index("row", offset=start)):
                self._scratch.execute(f"{how} SELECT id, rank, CAST(row AS BIGINT) AS row FROM fresh")
            start += len(batch)
        if repeated := self._scratch.rows(_REPEATED):
            raise RequestError(f"id {repeated[0][0]!r} occurs twice among the new documents: expected each once")
        if both := self._scratch.rows(_BOTH):
            raise RequestError(f"document {both[0][0]!r} is both new and old: leave out what is published already")
        self._scratch.execute(_ARRANGED.format(first=self.next_arrival))
        return self._scratch.arrays("SELECT row FROM arranged ORDER BY rowid")["row"]

    def add_hashes(self, hashes: pl.DataFrame) -> None:
        """Take in text hashes of new documents: arrival, text_hash."""
        with self._scratch.view("fresh", hashes):
            self._scratch.execute("INSERT INTO hashes SELECT arrival, text_hash FROM fresh")

    def compare(self, *, with_old: bool) -> None:
        """Find which new documents have the text of an earlier new one, or also ``with_old`` ones."""
        self._scratch.execute(_REPEATS, {"with_old": with_old, "first": self.next_arrival})

    def repeats(self) -> Arrivals:
        """New documents whose text was there before."""
        return self._scratch.arrays("SELECT arrival FROM repeats")["arrival"]

    def repeats_among_new(self) -> Arrivals:
        """New documents whose text an earlier new one has."""
        return self._scratch.arrays("SELECT arrival FROM repeats WHERE NOT is_first")["arrival"]

    def text_numbers(self) -> tuple[Arrivals, Arrivals]:
        """All documents, and a number for the text of each that equal ones share."""
        found = self._scratch.arrays(_TEXT_NUMBERS)
        return found["arrival"], found["number"]

    def old(self) -> pl.DataFrame:
        """The old documents that have a text: id, arrival, text_hash."""
        return self._scratch.frame("SELECT id, arrival, text_hash FROM old WHERE characters > 0 ORDER BY arrival")

    def old_ids(self, arrivals: Arrivals) -> pl.DataFrame:
        """Those of these documents that are old: arrival, id."""
        with self._scratch.view("wanted", pl.DataFrame({"arrival": arrivals})):
            return self._scratch.frame("SELECT arrival, id FROM old SEMI JOIN wanted USING (arrival) ORDER BY arrival")

    def write(self, near: pl.DataFrame, folder: Path, *, exact: str, with_exact: bool) -> None:
        """Write all drops and clusters, by id, to ``drops.parquet`` and ``clusters.parquet`` in a folder.

        Args:
            near: drops of other kinds than exact ones, a frame of ``DROPS``.
            folder: where to.
            exact: how documents of the same text are called.
            with_exact: whether these are drops.
        """
        with self._scratch.view("near", near):
            self._scratch.execute(_DROPS, {"exact": exact, "with_exact": with_exact})
        self._scratch.write(_DROPS_BY_ID, folder / "drops.parquet")
        self._scratch.write(_CLUSTERS_BY_ID, folder / "clusters.parquet")
