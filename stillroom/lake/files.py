"""The data files that a catalogue names, and those that are there."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import duckdb

METADATA = "__ducklake_metadata_lake"
MAIN_FOLDER = "main"  # below the place of the data files: where the tables of every lake have their folders
PREFIX, SUFFIX = "ducklake-", ".parquet"  # of all that DuckLake writes; other files are somebody else's
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

_FOLDERS = """
SELECT DISTINCT CASE WHEN t.path_is_relative = 1 THEN s.path || t.path ELSE t.path END
FROM {metadata}.ducklake_table t JOIN {metadata}.ducklake_schema s ON s.schema_id = t.schema_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file that is there; ``name`` as catalogues have it, below the place of the data files."""

    name: str
    size: int
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A file of a table, as the catalogue knows it: of any version, not only of the newest."""

    table: str
    path: Path
    size: int


def named_files(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int]]:
    """All files that the catalogue names: table, path below the place of the data files (or whole), and bytes."""
    rows = connection.execute(_FILES.format(metadata=METADATA)).fetchall()
    return [(str(table), str(path), int(size)) for table, path, size in rows]


def data_files(connection: duckdb.DuckDBPyConnection, data: Path) -> list[DataFile]:
    """The same, below the folder ``data``."""
    return [DataFile(table=table, path=data / path, size=size) for table, path, size in named_files(connection)]


def table_folders(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Where the files of each table go, of those that some version of the catalogue holds; as paths are named."""
    return {str(path) for (path,) in connection.execute(_FOLDERS.format(metadata=METADATA)).fetchall()}


def is_of_ducklake(path: str, folders: Collection[str]) -> bool:
    """Whether DuckLake gives a table's file this path: in the table's folder or a partition's, under such a name."""
    *above, name = PurePosixPath(path).parts
    while above and "=" in above[-1]:  # a partition: column=value
        above.pop()
    is_in_folder = any(PurePosixPath(folder).parts == tuple(above) for folder in folders)
    return is_in_folder and name.startswith(PREFIX) and name.endswith(SUFFIX)


def missing_files(files: Iterable[DataFile]) -> list[DataFile]:
    """Of these, the ones that are not there or have another size than was written down."""
    return [file for file in files if _size(file.path) != file.size]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
