"""``verify-snapshot`` and ``diff``: a snapshot against what was published, and against another."""

from collections import Counter
from dataclasses import asdict
from typing import Annotated

import typer

from stillroom.cli.naming import find_kept_snapshot, find_snapshot
from stillroom.cli.other_verification import (
    OtherMemoryOption,
    OtherRequirementsOption,
    OtherTimeoutOption,
    wanted_by,
)
from stillroom.cli.output import JsonOption, print_json, print_table
from stillroom.cli.rejudging import is_confirmed, print_rejudged, rejudged
from stillroom.cli.session import reading
from stillroom.cli.verifying import RuntimeOption
from stillroom.errors import RequestError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("verify-snapshot")(verify_snapshot)
    app.command("diff")(diff)


def verify_snapshot(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A snapshot, NAME or NAME@N.")],
    *,
    re_execute: Annotated[
        bool, typer.Option("--re-execute", help="Also judge every member again in the sandbox, and compare.")
    ] = False,
    timeout_seconds: OtherTimeoutOption = None,
    memory_mib: OtherMemoryOption = None,
    requirements: OtherRequirementsOption = None,
    runtime: RuntimeOption = "",
    copy: Annotated[
        bool, typer.Option("--copy", help="First make the frozen copy from the lake, where this folder lacks it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Hold a snapshot's files, manifest and rows against the lake and what was published.

    Exit code: 0 all agree, 1 something differs; it is named.
    """
    from stillroom.publication import DATA_FILES, compare, freeze

    if not re_execute and (timeout_seconds or memory_mib or requirements or runtime):
        raise RequestError("limits, libraries and a runtime are for judging again: add --re-execute, or leave them out")
    wanted = wanted_by(timeout_seconds, memory_mib, requirements)
    with reading(ctx) as lake:
        snapshot = find_kept_snapshot(lake, name)
        if copy and not (lake.root / snapshot.path).exists():
            freeze(lake, snapshot)
        compared = compare(lake, snapshot)
        differing = [one for one in compared if not one.is_same]
        if not as_json:  # at once: judging takes long, and may fail
            print_table(
                [{"compared": one.what, "result": "same" if one.is_same else one.found} for one in compared],
                title=f"{snapshot.label}: {'intact' if not differing else f'{len(differing)} differences'}",
            )
        again = None
        if re_execute:
            lost = any(one.what == DATA_FILES and not one.is_same for one in compared)
            again = rejudged(lake, snapshot, wanted, runtime, are_files_missing=lost)
    is_intact = not differing and (again is None or is_confirmed(again))
    if as_json:
        rows = [asdict(one) for one in compared]
        found = {"snapshot": snapshot.label, "is_intact": is_intact, "compared": rows}
        print_json(found if again is None else {**found, "re_executed": again})
    elif again is not None:
        print_rejudged(again)
    if not is_intact:
        raise typer.Exit(1)


def diff(
    ctx: typer.Context,
    before: Annotated[str, typer.Argument(help="A snapshot, NAME or NAME@N.")],
    after: Annotated[str, typer.Argument(help="The snapshot to hold against it.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Show which rows were added, removed or changed between two snapshots, counted by reason and cause."""
    with reading(ctx) as lake:
        labels = [find_snapshot(lake, one).label for one in (before, after)]
        rows = lake.rows(
            "SELECT * FROM lake.snapshot_diff($before, $after)", dict(zip(("before", "after"), labels, strict=True))
        )
    counts = [
        {"change": change, "reason": reason, "cause": cause, "rows": count}
        for (change, reason, cause), count in Counter(
            (row["change"], row["reason"], row.get("cause", ""))
            for row in rows  # no cause in a lake made before it
        ).items()
    ]
    if as_json:
        print_json({"before": labels[0], "after": labels[1], "counts": counts, "rows": rows})
        return
    title = f"from {labels[0]} to {labels[1]}"
    if not rows:
        typer.echo(f"{title}: the same rows")
        return
    print_table(counts, title=title)
    typer.echo(f"Row by row: stillroom sql \"from snapshot_diff('{labels[0]}', '{labels[1]}')\"")
