"""How processes that write one lake keep out of each other's way: by a file, or in the catalogue's PostgreSQL."""

import os
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import duckdb
from filelock import FileLock, Timeout

from stillroom.errors import LakeError
from stillroom.lake.landing import reach
from stillroom.lake.location import Location
from stillroom.lake.passing import is_locked, is_passing
from stillroom.lake.receipts import CatalogueQuery

if TYPE_CHECKING:
    from stillroom.lake.landing import FolderReach, StorageReach

WRITE_LOCK_SECONDS = 300.0  # a commit takes tens of milliseconds; longer means a stuck process


class Writing(Protocol):
    """What ``Lake.commit`` needs of the place where a lake is."""

    @property
    def catalogue_query(self) -> CatalogueQuery:
        """How the catalogue's database is asked in its own words."""
        ...

    @property
    def data(self) -> Path | str:
        """Where DuckLake is to be told that the data files are."""
        ...

    def turn(self) -> AbstractContextManager[None]:
        """Within the block no other process commits."""
        ...

    def make_ready(self) -> None:
        """Whatever must be there before DuckLake makes a catalogue."""
        ...

    def landing(self, connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[None]:
        """Around the statement that commits."""
        ...

    def is_passing(self, error: LakeError) -> bool:
        """Whether a commit that failed so is to be tried again."""
        ...

    def advice(self, seconds: float) -> str:
        """What stands in a commit's way after it was tried for so long, and what to do."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class FileWriting:
    """By a file lock: SQLite's own locking makes DuckLake's writers fail (133 errors in 200 commits without it)."""

    catalogue_query: CatalogueQuery = "sqlite_query"

    def __init__(self, root: Path, data: Path | str | None = None) -> None:
        self._root = root
        self.data: Path | str = data or root / "data"

    @contextmanager
    def turn(self) -> Generator[None]:
        """Within the block no other process commits.

        Raises:
            LakeError: another has had its turn for ``WRITE_LOCK_SECONDS``.
        """
        lock = FileLock(self._root / "leases" / "write.lock", timeout=WRITE_LOCK_SECONDS)
        try:
            with lock:
                yield
        except Timeout as error:
            raise LakeError(
                f"another process has held the lake's write lock for {WRITE_LOCK_SECONDS:.0f} s ({lock.lock_file}). "
                f"Find it with `fuser {os.fspath(lock.lock_file)}` and end it, then try again."
            ) from error

    def make_ready(self) -> None:
        """Nothing: SQLite makes the file."""

    def landing(self, connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[None]:
        """Nothing is needed: a commit to a file that fails has not happened."""
        return nullcontext()

    def is_passing(self, error: LakeError) -> bool:
        """Whether another program has the catalogue locked."""
        return is_locked(error)

    def advice(self, seconds: float) -> str:
        """Who locks it can be found."""
        return (
            f"another program has kept the lake's catalogue locked for {seconds:.0f} s. "
            "Find it with `fuser catalogue.sqlite` in the lake's folder, end it, and try again."
        )

    def close(self) -> None:
        """Nothing is held between commits."""


class PostgresWriting:
    """By an advisory lock and the catalogue's primary key (``stillroom/lake/postgres.py``)."""

    catalogue_query: CatalogueQuery = "postgres_query"

    def __init__(self, database: str, data: Path | str, *, journals_in_catalogue: bool = False) -> None:

        from stillroom.lake.postgres import Turns  # psycopg takes its time, and lakes in files do without

        self._database = database
        self._journals_in_catalogue = journals_in_catalogue
        self._turns = Turns(database)
        self._reach: FolderReach | StorageReach = reach(data)
        self.data: Path | str = self._reach.path

    def turn(self) -> AbstractContextManager[None]:
        """Within the block no other process commits."""
        return self._turns.turn()

    def landing(self, connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[None]:
        """Around the statement that commits, DuckLake does not reach the data files."""
        return self._reach.withheld(connection)

    def is_passing(self, error: LakeError) -> bool:
        """Whether the connection was lost, or another process committed in between."""
        return is_passing(error)

    def advice(self, seconds: float) -> str:
        """The server is to be looked at."""
        return (
            f"the lake's catalogue in PostgreSQL ({self._database}) has not taken a commit for {seconds:.0f} s. "
            "See whether the server runs and lets this machine in, and try again: nothing is lost or done twice."
        )

    def make_ready(self) -> None:
        """Make the schema that the catalogue's tables go into, and the journals' table where they are there as well.

        Raises:
            RequestError: the lake is there, with its journals elsewhere.
        """
        self._turns.make_schema(journals=self._journals_in_catalogue)

    def close(self) -> None:
        """Close the connection, and take the path to the data away."""
        self._turns.close()
        self._reach.close()


def writing(location: Location) -> FileWriting | PostgresWriting:
    """How the lake at ``location`` is written."""
    if isinstance(location.catalogue, Path):
        return FileWriting(location.root, location.data)
    return PostgresWriting(location.catalogue, location.data, journals_in_catalogue=location.journals_in_catalogue)
