"""The commands that build: ``build``, ``runs`` and ``status``."""

import asyncio
import gc
import logging
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillroom.cli.output import JsonOption, print_json, print_table
from stillroom.cli.session import lake_folder, reading

if TYPE_CHECKING:
    from rich.console import Console

    from stillroom.cli.prefect_server import PrefectServer
    from stillroom.recipe import Recipe


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command()(build)
    app.command()(runs)
    app.command()(status)


def build(
    ctx: typer.Context,
    recipe: Annotated[Path, typer.Argument(help="The recipe, a YAML file.")],
    *,
    new_run: Annotated[bool, typer.Option("--new-run", help="Open another run, even if one is unfinished.")] = False,
    deployed: Annotated[
        bool, typer.Option("--deployed", help="Have the worker of `stillroom up` build it, and follow that.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Build a recipe to its next snapshot, or continue the build that is unfinished."""
    if deployed:
        from stillroom.cli.submitting import submit

        submit(ctx, recipe, new_run=new_run, as_json=as_json)
        return
    began = time.monotonic()
    gc.disable()  # until all is imported: those objects stay, and looking through them for garbage takes a second
    from rich.console import Console

    from stillroom.cli.interruptible import run_interruptible
    from stillroom.cli.outcome import print_outcome
    from stillroom.cli.prefect_server import prefect_server
    from stillroom.lease import MOMENT_SECONDS, building, lease
    from stillroom.recipe import load_recipe

    loaded = load_recipe(recipe)
    root = lake_folder(ctx)
    progress_console = Console(stderr=True)
    with (
        lease(root, building(loaded.dataset), seconds=MOMENT_SECONDS) as held,
        prefect_server(root / "prefect") as server,
    ):
        work = _build(loaded, root, new_run, server, progress_console, began)
        outcome = run_interruptible(work, held.assure)
    if as_json:
        print_json(outcome)
    else:
        print_outcome(Console(), outcome)


async def _build(
    recipe: "Recipe", root: Path, new_run: bool, server: "PrefectServer", console: "Console", began: float
) -> dict[str, object]:
    from stillroom.cli.watching import TerminalWatcher

    with TerminalWatcher(console, began=began) as watcher:
        from stillroom.aside import aside
        from stillroom.cli.outcome import outcome_of
        from stillroom.cli.reading import refuse_unreadable
        from stillroom.runs import asked_teachers, open_run
        from tasks.workshop import open_workshop

        refuse_unreadable(recipe)
        async with open_workshop(root, watcher) as shop:
            run = open_run(shop.lake, recipe, new_run=new_run)
            watcher.say(f"{'continuing' if run.is_continued else 'opened'} run {run.run_id}")
            # Bring up together what takes seconds each; what fails stops the build before it spends. A teacher that
            # nothing is asked of any more may be gone: what it was paid for is derived again without it.
            asked = asked_teachers(shop.lake, run)
            teachers = [shop.teacher(recipe, teacher.name) for teacher in asked]
            sandbox = shop.start_sandbox(recipe.verification)
            workers = shop.meet_workers(recipe.execution)
            await asyncio.gather(aside(_import_flows), sandbox, workers, aside(server.wait), *teachers)
            from flows.build import ShardsFailed
            from flows.build import build as build_flow

            gc.freeze()
            gc.enable()
            up = "teacher and sandbox are up" if asked else "no teacher is asked for anything, and the sandbox is up"
            watcher.say(f"{up}; Prefect's UI is at {server.ui} while the build runs")
            label = await server.under(build_flow(run.run_id), carrier=ShardsFailed)
            seconds = time.monotonic() - began
            return outcome_of(shop.lake, run, label, seconds=seconds, first_sample_seconds=watcher.first_sample_seconds)


def _import_flows() -> None:
    """Importing Prefect takes seconds, in which the teacher and the sandbox come up."""
    import_module("flows.build")
    logging.getLogger("prefect").setLevel(logging.CRITICAL)


def runs(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List all runs, newest first."""
    with reading(ctx) as lake:
        rows = lake.rows(
            "SELECT run_id, dataset, state, note, code_version, created_at FROM lake.current_runs "
            "ORDER BY created_at DESC"
        )
    _print(rows, as_json=as_json)


def status(
    ctx: typer.Context, run: Annotated[str, typer.Argument(help="A run id.")], as_json: JsonOption = False
) -> None:
    """Show a run's shards: what each has, owes and cost; of a deployed run also where it and its build stand."""
    from stillroom.cli.orchestrator import named, states
    from stillroom.runs import late_shards, shards_of_run

    with reading(ctx) as lake:
        rows = shards_of_run(lake, run)
        late = late_shards(lake, run)
    server = named(lake_folder(ctx))
    if server is None:
        _print(rows, as_json=as_json)
        _tell_late(run, late, err=as_json)
        return
    found = states(server.api, run)
    nowhere = ("", "")  # a shard that has no flow run
    told = [(None, None) if found is None else found.shards.get(row["shard"], nowhere) for row in rows]
    rows = [{**row, "state": state, "message": message} for row, (state, message) in zip(rows, told, strict=True)]
    build = found.build if found is not None else None
    if as_json:  # a list of rows has no other place for it
        state, message = build or (None, None)
        if not rows and build is not None:  # it writes, or ended before it had planned a shard
            rows = [{"shard": None, "state": None, "message": None}]
        rows = [{**row, "build_state": state, "build_message": message} for row in rows]
    _print(rows, as_json=as_json)
    if found is None:
        typer.echo(
            f"No Prefect server answers at {server.api}, so where the flow runs of {run} stand is not known.", err=True
        )
    elif build is not None:
        typer.echo(f"The build is {': '.join(filter(None, build))}", err=as_json)
        if found.has_crashed_too_often:
            typer.echo(f"It has crashed too often to go on by itself: `stillroom retry {run}`.", err=as_json)
    _tell_late(run, late, err=as_json)


def _tell_late(run: str, late: list[int], *, err: bool) -> None:
    """Say what waits for a build to publish it."""
    if late:
        typer.echo(
            f"In no version yet, since they came after {run} was finished: shards {', '.join(map(str, late))}. Its "
            f"deployed build publishes them; where that has failed, retry it: `stillroom retry {run}`.",
            err=err,
        )


def _print(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(rows)
    else:
        print_table(rows)
