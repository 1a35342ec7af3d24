"""``build --deployed``: submits a build to the deployment, and follows it until it has ended."""

import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import typer

from stillroom.cli.asking import asking
from stillroom.cli.output import console, print_json
from stillroom.cli.session import lake_folder, reading
from stillroom.errors import RequestError, StillroomError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

    from stillroom.recipe import Recipe

DEPLOYMENT = "build/build"
POLL_SECONDS = 2.0


class DeployedBuildEnded(StillroomError):
    """A deployed build came to an end that is not the one it was started for."""


def submit(ctx: typer.Context, recipe: Path, *, new_run: bool, as_json: bool) -> None:
    """Submit the recipe as it is now, tell how the build gets on, and print what came out.

    Raises:
        RequestError: nothing is deployed for the lake, or it is of another version; the server goes away or refuses; or
            the recipe cannot be built.
        DeployedBuildEnded: it failed, crashed or was cancelled; the message says why.
    """
    from stillroom.cli.orchestrator import find
    from stillroom.cli.reading import refuse_unreadable
    from stillroom.recipe import load_recipe

    began = time.monotonic()
    loaded = load_recipe(recipe)
    refuse_unreadable(loaded)
    server = find(lake_folder(ctx))
    from prefect.client.orchestration import get_client

    from tasks.flow_runs import run_of

    with get_client(sync_client=True) as client:
        with asking(server):
            flow_run_id = _create(client, loaded, new_run)
        page = f"{server.ui}/runs/flow-run/{flow_run_id}"
        typer.echo(f"Submitted; its page is {page}", err=True)
        try:
            with asking(server, else_then=f"The build is not ended by that; once the server answers, {page} shows it."):
                ended = _follow(client, flow_run_id)
        except KeyboardInterrupt:
            typer.echo(f"The build goes on without this command; {page} shows it.", err=True)
            raise
    state = ended.state
    if state is None or not state.is_completed():
        told = (state.message or state.name or "") if state is not None else "no state"
        raise DeployedBuildEnded(f"the build ended: {told} Its page is {page}")
    run_id = run_of(ended)
    if run_id is None:  # it was skipped
        raise DeployedBuildEnded(f"{state.message}")
    _print(ctx, run_id, time.monotonic() - began, as_json=as_json)


def _create(client: "SyncPrefectClient", recipe: "Recipe", new_run: bool) -> UUID:
    from prefect.exceptions import ObjectNotFound

    from stillroom.code_version import code_version

    try:
        deployment = client.read_deployment_by_name(DEPLOYMENT)
    except ObjectNotFound as error:
        raise RequestError(f"the server has no deployment {DEPLOYMENT}; `stillroom up` registers it") from error
    if deployment.version != code_version():
        raise RequestError(
            f"the server's deployments are of Stillroom {deployment.version}, this command is of {code_version()}. End "
            "`stillroom up` and start it again: it registers those of this version."
        )
    parameters = {"recipe": recipe.model_dump(mode="json"), "new_run": new_run}
    name = f"build {recipe.dataset}"
    return client.create_flow_run_from_deployment(deployment.id, parameters=parameters, name=name).id


def _follow(client: "SyncPrefectClient", flow_run_id: UUID) -> "FlowRun":
    """Say each state that the build comes to; returns it when it has ended."""
    told = ""
    while True:
        flow_run = client.read_flow_run(flow_run_id)
        state = flow_run.state
        if state is not None and state.name and state.name != told:
            told = state.name
            typer.echo(f"{flow_run.name}: {told}", err=True)
        if state is not None and state.is_final():
            return flow_run
        time.sleep(POLL_SECONDS)


def _print(ctx: typer.Context, run_id: str, seconds: float, *, as_json: bool) -> None:
    from stillroom.cli.outcome import outcome_of, print_outcome
    from stillroom.publication import published_by_build
    from stillroom.runs import load_run

    with reading(ctx) as lake:
        run = load_run(lake, run_id)
        snapshot = published_by_build(lake, run)
        label = snapshot.label if snapshot else ""
        outcome = outcome_of(lake, run, label, seconds=seconds, first_sample_seconds=None)
    if as_json:
        print_json(outcome)
    else:
        print_outcome(console(), outcome)
