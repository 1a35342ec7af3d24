"""``reverify``: the stored samples of a dataset, judged again by the verifiers as they are now."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillroom.cli.naming import find_runs
from stillroom.cli.output import JsonOption, print_json, print_table
from stillroom.cli.session import lake_folder, reading
from stillroom.cli.verifying import OtherMemoryOption, OtherTimeoutOption, RequirementsOption, RuntimeOption
from stillroom.errors import RequestError

if TYPE_CHECKING:
    from rich.console import Console

    from stillroom.cli.prefect_server import PrefectServer
    from stillroom.lake import Lake
    from stillroom.runs import Wanted


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
    requirements: RequirementsOption = None,
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
    from stillroom.records.libraries import read_libraries
    from stillroom.runs import Wanted

    root = lake_folder(ctx)
    with reading(ctx) as lake:
        dataset, version = find_runs(lake, name)
    given: dict[str, Any] = {"timeout_seconds": timeout_seconds, "memory_mib": memory_mib}
    limits = {key: value for key, value in given.items() if value is not None}
    libraries = read_libraries(requirements) if requirements else None
    loaded = load_recipe(recipe) if recipe else None
    base = loaded.verification if loaded else None
    clusters = [read_cluster(dask)] if dask else [loaded.execution.dask] if loaded else []
    wanted = Wanted(base=base, limits=limits, libraries=libraries)
    runtime = runtime or (base.sandbox.runtime if base else "")
    console = Console(stderr=True)
    with (
        lease(root, building(dataset), seconds=MOMENT_SECONDS) as held,
        prefect_server(root / "prefect") as server,
    ):
        work = _reverify(root, dataset, version, wanted, runtime, clusters, server, console)
        outcome = run_interruptible(work, held.assure)
    if as_json:
        print_json(outcome)
    else:
        _print(outcome)


async def _reverify(
    root: Path,
    dataset: str,
    version: int | None,
    wanted: "Wanted",
    runtime: str,
    clusters: "list[int | str | None]",
    server: "PrefectServer",
    console: "Console",
) -> dict[str, Any]:
    from stillroom.aside import aside
    from stillroom.cli.watching import TerminalWatcher
    from stillroom.publication import freeze_missing, snapshots
    from stillroom.recipe import verification_section
    from stillroom.runs import dataset_runs, load_run, tasks_unjudged, verdict_changes
    from tasks.workshop import open_workshop

    with TerminalWatcher(console, began=time.monotonic()) as watcher:
        async with open_workshop(root, watcher, runtime=runtime) as shop:
            lake = shop.lake
            runs = dataset_runs(lake, dataset, version)
            if not runs.finished:
                raise RequestError(f"no run of {dataset} is finished yet; `stillroom build` goes on with the newest")
            own = {run_id: load_run(lake, run_id).recipe.verification for run_id in runs.finished}
            under = {run_id: wanted.of(one) for run_id, one in own.items()}
            (cluster,) = clusters or [runs.execution.dask]  # none was named: where the newest run was worked on
            shop.use_cluster(cluster)
            await shop.meet_workers(runs.execution)
            await aside(server.wait)
            freeze_missing(lake, dataset, watcher.say)
            from flows.build import ShardsFailed
            from flows.reverify import reverify as reverify_flow

            before = max((one.version for one in snapshots(lake, dataset)), default=0)
            judged = await server.under(reverify_flow(dataset, list(runs.finished), wanted), carrier=ShardsFailed)
            by = {id_: [one.verifier_id for one in shop.verifiers(verification)] for id_, verification in under.items()}
            published = [one for one in snapshots(lake, dataset) if one.version > before]
            return {
                "dataset": dataset,
                "runs": list(runs.finished),
                "unfinished_runs": list(runs.unfinished),
                "abandoned_runs": list(runs.abandoned),
                "samples": _samples(lake, runs.finished),
                "judged": judged,
                "unjudged": _unjudged(lake, runs.finished),
                "tasks_unjudged": tasks_unjudged(lake, runs.finished),
                "changes": [asdict(one) for one in verdict_changes(lake, by)],
                "published": [
                    {
                        "snapshot": one.label,
                        "rows": one.rows,
                        "new_rows": one.new_rows,
                        **_removed(lake, dataset, one.version),
                    }
                    for one in published
                ],
                "tokens": 0,
                "verification": {run_id: one.model_dump(mode="json") for run_id, one in under.items()},
                "runs_under_another": [
                    run_id
                    for run_id, one in under.items()
                    if verification_section(one) != verification_section(own[run_id])
                ],
            }


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


def _removed(lake: "Lake", dataset: str, version: int) -> dict[str, int]:
    rows = lake.rows("SELECT count(*) AS n FROM lake.removals WHERE name = ? AND version = ?", [dataset, version])
    return {"removed_rows": rows[0]["n"]}


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
        typer.echo(f"{outcome['tasks_unjudged']:,} written tasks cannot be judged. The next build tries once more.")
    if outcome["judged"] + outcome["unjudged"] < outcome["samples"]:
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
        typer.echo("The members of the dataset did not change, so nothing was published.")
    if outcome["runs_under_another"]:
        typer.echo(
            f"{', '.join(outcome['runs_under_another'])} count under the other verification from now on. Write it into "
            "the recipe too: a build under the old one goes back to the old verdicts."
        )
