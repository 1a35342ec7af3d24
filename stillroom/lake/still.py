"""Which data files of a lake that nobody changes may hold a row, by its catalogue: they are read without DuckLake.

For every table of every question DuckLake asks the catalogue anew, by SQL that DuckDB parses and plans, and of a lake
of many files SQLite reads all statistics each time: half of what one row costs by its id. A copy of a catalogue
(``catalogue.own_catalogue``) always says the same, so it is asked once.

A table is left to DuckLake where it is more than whole Parquet files of the form that it has now: rows were deleted or
are in the catalogue itself, a column came or changed its name since, or files are elsewhere than in a folder. So is all
of a catalogue of a form that this module does not know.
"""

import sqlite3
import threading
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from stillroom.errors import LakeError

KEYS = ("example_id", "sample_id", "prompt_id", "run_id", "teacher_id", "matched_id", "risk")
"""The columns, of text, by whose least and greatest values files are told apart."""
_FORM = "1.0"  # of the catalogues whose tables this module knows
_GLOB = frozenset("*?[\\")  # of a path that has one of these, DuckDB would look for others
_ABOUT = "SELECT key, value FROM ducklake_metadata WHERE scope IS NULL"
_INLINED = """
SELECT count(*) FROM sqlite_master WHERE name LIKE 'ducklake_inlined_%' AND name <> 'ducklake_inlined_data_tables'
"""
_TABLES = """
SELECT t.table_id, t.table_name, s.path || t.path,
       t.path_is_relative = 1 AND s.path_is_relative = 1 AND NOT EXISTS (
           SELECT 1 FROM ducklake_delete_file d WHERE d.table_id = t.table_id AND d.end_snapshot IS NULL)
FROM ducklake_table t JOIN ducklake_schema s ON s.schema_id = t.schema_id AND s.end_snapshot IS NULL
WHERE t.end_snapshot IS NULL AND s.schema_name = 'main'
"""
_COLUMNS = """
SELECT table_id, column_id, column_name, begin_snapshot, parent_column IS NULL, column_type = 'varchar'
FROM ducklake_column WHERE end_snapshot IS NULL ORDER BY table_id, column_order
"""
_FILES = """
SELECT table_id, data_file_id, path, begin_snapshot,
       path_is_relative = 1 AND file_format = 'parquet' AND mapping_id IS NULL AND encryption_key IS NULL
FROM ducklake_data_file WHERE end_snapshot IS NULL ORDER BY data_file_id
"""
_BOUNDS = """
SELECT table_id, column_id, data_file_id, min_value, max_value FROM ducklake_file_column_stats
WHERE (table_id, column_id) IN (VALUES {keys}) AND min_value IS NOT NULL AND max_value IS NOT NULL
"""


@dataclass(slots=True)
class _Table:
    """A table as it is now.

    Attributes:
        is_plain: its files are all there is to it.
        folder: of its files, below the place of the data files.
        columns: their names, in order.
        changed: the version of the catalogue that brought the newest column.
        keys: ids of those columns that are among ``KEYS``.
        files: paths below ``folder``, by id.
        bounds: least and greatest value of a key in a file, where they are known, by key and id of the file.
    """

    is_plain: bool
    folder: str
    columns: list[str] = field(default_factory=list[str])
    changed: int = 0
    keys: dict[str, int] = field(default_factory=dict[str, int])
    files: dict[int, str] = field(default_factory=dict[int, str])
    bounds: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict[tuple[str, int], tuple[str, str]])


class StillFiles:
    """The data files of a lake whose catalogue does not change; safe to use from several threads.

    Args:
        catalogue: a copy of its catalogue, which is there as long as this is asked.
        data: where its data files are.
    """

    def __init__(self, catalogue: Path, data: Path | str) -> None:
        self._catalogue = catalogue
        self._data = data
        self._reading = threading.Lock()
        self._read: dict[str, _Table] | None = None

    def are_all_of(self, table: str) -> bool:
        """Whether the rows of a table are those of its files; else DuckLake is to be asked, also where there is none.

        Raises:
            LakeError: the catalogue cannot be read.
        """
        found = self._tables.get(table)
        return found is not None and found.is_plain

    def columns(self, table: str) -> list[str]:
        """The names of such a table's columns."""
        return self._tables[table].columns

    def files(self, table: str, keys: Mapping[str, str] | None = None) -> list[str]:
        """The whole paths of the files of such a table that may hold a row with these values in these columns."""
        found = self._tables[table]
        return [self._path(found, path) for number, path in found.files.items() if _may_hold(found, number, keys or {})]

    @property
    def _tables(self) -> dict[str, _Table]:
        with self._reading:
            if self._read is None:
                self._read = self._tables_of_catalogue() if isinstance(self._data, Path) else {}
            return self._read

    def _tables_of_catalogue(self) -> dict[str, _Table]:
        try:
            with closing(sqlite3.connect(f"{self._catalogue.as_uri()}?mode=ro", uri=True)) as opened:
                about = dict(opened.execute(_ABOUT))
                ((inlined,),) = opened.execute(_INLINED)
                if about.get("version") != _FORM or about.get("encrypted") != "false" or inlined:
                    return {}
                tables = _tables(opened)
        except sqlite3.Error as error:
            raise LakeError(f"cannot read the lake's catalogue {self._catalogue}: {error}") from error
        for table in tables.values():
            table.is_plain = table.is_plain and not any(
                _GLOB.intersection(self._path(table, path)) for path in table.files.values()
            )
        return tables

    def _path(self, table: _Table, path: str) -> str:
        return f"{self._data}/{table.folder}{path}"


def _tables(catalogue: sqlite3.Connection) -> dict[str, _Table]:
    tables: dict[int, _Table] = {}
    names: dict[str, int] = {}
    for table_id, name, folder, is_plain in catalogue.execute(_TABLES):
        tables[table_id] = _Table(is_plain=bool(is_plain), folder=folder)
        names[name] = table_id
    for table_id, column_id, name, begun, is_whole, is_text in catalogue.execute(_COLUMNS):
        if table := tables.get(table_id):
            table.changed = max(table.changed, begun)
            if is_whole:  # and no part of another
                table.columns.append(name)
            if is_whole and is_text and name in KEYS:
                table.keys[name] = column_id
    for table_id, file_id, path, begun, is_plain in catalogue.execute(_FILES):
        if table := tables.get(table_id):
            table.files[file_id] = path
            table.is_plain = bool(table.is_plain and is_plain and begun >= table.changed)
    keys = [f"({table_id:d}, {key:d})" for table_id, table in tables.items() for key in table.keys.values()]
    of_key = {(table_id, key): name for table_id, table in tables.items() for name, key in table.keys.items()}
    for table_id, key, file_id, least, greatest in catalogue.execute(_BOUNDS.format(keys=", ".join(keys))):
        tables[table_id].bounds[of_key[table_id, key], file_id] = least, greatest
    return {name: tables[table_id] for name, table_id in names.items()}


def _may_hold(table: _Table, file_id: int, keys: Mapping[str, str]) -> bool:
    """Whether a file may hold a row with these values; Python orders texts as DuckDB does, by their characters."""
    for key, value in keys.items():
        bounds = table.bounds.get((key, file_id))
        if bounds is not None and not bounds[0] <= value <= bounds[1]:
            return False
    return True


def reading_of(files: Collection[str]) -> str:
    """What stands after FROM for the rows of files of one form; ``SELECT *`` has columns of DuckLake's own, too."""
    return f"system.main.read_parquet([{', '.join(map(_text, files))}], hive_partitioning = false)"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
