"""Makes the tables and views of a lake, so that a creation that was cut off is done again by the next opening."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.definitions import MACROS, VIEWS, definition, definitions
from stillroom.lake.layout import SET_OPTIONS, TABLES_THERE, layout_of, row_groups_of
from stillroom.lake.location import locate
from stillroom.lake.recognition import is_recognised, recognise
from stillroom.lake.schema import SCHEMA_VERSION, TABLES
from stillroom.lake.script import keep_script
from stillroom.lake.table import Table
from stillroom.lake.versions import MARK, refuse_other_version

TABLE_NAMES = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'"  # and no view, which would be bound
COLUMN_NAMES = "SELECT table_name, column_name FROM information_schema.columns WHERE table_catalog = 'lake'"
_MACROS = "SELECT function_name, macro_definition FROM duckdb_functions() WHERE database_name = ?"
_VIEWS = "SELECT view_name, sql FROM duckdb_views() WHERE database_name = ?"


def is_whole(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the lake's creation has come to its end."""
    return MARK in _present(connection)


def prepare(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Create tables and views where missing; call it under the lake's write lock.

    Raises:
        LakeError: the lake is of another schema version, or cannot be written.
    """
    try:
        present = _present(connection)
        if MARK in present:
            refuse_other_version(connection, root)
            if not is_recognised(connection, root):
                _add(connection)
                recognise(connection, root)
        else:
            _create(connection, present)
            recognise(connection, root)
        keep_script(locate(root))
    except (duckdb.Error, OSError) as error:
        raise LakeError(
            f"cannot make the lake in {root}: {error}. Free some space there, or name another folder that you may "
            "write to with --lake."
        ) from error


def _present(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of the tables, of DuckLake's own: DuckDB would look up how large each of them is."""
    return {str(name) for (name,) in connection.execute(TABLES_THERE).fetchall()}


def _add(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what came since the lake was made."""
    for statement in additions(connection):
        connection.execute(statement)
    _add_definitions(connection)


def _create(connection: duckdb.DuckDBPyConnection, present: set[str]) -> None:
    """Make all, and let every table have had a row.

    Of a table that never had one, DuckLake asks its catalogue for statistics every time: planning a query over all of
    its columns took 60-80 ms, and takes 6-9 ms. The row has to be gone in a transaction after its own.
    """
    with _transaction(connection):
        for statement in SET_OPTIONS:
            connection.execute(statement)
    with _transaction(connection):
        for table in TABLES.values():
            if table.name not in present:
                for statement in _creation_of(table):
                    connection.execute(statement)
        for statement in definitions():
            connection.execute(statement)
        for table in TABLES.values():
            connection.execute(f"INSERT INTO lake.{_quoted(table.name)} (run_id) VALUES ('')")  # noqa: S608 - from the schema
    with _transaction(connection):
        for table in TABLES.values():
            connection.execute(f"DELETE FROM lake.{_quoted(table.name)}")  # noqa: S608 - from the schema
        connection.execute(f"CREATE TABLE lake.{MARK} (version INTEGER)")
        connection.execute(f"INSERT INTO lake.{MARK} VALUES (?)", [SCHEMA_VERSION])  # noqa: S608 - our own name
    for table in TABLES.values():
        for statement in row_groups_of(table):
            connection.execute(statement)
    connection.execute("CALL ducklake_expire_snapshots('lake', older_than => now())")
    connection.execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)")


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Generator[None]:
    connection.execute("BEGIN TRANSACTION")
    yield
    connection.execute("COMMIT")


def additions(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What adds the tables and columns that came into the schema since the lake was made.

    Nothing that is there changes; rows that are there have null in a new column.
    """
    present = {(str(table), str(name)) for table, name in connection.execute(COLUMN_NAMES).fetchall()}
    there = {table for table, _ in present}
    added = [one for table in TABLES.values() if table.name not in there for one in _creation_of(table)]
    for table in TABLES.values():
        added += [
            f"ALTER TABLE lake.{_quoted(table.name)} ADD COLUMN {_quoted(column.name)} {column.type}"
            for column in table.all_columns
            if table.name in there and (table.name, column.name) not in present
        ]
    return added


def _creation_of(table: Table) -> list[str]:
    columns = ", ".join(f"{_quoted(column.name)} {column.type}" for column in table.all_columns)
    return [f"CREATE TABLE lake.{_quoted(table.name)} ({columns})", *layout_of(table)]


def _add_definitions(connection: duckdb.DuckDBPyConnection) -> None:
    """Views and macros that came since the lake was made, or say something else now."""
    views = dict(connection.execute(_VIEWS, ["lake"]).fetchall())
    for name in VIEWS:
        if _query(views.get(name, "")) != _as_parsed(connection, name):
            connection.execute(definition(name))
    macros = dict(connection.execute(_MACROS, ["lake"]).fetchall())
    for name in MACROS:
        if macros.get(name) != _as_stored(connection, name):
            connection.execute(definition(name))


def _as_parsed(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """A view's query as DuckDB writes it down, to compare with; it is not planned, which would take 30 ms a view."""
    query = definition(name).partition(" AS\n")[2].strip().removesuffix(";")
    rows = connection.execute("SELECT json_deserialize_sql(json_serialize_sql(?))", [query]).fetchall()
    return str(rows[0][0])


def _query(view: str) -> str:
    """The query of ``CREATE VIEW name AS query;``, without what parsing it leaves out."""
    return view.partition(" AS ")[2].strip().removesuffix(";").replace(" AS MATERIALIZED (", " AS (")


def _as_stored(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """A macro's definition as DuckDB writes it down, to compare with."""
    connection.execute(definition(name).replace(f"MACRO lake.{name}", f"TEMP MACRO {name}", 1))
    try:
        return dict(connection.execute(_MACROS, ["temp"]).fetchall())[name]
    finally:
        connection.execute(f"DROP MACRO TABLE temp.{name}")


def _quoted(name: str) -> str:
    return f'"{name}"'
