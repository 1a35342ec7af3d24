"""Duplicates by meaning: texts whose embeddings have a cosine similarity of at least a threshold."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.cosine import Rows, Vectors, all_before, cosines
from stillroom.curation.documents import NewDocuments
from stillroom.curation.relations import Walk
from stillroom.curation.row_lists import RowLists
from stillroom.curation.settings import Room
from stillroom.curation.unnamed_file import UnnamedFile
from stillroom.curation.vector_file import VectorFile
from stillroom.curation.vector_pairs import MOST_PAIRS, pairs
from stillroom.embedding import Embedder
from stillroom.errors import RequestError

SEMANTIC = "semantic"
_EMBEDDED_AT_A_TIME = 10_000
_NUMBERS_AT_A_TIME = 1 << 20


class Semantic:
    """Texts of alike embeddings are duplicates; equal texts are not looked at, which are another way's matter.

    Vectors lie on disk, those of a search once more in order of arrival, as a memory map. In memory are some 300 bytes
    of each text: its ids, places, the keys of one band.

    Attributes:
        embedder: turns texts into vectors.
        computed: what was computed here: give it to later searches as known.
    """

    method = SEMANTIC

    def __init__(
        self, embedder: Embedder, threshold: float, known: Sequence[VectorFile] = (), room: Room | None = None
    ) -> None:
        """Compare by this embedder.

        Args:
            embedder: turns texts into vectors.
            threshold: least cosine similarity that makes a duplicate.
            known: vectors of old documents.
            room: what may be held, and where files lie.

        Raises:
            LakeError: no file can be made there.
        """
        self.embedder = embedder
        self._threshold = threshold
        self._room = room or Room()
        self.computed = VectorFile(embedder.dims, self._room.spill_directory)
        self._files = (self.computed, *known)

    def sign(self, documents: pl.DataFrame) -> None:
        """Embed and remember documents (id, text).

        Raises:
            TeacherError: the embedder is behind an endpoint that gives no usable answer.
            LakeError: there is no room.
        """
        fresh = documents.filter(pl.Series([self._file_of(id_) is None for id_ in documents["id"]], dtype=pl.Boolean))
        for some in fresh.iter_slices(_EMBEDDED_AT_A_TIME) if len(fresh) else ():
            self.computed.add(some["id"].to_list(), self.embedder.embed(some["text"].to_list()))

    def relation(self, documents: NewDocuments, different: pl.DataFrame, old: pl.DataFrame) -> "SemanticRelation":
        """Relate the documents of a search, of which ``different`` are new and have different texts.

        Raises:
            RequestError: an old document's vector is not known.
            TeacherError: as ``sign``.
            LakeError: likewise.
            OSError: there is no room.
        """
        for batch in documents.batches():
            self.sign(batch.join(different, on="arrival", how="semi").select("id", "text"))
        columns = ("id", "arrival", "text_hash")
        before, after = (frame.select(columns).sort("arrival") for frame in (old, different))
        everyone = pl.concat([before, after])
        return SemanticRelation(
            self._laid_out(everyone["id"]),
            everyone["arrival"].to_numpy(),
            everyone["text_hash"].rank("dense").to_numpy(),
            first=len(before),
            threshold=self._threshold,
            room=self._room,
        )

    def meets(self, documents: pl.DataFrame, old: pl.DataFrame) -> NDArray[np.bool_]:
        """Of each of the old documents, whether it is one that these (id, text) are compared with."""
        self.sign(documents)
        before = old.with_row_index("row").sort("arrival")
        vectors = self._laid_out(pl.concat([before["id"], documents["id"]]))
        is_met = np.zeros(len(before), bool)
        for _, earlier in pairs(vectors, len(before), self._threshold, memory_bytes=self._room.memory_bytes):
            is_met[earlier[earlier < len(before)]] = True
        met = np.zeros(len(old), bool)
        met[before["row"].to_numpy()[is_met]] = True
        return met

    def said(self, similarity: float) -> str:
        """What was found, as words that the name of the other document follows."""
        return f"cosine similarity {similarity:.3f} (embeddings of {self.embedder.name}) with"

    def _laid_out(self, ids: pl.Series) -> Vectors:
        """The vectors of these ids in their order, as a memory map of a file of their own."""
        dims = self.embedder.dims
        if missing := [id_ for id_ in ids if self._file_of(id_) is None]:
            raise RequestError(
                f"{len(missing)} documents, such as {missing[0]!r}, have no embedding of {self.embedder.name}: "
                "expected one for each document that others are compared with"
            )
        if not len(ids):
            return np.zeros((0, dims), np.float32)
        file = UnnamedFile(self._room.spill_directory)
        at_a_time = max(1, _NUMBERS_AT_A_TIME // dims)
        for start in range(0, len(ids), at_a_time):
            file.append(self._rows(ids[start : start + at_a_time].to_list()))
        return file.vectors(dims)

    def _rows(self, ids: Sequence[str]) -> Vectors:
        found = np.empty((len(ids), self.embedder.dims), np.float32)
        files = [self._file_of(id_) for id_ in ids]
        for file in self._files:
            places = [place for place, one in enumerate(files) if one is file]
            found[places] = file.rows([ids[place] for place in places])
        return found

    def _file_of(self, id_: str) -> VectorFile | None:
        return next((file for file in self._files if id_ in file), None)


class SemanticRelation:
    """Which documents of one search are alike by their vectors, in order of arrival."""

    method = SEMANTIC

    def __init__(
        self, vectors: Vectors, arrivals: Rows, texts: NDArray[np.uint32], *, first: int, threshold: float, room: Room
    ) -> None:
        """Find what is alike.

        Args:
            vectors: of all documents, in order of arrival.
            arrivals: theirs, ascending among old ones and among new ones.
            texts: a number for the text of each, which equal ones share.
            first: how many of them are old, and so kept.
            threshold: least cosine similarity.
            room: what may be held, and where files lie.

        Raises:
            OSError: there is no room.
        """
        self._vectors = vectors
        self._arrivals = arrivals
        self._texts = texts
        self._first = first
        self._threshold = threshold
        found = pairs(vectors, first, threshold, memory_bytes=room.memory_bytes)
        self._alike = RowLists(len(vectors), found, room.spill_directory)
        self._all_alike: dict[int, NDArray[np.int32]] = {}  # of rows whose first ones were all dropped

    def walk(self) -> Walk:
        """Begin a walk."""
        return _Walk(self)

    def first_kept(self, arrival: int, kept: set[int]) -> tuple[int, float] | None:
        """The earliest of the old documents and of those rows that are kept which this one is like."""
        row = self.row(arrival)
        alike = self._alike.of(row)
        other = self._first_of(row, alike, kept)
        if other is None and len(alike) >= MOST_PAIRS:  # there may be more
            if row not in self._all_alike:
                self._all_alike[row] = all_before(self._vectors, row, self._threshold).astype(np.int32)
            other = self._first_of(row, self._all_alike[row].tolist(), kept)
        if other is None:
            return None
        similarity = cosines(self._vectors, np.array([row]), np.array([other]))[0]
        return int(self._arrivals[other]), min(float(similarity), 1.0)

    def row(self, arrival: int) -> int:
        """Where a new document stands."""
        return self._first + int(np.searchsorted(self._arrivals[self._first :], arrival))

    def _first_of(self, row: int, alike: Sequence[int], kept: set[int]) -> int | None:
        text = self._texts[row]
        return next(
            (other for other in alike if (other < self._first or other in kept) and self._texts[other] != text),
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
