"""Who is who in one search for duplicates: ids, arrivals and text hashes of all documents, and what is dropped.

Documents are known by their arrivals everywhere else.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from stillroom.curation.candidates import Arrivals
from stillroom.curation.id_file import IdFile
from stillroom.curation.old_places import OldPlaces
from stillroom.curation.scratch import Scratch
from stillroom.errors import RequestError

_TABLES = """
CREATE TEMP TABLE old (arrival BIGINT, id VARCHAR, text_hash UUID, characters BIGINT);
CREATE TEMP TABLE hashes (arrival BIGINT, text_hash UUID);
"""
_RANKED = "CREATE TEMP TABLE ranked AS SELECT id, rank, CAST(row AS BIGINT) AS row FROM fresh"
_MORE_RANKED = "INSERT INTO ranked SELECT id, rank, row FROM fresh"
_REPEATED = """
WITH same_hash AS (SELECT hash(id) AS hash FROM ranked GROUP BY hash(id) HAVING count(*) > 1)
SELECT id FROM ranked WHERE hash(id) IN (FROM same_hash) GROUP BY id HAVING count(*) > 1 ORDER BY min(row) LIMIT 1
"""  # ids may be long; their hashes are short
_BOTH = """
WITH same_hash AS (SELECT DISTINCT hash(id) AS hash FROM old WHERE hash(id) IN (SELECT hash(id) FROM ranked))
SELECT id FROM ranked WHERE hash(id) IN (FROM same_hash) AND id IN (
    SELECT id FROM old WHERE hash(id) IN (FROM same_hash)
) ORDER BY row LIMIT 1
"""
_ARRANGED = """
CREATE TEMP TABLE arranged AS SELECT id, row FROM ranked ORDER BY rank, id;
DROP TABLE ranked
"""
_REPEATS = """
CREATE TEMP TABLE repeats AS
WITH everywhere AS (
    SELECT arrival, text_hash FROM hashes
    UNION ALL SELECT arrival, text_hash FROM old SEMI JOIN hashes USING (text_hash) WHERE $with_old
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
WITH near AS MATERIALIZED (FROM fresh)
SELECT arrival, representative, similarity, method FROM near
UNION ALL  -- a document whose text equals one that is itself dropped otherwise goes to that one's representative
SELECT r.arrival, coalesce(n.representative, r.target), coalesce(n.similarity, 1.0), n.method
FROM repeats r LEFT JOIN near n ON n.arrival = r.target WHERE n.arrival IS NOT NULL OR $with_exact
"""
_CLUSTERS = """
SELECT DISTINCT representative, representative AS arrival FROM drops
UNION ALL SELECT representative, arrival FROM drops
ORDER BY representative, arrival
"""


class Ledger:
    """The ids of one search. Call, in this order: ``add_old``, ``arrange``, ``add_hashes``, ``compare``.

    Attributes:
        next_arrival: above those of all old documents.
        old_places: where these stand among each other, from ``arrange`` on.
    """

    def __init__(self, scratch: Scratch, rows_at_a_time: int) -> None:
        """Begin with no documents; ids are read so many at a time."""
        self._scratch = scratch
        self._rows_at_a_time = rows_at_a_time
        self._ids = IdFile(scratch.folder / "ids")
        self._old: list[Arrivals] = [np.zeros(0, np.int64)]  # as they came
        self.old_places = OldPlaces(self._old[0])
        self.next_arrival = 0
        scratch.execute(_TABLES)

    def add_old(self, batch: pl.DataFrame) -> None:
        """Take in old documents: arrival, id, text_hash, characters."""
        if len(batch):
            self._old.append(batch["arrival"].to_numpy())
            self._ids.add([batch["id"]])
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
            RequestError: an id is repeated, or is that of an old document; two old documents have the same arrival.
        """
        self.old_places = OldPlaces(np.concatenate(self._old))
        self._old.clear()
        start = 0
        for number, batch in enumerate(batches):
            with self._scratch.view("fresh", batch.with_row_index("row", offset=start)):
                self._scratch.execute(_MORE_RANKED if number else _RANKED)
            start += len(batch)
        if repeated := self._scratch.rows(_REPEATED):
            raise RequestError(f"id {repeated[0][0]!r} occurs twice among the new documents: expected each once")
        if both := self._scratch.rows(_BOTH):
            raise RequestError(f"document {both[0][0]!r} is both new and old: leave out what is published already")
        self._scratch.execute(_ARRANGED)
        ids = self._scratch.batches("SELECT id FROM arranged ORDER BY rowid", self._rows_at_a_time)
        self._ids.add(batch["id"] for batch in ids)
        rows = self._scratch.arrays("SELECT row FROM arranged ORDER BY rowid")["row"]
        self._scratch.execute("DROP TABLE arranged")
        return rows

    def ids(self, arrivals: Arrivals) -> pl.Series:
        """The ids of these documents."""
        places = arrivals - self.next_arrival + len(self.old_places)
        is_old = arrivals < self.next_arrival
        places[is_old] = self.old_places.of(arrivals[is_old])
        return self._ids.read(places)

    def add_hashes(self, hashes: pl.DataFrame) -> None:
        """Take in text hashes of new documents: arrival, text_hash."""
        with self._scratch.view("fresh", hashes):
            self._scratch.execute("INSERT INTO hashes SELECT arrival, text_hash FROM fresh")

    def compare(self, *, with_old: bool) -> None:
        """Find which new documents have the text of an earlier new one, or also ``with_old`` ones."""
        self._scratch.execute(_REPEATS, with_old=with_old, first=self.next_arrival)

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
        found = self._scratch.frame(
            "SELECT id, arrival, replace(text_hash::VARCHAR, '-', '') AS text_hash FROM old WHERE characters > 0 "
            "ORDER BY arrival"
        )
        return found.select("id", "arrival", "text_hash")

    def conclude(self, near: pl.DataFrame, *, with_exact: bool) -> None:
        """Put together what is dropped.

        Args:
            near: drops of other kinds than exact ones, a frame of ``DROPS``.
            with_exact: whether documents of the same text are dropped.
        """
        with self._scratch.view("fresh", near):
            self._scratch.execute(_DROPS, with_exact=with_exact)

    def drops(self, *, exact: str) -> Iterator[pl.DataFrame]:
        """All drops, in order of arrival: id, representative_id, similarity, method (``exact`` of equal texts)."""
        for batch in self._scratch.batches("SELECT * FROM drops ORDER BY arrival", self._rows_at_a_time):
            yield batch.select(
                self.ids(batch["arrival"].to_numpy()),
                self.ids(batch["representative"].to_numpy()).alias("representative_id"),
                "similarity",
                pl.col("method").fill_null(exact),
            )

    def clusters(self) -> Iterator[pl.DataFrame]:
        """All clusters, the representative first: cluster_id, id, is_representative."""
        for batch in self._scratch.batches(_CLUSTERS, self._rows_at_a_time):
            yield batch.select(
                self.ids(batch["representative"].to_numpy()).alias("cluster_id"),
                self.ids(batch["arrival"].to_numpy()),
                (pl.col("arrival") == pl.col("representative")).alias("is_representative"),
            )
