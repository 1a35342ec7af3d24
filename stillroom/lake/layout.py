"""How the files of each table are parted and ordered: what the schema declares, held against what the lake does."""

import duckdb

from stillroom.lake.files import METADATA
from stillroom.lake.schema import TABLES
from stillroom.lake.table import Table

ROW_GROUP = 2_048  # rows, the least there is: one id costs little to look up, and files grow by 0.3 %
_THERE = f"SELECT table_name FROM {METADATA}.ducklake_table WHERE end_snapshot IS NULL"  # noqa: S608 - our own name
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


def layout_of(table: Table) -> list[str]:
    """What makes a new table as it is declared."""
    name = f'lake."{table.name}"'
    parts = [f"ALTER TABLE {name} SET PARTITIONED BY ({', '.join(table.partitioned_by)})"]
    order = [f"ALTER TABLE {name} SET SORTED BY ({table.sorted_by} ASC)"]
    return (parts if table.partitioned_by else []) + (order if table.sorted_by else [])


def layout_changes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What makes the tables that are there as they are declared; files that are there already stay as they are."""
    there = {str(name) for (name,) in connection.execute(_THERE).fetchall()}
    parted = {str(name): tuple(keys) for name, keys in connection.execute(_PARTED).fetchall()}
    ordered = {str(name): [each.strip('"') for each in keys] for name, keys in connection.execute(_SORTED).fetchall()}
    changes = [f"CALL lake.set_option('parquet_row_group_size', {ROW_GROUP})"]
    for table in TABLES.values():
        name = f'lake."{table.name}"'
        declared = layout_of(table)
        if table.name not in there:
            continue  # it is made as it is declared
        if parted.get(table.name, ()) != table.partitioned_by:
            changes += [one for one in declared if "PARTITIONED" in one] or [f"ALTER TABLE {name} RESET PARTITIONED BY"]
        if ordered.get(table.name, []) != ([table.sorted_by] if table.sorted_by else []):
            changes += [one for one in declared if "SORTED" in one] or [f"ALTER TABLE {name} RESET SORTED BY"]
    return changes
