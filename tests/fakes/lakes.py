"""Lakes for tests, all attached to one DuckDB: loading its extensions takes longer than most tests."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from stillroom.lake import Lake
from stillroom.lake.connection import attach_statements
from stillroom.lake.location import REMEMBERED, locate
from stillroom.lake.writing import writing
from tests.fakes.postgres import PostgresServer


class _OpenToWrite(Lake):
    """As ``Lake.open`` leaves one: no program's presence is noted, yet it was given all that this Stillroom has."""

    def holds(self, table: str, column: str | None = None) -> bool:
        del table, column
        return True


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, root: Path) -> Iterator[Lake]:
    """The lake in ``root`` on a connection that has no lake attached; not to be closed."""
    location = locate(root)
    how = writing(location)
    *_, attach, use = attach_statements(location.catalogue, how.data, read_only=False)
    connection.execute(attach)
    connection.execute(use)
    try:
        yield _OpenToWrite(root, connection=connection, writing=how)
    finally:
        connection.execute("USE memory")
        connection.execute("DETACH lake")
        how.close()


def copied(server: PostgresServer, root: Path, there: Path, *, database: str, template: str, port: int | None) -> Path:
    """A copy of a lake that has its catalogue in PostgreSQL; reached through another port where one is given.

    Args:
        server: where both databases are.
        root: the folder that is copied.
        there: to where.
        database: the name of the new one.
        template: the name of the one that is copied.
        port: the other one.
    """
    shutil.copytree(root, there)
    catalogue = server.create(database, template=template)
    if port is not None:
        catalogue = catalogue.replace(f"port={server.port}", f"port={port}")
    (there / REMEMBERED).write_text(json.dumps({"catalogue": catalogue, "data": None}))
    return there
