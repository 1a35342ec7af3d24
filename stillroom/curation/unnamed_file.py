"""A temporary file without a name, so that nothing is left of it wherever its process ends."""

import os
import tempfile
import weakref
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class UnnamedFile:
    """Bytes on disk that are appended to and read anywhere; gone with the last that refers to them or to a map."""

    def __init__(self, folder: Path | None = None) -> None:
        """Begin an empty file in a folder; in the system's temporary one where None.

        Raises:
            OSError: no file can be made there.
        """
        with ExitStack() as stack:
            self._file: Any = stack.enter_context(tempfile.TemporaryFile(dir=folder, buffering=0))
            weakref.finalize(self, stack.pop_all().close)

    def append(self, numbers: NDArray[Any]) -> None:
        """Write an array behind what is there.

        Raises:
            OSError: there is no room.
        """
        contents: Any = np.ascontiguousarray(numbers).reshape(-1)
        rest = memoryview(contents).cast("B")
        os.lseek(self._file.fileno(), 0, os.SEEK_END)
        while len(rest):
            rest = rest[self._file.write(rest) :]

    def read(self, start: int, size: int) -> bytes:
        """So many bytes from one on."""
        return os.pread(self._file.fileno(), size, start)

    def vectors(self, dims: int) -> NDArray[np.float32]:
        """All of it as a memory map of vectors, shape (n, dims); there is one at least."""
        return np.asarray(np.memmap(self._file, np.float32, "r").reshape(-1, dims))
