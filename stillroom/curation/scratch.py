"""The scratch database of one search for duplicates: DuckDB in a folder of its own, within a bound of memory."""

import errno
import shutil
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from string import Template
from typing import Any

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.settings import DedupSettings
from stillroom.errors import LakeError

_MIB = 1 << 20
_NO_ROOM = (  # a commit that finds no space is a failed transaction
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.FatalException,
)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Scratch:
    """One scratch database; see ``open_scratch``.

    Attributes:
        folder: an empty folder for files beside it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        """Take a new, empty database."""
        self.folder = folder
        self._connection = connection
        connection.execute("SET enable_progress_bar = false")  # it would stand on stdout

    def execute(self, sql: str, **numbers: float) -> None:
        """Run statements that have no result; in these and in queries ``$name`` stands for the number of that name."""
        self._connection.execute(_with_numbers(sql, numbers))

    def rows(self, sql: str, **numbers: float) -> list[tuple[Any, ...]]:
        """The rows of a query, of which there are few."""
        return self._connection.execute(_with_numbers(sql, numbers)).fetchall()

    def arrays(self, sql: str, **numbers: float) -> dict[str, NDArray[np.int64]]:
        """The columns of a query for whole numbers."""
        found = self._connection.execute(_with_numbers(sql, numbers)).fetchnumpy()
        return {name: np.asarray(column, np.int64) for name, column in found.items()}

    def frame(self, sql: str, **numbers: float) -> pl.DataFrame:
        """The rows of a query as a frame."""
        return self._connection.execute(_with_numbers(sql, numbers)).pl()

    def batches(self, sql: str, rows: int) -> Iterator[pl.DataFrame]:
        """The rows of a query, about so many at a time; nothing else may be asked before the last."""
        found: Any = self._connection.execute(sql)  # the reader is of pyarrow, which has no types
        for batch in found.to_arrow_reader(rows):
            yield pl.DataFrame(batch)

    @contextmanager
    def view(self, name: str, frame: pl.DataFrame) -> Generator[None]:
        """Let a query of the block read a frame, once: as a stream, for which DuckDB needs no ``pyarrow.dataset``."""
        self._connection.register(name, frame.__arrow_c_stream__())
        try:
            yield
        finally:
            self._connection.unregister(name)


@contextmanager
def open_scratch(settings: DedupSettings) -> Generator[Scratch]:
    """A scratch database within the settings' memory, in a folder that is removed at the end.

    Raises:
        LakeError: where the folder cannot be written to, the disk is too small to spill to, or memory too small for a
            single step.
    """
    place = settings.spill_directory or Path(tempfile.gettempdir())
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="stillroom-dedup-", dir=place, ignore_cleanup_errors=True)
            )
            connection = stack.enter_context(closing(_connect(Path(folder), settings)))
            (files := Path(folder) / "files").mkdir()
            scratch = Scratch(connection, files)
        except (OSError, *_NO_ROOM) as error:
            raise _no_room(place, settings, error) from error
        try:
            yield scratch
        except _NO_ROOM as error:
            raise _no_room(place, settings, error) from error
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise _no_room(place, settings, error) from error


def _with_numbers(sql: str, numbers: Mapping[str, float]) -> str:
    """A query with its numbers as literals: where pandas is installed, DuckDB loads all of it to bind any parameter."""
    literals = {
        name: f"CAST('{number!r}' AS DOUBLE)" if isinstance(number, float) else repr(number)
        for name, number in numbers.items()
    }
    return Template(sql).substitute(literals)


def _connect(folder: Path, settings: DedupSettings) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        str(folder / "scratch.duckdb"),
        config={
            "memory_limit": f"{settings.memory_bytes // 1024}KiB",
            "temp_directory": str(folder / "spill"),
        },
    )


def _no_room(place: Path, settings: DedupSettings, error: duckdb.Error | OSError) -> LakeError:
    """An error that says where room was looked for, what is free there, and what to do."""
    found = f"{shutil.disk_usage(place).free / _MIB:,.1f} MB free" if place.is_dir() else "no such folder"
    return LakeError(
        f"the search for duplicates cannot go on: {error}. Expected {settings.memory_bytes / _MIB:,.0f} MB of memory, "
        f"and room in {place} for what does not fit there; found {found}. Free space in it, or memory, then try again."
    )
