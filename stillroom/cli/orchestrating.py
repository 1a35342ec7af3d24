"""``retry`` and ``cancel``: what Prefect's UI has a button for one flow run, for all flow runs of a run at once."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from stillroom.cli.asking import asking
from stillroom.cli.output import JsonOption, print_json
from stillroom.cli.session import lake_folder, reading
from stillroom.errors import RequestError

WHY = "retried with `stillroom retry`"
RunArgument = Annotated[str, typer.Argument(help="A run id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(retry)
    app.command()(cancel)


def retry(ctx: typer.Context, run: RunArgument, *, as_json: JsonOption = False) -> None:
    """Try all failed shards of a deployed run again; its build goes on by itself. Without any, try the build again."""
    from stillroom.cli.orchestrator import find
    from stillroom.runs import load_run, unfinished_shards

    with reading(ctx) as lake:
        owed = set(unfinished_shards(lake, load_run(lake, run)))
    with asking(find(lake_folder(ctx))):
        done = asyncio.run(_retry(run, owed))
    if not done["shards"] and not done["build"]:
        raise RequestError(f"nothing of {run} has failed: its build and its shards wait, run or are done")
    if as_json:
        print_json(done)
        return
    if done["shards"]:
        typer.echo(f"Tried again: shards {', '.join(map(str, done['shards']))} of {run}.")
    if done["build"]:
        typer.echo(f"Tried again: the build of {run}.")


def cancel(ctx: typer.Context, run: RunArgument, *, as_json: JsonOption = False) -> None:
    """Cancel a deployed run: its build and its shards. What was paid for stays; a later build goes on with it."""
    from stillroom.cli.orchestrator import find
    from stillroom.runs import load_run

    root: Path = lake_folder(ctx)
    with reading(ctx) as lake:
        load_run(lake, run)
    with asking(find(root)):
        done = asyncio.run(_cancel(run))
    if not done["shards"] and not done["build"]:
        raise RequestError(f"no flow run of {run} waits or runs on this server")
    if as_json:
        print_json(done)
    else:
        what = "the build and " if done["build"] else ""
        typer.echo(f"Cancelled {what}{len(done['shards'])} shards of {run}.")


async def _retry(run_id: str, owed: set[int]) -> dict[str, Any]:
    from prefect.client.orchestration import get_client

    from tasks import flow_runs
    from tasks.waking import waits_for_shards

    async with get_client() as client:
        newest = next(iter(await flow_runs.builds(client, run_id)), None)
        found = await flow_runs.shards(client, run_id)
        has_unstarted = not owed <= found.keys()
        if newest is not None and flow_runs.is_undone(newest.state) and (has_unstarted or not waits_for_shards(newest)):
            await flow_runs.try_again(client, newest.id, WHY)  # it tries its shards again, and starts the others
            return {"run": run_id, "shards": [], "build": True}
        failed = {n: one for n, one in found.items() if n in owed and flow_runs.is_undone(one.state)}
        for one in failed.values():
            await flow_runs.try_again(client, one.id, WHY)
        is_asleep = not failed and newest is not None and flow_runs.is_undone(newest.state)
        if newest is not None and is_asleep:
            await flow_runs.try_again(client, newest.id, WHY)
    return {"run": run_id, "shards": sorted(failed), "build": is_asleep}


async def _cancel(run_id: str) -> dict[str, Any]:
    from prefect.client.orchestration import get_client

    from tasks import flow_runs

    async with get_client() as client:
        # The build first: else it would see its shards end, and fail.
        builds = await flow_runs.cancel(client, await flow_runs.builds(client, run_id))
        # All of theirs: one of an earlier build that was tried again may be at work beside the newest.
        live = await flow_runs.cancel(client, await flow_runs.all_of_shards(client, run_id))
    shards = {n for n in map(flow_runs.shard_of, live) if n is not None}
    return {"run": run_id, "shards": sorted(shards), "build": bool(builds)}
