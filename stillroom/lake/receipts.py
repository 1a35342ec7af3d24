"""Asks the catalogue's own database which commits there may be: DuckLake takes ten times as long to plan the question.

DuckLake writes down the least and the greatest value of each column, by file and for the whole table. So a key that
lies between those of no file has not been committed; but only where every row is in a file of which that is known. A
row may also be in the catalogue itself ("inlined"), and a file may have been registered without its values: then any
key may have been committed, and DuckLake is asked.

The question is put in the database's own words, by the connection that DuckLake itself has to it: another one to the
same SQLite file in this process would, when closed, give up the locks of the first.
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
WITH ours AS (
  SELECT t.table_id FROM {schema}.ducklake_table t JOIN {schema}.ducklake_schema s ON s.schema_id = t.schema_id
  WHERE s.schema_name = 'main' AND t.table_name = 'commits' AND s.end_snapshot IS NULL AND t.end_snapshot IS NULL
), fields AS (
  SELECT c.column_id, c.column_name FROM {schema}.ducklake_column c
  WHERE c.table_id = (SELECT table_id FROM ours) AND c.end_snapshot IS NULL AND c.parent_column IS NULL
), told AS (
  SELECT s.data_file_id, s.min_value{bytewise} <= {key} AND s.max_value{bytewise} >= {key} AS may_hold
  FROM {schema}.ducklake_file_column_stats s
  JOIN {schema}.ducklake_data_file f ON f.data_file_id = s.data_file_id AND f.end_snapshot IS NULL
  WHERE s.table_id = (SELECT table_id FROM ours)
    AND s.column_id = (SELECT column_id FROM fields WHERE column_name = 'key')
    AND s.min_value IS NOT NULL AND s.max_value IS NOT NULL
)
SELECT
  (SELECT s.max_value FROM {schema}.ducklake_table_column_stats s
   WHERE s.table_id = (SELECT table_id FROM ours)
     AND s.column_id = (SELECT column_id FROM fields WHERE column_name = 'created_at')) AS newest,
  (SELECT count(*) FROM {schema}.ducklake_data_file f
   WHERE f.table_id = (SELECT table_id FROM ours) AND f.end_snapshot IS NULL) AS files,
  (SELECT count(*) FROM {schema}.ducklake_inlined_data_tables i
   WHERE i.table_id = (SELECT table_id FROM ours)) AS inlined,
  counted.known, counted.may_hold
FROM (SELECT count(DISTINCT data_file_id) AS known, count(CASE WHEN may_hold THEN 1 END) AS may_hold FROM told) counted
"""


@dataclass(frozen=True, slots=True)
class Receipts:
    """What the catalogue says of commits.

    Attributes:
        newest: no commit is later, UTC without its zone; None where there is none, or that is not known for certain.
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
        key=f"CAST(X'{as_bytes}' AS TEXT)" if is_sqlite else f"convert_from(decode('{as_bytes}', 'hex'), 'UTF8')",
        bytewise="" if is_sqlite else ' COLLATE "C"',
    )
    asked = f"SELECT newest, files, inlined, known, may_hold FROM {how}(?, ?)"  # noqa: S608 - one of two names
    row = connection.execute(asked, [METADATA, question]).fetchone()
    if row is None:
        return Receipts(None, may_hold=True)
    newest, files, inlined, known, may_hold = row
    if int(inlined) or int(known) != int(files):
        return Receipts(None, may_hold=True)
    return Receipts(_moment(newest), int(may_hold) > 0)


def _moment(text: str | None) -> datetime | None:
    """The time in a statistic; None where it is none that can be read."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
