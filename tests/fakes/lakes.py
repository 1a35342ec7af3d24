"""Lakes for tests, all attached to one DuckDB: loading its extensions takes longer than most tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from stillroom.lake import Lake
from stillroom.lake.connection import attach_statements
from stillroom.lake.location import locate
from stillroom.lake.writing import writing


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, root: Path) -> Iterator[Lake]:
    """The lake in ``root`` on a connection that has no lake attached; not to be closed."""
    location = locate(root)
    how = writing(location)
    *_, attach, use = attach_statements(location.catalogue, how.data, read_only=False)
    connection.execute(attach)
    connection.execute(use)
    try:
        yield Lake(root, connection=connection, writing=how)
    finally:
        connection.execute("USE memory")
        connection.execute("DETACH lake")
        how.close()
