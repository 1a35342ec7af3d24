"""A lake in PostgreSQL, which is started again under a build: the build waits, and whatever ends it goes on by itself.

With a real PostgreSQL server, a real Prefect server and a real lake.
"""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.context import AsyncClientContext, FlowRunContext
from prefect.states import Failed, Running

from flows import deployed, deployed_build, deployed_reconcile, deployed_reverify
from flows.deployed import build_file
from flows.deployed_shards import DeployedShards
from stillroom import LAKE_VARIABLE
from stillroom.errors import LeaseHeld, RequestError, StillroomError
from stillroom.lake import Lake, patience
from stillroom.lake.location import REMEMBERED
from stillroom.lake.postgres import lock_number
from stillroom.lease import building, lease
from stillroom.records import Judgement, Outcome
from stillroom.runs import Run
from tasks import lake_outage, workshop
from tasks.flow_runs import all_of_shards
from tasks.waking import HELD_UP, LAKE_AWAY, MOST_ATTEMPTS, OVERTAKEN, SKIPPED, waits_for_others, wake_build
from tests.deployed.conftest import StartShard, began, state_of
from tests.fakes.builds import Builder
from tests.fakes.postgres import PostgresServer
from tests.fakes.verifiers import FakeVerifier

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
GONE = Path("/nowhere/recipe.yaml")


@pytest.fixture
def root(new_root: Callable[[], Path]) -> Path:
    return new_root()


@pytest.fixture
def database(root: Path) -> str:
    return str(json.loads((root / REMEMBERED).read_text())["catalogue"])


@pytest.fixture
def lake(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    monkeypatch.setattr(lake_outage, "PAUSE_SECONDS", 0.2)
    opened = Lake.open(root)
    yield opened
    opened.close()


class Shop:
    """A workshop whose steps are stood in for."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.watcher = self
        self.lines: list[str] = []
        self.looked = asyncio.Event()
        self.work: Callable[[], object] = lambda: None

    def say(self, line: str) -> None:
        self.lines.append(line)

    def progressed(self, *_: object) -> None:
        self.looked.set()

    async def read(self, work: Callable[[], Any]) -> Any:
        return await asyncio.to_thread(work)

    async def write(self, work: Callable[[], Any]) -> Any:
        return await asyncio.to_thread(work)

    async def start_sandbox(self, _: object) -> None: ...

    def use_cluster(self, _: object) -> None: ...

    async def meet_workers(self, _: object) -> None: ...

    async def build(self, *_: object) -> str:
        await asyncio.to_thread(self.work)
        await asyncio.sleep(0)
        return ""


@pytest.fixture
def shop(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(lake)

    @asynccontextmanager
    async def opened(_: str) -> AsyncGenerator[Shop]:
        yield made

    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    monkeypatch.setattr(workshop, "_open", [made])
    for module in (deployed, deployed_build, deployed_reverify):
        monkeypatch.setattr(module, "deployed_workshop", opened)
    for module in (deployed_build, deployed_reverify):
        monkeypatch.setattr(module, "get_run_logger", lambda: SimpleNamespace(info=made.say))
    monkeypatch.setattr(deployed_build, "build_run", made.build)
    return made


async def tried_again(client: PrefectClient, run: Run) -> tuple[FlowRun, Any]:
    """The build of a run that was begun; returns its flow run and what it ended as, which the server is told."""
    this = await began(client, run, Running())
    with FlowRunContext.model_construct(flow_run=this, parameters={}):
        end: Any = await build_file.fn(GONE)
    await client.set_flow_run_state(this.id, end, force=True)
    return this, end


@pytest.fixture
async def _client_of_a_flow(client: PrefectClient) -> AsyncIterator[None]:
    del client  # points Prefect at the server
    async with AsyncClientContext.get_or_create():
        yield


@pytest.mark.usefixtures("shard_deployment", "_client_of_a_flow")
async def test_a_build_that_waits_for_its_shards_outlasts_a_restart(
    server: PostgresServer, lake: Lake, run: Run, shop: Shop
) -> None:
    shards = DeployedShards(run, uuid4())
    shards.start([0])
    joining = asyncio.create_task(shards.join())
    while True:
        if await all_of_shards_of(run):
            break
        await asyncio.sleep(0.05)
    server.stop()
    while True:
        if shop.lines:
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(2.0)  # in which it asks several times
    server.start()
    assert not joining.done()
    await Builder(lake).sample(run)
    assert await asyncio.wait_for(joining, 60) == {}
    assert [line for line in shop.lines if "the lake does not answer" in line] == shop.lines != []


@pytest.mark.usefixtures("_client_of_a_flow")
async def test_a_shard_whose_lake_was_away_is_tried_again_by_the_build_that_waits_for_it(
    server: PostgresServer,
    client: PrefectClient,
    lake: Lake,
    run: Run,
    shop: Shop,
    shard_began: StartShard,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build_id = uuid4()
    this = await shard_began(run, 0, Running(), build_id)
    shards = DeployedShards(run, build_id)
    shards.start([0])
    joining = asyncio.create_task(shards.join())
    await shop.looked.wait()  # now it has found the shard at work
    lake.wait_for_outages(shop.say)
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.3)
    server.stop()
    end: Any = await deployed.shard.fn(run.run_id, 0)
    assert (end.type, end.name) == (StateType.FAILED, LAKE_AWAY)
    assert "Once the lake answers it is tried again by itself" in end.message
    assert "What stands in the journals is kept." in end.message
    await client.set_flow_run_state(this.id, end, force=True)
    server.start()
    while True:
        if await state_of(client, this) == "AwaitingRetry":
            break
        await asyncio.sleep(0.1)
    await Builder(lake).sample(run)
    assert await asyncio.wait_for(joining, 60) == {}
    assert "shard 0 is tried again: the lake answers" in shop.lines


async def all_of_shards_of(run: Run) -> list[FlowRun]:
    async with AsyncClientContext.get_or_create() as opened:
        return await all_of_shards(opened.client, run.run_id)


async def test_a_build_whose_lake_stays_away_goes_on_by_itself_once_it_is_back(
    server: PostgresServer,
    client: PrefectClient,
    lake: Lake,
    run: Run,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lake.wait_for_outages(shop.say)
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.3)

    def work() -> None:
        server.stop()
        lake.rows("SELECT 1 FROM lake.commits")

    shop.work = work
    this, end = await tried_again(client, run)
    assert (end.type, end.name) == (StateType.FAILED, LAKE_AWAY)
    assert f"Once the lake answers this build of {run.run_id} goes on by itself" in end.message
    nothing: Any = await deployed_reconcile.reconcile.fn()
    assert (nothing.type, nothing.name) == (StateType.COMPLETED, SKIPPED)
    server.start()
    assert await deployed_reconcile.reconcile.fn() == [run.run_id]
    assert await state_of(client, this) == "AwaitingRetry"


async def test_a_build_that_cannot_ask_what_it_waits_for_goes_on_by_itself(
    server: PostgresServer, client: PrefectClient, run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.3)

    def work() -> None:
        server.stop()
        raise StillroomError("the sandbox was gone")

    shop.work = work
    _, end = await tried_again(client, run)
    server.start()
    assert end.name == LAKE_AWAY


async def test_a_build_that_finds_no_lake_when_it_is_tried_again_goes_on_by_itself(
    server: PostgresServer, client: PrefectClient, run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_outage, "PATIENCE_SECONDS", 0.5)
    server.stop()
    _, end = await tried_again(client, run)
    server.start()
    assert end.name == LAKE_AWAY
    assert [line for line in shop.lines if "the lake does not answer" in line] == shop.lines != []


async def test_a_lease_is_waited_for_while_the_lake_is_away(server: PostgresServer, lake: Lake) -> None:
    lines: list[str] = []
    server.stop()
    back = threading.Timer(1.0, server.start)
    back.start()
    async with AsyncExitStack() as held:
        await lake_outage.lease_once_answered(held, lake.root, "w", lines.append, seconds=0.0)
        back.join()
        with pytest.raises(LeaseHeld), lease(lake.root, "w"):
            pytest.fail("it is held")
    (line,) = lines
    assert "the lake does not answer" in line


@pytest.mark.parametrize(("name", "has_end"), [(LAKE_AWAY, True), (OVERTAKEN, True), (HELD_UP, False)])
def test_a_build_whose_lake_is_away_again_and_again_is_left_to_a_person(name: str, has_end: bool) -> None:
    build = FlowRun(flow_id=uuid4(), state=Failed(name=name), run_count=MOST_ATTEMPTS - 1)
    assert waits_for_others(build)
    assert waits_for_others(build.model_copy(update={"run_count": MOST_ATTEMPTS})) is not has_end


@contextmanager
def thief(database: str, dataset: str) -> Generator[Callable[..., Coroutine[Any, Any, Any]]]:
    """Gives work in whose midst its connection breaks and another takes the dataset, and keeps it in the block."""
    number = lock_number(building(dataset))
    with psycopg.connect(database, autocommit=True) as other, psycopg.connect(database, autocommit=True) as killer:
        waiting = threading.Thread(target=other.execute, args=("SELECT pg_advisory_lock(%s)", [number]), daemon=True)

        async def work(*_: object) -> None:
            waiting.start()
            while True:
                if held := killer.execute(HELD, [number]).fetchone():
                    break
                await asyncio.sleep(0.02)
            killer.execute("SELECT pg_terminate_backend(%s)", held)
            await asyncio.sleep(60)
            pytest.fail("it goes on though another has its dataset")

        yield work


HELD = """
SELECT held.pid FROM pg_locks held JOIN pg_locks waits USING (locktype, classid, objid, objsubid)
WHERE ((held.classid::bigint << 32) | held.objid::bigint) = %s AND held.granted AND NOT waits.granted
"""


async def test_a_build_whose_lease_another_took_is_held_up_and_goes_on_after_it(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.lease_in_postgres.LOOK_SECONDS", 0.1)
    with thief(database, run.recipe.dataset) as work:
        monkeypatch.setattr(deployed_build, "build_run", work)
        this, end = await tried_again(client, run)
        assert end.name == HELD_UP
        assert "took it. So the work was stopped here." in end.message
        assert "After that this build goes on by itself" in end.message
        assert not await wake_build(lake, run.run_id)
    await asyncio.sleep(0.2)
    assert await wake_build(lake, run.run_id)
    assert await state_of(client, this) == "AwaitingRetry"


async def test_a_reverify_whose_lease_another_took_says_that_it_was_stopped(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of its verdicts may be there, so it is none that did nothing."""
    del client  # points Prefect at the server
    monkeypatch.setattr("stillroom.lease_in_postgres.LOOK_SECONDS", 0.1)
    await Builder(lake).build(run.recipe)
    dataset = run.recipe.dataset
    with thief(database, dataset) as work, FlowRunContext.model_construct(flow_run=None, parameters={}):
        monkeypatch.setattr(deployed_reverify, "reverify_runs", SimpleNamespace(fn=work))
        with pytest.raises(LeaseHeld, match=r"took it\. So the work was stopped here\."):
            await deployed_reverify.reverify.fn(dataset)
        end: Any = await deployed_reverify.reverify.fn(dataset)
    assert end.name == SKIPPED


async def test_a_reverify_begins_with_finished_runs_of_which_nothing_is_published(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    del client  # points Prefect at the server
    asked: list[tuple[str, list[str]]] = []

    async def work(dataset: str, run_ids: list[str]) -> int:
        asked.append((dataset, run_ids))
        return 3

    monkeypatch.setattr(deployed_reverify, "reverify_runs", SimpleNamespace(fn=work))
    with FlowRunContext.model_construct(flow_run=None, parameters={}):
        with pytest.raises(RequestError, match=f"no run of '{run.recipe.dataset}' is finished yet"):
            await deployed_reverify.reverify.fn(run.recipe.dataset)
        wrong = Judgement(outcome=Outcome.FAIL, reason="wrong-answer")
        await Builder(lake, verifier=FakeVerifier(rule=lambda *_: wrong)).build(run.recipe)
        assert await deployed_reverify.reverify.fn(run.recipe.dataset) == 3
    assert asked == [(run.recipe.dataset, [run.run_id])]


async def test_a_reverify_waits_for_a_lake_that_is_started_again(
    server: PostgresServer, client: PrefectClient, lake: Lake, run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    del client  # points Prefect at the server
    await Builder(lake).build(run.recipe)

    async def work(*_: object) -> int:
        return 3

    monkeypatch.setattr(deployed_reverify, "reverify_runs", SimpleNamespace(fn=work))
    server.stop()
    back = threading.Timer(1.0, server.start)
    back.start()
    with FlowRunContext.model_construct(flow_run=None, parameters={}):
        assert await deployed_reverify.reverify.fn(run.recipe.dataset) == 3
    back.join()
    assert "the lake does not answer" in shop.lines[0]
