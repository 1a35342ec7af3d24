"""How results leave the command line: JSON for scripts, tables for people."""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, cast
from uuid import UUID

import typer

if TYPE_CHECKING:
    from rich.console import Console

ROWS_AT_ONCE = 1024
PIPE_WIDTH = 100_000  # wider than any cell: nothing is folded
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def print_json(value: object) -> None:
    """One line of JSON. Timestamps are ISO 8601 (the lake's are UTC), NaN and infinities are null."""
    typer.echo(json.dumps(plain(value), ensure_ascii=False, allow_nan=False))


def print_json_rows(rows: Iterable[Mapping[str, object]]) -> None:
    """The same of an array of objects, written while they come: there may be more than fit into memory.

    Nothing is written where the first ones cannot be had; where later ones cannot, the line is cut off.
    """
    coming, before = iter(rows), "["
    while True:
        part = [json.dumps(plain(row), ensure_ascii=False, allow_nan=False) for row in islice(coming, ROWS_AT_ONCE)]
        if not part:
            break
        typer.echo(before + ", ".join(part), nl=False)
        before = ", "
    typer.echo("[]" if before == "[" else "]")


def plain(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """``value`` in the types that JSON has."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return plain(int(value) if value == value.to_integral_value() else float(value))
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return value.hex()
        case Mapping():
            return {str(key): plain(item) for key, item in cast("Mapping[object, object]", value).items()}
        case list() | tuple() | set():
            return [plain(item) for item in cast("Iterable[object]", value)]
        case UUID():
            return str(value)
        case _:
            return str(value)


def console() -> "Console":
    """The terminal; where a program reads the output, lines are as long as they are."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def print_table(rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None, *, title: str = "") -> None:
    """Rows as a table; ``columns`` defaults to the keys of the first row.

    Into a pipe the table is as wide as its content.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    names = list(columns if columns is not None else rows[0] if rows else ())
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in names:
        numeric = bool(rows) and all(_is_number(row[name]) or row[name] is None for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(row[name])) for name in names))
    if title:
        typer.echo(f"\n{title}")
    console().print(table)


def shown(value: object) -> str:
    """One value as a person reads it in a cell."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case list() | dict() | tuple():
            return json.dumps(plain(cast("object", value)), ensure_ascii=False)
        case _:
            return str(value)


def first_line(text: str, limit: int = 90) -> str:
    """The first line of a text, cut with an ellipsis."""
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= limit and line == text.strip() else f"{line[: limit - 1].rstrip()}…"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
