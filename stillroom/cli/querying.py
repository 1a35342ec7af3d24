"""``sql`` and ``schema``: the lake as tables."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillroom.cli.output import JsonOption, print_json, print_json_rows, print_table
from stillroom.cli.session import connected, lake_folder
from stillroom.errors import RequestError

if TYPE_CHECKING:
    import duckdb

ROWS_SHOWN = 100
COUNTED = 10_000  # rows beyond those shown that are counted exactly
AT_ONCE = 1024  # rows in memory: they are fetched as they are printed


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
        if not write:
            _show(names, rows, as_json=as_json, limit=limit)
            return
        done = [*rows]  # nobody else may write meanwhile, so that does not wait for who reads the output
    _show(names, iter(done), as_json=as_json, limit=limit)


def _show(names: list[str], rows: Iterator[tuple[Any, ...]], *, as_json: bool, limit: int | None) -> None:
    objects = (dict(zip(names, row, strict=True)) for row in rows)
    if as_json:
        print_json_rows(islice(objects, limit))
        return
    most = ROWS_SHOWN if limit is None else limit
    shown = list(islice(objects, most))
    if names:
        print_table(shown, names)
    if more := _count(islice(rows, COUNTED + 1)):
        total = f"{most + more:,}" if more <= COUNTED else f"more than {COUNTED:,}"
        typer.echo(f"{most:,} of {total} rows; --limit N shows more.", err=True)


def _count(rows: Iterable[object]) -> int:
    return sum(1 for _ in rows)


def ask(
    connection: "duckdb.DuckDBPyConnection", query: str, *, may_write: bool = False, data: Path | str | None = None
) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """Column names of the last statement in ``query``, and its rows, which are fetched as they are taken.

    What only reads is decided by DuckDB's own parser: a SELECT that calls no function which may do more. ``EXPLAIN``
    counts as writing, since ``EXPLAIN ANALYZE`` executes what it explains.

    Raises:
        RequestError: DuckDB refuses the query, it is empty, or it writes and may not. So may each row.
        LakeError: one of the data files, which are at ``data``, is missing or damaged. So may each row.
    """
    import duckdb

    from stillroom.lake.effects import effects

    with _told(data):
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
    return _distinct(names), _rows(connection, data)


def _rows(connection: "duckdb.DuckDBPyConnection", data: Path | str | None) -> Iterator[tuple[Any, ...]]:
    with _told(data):
        while rows := connection.fetchmany(AT_ONCE):
            yield from rows


@contextmanager
def _told(data: Path | str | None) -> Generator[None]:
    """Turns what DuckDB raises into what a person is told."""
    import duckdb

    from stillroom.lake.damage import damage

    try:
        yield
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
