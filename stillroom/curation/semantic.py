"""Duplicates by meaning: texts whose embeddings have a cosine similarity of at least a threshold."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.cosine import MOST_PAIRS, Rows, Vectors, all_before, cosines, pairs
from stillroom.curation.documents import NewDocuments
from stillroom.curation.relations import Walk
from stillroom.embedding import Embedder
from stillroom.errors import RequestError

SEMANTIC = "semantic"
VECTOR_SCHEMA = pl.Schema({"id": pl.String(), "vector": pl.List(pl.Float32())})


class Semantic:
    """Texts of alike embeddings are duplicates; equal texts are not looked at, which are another way's matter.

    All vectors that are compared in one search are held in memory: 1 KiB a text at 256 dimensions.
    """

    method = SEMANTIC

    def __init__(self, embedder: Embedder, threshold: float, known: pl.DataFrame | None = None) -> None:
        """Compare by this embedder.

        Args:
            embedder: turns texts into vectors.
            threshold: least cosine similarity that makes a duplicate.
            known: vectors of old documents, a frame of ``VECTOR_SCHEMA``.
        """
        self.embedder = embedder
        self._threshold = threshold
        known = VECTOR_SCHEMA.to_frame() if known is None else known
        flat: NDArray[np.float32] = known["vector"].explode(empty_as_null=False).to_numpy()
        self._blocks = [flat.reshape(len(known), embedder.dims)]
        self._rows = {id_: row for row, id_ in enumerate(known["id"].to_list())}
        self._computed: list[str] = []

    @property
    def computed(self) -> pl.DataFrame:
        """What was computed here, a frame of ``VECTOR_SCHEMA``: give it to later searches as known."""
        vectors = np.concatenate(self._blocks[1:]) if self._computed else self._blocks[0][:0]
        column = pl.Series("vector", vectors, pl.Array(pl.Float32, self.embedder.dims)).arr.to_list()
        return pl.DataFrame({"id": self._computed, "vector": column}, schema=VECTOR_SCHEMA)

    def sign(self, documents: pl.DataFrame) -> None:
        """Embed and remember documents (id, text).

        Raises:
            TeacherError: the embedder is behind an endpoint that gives no usable answer.
        """
        fresh = documents.filter(pl.Series([id_ not in self._rows for id_ in documents["id"]], dtype=pl.Boolean))
        if len(fresh):
            ids = fresh["id"].to_list()
            self._blocks.append(self.embedder.embed(fresh["text"].to_list()))
            self._rows |= {id_: len(self._rows) + row for row, id_ in enumerate(ids)}
            self._computed += ids

    def relation(self, documents: NewDocuments, different: pl.DataFrame, old: pl.DataFrame) -> "SemanticRelation":
        """Relate the documents of a search, of which ``different`` are new and have different texts.

        Raises:
            RequestError: an old document's vector is not known.
            TeacherError: as ``sign``.
        """
        for batch in documents.batches():
            self.sign(batch.join(different, on="arrival", how="semi").select("id", "text"))
        columns = ("id", "arrival", "text_hash")
        before, after = (frame.select(columns).sort("arrival") for frame in (old, different))
        everyone = pl.concat([before, after])
        return SemanticRelation(
            self._vectors(everyone["id"].to_list()),
            everyone["arrival"].to_numpy(),
            everyone["text_hash"].to_list(),
            first=len(before),
            threshold=self._threshold,
        )

    def meets(self, documents: pl.DataFrame, old: pl.DataFrame) -> NDArray[np.bool_]:
        """Of each of the old documents, whether it is one that these (id, text) are compared with."""
        self.sign(documents)
        before = old.with_row_index("row").sort("arrival")
        vectors = self._vectors([*before["id"].to_list(), *documents["id"].to_list()])
        _, earlier = pairs(vectors, len(before), self._threshold)
        met = np.zeros(len(old), bool)
        met[before["row"].to_numpy()[earlier[earlier < len(before)]]] = True
        return met

    def said(self, similarity: float) -> str:
        """What was found, as words that the name of the other document follows."""
        return f"cosine similarity {similarity:.3f} (embeddings of {self.embedder.name}) with"

    def _vectors(self, ids: Sequence[str]) -> Vectors:
        if missing := [id_ for id_ in ids if id_ not in self._rows]:
            raise RequestError(
                f"{len(missing)} documents, such as {missing[0]!r}, have no embedding of {self.embedder.name}: "
                "expected one for each document that others are compared with"
            )
        if len(self._blocks) > 1:
            self._blocks = [self._blocks[0], np.concatenate(self._blocks[1:])]
        known = len(self._blocks[0])
        rows = np.array([self._rows[id_] for id_ in ids], np.int64)
        found = np.empty((len(rows), self.embedder.dims), np.float32)
        is_known = rows < known
        found[is_known] = self._blocks[0][rows[is_known]]
        if not is_known.all():
            found[~is_known] = self._blocks[1][rows[~is_known] - known]
        return found


class SemanticRelation:
    """Which documents of one search are alike by their vectors, in order of arrival."""

    method = SEMANTIC

    def __init__(self, vectors: Vectors, arrivals: Rows, texts: Sequence[str], *, first: int, threshold: float) -> None:
        """Find what is alike.

        Args:
            vectors: of all documents, in order of arrival.
            arrivals: theirs, ascending.
            texts: a hash of the text of each.
            first: how many of them are old, and so kept.
            threshold: least cosine similarity.
        """
        self._vectors = vectors
        self._arrivals = arrivals
        self._texts = texts
        self._first = first
        self._threshold = threshold
        self._row_of = {int(arrival): first + row for row, arrival in enumerate(arrivals[first:].tolist())}
        later, earlier = pairs(vectors, first, threshold)
        self._whole: set[int] = set()  # rows of which all that are alike are known
        self._alike: dict[int, list[int]] = {}
        for row, other in zip(later.tolist(), earlier.tolist(), strict=True):
            self._alike.setdefault(row, []).append(other)

    def walk(self) -> Walk:
        """Begin a walk."""
        return _Walk(self)

    def first_kept(self, arrival: int, kept: set[int]) -> tuple[int, float] | None:
        """The earliest of the old documents and of those rows that are kept which this one is like."""
        row = self._row_of[arrival]
        alike = self._alike.get(row, [])
        other = self._first_of(row, alike, kept)
        if other is None and len(alike) >= MOST_PAIRS and row not in self._whole:  # all dropped: there may be more
            alike = self._alike[row] = all_before(self._vectors, row, self._threshold).tolist()
            self._whole.add(row)
            other = self._first_of(row, alike, kept)
        if other is None:
            return None
        similarity = cosines(self._vectors, np.array([row]), np.array([other]))[0]
        return int(self._arrivals[other]), min(float(similarity), 1.0)

    def row(self, arrival: int) -> int:
        """Where a new document stands."""
        return self._row_of[arrival]

    def _first_of(self, row: int, alike: Sequence[int], kept: set[int]) -> int | None:
        return next(
            (
                other
                for other in alike
                if (other < self._first or other in kept) and self._texts[other] != self._texts[row]
            ),
            None,
        )


class _Walk:
    def __init__(self, relation: SemanticRelation) -> None:
        self._relation = relation
        self._kept: set[int] = set()

    def rival(self, arrival: int) -> tuple[int, float] | None:
        return self._relation.first_kept(arrival, self._kept)

    def keep(self, arrival: int) -> None:
        self._kept.add(self._relation.row(arrival))
