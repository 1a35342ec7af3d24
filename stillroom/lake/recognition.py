"""Recognises a lake whose tables, views and macros were found to be as declared, so that they are not compared again.

To compare them, DuckDB binds every view and parses every definition: two thirds of the CPU of an opening, and each
build, shard and command that writes opens the lake. What was compared is hashed instead, and held against the hash in
a file beside the lake. It stands for exactly what the catalogue holds and what is declared, so whoever changes either,
or removes the file, only has it compared once more.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import astuple
from functools import cache
from pathlib import Path

import duckdb

from stillroom.lake.definitions import definitions
from stillroom.lake.files import METADATA
from stillroom.lake.schema import TABLES

FILE = ".recognised"
_STORED = """
SELECT 'column', t.table_name, c.column_name FROM {metadata}.ducklake_table t
JOIN {metadata}.ducklake_column c ON c.table_id = t.table_id AND c.end_snapshot IS NULL
WHERE t.end_snapshot IS NULL
UNION ALL SELECT 'view', view_name, sql FROM {metadata}.ducklake_view WHERE end_snapshot IS NULL
UNION ALL SELECT 'macro', m.macro_name, i.sql FROM {metadata}.ducklake_macro m
JOIN {metadata}.ducklake_macro_impl i ON i.macro_id = m.macro_id WHERE m.end_snapshot IS NULL
ORDER BY ALL
"""


def is_recognised(connection: duckdb.DuckDBPyConnection, root: Path) -> bool:
    """Whether the lake in ``root`` has what it had when it was last found to be as declared.

    Raises:
        duckdb.Error: the catalogue cannot be read.
    """
    try:
        return (root / FILE).read_text(encoding="ascii") == _looks(connection)
    except (OSError, UnicodeError):
        return False


def recognise(connection: duckdb.DuckDBPyConnection, root: Path) -> None:
    """Remember that the lake is as declared now; without room for the file it is compared again the next time.

    Raises:
        duckdb.Error: the catalogue cannot be read.
    """
    looks = _looks(connection)
    with suppress(OSError):
        (root / FILE).write_text(looks, encoding="ascii")


def _looks(connection: duckdb.DuckDBPyConnection) -> str:
    stored = connection.execute(_STORED.format(metadata=METADATA)).fetchall()
    return hashlib.sha256(json.dumps([_declared(), stored]).encode()).hexdigest()


@cache
def _declared() -> list[object]:
    """What decides how a lake is to be: also how this DuckDB writes a definition down."""
    tables = [[table.name, *map(astuple, table.all_columns)] for table in TABLES.values()]
    return [duckdb.__version__, tables, definitions()]
