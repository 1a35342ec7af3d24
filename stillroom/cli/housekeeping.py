"""``lake``: the commands that keep a lake in order."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillroom.cli.output import JsonOption, first_line, print_json, print_table
from stillroom.cli.session import lake_folder

if TYPE_CHECKING:
    from stillroom.lake.maintenance import Maintained
    from stillroom.runs.journals import JournalsTidied

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
MIB = 1024**2


def register(app: typer.Typer) -> None:
    """Add the commands."""
    lake = typer.Typer(name="lake", help="Keep a lake in order.", no_args_is_help=True, rich_markup_mode=None)
    lake.command()(maintain)
    lake.command()(backup)
    lake.command()(migrate)
    lake.command()(script)
    app.add_typer(lake)


def maintain(
    ctx: typer.Context,
    *,
    dry_run: DryRunOption = False,
    keep_days: Annotated[
        float, typer.Option("--keep-days", min=0, help="Versions of the catalogue that are younger stay.")
    ] = 7.0,
    grace_minutes: Annotated[
        float,
        typer.Option(
            "--grace-minutes",
            min=0,
            help="A file is removed when nothing has named it for this long; whoever reads for longer may lose it.",
        ),
    ] = 60.0,
    keep_versions: Annotated[
        int | None,
        typer.Option(
            "--keep-versions",
            min=1,
            help="Of each dataset, let all but so many of its newest snapshots go: their frozen copies and --as-of.",
            show_default="all stay",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Merge small files, let old versions of the catalogue go, remove what is left over, also journals.

    Refused while anybody writes into the lake. No row is lost, every published snapshot that stays can be asked as
    before, also with --as-of, and a journal goes only where the lake has all that it holds.
    """
    from rich.console import Console

    from stillroom.lake.maintenance import maintain as maintain_lake
    from stillroom.runs.journals import tidy_journals

    root = lake_folder(ctx)
    with Console(stderr=True).status("looking at the lake's files") as status:
        done = maintain_lake(
            root,
            say=lambda line: status.update(line),
            keep_days=keep_days,
            grace_minutes=grace_minutes,
            keep_versions=keep_versions,
            dry_run=dry_run,
        )
        journals = tidy_journals(
            root, grace_minutes=grace_minutes, dry_run=dry_run, say=lambda line: status.update(line)
        )
    if as_json:
        print_json({**asdict(done), "journals": asdict(journals)})
    else:
        _print(done, grace_minutes)
        _print_journals(journals, "would be " if dry_run else "")


def backup(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="New, empty, or an earlier backup of this lake.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Back the lake up into a folder, adding only what is new; the backup is a lake that --lake FOLDER opens.

    Builds may go on meanwhile. A backup that is cut off leaves the one before it as it was.
    """
    from rich.console import Console

    from stillroom.lake.backup import back_up

    with Console(stderr=True).status("looking at the lake's files") as status:
        done = back_up(lake_folder(ctx), folder.expanduser().resolve(), say=lambda line: status.update(line))
    if as_json:
        print_json(asdict(done))
        return
    typer.echo(
        f"{done.folder} holds {done.files:,} data files, {done.bytes / MIB:,.1f} MB; each is there with its size."
    )
    typer.echo(
        f"New this time: {done.new_files:,} files, {done.new_bytes / MIB:,.1f} MB; {done.linked_files:,} of them are "
        "hard links, which take no space until the lake gives them up."
    )


def script(ctx: typer.Context) -> None:
    """Print the SQL with which the duckdb shell opens the lake, for this machine and your role in PostgreSQL.

    `stillroom lake script > mine.sql; duckdb -init mine.sql`. The lake's own duckdb.sql is for whoever wrote last.
    """
    from stillroom.lake.location import existing
    from stillroom.lake.script import script as script_of

    typer.echo(script_of(existing(lake_folder(ctx))), nl=False)


def migrate(ctx: typer.Context, *, dry_run: DryRunOption = False, as_json: JsonOption = False) -> None:
    """Bring a lake of an earlier Stillroom to the form that this one reads. Every row stays."""
    from stillroom.lake.migrations import migrate as migrate_lake

    done = migrate_lake(lake_folder(ctx), say=lambda line: typer.echo(line, err=True), dry_run=dry_run)
    if as_json:
        print_json(asdict(done))
    elif done.before == done.after:
        typer.echo(f"The lake has schema version {done.after}, which this Stillroom reads: nothing to do.")
    elif done.dry_run:
        typer.echo(f"The lake would go from schema version {done.before} to {done.after}, by:")
        typer.echo("\n".join(f"  {first_line(statement, 110)}" for statement in done.statements))
    else:
        typer.echo(f"The lake went from schema version {done.before} to {done.after}.")
        typer.echo(f"Its catalogue as it was: {done.catalogue_copy}; remove it when all is well.")


def _print(done: "Maintained", grace_minutes: float) -> None:
    changed = [asdict(one) for one in done.tables if one.files_after != one.files_before]
    would = "would be " if done.dry_run else ""
    if done.layout:
        typer.echo(f"The layout {would or 'was '}brought up to date: {'; '.join(done.layout)}.")
    if done.in_order:
        typer.echo(f"Tables that {would or 'were '}written anew, in order: {', '.join(done.in_order)}.")
    if changed:
        columns = ["table", "files_before", "files_after", "bytes_before"]
        print_table(changed, columns if done.dry_run else [*columns, "bytes_after"])
    else:
        typer.echo("No table has files to merge.")
    typer.echo(f"{done.expired:,} of {done.versions:,} versions of the catalogue {would}let go.")
    if done.retired:
        typer.echo(f"Snapshots that {would or 'were '}let go, their rows staying: {', '.join(done.retired)}.")
    sizes: Counter[str] = Counter()
    counts = Counter(one.kind.value for one in done.removed)
    for one in done.removed:
        sizes[one.kind.value] += one.size
    for kind, count in sorted(counts.items()):
        typer.echo(f"{count:,} {kind} files {would}removed, {sizes[kind] / MIB:,.1f} MB.")
    if done.waiting_files:
        typer.echo(
            f"{done.waiting_files:,} replaced files wait until nobody can be reading them any more: run this again "
            f"{grace_minutes:g} minutes from now."
        )
    if done.doubt:
        typer.echo(f"Files of killed writers stay: {done.doubt}", err=True)


def _print_journals(journals: "JournalsTidied", would: str) -> None:
    if journals.removed:
        typer.echo(
            f"{len(journals.removed):,} journals of finished runs {would}removed, "
            f"{journals.removed_bytes / MIB:,.1f} MB: the lake has all they hold."
        )
    for one in journals.kept:
        typer.echo(f"The journal {one.name} stays: {one.why}.", err=True)
    if journals.doubt:
        typer.echo(f"Journals stay: {journals.doubt}", err=True)
