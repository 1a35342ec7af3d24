"""The ids of all documents of a search, on disk in order of arrival; 8 bytes of each are in memory."""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray


class IdFile:
    """Ids by place, counted from 0 in the order in which they were written."""

    def __init__(self, path: Path) -> None:
        """Begin an empty file."""
        self._path = path
        self._size = 0
        self._ends = [np.zeros(1, np.int64)]

    def add(self, batches: Iterable[pl.Series]) -> None:
        """Append ids.

        Raises:
            OSError: there is no room.
        """
        with self._path.open("ab") as file:
            for ids in batches:
                self._ends.append(self._size + np.cumsum(ids.str.len_bytes().to_numpy(), dtype=np.int64))
                self._size += file.write("".join(ids.str.join("", ignore_nulls=False)).encode())  # joined by polars

    def read(self, places: NDArray[np.int64]) -> pl.Series:
        """The ids at these places, in their order."""
        ends = self._all_ends()
        with self._path.open("rb") as file:
            number = file.fileno()
            begins, sizes = ends[places].tolist(), (ends[places + 1] - ends[places]).tolist()
            found = [os.pread(number, size, begin).decode() for begin, size in zip(begins, sizes, strict=True)]
        return pl.Series("id", found, pl.String())

    def _all_ends(self) -> NDArray[np.int64]:
        if len(self._ends) > 1:
            self._ends = [np.concatenate(self._ends)]
        return self._ends[0]
