"""Vectors on disk, by the id of what they are of: any few of them can be read, in any order."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.unnamed_file import UnnamedFile
from stillroom.errors import LakeError

VECTOR_SCHEMA = pl.Schema({"id": pl.String(), "vector": pl.List(pl.Float32())})
_AT_A_TIME = 10_000


class VectorFile:
    """Vectors by id. Some 200 bytes of each are in memory, for its id and place; the file goes with the last reader.

    Attributes:
        dims: how many numbers a vector has.
    """

    def __init__(self, dims: int, folder: Path | None = None) -> None:
        """Begin an empty file without a name.

        Args:
            dims: how many numbers a vector has.
            folder: where it lies; the system's temporary folder where None.

        Raises:
            LakeError: no file can be made there.
        """
        self.dims = dims
        self._folder = folder
        self._places: dict[str, int] = {}
        try:
            self._file = UnnamedFile(folder)
        except OSError as error:
            raise self._no_room(error) from error

    def __len__(self) -> int:
        """How many vectors there are."""
        return len(self._places)

    def __contains__(self, id_: str) -> bool:
        """Whether there is a vector of this id."""
        return id_ in self._places

    @property
    def ids(self) -> list[str]:
        """Whose vectors there are, in the order in which they came."""
        return [*self._places]

    def add(self, ids: Sequence[str], rows: NDArray[np.float32]) -> None:
        """Append vectors of ids that have none yet, shape (ids, dims).

        Raises:
            LakeError: there is no room.
        """
        try:
            self._file.append(rows.astype(np.float32, copy=False).reshape(len(ids), self.dims))
        except OSError as error:
            raise self._no_room(error) from error
        self._places |= {id_: len(self._places) + row for row, id_ in enumerate(ids)}

    def add_frame(self, frame: pl.DataFrame) -> None:
        """Append a frame of ``VECTOR_SCHEMA``, as ``add`` does."""
        flat: NDArray[np.float32] = frame["vector"].explode(empty_as_null=False).cast(pl.Float32).to_numpy()
        self.add(frame["id"].to_list(), flat)

    def rows(self, ids: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of these ids, shape (ids, dims)."""
        places = np.fromiter((self._places[id_] for id_ in ids), np.int64, len(ids))
        if not len(places):
            return np.zeros((0, self.dims), np.float32)
        return self._file.vectors(self.dims)[places]  # a copy: what is mapped is unmapped at once, so none of it stays

    def frames(self) -> Iterator[pl.DataFrame]:
        """Frames of ``VECTOR_SCHEMA``, some thousand rows each."""
        ids = self.ids
        for start in range(0, len(ids), _AT_A_TIME):
            some = ids[start : start + _AT_A_TIME]
            column = pl.Series("vector", self.rows(some), pl.Array(pl.Float32, self.dims)).arr.to_list()
            yield pl.DataFrame({"id": some, "vector": column}, schema=VECTOR_SCHEMA)

    def named(self, names: Mapping[str, str]) -> "VectorFile":
        """Those vectors of the same file whose ids are among these, under the names that stand for them there."""
        found = VectorFile.__new__(VectorFile)
        found.dims, found._folder, found._file = self.dims, self._folder, self._file
        found._places = {names[id_]: place for id_, place in self._places.items() if id_ in names}
        return found

    def _no_room(self, error: OSError) -> LakeError:
        place = self._folder or tempfile.gettempdir()
        return LakeError(f"cannot keep embeddings in {place}: {error}. Free space there, then try again.")
