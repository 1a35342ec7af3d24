"""``up`` and ``down``: Prefect's server, a worker, the teacher and the deployments, in one command and until Ctrl-C."""

import asyncio
import os
import signal
import socket
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillroom.cli.output import JsonOption, print_json
from stillroom.cli.session import lake_folder
from stillroom.errors import RequestError

if TYPE_CHECKING:
    from stillroom.cli.supervising import Supervised
    from stillroom.recipe import Recipe
    from stillroom.teachers.serving_process import ProcessIdentity

DEFAULT_PORT = 4200
DEFAULT_RECIPE = Path("deployments/recipes/quickstart.yaml")
START_SECONDS = 120.0
POLL_SECONDS = 0.1
UP_ENDS_SECONDS = 90.0  # in which `up` ends all that it had started


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(up)
    app.command()(down)


def up(
    ctx: typer.Context,
    recipe: Annotated[Path, typer.Argument(help="Its teacher is served; the form of a build begins with it.")] = (
        DEFAULT_RECIPE
    ),
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of the UI and the API.")] = DEFAULT_PORT,
    shards_at_once: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=64,
            help="Shards that run at the same time; else as before, at first 2. Each takes a slot.",
        ),
    ] = None,
) -> None:
    """Run Prefect's server, a worker, the teacher and all deployments for this lake. Ctrl-C ends all of them."""
    from stillroom.recipe import load_recipe

    loaded = load_recipe(recipe)
    root = lake_folder(ctx)
    _refuse_taken(port, root)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell's background ignores Ctrl-C
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as ending:
        ending.enter_context(_alone(root))
        try:
            _run(loaded, root, port, shards_at_once, ending)
        except KeyboardInterrupt:
            for number in (signal.SIGINT, signal.SIGTERM):  # a second one would leave processes behind
                signal.signal(number, signal.SIG_IGN)
            _say("Ending the worker, the teacher and the server.")


def _run(recipe: "Recipe", root: Path, port: int, shards_at_once: int | None, ending: ExitStack) -> None:
    """Bring everything up and look after it; ``ending`` gets what is to be done at the end, in reverse."""
    from stillroom.cli import deployed_processes as processes
    from stillroom.cli.orchestrator import Orchestrator, forget, home, point_at
    from stillroom.cli.prefect_database import provide
    from stillroom.cli.prefect_environment import adopt, own_environment
    from stillroom.cli.supervising import GRACE_SECONDS, look_after
    from stillroom.teachers.serving_keeper import end_with, keep_what_is_started, take_over

    provide(home(root))
    api = f"http://{processes.LOOPBACK}:{port}/api"
    adopt(own_environment(home(root)))  # for all that is started from here
    point_at(api)
    this = keep_what_is_started()
    socket_folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="stillroom-")))  # its name is short
    server = processes.server(root, port)
    warm, worker = (make(root, socket_folder / "warm") for make in (processes.warm, processes.worker))

    def note() -> None:
        running = {one.name: one.identity for one in (server, warm, worker) if one.identity is not None}
        Orchestrator(api=api, processes={**running, "up": this}).note(root)

    def started_again(one: "Supervised") -> None:
        _say(f"The {one.name} had ended and was started again; its log is {one.log}")
        note()

    ending.callback(forget, root)
    ending.callback(server.end, GRACE_SECONDS)
    server.start()
    take_over(this)
    ending.callback(end_with, this, _say)
    ending.callback(warm.end, 2 * GRACE_SECONDS)  # after the worker: it waits for its forks itself
    warm.start()
    note()
    _serve_teachers(recipe, this)
    _wait(server, api)
    _register(recipe, root, shards_at_once)
    ending.callback(worker.end, GRACE_SECONDS)
    worker.start()
    note()
    _say(f"Prefect's UI is at {api.removesuffix('/api')}; builds go into {root}. Ctrl-C ends all.")
    look_after([server, warm, worker], started_again)


def down(ctx: typer.Context, *, as_json: JsonOption = False) -> None:
    """End what `up` started for this lake, also where `up` itself was killed."""
    from stillroom.cli.orchestrator import forget, noted
    from stillroom.cli.supervising import GRACE_SECONDS
    from stillroom.teachers.serving_keeper import end_with

    root = lake_folder(ctx)
    found = noted(root)
    ended: list[str] = []
    if found is not None:
        # `up` first: it ends the others, and would start again what ends without it.
        up = found.processes.get("up")
        if up is not None and _end_up(up):
            ended.append("up")
        ended += [name for name, one in found.processes.items() if one != up and one.end(GRACE_SECONDS)]
        if up is not None:
            ended += [f"teacher {name}" for name in end_with(up, _say)]
        forget(root)
    if as_json:
        print_json({"ended": ended})
    else:
        typer.echo(f"Ended: {', '.join(ended)}." if ended else f"Nothing was running for the lake at {root}.")


def _end_up(process: "ProcessIdentity") -> bool:
    """End `up` alone, not the process group that it was started in; returns whether it ran."""
    if not process.is_alive():
        return False
    deadline = time.monotonic() + UP_ENDS_SECONDS
    os.kill(process.pid, signal.SIGTERM)
    while process.is_alive() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    return True


@contextmanager
def _alone(root: Path) -> Generator[None]:
    """Be the only `up` of the lake's folder, where the server's database and the note of what runs are, for the block.

    Raises:
        RequestError: another one runs.
    """
    from filelock import FileLock, Timeout

    from stillroom.cli.orchestrator import home, noted

    home(root).mkdir(parents=True, exist_ok=True)
    lock = FileLock(home(root) / "up.lock", timeout=0)  # the kernel drops it with the process
    try:
        lock.acquire()
    except Timeout as error:
        before = noted(root)
        where = f", its UI is at {before.ui}" if before is not None else ""
        raise RequestError(
            f"`stillroom up` runs already for the lake at {root}{where}. Use that one, or end it with `stillroom down`."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _refuse_taken(port: int, root: Path) -> None:
    from stillroom.cli.deployed_processes import LOOPBACK
    from stillroom.cli.orchestrator import noted

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError as error:
            raise RequestError(
                f"this user may not listen on port {port} of {LOOPBACK}; choose one above 1023 with --port"
            ) from error
        except OSError as error:
            before = noted(root)
            ours = before is not None and before.api == f"http://{LOOPBACK}:{port}/api"
            who = "an earlier `stillroom up` of this lake" if ours else "another process"
            todo = "`stillroom down` ends it" if ours else "End that, or choose another port with --port"
            raise RequestError(f"port {port} on {LOOPBACK} is in use by {who} ({error.strerror}). {todo}.") from error


def _wait(server: "Supervised", api: str) -> None:
    from stillroom.cli.orchestrator import version
    from stillroom.cli.supervising import LOOK_SECONDS, ProcessFailed

    deadline = time.monotonic() + START_SECONDS
    while version(api) is None:
        if server.has_ended or time.monotonic() > deadline:
            raise ProcessFailed(f"Prefect's server did not come up at {api}; its log is {server.log}")
        time.sleep(LOOK_SECONDS)


def _register(recipe: "Recipe", root: Path, shards_at_once: int | None) -> None:
    from stillroom.cli.deploying import register as register_deployments
    from stillroom.cli.orchestrator import home

    asyncio.run(
        register_deployments(recipe, folder=Path.cwd(), home=home(root), shards_at_once=shards_at_once, say=_say)
    )


def _serve_teachers(recipe: "Recipe", this: "ProcessIdentity") -> None:
    """Serve those of the recipe that are ours to serve, and hold them up, whether they are asked or not."""
    from stillroom.teachers.serving import serve
    from stillroom.teachers.serving_keeper import is_kept_by

    for teacher in recipe.teachers:
        if teacher.serve is not None:
            running = serve(teacher.serve, revision=teacher.revision, holder=this, progress=_say)
            if not is_kept_by(running.name, this):
                _say(f"{running.name} ran before; it is not ended with the rest, but stops once it is idle, as before.")


def _say(line: str) -> None:
    typer.echo(line, err=True)
