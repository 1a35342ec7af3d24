"""Lists of row numbers on disk, one for each row of something, such as the rows before it that it is like."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.unnamed_file import UnnamedFile

Rows = NDArray[np.int64]


class RowLists:
    """A list of numbers below 2^31 for each of some rows; 8 bytes of each row are in memory, the lists in a file."""

    def __init__(self, count: int, pairs: Iterable[tuple[Rows, Rows]], folder: Path | None = None) -> None:
        """Take the lists of ``count`` rows.

        Args:
            count: how many rows there are.
            pairs: rows and what belongs to their lists, in parts, ordered by row over all of them.
            folder: where the file lies, which has no name; the system's temporary folder where None.

        Raises:
            OSError: there is no room.
        """
        self._ends = np.zeros(count + 1, np.int64)
        self._file = UnnamedFile(folder)
        for rows, members in pairs:
            self._file.append(members.astype(np.int32))
            if len(rows):
                first, last = int(rows[0]), int(rows[-1])
                self._ends[first + 1 : last + 2] += np.bincount(rows - first, minlength=last - first + 1)
        np.cumsum(self._ends, out=self._ends)

    def of(self, row: int) -> list[int]:
        """The list of a row, as it was given."""
        start, end = self._ends[row : row + 2].tolist()
        if start == end:
            return []
        found = self._file.read(4 * start, 4 * (end - start))
        return np.frombuffer(found, np.int32).tolist()
