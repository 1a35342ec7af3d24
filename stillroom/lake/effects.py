"""Finds in a SELECT what would do more than read: a function in its FROM may remove files or change a catalogue.

A lake that is attached read-only does not stop all of it: ``ducklake_cleanup_old_files`` removes files before it writes
to the catalogue, and ``postgres_query`` sends any SQL to the server. So DuckDB's own parser is asked which functions a
query calls, by itself or through macros and views, and those that are not known to read only are named. Which files a
query may read is not judged here: those that whoever asks may read anyway.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum, auto
from typing import cast

import duckdb

from stillroom.errors import RequestError
from stillroom.lake.files import METADATA

_READING = """
    range generate_series unnest repeat repeat_row glob summary histogram histogram_values
    icu_calendar_names pg_timezone_names
    read_csv read_csv_auto sniff_csv read_json read_json_auto read_json_objects read_json_objects_auto read_ndjson
    read_ndjson_auto read_ndjson_objects json_each json_tree read_text read_blob query_table which_secret
    read_parquet parquet_scan parquet_metadata parquet_schema parquet_file_metadata parquet_kv_metadata
    parquet_bloom_probe parquet_full_metadata
    ducklake_snapshots ducklake_current_snapshot ducklake_last_committed_snapshot ducklake_table_info
    ducklake_table_changes ducklake_table_insertions ducklake_table_deletions ducklake_list_files ducklake_options
    ducklake_settings
    snapshots current_snapshot last_committed_snapshot table_info table_changes table_insertions table_deletions
    options settings
"""
READING = frozenset(_READING.split())
"""Functions that stand in a FROM and only read; DuckLake's are also known without their prefix, as ``lake.NAME``."""
_READING_PREFIXES = ("duckdb_", "pragma_")  # what DuckDB says about itself
_MACROS = (
    "SELECT lower(function_name), macro_definition, function_type = 'table_macro' FROM duckdb_functions() "
    "WHERE database_name = 'lake' AND macro_definition IS NOT NULL"
)  # DuckLake's own, such as `lake.snapshots`, are not among them
_VIEWS = """
SELECT lower(v.view_name), replace(v.sql, '{{DUCKLAKE_CATALOG}}', 'lake')
FROM {metadata}.ducklake_view v, lake.current_snapshot() s
WHERE v.begin_snapshot <= s.id AND (v.end_snapshot IS NULL OR v.end_snapshot > s.id)
"""
_BY_NAME = "query_table"  # it reads the table or view that a text names


class _Kind(Enum):
    SCALAR = auto()
    IN_FROM = auto()
    RELATION = auto()


def effects(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    """The functions that a SELECT calls, also through macros and views of the lake, and that may do more than read.

    Raises:
        RequestError: DuckDB cannot say what the query calls.
    """
    macros, views = _macros(connection), _views(connection)
    found, waiting, expanded = set[str](), [query], set[str]()

    def expand(made_of: dict[str, list[str]], name: str) -> None:
        for text in made_of[name]:
            if text not in expanded:
                expanded.add(text)
                waiting.append(text)

    while waiting:
        for name, kind in _named(_tree(connection, waiting.pop())):
            if kind is _Kind.RELATION:
                if name in views:
                    expand(views, name)
            elif name in macros:
                expand(macros, name)
            elif name == _BY_NAME:
                for view in views:
                    expand(views, view)
            elif kind is _Kind.IN_FROM and name not in READING and not name.startswith(_READING_PREFIXES):
                found.add(name)
    return sorted(found)


def _macros(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """What the macros of the lake are made of, by name, as queries."""
    rows = connection.execute(_MACROS).fetchall()
    made_of = defaultdict[str, list[str]](list)
    for name, definition, is_table in rows:
        made_of[str(name)].append(str(definition) if is_table else f"SELECT {definition}")
    return made_of


def _views(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """What the views of the lake are made of, by name, as queries; a name may be in several schemas."""
    made_of = defaultdict[str, list[str]](list)
    for name, query in connection.execute(_VIEWS.format(metadata=METADATA)).fetchall():
        made_of[str(name)].append(str(query))
    return made_of


def _tree(connection: duckdb.DuckDBPyConnection, query: str) -> object:
    tree = json.loads(connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()[0][0])
    if tree["error"]:
        raise RequestError(
            f"DuckDB cannot say whether this query only reads ({tree['error_message']}). Write it as a plain SELECT, "
            "or add --write."
        )
    return tree["statements"]


def _named(tree: object) -> Iterator[tuple[str, _Kind]]:
    """All functions and relations that a syntax tree names, in lower case."""
    if isinstance(tree, list):
        for part in cast("list[object]", tree):
            yield from _named(part)
    elif isinstance(tree, dict):
        node = cast("dict[str, object]", tree)
        if "function_name" in node:
            yield str(node["function_name"]).lower(), _Kind.SCALAR
        if node.get("type") == "TABLE_FUNCTION":
            yield str(cast("dict[str, object]", node["function"])["function_name"]).lower(), _Kind.IN_FROM
        if isinstance(relation := node.get("table_name"), str):
            yield relation.lower(), _Kind.RELATION
        for part in node.values():
            yield from _named(part)
