"""How the files of each table are parted and ordered: what the schema declares, held against what the lake does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from stillroom.lake.compaction import Landing
from stillroom.lake.files import METADATA
from stillroom.lake.schema import TABLES
from stillroom.lake.table import ROW_GROUP, Table

TABLES_THERE = f"SELECT table_name FROM {METADATA}.ducklake_table WHERE end_snapshot IS NULL"  # noqa: S608 - our own name
_PARTED = f"""
SELECT t.table_name, list(c.column_name ORDER BY p.partition_key_index)
FROM {METADATA}.ducklake_table t
JOIN {METADATA}.ducklake_partition_info i ON i.table_id = t.table_id AND i.end_snapshot IS NULL
JOIN {METADATA}.ducklake_partition_column p ON p.partition_id = i.partition_id AND p.table_id = t.table_id
JOIN {METADATA}.ducklake_column c
    ON c.table_id = t.table_id AND c.column_id = p.column_id AND c.end_snapshot IS NULL
WHERE t.end_snapshot IS NULL GROUP BY t.table_name
"""  # noqa: S608 - our own name
_SORTED = f"""
SELECT t.table_name, list(e.expression ORDER BY e.sort_key_index)
FROM {METADATA}.ducklake_table t
JOIN {METADATA}.ducklake_sort_info i ON i.table_id = t.table_id AND i.end_snapshot IS NULL
JOIN {METADATA}.ducklake_sort_expression e ON e.sort_id = i.sort_id AND e.table_id = t.table_id
WHERE t.end_snapshot IS NULL GROUP BY t.table_name
"""  # noqa: S608 - our own name
_ROW_GROUP_OPTION = "parquet_row_group_size"
_OPTIONS = "SELECT key, value FROM {metadata}.ducklake_metadata WHERE scope IS NULL"
_ROW_GROUPS = f"""
SELECT t.table_name, o.value FROM {METADATA}.ducklake_metadata o
JOIN {METADATA}.ducklake_table t ON t.table_id = o.scope_id AND t.end_snapshot IS NULL
WHERE o.key = '{_ROW_GROUP_OPTION}' AND o.scope = 'table'
"""  # noqa: S608 - our own name


@dataclass(frozen=True, slots=True)
class LayoutChange:
    """What makes a lake write its files as the schema declares.

    Attributes:
        what: for a person: the table, and how its files are from then on.
        statement: the SQL that does it.
    """

    what: str
    statement: str


@dataclass(frozen=True, slots=True)
class _Option:
    """How all files are written: the option's name and value as SQL has them, as the catalogue has it, for a person."""

    name: str
    value: str
    kept: str
    what: str

    @property
    def statement(self) -> str:
        return f"CALL lake.set_option('{self.name}', {self.value})"


# Of sources of programs, half the time to read whole files or some rows by their ids that Snappy and the first
# version take (16 ms for 30, 15 for 35), and no more to write; files are larger by one or two hundredths.
_OF_ALL = (
    _Option(_ROW_GROUP_OPTION, f"{ROW_GROUP}", f"{ROW_GROUP}", f"row groups of {ROW_GROUP:,} rows"),
    _Option("parquet_compression", "'lz4_raw'", "lz4_raw", "compressed as LZ4"),
    _Option("parquet_version", "2", "V2", "encoded as the second version of Parquet has it"),
)
SET_OPTIONS = tuple(option.statement for option in _OF_ALL)


def layout_of(table: Table) -> list[str]:
    """What makes a new table as it is declared, in the transaction that makes it."""
    changes = [*_parting(table, ()), *_ordering(table, "")]
    return [one.statement for one in changes]


def row_groups_of(table: Table) -> list[str]:
    """What sets a new table's row groups, once it is there, where they are not as the lake's."""
    return [one.statement for one in _grouping(table, ROW_GROUP)]


def layout_changes(connection: duckdb.DuckDBPyConnection) -> list[LayoutChange]:
    """What makes the tables that are there as they are declared; files that are there already stay as they are."""
    there = {str(name) for (name,) in connection.execute(TABLES_THERE).fetchall()}
    parted = {str(name): tuple(keys) for name, keys in connection.execute(_PARTED).fetchall()}
    ordered = {str(name): ", ".join(keys).replace('"', "") for name, keys in connection.execute(_SORTED).fetchall()}
    grouped = {str(name): int(value) for name, value in connection.execute(_ROW_GROUPS).fetchall()}
    found = {str(key): str(value) for key, value in connection.execute(_OPTIONS.format(metadata=METADATA)).fetchall()}
    others = [option for option in _OF_ALL if found.get(option.name) != option.kept]
    changes = [LayoutChange(f"all tables: {option.what}", option.statement) for option in others]
    for table in TABLES.values():
        if table.name in there:  # else it is made as it is declared
            changes += _parting(table, parted.get(table.name, ()))
            changes += _ordering(table, ordered.get(table.name, ""))
            changes += _grouping(table, grouped.get(table.name, ROW_GROUP))
    return changes


def apply_layout(
    connection: duckdb.DuckDBPyConnection,
    changes: Sequence[LayoutChange],
    landing: Landing,
    say: Callable[[str], None],
) -> None:
    """Make all of these changes, or none; what is written or merged from then on is laid out so.

    Args:
        connection: the lake, which nobody else writes; to be closed where this raises.
        changes: as ``layout_changes`` gives them.
        landing: goes around the statement that commits.
        say: told about each.

    Raises:
        duckdb.Error: nothing has changed.
    """
    if not changes:
        return
    connection.execute("BEGIN TRANSACTION")
    for one in changes:
        say(f"laying out {one.what}")
        connection.execute(one.statement)
    with landing(connection):
        connection.execute("COMMIT")


def _parting(table: Table, found: tuple[str, ...]) -> list[LayoutChange]:
    if found == table.partitioned_by:
        return []
    keys = ", ".join(table.partitioned_by)
    how = f"SET PARTITIONED BY ({keys})" if keys else "RESET PARTITIONED BY"
    return [LayoutChange(f"{table.name}: parted by {keys or 'nothing'}", f'ALTER TABLE lake."{table.name}" {how}')]


def _ordering(table: Table, found: str) -> list[LayoutChange]:
    key = table.sorted_by
    if found == key:
        return []
    how = f"SET SORTED BY ({key} ASC)" if key else "RESET SORTED BY"
    return [LayoutChange(f"{table.name}: sorted by {key or 'nothing'}", f'ALTER TABLE lake."{table.name}" {how}')]


def _grouping(table: Table, found: int) -> list[LayoutChange]:
    if found == table.row_group:
        return []
    how = f"CALL lake.set_option('{_ROW_GROUP_OPTION}', {table.row_group}, table_name => '{table.name}')"
    return [LayoutChange(f"{table.name}: row groups of {table.row_group:,} rows", how)]
