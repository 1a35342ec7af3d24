"""Asks the catalogue's own database which commits there may be: DuckLake takes ten times as long to plan the question.

DuckLake writes down the least and the greatest value of each column, by file and for the whole table. So a key that
lies between those of no file has not been committed. The question is put in the database's own words, by the
connection that DuckLake itself has to it: another one to the same SQLite file in this process would, when closed, give
up the locks of the first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import duckdb

from stillroom.lake.connection import POSTGRES_SCHEMA
from stillroom.lake.files import METADATA

CatalogueQuery = Literal["sqlite_query", "postgres_query"]
"""The DuckDB function that hands a question on as it is."""

_QUESTION = """
SELECT
  (SELECT s.max_value
   FROM {schema}.ducklake_table_column_stats s
   JOIN ({column}) c ON s.table_id = c.table_id AND s.column_id = c.column_id
   WHERE c.column_name = 'created_at') AS newest,
  (SELECT count(*)
   FROM {schema}.ducklake_file_column_stats s
   JOIN ({column}) c ON s.table_id = c.table_id AND s.column_id = c.column_id
   WHERE c.column_name = 'key' AND (s.min_value IS NULL OR s.max_value IS NULL OR (
       s.min_value{bytewise} <= {key} AND s.max_value{bytewise} >= {key}))) AS files
"""
_COLUMN = """
SELECT c.table_id, c.column_id, c.column_name
FROM {schema}.ducklake_column c JOIN {schema}.ducklake_table t ON t.table_id = c.table_id
WHERE t.table_name = 'commits' AND t.end_snapshot IS NULL AND c.end_snapshot IS NULL
"""


@dataclass(frozen=True, slots=True)
class Receipts:
    """What the catalogue says of commits.

    Attributes:
        newest: no commit is later, UTC without its zone; None where there is none, or that is not known.
        may_hold: whether the key may have been committed; where not, it has not.
    """

    newest: datetime | None
    may_hold: bool


def receipts(connection: duckdb.DuckDBPyConnection, key: str, how: CatalogueQuery) -> Receipts:
    """What there is of commits at this moment, and of this one.

    Raises:
        duckdb.Error: the catalogue cannot be read.
    """
    is_sqlite = how == "sqlite_query"
    schema = "main" if is_sqlite else POSTGRES_SCHEMA
    as_bytes = key.encode("utf-8").hex()  # nothing in a key can end the literal
    question = _QUESTION.format(
        schema=schema,
        column=_COLUMN.format(schema=schema),
        key=f"CAST(X'{as_bytes}' AS TEXT)" if is_sqlite else f"convert_from(decode('{as_bytes}', 'hex'), 'UTF8')",
        bytewise="" if is_sqlite else ' COLLATE "C"',
    )
    row = connection.execute(f"SELECT newest, files FROM {how}(?, ?)", [METADATA, question]).fetchone()  # noqa: S608 - one of two names
    newest, files = row or (None, 1)
    return Receipts(datetime.fromisoformat(newest) if newest else None, int(files) > 0)
