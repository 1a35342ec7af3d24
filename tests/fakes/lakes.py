"""Lakes for tests, all attached to one DuckDB: loading its extensions takes longer than most tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from stillroom.lake import Lake
from stillroom.lake.connection import attach_statements


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, root: Path) -> Iterator[Lake]:
    """The lake in ``root`` on a connection that has no lake attached; not to be closed."""
    *_, attach, use = attach_statements(root / "catalogue.sqlite", root / "data", read_only=False)
    connection.execute(attach)
    connection.execute(use)
    try:
        yield Lake(root, connection=connection)
    finally:
        connection.execute("USE memory")
        connection.execute("DETACH lake")
