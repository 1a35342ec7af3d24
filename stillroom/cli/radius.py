"""``blast-radius``: all that depends on one thing, and its retraction."""

import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from stillroom.cli.naming import find_id
from stillroom.cli.output import JsonOption, print_json, print_table
from stillroom.cli.session import lake_folder, reading
from stillroom.errors import LakeError, RequestError

if TYPE_CHECKING:
    import polars as pl

    from stillroom.lake import Lake
    from stillroom.lease import Lease
    from stillroom.publication import Snapshot
    from stillroom.runs import Cause

COUNTED = ("prompt", "sample", "verdict", "example")
Kind = Literal["seed", "prompt", "teacher", "verifier", "image"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("blast-radius")(blast_radius)


def blast_radius(
    ctx: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What it is.")],
    id: Annotated[  # noqa: A002 - the argument's name on the command line
        str,
        typer.Argument(
            help="A prompt's id, a teacher (name or name@revision), a verifier (name@version or verifier_id), or an "
            "image's digest; its first digits are enough."
        ),
    ],
    *,
    retract: Annotated[
        bool, typer.Option("--retract", help="Publish every dataset again without what depends on it, for good.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Retract without asking.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what depends on a seed, prompt, teacher, verifier or image, in every snapshot; take it out on request.

    What a verifier or image passed and was retracted stays out, also where a newer one has passed it since: where that
    one's verdict is to count, judge again by it (`stillroom reverify`) and do not retract the old one.
    """
    from stillroom.runs import Cause

    if retract and not yes and not sys.stdin.isatty():
        raise RequestError(
            "--retract publishes new versions for good, and there is no terminal to ask on. Look at what it would take "
            "out without --retract, then add --yes."
        )
    with reading(ctx) as lake:
        if not _knows_radius(lake):
            raise RequestError(
                f"an earlier Stillroom made the lake at {lake.root}, and it cannot tell what depends on what yet. "
                "A build, or `stillroom calibrate`, brings it up to date."
            )
        cause = Cause(kind=kind, cause_id=find_id(lake, kind, id))
        found = lake.query("SELECT * FROM lake.blast_radius($kind, $id)", {"kind": kind, "id": cause.cause_id})
    about = described(cause, found)
    if not as_json:
        _print(about)
    if retract:
        if not yes:
            typer.confirm(f"Retract {cause} in every dataset?", abort=True, err=True)
        about["published"] = _retract(lake_folder(ctx), cause)
        if not as_json:
            _print_retraction(cause, about["published"])
    if as_json:
        print_json({**about, "dependents": found.to_dicts()})


def described(cause: "Cause", found: "pl.DataFrame") -> dict[str, Any]:
    """What the macro found, counted: by kind of row, and by snapshot."""
    counts = dict(found["what"].value_counts().iter_rows())
    held = found.filter(found["what"] == "snapshot").select("item", "rows")
    return {
        "kind": cause.kind,
        "id": cause.cause_id,
        **{f"{what}s": counts.get(what, 0) for what in COUNTED},
        "snapshots": [
            {"snapshot": label, "rows": rows}
            for label, rows in sorted(held.iter_rows(), key=lambda one: _name_and_number(one[0]))
        ],
    }


def _knows_radius(lake: "Lake") -> bool:
    return lake.holds("retractions")


def _name_and_number(label: str) -> tuple[str, int]:
    name, _, number = label.rpartition("@")
    return name, int(number)


def _retract(root: Path, cause: "Cause") -> list[dict[str, Any]]:
    """Retract under the leases on all datasets that have anything of it; returns the versions this published."""
    from stillroom.lake import Lake
    from stillroom.publication import freeze, freeze_missing, retract

    def say(line: str) -> None:
        typer.echo(line, err=True)

    lake = Lake.open(root)
    try:
        with _leases(lake, cause) as leases:
            for name in leases:
                freeze_missing(lake, name, say)
            for held in leases.values():
                held.assure()
            published = retract(lake, cause)
            for snapshot in published:
                freeze(lake, snapshot, say)
            return [_published(lake, snapshot) for snapshot in published]
    finally:
        lake.close()


@contextmanager
def _leases(lake: "Lake", cause: "Cause") -> Generator[Mapping[str, "Lease"]]:
    """Hold the leases by dataset, so that nothing that depends on ``cause`` is published meanwhile."""
    from stillroom.lease import MOMENT_SECONDS, building, lease
    from stillroom.publication import datasets_of

    with ExitStack() as held:
        datasets = datasets_of(lake, cause)
        leases = {
            name: held.enter_context(lease(lake.root, building(name), seconds=MOMENT_SECONDS)) for name in datasets
        }
        if came := [name for name in datasets_of(lake, cause) if name not in datasets]:
            raise LakeError(f"a build of {came[0]} began to use {cause} at this moment; nothing was done. Try again.")
        yield leases


def _published(lake: "Lake", snapshot: "Snapshot") -> dict[str, Any]:
    from stillroom.runs.giving_way import gave_way

    losers = gave_way(lake, snapshot.name, snapshot.version)
    removed = lake.rows(
        "SELECT count(*) AS n FROM lake.removals WHERE name = ? AND version = ?", [snapshot.name, snapshot.version]
    )
    return {
        "snapshot": snapshot.label,
        "rows": snapshot.rows,
        "retracted_rows": removed[0]["n"],
        "gave_way": losers.finished,
        "gave_way_unfinished": losers.unfinished,
        "summary": str(lake.root / snapshot.path / "summary.md"),
    }


def _print(about: Mapping[str, Any]) -> None:
    counts = ", ".join(f"{about[f'{what}s']:,} {what}s" for what in COUNTED)
    typer.echo(f"On {about['kind']} {about['id']} depend {counts}.")
    if about["snapshots"]:
        print_table(about["snapshots"], title="Members of snapshots that depend on it")
    else:
        typer.echo("No snapshot holds any of it.")


def _print_retraction(cause: "Cause", published: Sequence[Mapping[str, Any]]) -> None:
    if not published:
        typer.echo(
            f"\n{cause} is retracted. No version holds anything of it that was not taken out: nothing was published."
        )
        return
    print_table(published, ["snapshot", "rows", "retracted_rows"], title=f"Published without {cause}")
    typer.echo("Earlier versions stay as they are. No later build brings these rows back.")
    for one in published:
        for name, samples in one["gave_way"].items():
            typer.echo(f"{_lost(samples, name, one)} `stillroom reverify {name}` decides about them again.")
        for name, samples in one["gave_way_unfinished"].items():
            typer.echo(f"{_lost(samples, name, one)} Its newest run is unfinished: `stillroom build` decides again.")


def _lost(samples: Sequence[str], name: str, published: Mapping[str, Any]) -> str:
    return (
        f"{len(samples):,} samples of {name} had been dropped in favour of what {published['snapshot']} lacks, as "
        "duplicates, by rank or for diversity."
    )
