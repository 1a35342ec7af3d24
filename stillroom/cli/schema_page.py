"""Describes the tables and views of the lake, for the terminal and for docs/tables.md."""

from importlib import resources

from stillroom.lake import TABLES
from stillroom.lake.definitions import MACROS, VIEWS
from stillroom.lake.table import COMMON_COLUMNS, Table

_INTRODUCTION = """\
# The lake's tables

This page is written by `stillroom schema --markdown > docs/tables.md` from `stillroom/lake/tables/`; do not edit it.

All tables are append-only: a correction is a new row. The timestamps are UTC. Ask with `stillroom sql "..."`, or open
the lake in the duckdb shell with `duckdb -init data/lake/duckdb.sql`.

## In every table

"""


def schema_rows() -> list[dict[str, str]]:
    """One row a column: table, about, column, type, meaning."""
    return [
        {"table": table.name, "about": table.doc, "column": column.name, "type": column.type, "meaning": column.doc}
        for table in TABLES.values()
        for column in table.all_columns
    ]


def markdown_page() -> str:
    """The page docs/tables.md."""
    parts = [_INTRODUCTION, _columns([(column.name, column.type, column.doc) for column in COMMON_COLUMNS])]
    for table in TABLES.values():
        parts.append(f"\n## {table.name}\n\n{table.doc}{_layout(table)}\n\n")
        parts.append(_columns([(column.name, column.type, column.doc) for column in table.columns]))
    parts.append("\n## Views\n\nPlain SQL in `stillroom/lake/views/`, one file each.\n\n")
    parts.append("| view | what it shows |\n|---|---|\n")
    parts.extend(f"| `{view}` | {_first_comment(view)} |\n" for view in VIEWS)
    parts.append("\n## Table functions\n\n")
    parts.append("Asked like a view, with arguments: `FROM snapshot_diff('functions@1', 'functions@2')`.\n\n")
    parts.append("| function | what it shows |\n|---|---|\n")
    parts.extend(f"| `{macro}` | {_first_comment(macro)} |\n" for macro in MACROS)
    return "".join(parts)


def _layout(table: Table) -> str:
    """How its files are laid out, as sentences."""
    parted = f" Parted by {' and '.join(table.partitioned_by)}." if table.partitioned_by else ""
    return parted + (f" Sorted by {table.sorted_by}." if table.sorted_by else "")


def _columns(columns: list[tuple[str, str, str]]) -> str:
    lines = [f"| `{name}` | {type_} | {doc} |\n" for name, type_, doc in columns]
    return "".join(["| column | type | meaning |\n|---|---|---|\n", *lines])


def _first_comment(view: str) -> str:
    text = (resources.files("stillroom.lake") / "views" / f"{view}.sql").read_text(encoding="utf-8")
    return text.splitlines()[0].removeprefix("--").strip()
