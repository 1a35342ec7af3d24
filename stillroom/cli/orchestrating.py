"""``retry`` and ``cancel``: what Prefect's UI has a button for one flow run, for all flow runs of a run at once."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillroom.cli.asking import asking
from stillroom.cli.output import JsonOption, print_json
from stillroom.cli.session import lake_folder, reading
from stillroom.errors import RequestError

if TYPE_CHECKING:
    from stillroom.lake import Lake
    from stillroom.runs import Run

RunArgument = Annotated[str, typer.Argument(help="A run id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(retry)
    app.command()(cancel)


def retry(ctx: typer.Context, run: RunArgument, *, as_json: JsonOption = False) -> None:
    """Try all failed shards of a deployed run again; its build goes on by itself.

    Where its newest build has not started a shard that is owed, or no shard is owed, the build is tried again.
    """
    from stillroom.cli.orchestrator import find
    from stillroom.runs import load_run

    with reading(ctx) as lake:
        found = load_run(lake, run)
        with asking(find(lake_folder(ctx))):
            done = asyncio.run(_retry(lake, found))
    if not done["shards"] and not done["build"]:
        raise RequestError(f"nothing of {run} has failed: its build and its shards wait, run or are done")
    if as_json:
        print_json(done)
        return
    if done["build"]:
        typer.echo(f"Tried again: the build of {run}.")
    if done["shards"]:
        typer.echo(f"Tried again: shards {', '.join(map(str, done['shards']))} of {run}.")


def cancel(ctx: typer.Context, run: RunArgument, *, as_json: JsonOption = False) -> None:
    """Cancel a deployed run: its build, also one that sleeps, and its shards.

    What was paid for stays; a later build goes on with it.
    """
    from stillroom.cli.orchestrator import find
    from stillroom.runs import load_run

    with reading(ctx) as lake:
        load_run(lake, run)
        with asking(find(lake_folder(ctx))):
            done = asyncio.run(_cancel(lake, run))
    if not done["shards"] and not done["build"]:
        raise RequestError(f"no flow run of {run} waits, runs or would go on by itself on this server")
    if as_json:
        print_json(done)
    else:
        what = "the build and " if done["build"] else ""
        typer.echo(f"Cancelled {what}{len(done['shards'])} shards of {run}.")


async def _retry(lake: "Lake", run: "Run") -> dict[str, Any]:
    from prefect.client.orchestration import get_client

    from tasks.trying_again import retry_run

    async with get_client() as client:
        found = await retry_run(client, lake, run)
    shards = sorted({*found.shards, *found.started})
    return {"run": run.run_id, "shards": shards, "build": found.build is not None}


async def _cancel(lake: "Lake", run_id: str) -> dict[str, Any]:
    from prefect.client.orchestration import get_client

    from tasks.cancelling import cancel_run

    async with get_client() as client:
        done = await cancel_run(client, lake, run_id)
    return {"run": run_id, "shards": list(done.shards), "build": done.build}
