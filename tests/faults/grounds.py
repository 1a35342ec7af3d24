"""What a campaign's lake stands on: a catalogue in a file, or catalogue and journals in a PostgreSQL server."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from stillroom.lake.variables import CATALOGUE_VARIABLE, DATA_VARIABLE, JOURNAL_VARIABLE
from tests.fakes.postgres import PACKAGE, find_programs, postgres_server

KINDS = ("sqlite", "postgres")


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of a catalogue from outside.

    Attributes:
        state: differs after every write to it.
        data: the folder of the lake's data files.
        writes: about so many of them make a build.
    """

    state: Callable[[], object]
    data: Path
    writes: int


@contextmanager
def ground(kind: str, folder: Path) -> Generator[Ground]:
    """The ground of the lake ``folder``/lake, for this process and all that it starts, for the length of the block."""
    with _postgres(folder) if kind == "postgres" else _sqlite(folder / "lake") as made:
        yield made


@contextmanager
def _sqlite(lake: Path) -> Generator[Ground]:
    """SQLite's log is written to by every commit."""
    log = lake / "catalogue.sqlite-wal"

    def written_at() -> int:
        try:
            return log.stat().st_mtime_ns
        except FileNotFoundError:  # whoever leaves last removes it
            return 0

    yield Ground(written_at, data=lake / "data", writes=60)


@contextmanager
def _postgres(folder: Path) -> Generator[Ground]:
    """A server for this lake alone, so that whatever moves its log is the lake's; data files in a folder beside."""
    programs = find_programs()
    if programs is None:
        raise RuntimeError(f"this needs a PostgreSQL server: run `make test`, or install the package {PACKAGE}")
    with postgres_server(programs, durable=False) as server, pytest.MonkeyPatch.context() as patch:
        database = server.create("lake")
        patch.setenv(CATALOGUE_VARIABLE, database)
        patch.setenv(DATA_VARIABLE, str(folder / "data"))
        patch.setenv(JOURNAL_VARIABLE, "catalogue")
        with psycopg.connect(database, autocommit=True) as looking:
            yield Ground(
                lambda: looking.execute("SELECT pg_current_wal_insert_lsn()").fetchone(),
                data=folder / "data",
                writes=400,
            )
