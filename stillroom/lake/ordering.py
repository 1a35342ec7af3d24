"""Writes a small table anew whose rows do not lie as declared, in order and in groups: an earlier Stillroom's.

DuckLake sorts what it merges by the order that the table has then. So a file of before is put in order with the next
one that comes; but until one does, every row group of it is read for every id.

The rows come back as those of one more version of the catalogue. The versions before go on to read the old file, which
stays as long as one of them does; so tables of many bytes are left alone.
"""

from collections.abc import Callable, Sequence

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.compaction import Landing, columns_of, quoted
from stillroom.lake.files import METADATA
from stillroom.lake.schema import TABLES
from stillroom.lake.table import ROW_GROUP, Table

MOST_BYTES = 64 * 1024**2  # of a table, which may lie twice on the disk from then on
_SMALL = """
SELECT t.table_name FROM {metadata}.ducklake_data_file f
JOIN {metadata}.ducklake_table t ON t.table_id = f.table_id AND t.end_snapshot IS NULL
WHERE f.end_snapshot IS NULL
GROUP BY t.table_name HAVING max(f.record_count) > {row_group} AND sum(f.file_size_bytes) <= {most}
"""  # and not so small that it is read at once, whatever its order
_FILES = "SELECT data_file FROM ducklake_list_files('lake', ?)"
_ACROSS = """
SELECT 1 FROM (
    SELECT stats_min_value AS least,
           max(stats_max_value) OVER (
               PARTITION BY file_name ORDER BY stats_min_value, stats_max_value
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS greatest_before
    FROM parquet_metadata($files) WHERE path_in_schema = $column)
WHERE greatest_before > least LIMIT 1
"""  # row groups of one file that lie across each other
_NARROW = """
SELECT 1 FROM (
    SELECT file_name, count(DISTINCT row_group_id) AS groups FROM parquet_metadata($files) GROUP BY ALL)
JOIN parquet_file_metadata($files) USING (file_name) WHERE groups > 8 + 2 * num_rows / $rows LIMIT 1
"""  # far more row groups than declared: threads that write together part a file into somewhat more
_CONTENT = 'SELECT count(*), sum(hash(t)) FROM (SELECT {columns} FROM lake."{table}") t'
_KEEP = 'CREATE TEMP TABLE in_order AS SELECT {columns} FROM lake."{table}"'
_EMPTY = 'DELETE FROM lake."{table}"'
_WRITE = 'INSERT INTO lake."{table}" ({columns}) SELECT {columns} FROM in_order'  # DuckLake sorts what is inserted
_FORGET = "DROP TABLE in_order"


def unordered_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Names of small tables with files in which an id may lie in several row groups, though they are to be sorted.

    And those with files of far smaller row groups than declared.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    asked = _SMALL.format(metadata=METADATA, row_group=ROW_GROUP, most=MOST_BYTES)
    small = {str(name) for (name,) in connection.execute(asked).fetchall()}
    declared = [table for table in TABLES.values() if table.sorted_by and table.name in small]
    return [table.name for table in declared if _is_otherwise(connection, table)]


def write_in_order(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[str], landing: Landing, say: Callable[[str], None]
) -> None:
    """Write each of these tables anew, in a transaction of its own.

    Args:
        connection: the lake, which nobody else writes; to be closed where this raises.
        tables: their names.
        landing: goes around the statement that commits.
        say: told about each table.

    Raises:
        LakeError: the rows were not the same afterwards, so nothing was written.
        duckdb.Error: a table could not be read or written; it stays as it was.
    """
    for name in tables:
        say(f"writing {name} anew, in order")
        columns = ", ".join(quoted(column) for column in columns_of(connection, name))
        content = _CONTENT.format(columns=columns, table=name)
        connection.execute("BEGIN TRANSACTION")
        before = connection.execute(content).fetchall()
        for statement in (_KEEP, _EMPTY, _WRITE, _FORGET):
            connection.execute(statement.format(columns=columns, table=name))
        if connection.execute(content).fetchall() != before:
            raise LakeError(
                f"the rows of {name} were not the same when they had been written anew, so nothing was changed. "
                "Please report this with the versions of DuckDB and DuckLake."
            )
        with landing(connection):
            connection.execute("COMMIT")


def _is_otherwise(connection: duckdb.DuckDBPyConnection, table: Table) -> bool:
    files = [path for (path,) in connection.execute(_FILES, [table.name]).fetchall()]
    lies_across = connection.execute(_ACROSS, {"files": files, "column": table.sorted_by}).fetchall()
    return bool(lies_across or connection.execute(_NARROW, {"files": files, "rows": table.row_group}).fetchall())
