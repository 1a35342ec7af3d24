"""The spare copy of a catalogue in PostgreSQL: its tables once more, in a schema of their own beside it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg
from psycopg import sql

from stillroom.errors import LakeError
from stillroom.lake.connection import connect as connect_to_lake
from stillroom.lake.postgres import SCHEMA, connect

_TABLES = """
SELECT tablename FROM pg_tables WHERE schemaname = %s AND starts_with(tablename, 'ducklake_') ORDER BY tablename
"""  # what else is in the schema, such as journals, is no part of the catalogue


class SpareSchema:
    """The copy of the catalogue's tables in the schema ``schema``."""

    def __init__(self, database: str, schema: str) -> None:
        self._database = database
        self._schema = schema

    @property
    def name(self) -> str:
        """The schema and its database."""
        return f"the schema {self._schema} of {self._database}"

    @property
    def is_there(self) -> bool:
        """Whether the schema is there: it is made in one transaction.

        Raises:
            LakeError: PostgreSQL does not answer.
        """
        with self._transaction("looked for") as connection:
            return connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [self._schema]).rowcount > 0

    def make(self) -> None:
        """Copy all tables, as of one moment, with their keys.

        Raises:
            LakeError: the role may not make a schema, or PostgreSQL does not answer.
        """
        schema = sql.Identifier(self._schema)
        with self._transaction("kept") as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
            for table in _tables(connection, SCHEMA):
                original, copy = sql.Identifier(SCHEMA, table), sql.Identifier(self._schema, table)
                connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(copy, original))
                connection.execute(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(copy, original))

    def put_back(self) -> None:
        """Give every table the rows that its copy has.

        Raises:
            LakeError: PostgreSQL does not answer, or a table may not be written.
        """
        with self._transaction("put back") as connection:
            for table in _tables(connection, self._schema):
                original, copy = sql.Identifier(SCHEMA, table), sql.Identifier(self._schema, table)
                connection.execute(sql.SQL("DELETE FROM {}").format(original))
                connection.execute(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(original, copy))

    def opened(self, data: Path | str, spill: Path) -> duckdb.DuckDBPyConnection:
        """The lake with the schema as its catalogue.

        Raises:
            LakeError: it cannot be opened.
        """
        return connect_to_lake(self._database, data, read_only=True, spill=spill, schema=self._schema)

    def discard(self) -> None:
        """Drop the schema.

        Raises:
            LakeError: PostgreSQL does not answer.
        """
        with self._transaction("dropped") as connection:
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(self._schema)))

    @contextmanager
    def _transaction(self, done: str) -> Generator[psycopg.Connection]:
        with connect(self._database, "copies the catalogue") as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            try:
                with connection.transaction():
                    yield connection
            except psycopg.Error as error:
                raise LakeError(
                    f"a copy of the catalogue cannot be {done} in the schema {self._schema} of PostgreSQL "
                    f"({self._database}): {' '.join(str(error).split())} {_advice(error)} Then run the command again."
                ) from error


def _advice(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return (
            "The role needs the rights to make a schema (GRANT CREATE ON DATABASE ... TO <role>) and to write the "
            f"tables of the schema {SCHEMA}, or be the one that owns them."
        )
    return "Start the server if it is down; its log may say more."


def _tables(connection: psycopg.Connection, schema: str) -> list[str]:
    return [str(name) for (name,) in connection.execute(_TABLES, [schema]).fetchall()]
