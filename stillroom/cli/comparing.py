"""``verify-snapshot``: is a snapshot still what it was when it was published?"""

from dataclasses import asdict
from typing import Annotated

import typer

from stillroom.cli.naming import find_snapshot
from stillroom.cli.output import JsonOption, print_json, print_table
from stillroom.cli.session import reading


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify-snapshot")(verify_snapshot)


def verify_snapshot(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A snapshot, NAME or NAME@N.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Hold a snapshot's files, manifest and rows against the lake and what was published.

    Exit code: 0 all agree, 1 something differs; it is named.
    """
    from stillroom.publication import compare

    with reading(ctx) as lake:
        snapshot = find_snapshot(lake, name)
        compared = compare(lake, snapshot)
    differing = [one for one in compared if not one.is_same]
    if as_json:
        rows = [asdict(one) for one in compared]
        print_json({"snapshot": snapshot.label, "is_intact": not differing, "compared": rows})
    else:
        print_table(
            [{"compared": one.what, "result": "same" if one.is_same else one.found} for one in compared],
            title=f"{snapshot.label}: {'intact' if not differing else f'{len(differing)} differences'}",
        )
    if differing:
        raise typer.Exit(1)
