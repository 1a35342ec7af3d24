"""A spare copy of a catalogue, to go back to: a file beside a SQLite one, a schema beside PostgreSQL's tables."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.catalogue import copy_catalogue, put_back
from stillroom.lake.connection import connect
from stillroom.lake.location import Location


class Spare(Protocol):
    """A copy of a catalogue under a name; whoever uses it has the lake to itself."""

    @property
    def name(self) -> str:
        """Where it is, for a person."""
        ...

    @property
    def is_there(self) -> bool:
        """Whether there is a copy, whoever made it; one that was cut off is none.

        Raises:
            LakeError: PostgreSQL does not answer.
        """
        ...

    def make(self) -> None:
        """Copy the catalogue as it is now; one that was left under this name is replaced.

        Raises:
            LakeError: it cannot be read, or the copy not be written.
        """
        ...

    def opened(self, data: Path | str, spill: Path) -> duckdb.DuckDBPyConnection:
        """The lake as the copy has it, to read, with its files at ``data``.

        Raises:
            LakeError: it cannot be opened.
        """
        ...

    def put_back(self) -> None:
        """Make the catalogue what the copy is; no connection of ours may be in a transaction.

        Raises:
            LakeError: it cannot be written.
        """
        ...

    def discard(self) -> None:
        """Remove the copy."""
        ...


class SpareFile:
    """The copy of a SQLite catalogue."""

    def __init__(self, root: Path, file: Path) -> None:
        self._root = root
        self._file = file

    @property
    def name(self) -> str:
        """The file."""
        return str(self._file)

    @property
    def is_there(self) -> bool:
        """Whether the file is there: it gets its name once it is whole."""
        return self._file.exists()

    def make(self) -> None:
        """Copy it with SQLite's own means.

        Raises:
            LakeError: it cannot be read, or the copy not be written.
        """
        part = self._file.with_suffix(".part")
        try:
            part.unlink(missing_ok=True)
            copy_catalogue(self._root, part)
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(self._file)
        except OSError as error:
            raise LakeError(f"cannot write {self._file}: {error}. Free some space there, and try again.") from error
        finally:
            with suppress(OSError):
                part.unlink()

    def opened(self, data: Path | str, spill: Path) -> duckdb.DuckDBPyConnection:
        """The lake with the file as its catalogue."""
        return connect(self._file, data, read_only=True, spill=spill)

    def put_back(self) -> None:
        """Copy it back."""
        put_back(self._file, self._root)

    def discard(self) -> None:
        """Unlink it."""
        with suppress(OSError):
            self._file.unlink()


def spare(location: Location, stem: str, *, is_kept: bool) -> Spare:
    """Where a copy of the lake's catalogue would be.

    Args:
        location: the lake.
        stem: names it, in letters, digits and hyphens.
        is_kept: a person keeps it, so it lies beside the catalogue rather than among what is temporary.
    """
    if isinstance(location.catalogue, str):
        from stillroom.lake.spare_schema import SpareSchema

        return SpareSchema(location.catalogue, f"stillroom_{stem.replace('-', '_').lower()}")
    folder = location.root if is_kept else location.root / "tmp"
    return SpareFile(location.root, folder / f"{stem}.sqlite")
