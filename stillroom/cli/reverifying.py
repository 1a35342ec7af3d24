"""``reverify``: the stored samples of a dataset, judged again by the verifiers as they are now."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillroom.cli.naming import find_runs
from stillroom.cli.other_verification import (
    OtherMemoryOption,
    OtherRequirementsOption,
    OtherTimeoutOption,
    wanted_by,
)
from stillroom.cli.output import JsonOption, print_json, print_table
from stillroom.cli.session import lake_folder, reading
from stillroom.cli.unruled import tasks_left
from stillroom.cli.verifying import RuntimeOption
from stillroom.errors import RequestError, SandboxError, StillroomError, WorkersError

if TYPE_CHECKING:
    from rich.console import Console

    from stillroom.cli.prefect_server import PrefectServer
    from stillroom.lake import Lake
    from stillroom.publication import Snapshot
    from stillroom.recipe import Verification
    from stillroom.runs import DatasetRuns, Wanted
    from tasks.workshop import Workshop


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reverify)


def reverify(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A dataset, or NAME@N for the runs that had published by then.")],
    *,
    recipe: Annotated[Path | None, typer.Option(help="Judge as this recipe's section `verification` says.")] = None,
    timeout_seconds: OtherTimeoutOption = None,
    memory_mib: OtherMemoryOption = None,
    requirements: OtherRequirementsOption = None,
    runtime: RuntimeOption = "",
    dask: Annotated[
        str, typer.Option(help="Dask workers that judge: how many processes, or tcp://HOST:PORT; 0: none.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Judge a dataset's stored samples again, and publish a version where that changes its members.

    No teacher is contacted. Each run is judged under its own verification: a recipe replaces that, other options what
    they name of it. Where no workers are named, the newest run's judge. Nothing of NAME needs to be published yet.
    """
    from rich.console import Console

    from stillroom.cli.interruptible import run_interruptible
    from stillroom.cli.prefect_server import prefect_server
    from stillroom.lease import MOMENT_SECONDS, building, lease
    from stillroom.recipe import load_recipe, read_cluster

    root = lake_folder(ctx)
    with reading(ctx) as lake:
        dataset, version = find_runs(lake, name)
    loaded = load_recipe(recipe) if recipe else None
    base = loaded.verification if loaded else None
    clusters = [read_cluster(dask)] if dask else [loaded.execution.dask] if loaded else []
    wanted = wanted_by(timeout_seconds, memory_mib, requirements, base)
    runtime = runtime or (base.sandbox.runtime if base else "")
    console = Console(stderr=True)
    with (
        lease(root, building(dataset), seconds=MOMENT_SECONDS) as held,
        prefect_server(root / "prefect") as server,
    ):
        work = _reverify(root, dataset, version, wanted, runtime, clusters, server, console)
        outcome, failed = run_interruptible(work, held.assure)
    if as_json:
        print_json(outcome)
    else:
        _print(outcome)
    if failed is not None:
        raise failed


async def _reverify(
    root: Path,
    dataset: str,
    version: int | None,
    wanted: "Wanted",
    runtime: str,
    clusters: "list[int | str | None]",
    server: "PrefectServer",
    console: "Console",
) -> "tuple[dict[str, Any], StillroomError | None]":
    """What was done, and what is to be raised once it is told."""
    from stillroom.aside import aside
    from stillroom.cli.watching import TerminalWatcher
    from stillroom.publication import freeze_missing, snapshots
    from stillroom.runs import dataset_runs, load_run
    from tasks.workshop import open_workshop

    with TerminalWatcher(console, began=time.monotonic()) as watcher:
        async with open_workshop(root, watcher, runtime=runtime) as shop:
            lake = shop.lake
            runs = dataset_runs(lake, dataset, version)
            if not runs.finished:
                raise RequestError(f"no run of {dataset} is finished yet; `stillroom build` goes on with the newest")
            own = {run_id: load_run(lake, run_id).recipe.verification for run_id in runs.finished}
            (cluster,) = clusters or [runs.execution.dask]  # none was named: where the newest run was worked on
            shop.use_cluster(cluster)
            await shop.meet_workers(runs.execution)
            await aside(server.wait)
            freeze_missing(lake, dataset, watcher.say)
            from flows.build import ShardsFailed
            from flows.reverify import RunsLeft
            from flows.reverify import reverify as reverify_flow

            before = max((one.version for one in snapshots(lake, dataset)), default=0)
            failed: RunsLeft | None = None
            try:
                judged = await server.under(reverify_flow(dataset, list(runs.finished), wanted), carrier=ShardsFailed)
            except RunsLeft as error:
                judged, failed = error.judged, error
            left = failed.left if failed else {}
            outcome = _outcome(shop, dataset, runs, own, wanted, left)
            published = [_version(lake, one) for one in snapshots(lake, dataset) if one.version > before]
            return {**outcome, "judged": judged, "published": published}, failed


def _outcome(
    shop: "Workshop",
    dataset: str,
    runs: "DatasetRuns",
    own: "Mapping[str, Verification]",
    wanted: "Wanted",
    left: Mapping[str, StillroomError],
) -> dict[str, Any]:
    """What is true of the runs now.

    Args:
        shop: where they were judged.
        dataset: theirs.
        runs: all of it that were to be judged, and those that were not.
        own: the verification of each before.
        wanted: what they were to be judged under.
        left: those that were left all the same, and why.
    """
    from stillroom.recipe import verification_section
    from stillroom.runs import load_run, tasks_unjudged, tasks_waiting, verdict_changes

    lake = shop.lake
    under = {run_id: load_run(lake, run_id).recipe.verification for run_id in runs.finished}
    came_up = [one for one in runs.finished if not isinstance(left.get(one), SandboxError | WorkersError)]
    by = {run_id: [one.verifier_id for one in shop.verifiers(wanted.of(own[run_id]))] for run_id in came_up}
    return {
        "dataset": dataset,
        "runs": list(runs.finished),
        "left": {run_id: str(error) for run_id, error in left.items()},
        "unfinished_runs": list(runs.unfinished),
        "abandoned_runs": list(runs.abandoned),
        "samples": _samples(lake, runs.finished),
        "unjudged": _unjudged(lake, runs.finished),
        "tasks_unjudged": tasks_unjudged(lake, runs.finished),
        "tasks_waiting": tasks_waiting(lake, runs.finished),
        "changes": [asdict(one) for one in verdict_changes(lake, by)],
        "tokens": 0,
        "verification": {run_id: one.model_dump(mode="json") for run_id, one in under.items()},
        "runs_under_another": [
            run_id for run_id, one in under.items() if verification_section(one) != verification_section(own[run_id])
        ],
    }


def _version(lake: "Lake", one: "Snapshot") -> dict[str, Any]:
    rows = lake.rows("SELECT count(*) AS n FROM lake.removals WHERE name = ? AND version = ?", [one.name, one.version])
    return {"snapshot": one.label, "rows": one.rows, "new_rows": one.new_rows, "removed_rows": rows[0]["n"]}


def _samples(lake: "Lake", run_ids: tuple[str, ...]) -> int:
    rows = lake.rows(
        "SELECT count(*) AS n FROM lake.samples WHERE run_id IN (SELECT unnest($runs))", {"runs": [*run_ids]}
    )
    return rows[0]["n"]


def _unjudged(lake: "Lake", run_ids: tuple[str, ...]) -> int:
    """How many of their samples could not be judged when they were last decided about."""
    asked = (
        "SELECT count(*) AS n FROM lake.current_selections WHERE run_id IN (SELECT unnest($runs)) AND reason = $reason"
    )
    return lake.rows(asked, {"runs": [*run_ids], "reason": "unjudged"})[0]["n"]


def _print(outcome: Mapping[str, Any]) -> None:
    typer.echo(
        f"{outcome['judged']:,} verdicts were given for {outcome['samples']:,} stored samples of "
        f"{', '.join(outcome['runs'])}; no teacher was asked, 0 tokens."
    )
    if outcome["unjudged"]:
        typer.echo(
            f"{outcome['unjudged']:,} samples cannot be judged, as said above. What is published of them stays, by the "
            "verdict that it was published on; `stillroom why SAMPLE` says why."
        )
    if outcome["tasks_unjudged"]:
        typer.echo(tasks_left(outcome["tasks_unjudged"], outcome["tasks_waiting"], outcome["dataset"]))
    if outcome["left"]:
        typer.echo(f"Left, since nothing could be decided about them again: {', '.join(outcome['left'])}; see below.")
    elif outcome["judged"] + outcome["unjudged"] < outcome["samples"]:
        typer.echo("The other samples had a verdict of the present verifiers already.")
    if outcome["unfinished_runs"]:
        skipped = ", ".join(outcome["unfinished_runs"])
        typer.echo(f"Left out, since unfinished: {skipped}. Its samples are judged when its build goes on.")
    if outcome["abandoned_runs"]:
        skipped = ", ".join(outcome["abandoned_runs"])
        typer.echo(f"Left out, since given up unfinished: {skipped}. Later runs adopt what they would ask for as well.")
    if outcome["changes"]:
        changes = [{"from": one["before"], "to": one["now"], **one} for one in outcome["changes"]]
        print_table(changes, ["from", "to", "reason", "verdicts"], title="Verdicts that differ from those before")
    if outcome["published"]:
        print_table(outcome["published"], title="Published")
    else:
        members = "What could be decided about changes no members" if outcome["left"] else "The members did not change"
        typer.echo(f"{members}, so nothing was published.")
    if outcome["runs_under_another"]:
        typer.echo(
            f"{', '.join(outcome['runs_under_another'])} count under the other verification from now on. Write it into "
            "the recipe too: a build under the old one goes back to the old verdicts."
        )
