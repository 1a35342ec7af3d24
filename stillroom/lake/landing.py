"""Keeps DuckLake away from its data files while it commits, so that a commit whose answer is lost keeps its rows.

A commit fails for DuckLake as soon as the connection breaks, and it then removes the files that it wrote. But
PostgreSQL may have committed all the same: the answer was lost, not the commit. Seen with DuckLake 1.0: the catalogue
then names files that are gone, and every query of the table fails for good. While the last statement runs, nothing
needs the files, so they are out of reach: in a folder because the path through which DuckLake knows it leads nowhere,
in object storage because the secret names an address where nobody listens. Files of a commit that really failed stay
behind and belong to nobody, like those of a process that was killed.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from stillroom.lake.object_storage import NOWHERE, secret_statement
from stillroom.lake.own_folder import OwnFolder


class FolderReach:
    """A path to the folder of the data files that can be taken away; it is ours alone."""

    def __init__(self, data: Path) -> None:
        self._folder = OwnFolder()
        self._data = data
        self._link = self._folder.path / "data"
        self.path: Path | str = self._link
        self._restore()

    @contextmanager
    def withheld(self, connection: duckdb.DuckDBPyConnection) -> Generator[None]:
        """Within the block the path leads nowhere."""
        self._link.unlink()
        try:
            yield
        finally:
            self._restore()

    def close(self) -> None:
        """Remove the path; the data stay."""
        self._folder.close()

    def _restore(self) -> None:
        self._link.symlink_to(self._data)


class StorageReach:
    """The secret with which DuckDB reaches data files in object storage."""

    def __init__(self, data: str) -> None:
        self.path: Path | str = data

    @contextmanager
    def withheld(self, connection: duckdb.DuckDBPyConnection) -> Generator[None]:
        """Within the block the secret leads nowhere."""
        beside = connection.cursor()  # the connection itself is in a transaction
        beside.execute(secret_statement(str(self.path), endpoint=NOWHERE))
        try:
            yield
        finally:
            beside.execute(secret_statement(str(self.path)))
            beside.close()

    def close(self) -> None:
        """Nothing is held."""


def reach(data: Path | str) -> FolderReach | StorageReach:
    """The way to the data files of a lake."""
    return FolderReach(data) if isinstance(data, Path) else StorageReach(data)
