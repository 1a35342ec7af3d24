"""Merges the many small files of a table into few, and makes sure that no version of it has changed.

DuckLake writes one file per commit and partition. A merged file keeps with every row the version that brought it, so
that the past can be asked as before. What each version brought is hashed before and after, while a copy of the
catalogue is kept. As long as that copy is there, a merge has not been compared: whoever dies leaves it to the next
housekeeping, which does so before it removes anything.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.files import METADATA
from stillroom.lake.spare import Spare

Landing = Callable[[duckdb.DuckDBPyConnection], AbstractContextManager[None]]

TARGET_BYTES = 512 * 1024**2  # DuckLake's own: it leaves files of this size alone
_GROUPS = """
WITH partitions AS (
    SELECT data_file_id, string_agg(partition_value, '/' ORDER BY partition_key_index) AS part
    FROM {metadata}.ducklake_file_partition_value GROUP BY data_file_id
), files AS (
    SELECT t.table_name, f.file_size_bytes AS size, f.partition_id, p.part,
           (SELECT max(v.schema_version) FROM {metadata}.ducklake_schema_versions v
            WHERE v.table_id = f.table_id AND v.begin_snapshot <= f.begin_snapshot) AS schema_version,
           f.file_size_bytes >= {target}
               OR f.data_file_id IN (SELECT data_file_id FROM {metadata}.ducklake_delete_file) AS stays
    FROM {metadata}.ducklake_data_file f
    JOIN {metadata}.ducklake_table t ON t.table_id = f.table_id AND t.end_snapshot IS NULL
    LEFT JOIN partitions p ON p.data_file_id = f.data_file_id
    WHERE f.end_snapshot IS NULL
)
SELECT table_name, sum(files)::BIGINT, sum(bytes)::BIGINT, sum(CASE WHEN stays THEN files ELSE bins END)::BIGINT,
       coalesce(sum(files) FILTER (NOT stays AND files > bins), 0)::BIGINT
FROM (SELECT table_name, stays, count(*) AS files, sum(size) AS bytes, ceil(sum(size) / {target}) AS bins
      FROM files GROUP BY table_name, partition_id, part, schema_version, stays)
GROUP BY table_name ORDER BY table_name
"""
_ROWS = """
SELECT brought_by, count(*), sum(hash(t)) FROM (SELECT snapshot_id AS brought_by, {columns} FROM lake.{table}) t
GROUP BY brought_by
"""
_COLUMNS = "SELECT * FROM lake.{table} LIMIT 0"
VersionRows = dict[int, tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFiles:
    """The files of one table as it is now.

    Attributes:
        merged: how many files there will be, about, once they are merged.
        mergeable: how many of the present ones are then replaced.
    """

    table: str
    files: int
    size: int
    merged: int
    mergeable: int


def table_files(connection: duckdb.DuckDBPyConnection) -> dict[str, TableFiles]:
    """Every table that has files, by name.

    DuckLake merges files of one partition that were written under one form of the table, up to a size.
    """
    rows = connection.execute(_GROUPS.format(metadata=METADATA, target=TARGET_BYTES)).fetchall()
    names = ("table", "files", "size", "merged", "mergeable")
    return {row[0]: TableFiles(**dict(zip(names, row, strict=True))) for row in rows}


def merge_tables(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, TableFiles],
    spare: Spare,
    landing: Landing,
    say: Callable[[str], None],
) -> None:
    """Merge the files of ``tables``; the replaced ones stay where they are, for whoever still reads them.

    Args:
        connection: the lake, which nobody else writes; closed where a merge is undone.
        tables: as ``table_files`` gives them.
        spare: where the catalogue is copied to meanwhile; it is there as long as a merge may not have been compared.
        landing: goes around the statement that commits.
        say: told about each table.

    Raises:
        LakeError: rows differ afterwards; the catalogue was put back, so nothing has changed.
        duckdb.Error: a table could not be merged or read; where it was merged by then, the catalogue was put back.
    """
    todo = [one for one in tables.values() if one.mergeable]
    if not todo:
        return
    spare.make()
    is_unsure = False  # whether files may have been replaced by one that nobody has read
    try:
        for number, one in enumerate(todo, start=1):
            say(f"merging {one.files:,} files of {one.table} (table {number} of {len(todo)})")
            columns = columns_of(connection, one.table)
            before = version_rows(connection, one.table, columns)
            connection.execute("BEGIN TRANSACTION")
            merge(connection, one.table)
            is_unsure = True
            with landing(connection):
                connection.execute("COMMIT")
            if version_rows(connection, one.table, columns) != before:
                raise LakeError(
                    f"the rows of {one.table} were not the same after its files had been merged; the catalogue was put "
                    "back as it was and nothing was removed. Please report this with the versions of DuckDB and "
                    "DuckLake."
                )
            is_unsure = False
    except BaseException:  # also Ctrl-C
        if is_unsure:
            connection.close()
            spare.put_back()
        spare.discard()
        raise
    spare.discard()


def merge(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Let DuckLake merge one table's files; it reads the old ones until the transaction is committed."""
    connection.execute("CALL ducklake_merge_adjacent_files('lake', ?)", [table])


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table, as it is now."""
    described = connection.execute(_COLUMNS.format(table=quoted(table))).description or ()
    return [str(column[0]) for column in described]


def version_rows(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> VersionRows:
    """For every version that brought rows: how many, and the sum of their hashes over these columns.

    Raises:
        duckdb.Error: a file of the table cannot be read.
    """
    query = _ROWS.format(table=quoted(table), columns=", ".join(quoted(name) for name in columns))
    return {int(version): tuple(found) for version, *found in connection.execute(query).fetchall()}


def quoted(name: str) -> str:
    """A name as an identifier of SQL, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
