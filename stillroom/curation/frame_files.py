"""A frame on disk that is written a part at a time."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Self

import polars as pl


class FrameFiles:
    """Files of Parquet in a folder, which are read as one frame."""

    def __init__(self, folder: Path, name: str, schema: pl.Schema) -> None:
        """Begin a frame without rows.

        Raises:
            OSError: there is no room.
        """
        self._folder = folder
        self._name = name
        self._files: list[Path] = []
        self.write(schema.to_frame())

    def write(self, part: pl.DataFrame) -> None:
        """Append rows.

        Raises:
            OSError: there is no room.
        """
        path = self._folder / f"{self._name}-{len(self._files)}.parquet"
        written = BytesIO()
        part.write_parquet(written, compression="lz4")
        path.write_bytes(written.getbuffer())  # where there is no room, this says so in the system's own words
        self._files.append(path)

    def write_all(self, parts: Iterable[pl.DataFrame]) -> Self:
        """Append the rows of several parts; raises as ``write`` does."""
        for part in parts:
            self.write(part)
        return self

    def scan(self) -> pl.LazyFrame:
        """The frame, read as far as it is asked for."""
        return pl.scan_parquet(self._files, glob=False)
