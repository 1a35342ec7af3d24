"""Texts of some documents on disk, one after another in a file: any few of them can be read, in any order."""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.candidates import Arrivals


class TextFile:
    """Texts by position. 20 bytes of each are in memory; DuckDB would hold 2,048 rows together, however long they are.

    Attributes:
        characters: of the text at each position.
    """

    def __init__(self, path: Path, arrivals: Arrivals, positions: Arrivals, texts: Iterable[pl.DataFrame]) -> None:
        """Write texts to a file.

        Args:
            path: of the file, which is written anew.
            arrivals: the documents, ascending.
            positions: the position of each (0, 1, 2, ...).
            texts: batches of arrival, text; one text for each position.

        Raises:
            OSError: there is no room.
        """
        self._path = path
        self.characters = np.zeros(len(arrivals), np.int64)
        self._starts = np.zeros(len(arrivals), np.int64)
        self._sizes = np.zeros(len(arrivals), np.int32)
        end = 0
        with path.open("wb") as file:
            for batch in texts:
                at = positions[np.searchsorted(arrivals, batch["arrival"].to_numpy())]
                sizes = batch["text"].str.len_bytes().to_numpy().astype(np.int64)
                self.characters[at] = batch["text"].str.len_chars().to_numpy()
                self._sizes[at] = sizes
                self._starts[at] = end + np.cumsum(sizes) - sizes
                end += int(sizes.sum())
                for text in batch["text"]:
                    file.write(text.encode())

    def read(self, positions: NDArray[np.int64]) -> pl.Series:
        """The texts at these positions, in their order."""
        with self._path.open("rb") as file:
            found = [
                os.pread(file.fileno(), size, start).decode()
                for start, size in zip(self._starts[positions].tolist(), self._sizes[positions].tolist(), strict=True)
            ]
        return pl.Series("text", found, pl.String())
