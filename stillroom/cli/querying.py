"""``sql`` and ``schema``: the lake as tables."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillroom.cli.output import JsonOption, print_json, print_table
from stillroom.cli.session import connected, lake_folder
from stillroom.errors import RequestError

if TYPE_CHECKING:
    import duckdb

ROWS_SHOWN = 100


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(sql)
    app.command()(schema)


def sql(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(help="DuckDB SQL over the tables that `stillroom schema` lists.")],
    *,
    as_json: JsonOption = False,
    limit: Annotated[
        int | None, typer.Option(min=0, help=f"Rows to print; {ROWS_SHOWN} by default, with --json all.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="NAME@N", help="The lake as it was when this was published.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Allow SQL that changes the lake or writes files.")] = False,
) -> None:
    """Ask the lake in SQL. Nothing can be changed by it unless --write says so."""
    from stillroom.lake.location import existing

    if write and as_of:
        raise RequestError("the past cannot be written: leave out --write or --as-of")
    with connected(ctx, read_only=not write, as_of=as_of) as connection:
        names, rows = ask(connection, query, may_write=write, data=existing(lake_folder(ctx)).data)
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows[:limit]])
        return
    most = ROWS_SHOWN if limit is None else limit
    if names:
        print_table([dict(zip(names, row, strict=True)) for row in rows[:most]], names)
    if len(rows) > most:
        typer.echo(f"{most:,} of {len(rows):,} rows; --limit N shows more.", err=True)


def ask(
    connection: "duckdb.DuckDBPyConnection", query: str, *, may_write: bool = False, data: Path | str | None = None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Column names and rows of the last statement in ``query``.

    What only reads is decided by DuckDB's own parser: a SELECT that calls no function which may do more. ``EXPLAIN``
    counts as writing, since ``EXPLAIN ANALYZE`` executes what it explains.

    Raises:
        RequestError: DuckDB refuses the query, it is empty, or it writes and may not.
        LakeError: one of the data files, which are at ``data``, is missing or damaged.
    """
    import duckdb

    from stillroom.lake.damage import damage
    from stillroom.lake.effects import effects

    try:
        statements = connection.extract_statements(query)
        if not statements:
            raise RequestError('the query is empty; try `stillroom sql "select count(*) from examples"`')
        writing = [one.type.name for one in statements if one.type != duckdb.StatementType.SELECT]
        if writing and not may_write:
            raise RequestError(
                f"found a {writing[0]} statement; expected one that only reads (SELECT, FROM, WITH, SHOW, DESCRIBE, "
                "SUMMARIZE). Add --write if you mean it."
            )
        for statement in statements:
            if not may_write and (doing := effects(connection, statement.query)):
                raise RequestError(
                    f"found the function {doing[0]}, which may do more than read; expected tables, views and functions "
                    "that only read. Add --write if you mean it."
                )
        for statement in statements:
            connection.execute(statement)
        names = [str(column[0]) for column in connection.description or ()]
        return _distinct(names), connection.fetchall()
    except duckdb.Error as error:
        raise (damage(error, data) if data else None) or RequestError(f"DuckDB refuses the query: {error}") from error


def schema(
    *,
    as_json: JsonOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/tables.md.")] = False,
) -> None:
    """Show the lake's tables, views and columns."""
    from stillroom.cli.schema_page import markdown_page, schema_rows

    rows = schema_rows()
    if as_json:
        print_json(rows)
    elif markdown:
        typer.echo(markdown_page(), nl=False)
    else:
        for table in dict.fromkeys(row["table"] for row in rows):
            columns = [row for row in rows if row["table"] == table]
            print_table(columns, ["column", "type", "meaning"], title=f"{table}: {columns[0]['about']}")


def _distinct(names: Sequence[str]) -> list[str]:
    """Names in which a repeated one gets a number, so that a row can be an object: a, a_2."""
    seen: Counter[str] = Counter()
    result: list[str] = []
    for name in names:
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result
