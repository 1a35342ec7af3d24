"""A recipe of two small shards, a teacher on a port that another one can take over, and a deployment for many tests.

And a Prefect server alone, with a lake, for what needs neither worker nor sandbox.
"""

import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Page
from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import State

from stillroom.cli.deployed_processes import server
from stillroom.cli.orchestrator import home, version
from stillroom.cli.prefect_database import make_template, provide
from stillroom.lake import Lake
from stillroom.publication import publish
from stillroom.runs import Run, RunState, close_run, shard_key
from stillroom.runs.curating import curate_run
from tasks.flow_runs import run_tag, shard_tag, start_key
from tests.deployed.browser import opened_page, screenshots_of
from tests.deployed.deployment import Deployment, deployed
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.fakes.teacher import TeacherProcess, teacher_process
from tests.integration.workbench import SEEDS, Workbench
from verifiers.sandbox.daemon import SOCKET, ensure_docker

ALWAYS_RIGHT = tuple(f"--{share}=0" for share in ("wrong", "prose", "refusal", "truncated", "hard", "repeat"))
Start = Callable[..., TeacherProcess]
_numbers = count(1)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start_teacher(tmp_path: Path, port: int) -> Iterator[Start]:
    """Starts a teacher that answers every seed rightly; the next one goes on with the same ledger and port."""
    with ExitStack() as running:

        def start(*flags: str) -> TeacherProcess:
            known = ("--port", str(port), "--tasks", str(SEEDS), *ALWAYS_RIGHT)
            return running.enter_context(teacher_process(tmp_path / "ledger", *known, *flags))

        yield start


@pytest.fixture
def bench(tmp_path: Path, port: int) -> Workbench:
    """Six seeds in two shards, each answered by one request for two samples where all is well."""
    bench = Workbench(tmp_path, f"http://127.0.0.1:{port}")
    bench.write_recipe(new_prompts=0)
    return bench


@pytest.fixture(scope="session")
def docker_socket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By which the shared deployment reaches Docker: a link, so that a test can take Docker away from it alone."""
    ensure_docker().close()
    link = tmp_path_factory.mktemp("d") / "docker.sock"
    link.symlink_to(os.environ.get("DOCKER_HOST", f"unix://{SOCKET}").removeprefix("unix://"))
    return link


@contextmanager
def without_docker(link: Path) -> Iterator[None]:
    """Nothing answers at the link meanwhile; containers that run go on."""
    socket = link.readlink()
    link.unlink()
    try:
        yield
    finally:
        link.symlink_to(socket)


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory, docker_socket: Path) -> Iterator[Deployment]:
    """A deployment that runs one shard at a time."""
    bench = Workbench(tmp_path_factory.mktemp("deployed"), "http://127.0.0.1:9")
    bench.environment["DOCKER_HOST"] = f"unix://{docker_socket}"
    bench.write_recipe(new_prompts=0)
    with deployed(bench, "--shards-at-once", "1") as running:
        yield running


@pytest.fixture
def deployment(up: Deployment, tmp_path: Path, port: int) -> Deployment:
    """The deployment of all tests that kill no part of it, seen with a dataset of the test's own, as ``bench``."""
    bench = Workbench(tmp_path, f"http://127.0.0.1:{port}", lake=up.bench.lake)
    number = next(_numbers)  # an epoch of its own, too: nothing of another test's dataset is taken over
    bench.write_recipe(new_prompts=0, dataset=f"functions{number}", epoch=number)
    return replace(up, bench=bench)


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Path:
    return screenshots_of(request.node.name)


@pytest.fixture
def page() -> Iterator[Page]:
    with opened_page() as page:
        yield page


@flow(name="build")
def _build() -> None: ...


@flow(name="shard")
def _shard() -> None: ...


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server_alone(tmp_path_factory.mktemp("deployed")) as address:
        yield address


@contextmanager
def server_alone(root: Path) -> Iterator[str]:
    """A Prefect server without a worker; gives the address of its API."""
    home(root).mkdir()
    make_template()
    provide(home(root))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = server(root, port)
    process.start()
    address = f"http://127.0.0.1:{port}/api"
    try:
        deadline = time.monotonic() + 120
        while version(address) is None:
            assert not process.has_ended, process.log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield address
    finally:
        process.end(10.0)


@pytest.fixture
async def client(api: str) -> AsyncIterator[PrefectClient]:
    with temporary_settings({PREFECT_API_URL: api}):
        async with get_client() as opened:
            yield opened


@pytest.fixture
def lake(lake_root: Path) -> Iterator[Lake]:
    opened = Lake.open(lake_root)
    yield opened
    opened.close()


@pytest.fixture
def run(lake: Lake, tmp_path: Path, request: pytest.FixtureRequest) -> Run:
    """A run of a dataset of this test's own, with all shards planned and none done."""
    name = f"d{abs(hash(request.node.name))}"
    return Builder(lake).begin(recipe(tmp_path).model_copy(update={"dataset": name}))


@pytest.fixture
def run_of_three(lake: Lake, tmp_path: Path, request: pytest.FixtureRequest) -> Run:
    """As ``run``, of three shards, one of which is enough to publish it."""
    made = recipe(tmp_path, "execution: {prompts_per_shard: 1}\nsnapshot: {allow_partial: 0.3}")
    assert made.seeding is not None
    seeding = made.seeding.model_copy(update={"seed_prompts": 3})
    name = f"p{abs(hash(request.node.name))}"
    return Builder(lake).begin(made.model_copy(update={"dataset": name, "seeding": seeding}))


@pytest.fixture
async def shard_deployment(client: PrefectClient) -> UUID:
    """The deployment of shards; no worker serves it."""
    flow_id = await client.create_flow(_shard)
    return await client.create_deployment(flow_id, "shard", enforce_parameter_schema=False)


StartShard = Callable[[Run, int, State, UUID], Awaitable[FlowRun]]


@pytest.fixture
def shard_began(client: PrefectClient, shard_deployment: UUID) -> StartShard:
    """Makes a flow run of a run's shard, in a state, as the build of an id starts it."""

    async def begin(run: Run, number: int, state: State, build_id: UUID) -> FlowRun:
        return await client.create_flow_run_from_deployment(
            shard_deployment,
            parameters={"run_id": run.run_id, "shard": number},
            state=state,
            tags=[run_tag(run.run_id), shard_tag(number)],
            idempotency_key=start_key(build_id, shard_key(run, number)),
        )

    return begin


async def began(client: PrefectClient, run: Run, state: State) -> FlowRun:
    """A flow run that builds the run, in this state."""
    return await client.create_flow_run(_build, tags=[run_tag(run.run_id)], state=state)


async def state_of(client: PrefectClient, flow_run: FlowRun) -> str | None:
    state = (await client.read_flow_run(flow_run.id)).state
    return state.name if state else None


async def published_in_part(lake: Lake, run: Run) -> Builder:
    """Publish a run of three shards without the last two."""
    builder = Builder(lake)
    await builder.shard(run, 0)
    snapshot = publish(lake, run, curate_run(lake, run, [builder.verifier.verifier_id]))
    assert snapshot is not None
    close_run(lake, run, RunState.PUBLISHED, snapshot.label)
    return builder
