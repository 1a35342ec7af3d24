"""The data files that a catalogue names."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

METADATA = "__ducklake_metadata_lake"
_FILES = """
SELECT t.table_name,
       CASE WHEN f.path_is_relative = 1 THEN s.path || t.path || f.path ELSE f.path END AS path,
       f.file_size_bytes
FROM (SELECT table_id, path, path_is_relative, file_size_bytes FROM {metadata}.ducklake_data_file
      UNION ALL
      SELECT table_id, path, path_is_relative, file_size_bytes FROM {metadata}.ducklake_delete_file) f
JOIN (SELECT DISTINCT ON (table_id) table_id, table_name, schema_id, path FROM {metadata}.ducklake_table
      ORDER BY table_id, begin_snapshot DESC) t ON t.table_id = f.table_id
JOIN (SELECT DISTINCT ON (schema_id) schema_id, path FROM {metadata}.ducklake_schema
      ORDER BY schema_id, begin_snapshot DESC) s ON s.schema_id = t.schema_id
ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A file of a table, as the catalogue knows it: of any version, not only of the newest."""

    table: str
    path: Path
    size: int


def data_files(connection: duckdb.DuckDBPyConnection, data: Path) -> list[DataFile]:
    """All files that the catalogue names, below the folder ``data``."""
    rows = connection.execute(_FILES.format(metadata=METADATA)).fetchall()
    return [DataFile(table=str(table), path=data / str(path), size=int(size)) for table, path, size in rows]


def file_names(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The same as the catalogue names them: below the place of the data files, or with their whole address."""
    return {str(path) for _, path, _ in connection.execute(_FILES.format(metadata=METADATA)).fetchall()}


def missing_files(files: Iterable[DataFile]) -> list[DataFile]:
    """Of these, the ones that are not there or have another size than was written down."""
    return [file for file in files if _size(file.path) != file.size]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
