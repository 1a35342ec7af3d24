"""What deployed flow runs end as, with a real Prefect server and a real lake; the steps of a build are stood in for."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Running, exception_to_failed_state

from flows import deployed as module
from flows import deployed_build, deployed_ends
from flows.build import ShardsFailed, WritingFailed
from flows.deployed import build, build_file, shard
from stillroom import LAKE_VARIABLE
from stillroom.errors import GateError, LeaseHeld, Overtaken, SandboxError, StillroomError
from stillroom.lake import Lake
from stillroom.lease import building, lease
from stillroom.runs import Run, RunState, close_run, open_run
from tasks.announcing import announce_snapshot, artifact_key
from tasks.flow_runs import WENT_ON, builds
from tasks.going_on import MOST_ATTEMPTS
from tasks.waking import HELD_UP, OVERTAKEN, SHARDS_FAILED, SKIPPED, wake_build
from tests.deployed.conftest import began, published_in_part
from tests.fakes.builds import Builder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
GONE = Path("/nowhere/recipe.yaml")


class Shop:
    """A workshop without teachers; its sandbox may be down."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.watcher = self
        self.lines: list[str] = []
        self.sandbox: StillroomError | None = None
        self.failure: Exception | None = None
        self.built: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    async def meet_workers(self, _: object) -> None: ...

    async def start_sandbox(self, _: object) -> None:
        if self.sandbox is not None:
            raise self.sandbox

    async def read(self, work: Callable[[], Any]) -> Any:
        return await asyncio.to_thread(work)

    async def work(self, run_id: str, *_: object) -> str:
        self.built.append(run_id)
        if self.failure is not None:
            raise self.failure
        return ""


@pytest.fixture
def shop(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(lake)

    @asynccontextmanager
    async def opened(_: str) -> AsyncGenerator[Shop]:
        yield made

    monkeypatch.setenv(LAKE_VARIABLE, str(lake.root))
    monkeypatch.setattr(module, "deployed_workshop", opened)
    monkeypatch.setattr(deployed_build, "deployed_workshop", opened)
    monkeypatch.setattr(deployed_build, "build_run", made.work)
    monkeypatch.setattr(deployed_build, "build_late", made.work)
    monkeypatch.setattr(deployed_build, "get_run_logger", lambda: logging.getLogger("build"))
    monkeypatch.setattr(module, "sample_shard", made.work)
    return made


def nothing() -> None: ...


@contextmanager
def within(flow_run: FlowRun) -> Iterator[None]:
    with FlowRunContext.model_construct(flow_run=flow_run, parameters={}):
        yield


async def tried_again(client: PrefectClient, run: Run) -> tuple[FlowRun, Any]:
    """The build of a run that was begun; returns its flow run and what it ended as."""
    this = await began(client, run, Running())
    with within(this):
        return this, await build_file.fn(GONE)


async def is_shown(client: PrefectClient, run: Run) -> bool:
    keys = [artifact_key(run.run_id, one) for one in ("shards", "funnel")]
    found = await client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=keys)))
    return {one.key for one in found} == set(keys)


FAILURES = [
    pytest.param(WritingFailed("no more prompts were written: the teacher is gone."), id="writing"),
    pytest.param(SandboxError("the sandbox was gone"), id="the sandbox"),
    pytest.param(ShardsFailed("1 of 1 shards failed (0)"), id="its shards"),
]


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_build_that_fails_while_shards_are_owed_is_woken_once_they_are_done(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop, failure: StillroomError
) -> None:
    shop.failure = failure
    this, end = await tried_again(client, run)
    assert (end.type, end.name) == (StateType.FAILED, SHARDS_FAILED)
    assert str(failure).rstrip(".") in end.message
    assert await is_shown(client, run)
    await client.set_flow_run_state(this.id, end, force=True)
    assert not await wake_build(lake, run.run_id)
    await Builder(lake).sample(run)
    assert await wake_build(lake, run.run_id)


async def test_a_build_that_goes_on_with_a_run_notes_that_and_one_that_does_nothing_does_not(
    client: PrefectClient, run: Run, shop: Shop
) -> None:
    with lease(shop.lake.root, building(run.recipe.dataset)):
        idle, _ = await tried_again(client, run)
    this, _ = await tried_again(client, run)
    assert {one.id: WENT_ON in one.labels for one in await builds(client, run.run_id)} == {
        this.id: True,
        idle.id: False,
    }


async def test_a_build_that_finds_no_sandbox_when_it_is_tried_again_waits_for_its_shards(
    client: PrefectClient, run: Run, shop: Shop
) -> None:
    shop.sandbox = SandboxError("Docker does not answer")
    _, end = await tried_again(client, run)
    assert end.name == SHARDS_FAILED
    assert f"SandboxError: Docker does not answer. Owed are shards of {run.run_id}: 0. Retry this build" in end.message
    assert shop.built == []


async def test_a_build_that_fails_while_nothing_is_owed_would_be_woken_for_ever_and_so_just_fails(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop
) -> None:
    await Builder(lake).sample(run)
    shop.failure = WritingFailed("no more prompts were written")
    with pytest.raises(WritingFailed):
        await tried_again(client, run)
    assert await is_shown(client, run)


async def test_no_shard_helps_a_verifier_that_is_not_fit(client: PrefectClient, run: Run, shop: Shop) -> None:
    shop.failure = GateError("it misjudges")
    with pytest.raises(GateError):
        await tried_again(client, run)


async def test_a_finished_run_whose_late_shards_cannot_be_published_waits_for_no_shard(
    client: PrefectClient, lake: Lake, run_of_three: Run, shop: Shop
) -> None:
    builder = await published_in_part(lake, run_of_three)
    await builder.shard(run_of_three, 1)
    shop.failure = SandboxError("gone")
    with pytest.raises(SandboxError):
        await tried_again(client, run_of_three)
    assert shop.built == [run_of_three.run_id]


@pytest.mark.parametrize("sampled", [True, False], ids=["nothing is owed", "shards are owed"])
async def test_a_build_that_others_have_overtaken_goes_on_by_itself(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop, sampled: bool
) -> None:
    if sampled:
        await Builder(lake).sample(run)
    shop.failure = Overtaken("one@1 came after it was compared with what is published.")
    this, end = await tried_again(client, run)
    assert (end.type, end.name) == (StateType.FAILED, OVERTAKEN)
    assert end.message.startswith("one@1 came after it was compared")
    assert f"Within minutes this build of {run.run_id} goes on by itself" in end.message
    assert await is_shown(client, run)
    await client.set_flow_run_state(this.id, end, force=True)
    with lease(lake.root, building(run.recipe.dataset)):
        assert not await wake_build(lake, run.run_id)
    assert await wake_build(lake, run.run_id)

    for _ in range(MOST_ATTEMPTS):
        await client.set_flow_run_state(this.id, Running(), force=True)
    with within(await client.read_flow_run(this.id)):
        end = await build_file.fn(GONE)
    assert "waits for a person" in end.message
    await client.set_flow_run_state(this.id, end, force=True)
    assert not await wake_build(lake, run.run_id)


@pytest.mark.parametrize("text", [None, "dataset: another"], ids=["the file is gone", "it names another dataset"])
async def test_a_run_goes_on_with_its_own_recipe_whatever_became_of_the_file(
    client: PrefectClient, run: Run, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    file = tmp_path / "edited.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")

    async def work(run_id: str, _: object) -> str:
        with pytest.raises(LeaseHeld), lease(shop.lake.root, building(run.recipe.dataset)):
            pytest.fail("its dataset is open to others")
        return await shop.work(run_id)

    monkeypatch.setattr(deployed_build, "build_run", work)
    this = await began(client, run, Running())
    with within(this):
        end: Any = await build_file.fn(file)
    assert end.type is StateType.COMPLETED
    assert shop.built == [run.run_id]


async def test_a_build_that_is_held_up_says_when_it_goes_on(client: PrefectClient, run: Run, shop: Shop) -> None:
    with lease(shop.lake.root, building(run.recipe.dataset)):
        _, end = await tried_again(client, run)
    assert end.name == HELD_UP
    assert f"goes on by itself, unless a newer one of {run.run_id} has been started" in end.message


@pytest.mark.parametrize(
    ("other", "counts"),
    [
        pytest.param(Cancelled(), True, id="a person cancelled it before"),
        pytest.param(Running(), False, id="it is at work"),
    ],
)
async def test_a_build_that_is_held_up_at_once_counts_unless_another_is_at_work(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop, other: State, counts: bool
) -> None:
    this = await began(client, run, Running())
    newer = await began(client, run, Running())
    await client.set_flow_run_state(newer.id, other, force=True)
    with lease(shop.lake.root, building(run.recipe.dataset)), within(this):
        end: Any = await build_file.fn(GONE)
    assert end.name == HELD_UP
    await client.set_flow_run_state(this.id, end, force=True)
    assert await wake_build(lake, run.run_id) is counts


async def test_a_build_that_meets_housekeeping_for_long_does_nothing_or_goes_on_after_it(
    client: PrefectClient, run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kept_out(_: str) -> None:
        raise LeaseHeld("the lake is in the hands of stillroom lake maintain.")

    monkeypatch.setattr(deployed_build, "deployed_workshop", kept_out)
    first = await client.create_flow_run(flow(name="build")(nothing), state=Running())
    with within(first):
        end: Any = await build.fn(run.recipe)
    assert (end.type, end.name) == (StateType.COMPLETED, SKIPPED)
    assert "Nothing was done: the lake is in the hands of stillroom lake maintain." in end.message

    _, end = await tried_again(client, run)
    assert end.name == HELD_UP
    assert shop.built == []


async def test_a_build_that_is_held_up_by_a_run_that_has_planned_nothing_may_still_go_on(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop
) -> None:
    open_run(lake, run.recipe, new_run=True)
    with lease(lake.root, building(run.recipe.dataset)):
        _, end = await tried_again(client, run)
    assert end.name == HELD_UP


@pytest.mark.parametrize("failure", FAILURES)
async def test_what_cannot_be_shown_changes_nothing_of_what_a_build_ends_as(
    client: PrefectClient, run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch, failure: StillroomError
) -> None:
    async def show(*_: object) -> None:
        raise ObjectNotFound(KeyError(), "the server refused")

    monkeypatch.setattr(deployed_ends, "show_standing", show)
    shop.failure = failure
    _, end = await tried_again(client, run)
    assert end.name == SHARDS_FAILED
    assert str(failure).rstrip(".") in end.message
    assert "is not shown here: ObjectNotFound: " in shop.lines[-1]


async def test_a_build_that_has_published_is_done_also_where_its_page_cannot_be_shown(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def show(*_: object) -> None:
        raise ObjectNotFound(KeyError(), "the server refused")

    async def publish(*_: object) -> str:
        await Builder(lake).sample(run)
        return "tiny@1"

    monkeypatch.setattr(deployed_build, "build_run", publish)
    monkeypatch.setattr(deployed_ends, "announce_snapshot", show)
    _, end = await tried_again(client, run)
    assert (end.type, end.message) == (StateType.COMPLETED, f"{run.run_id} was published as tiny@1")


@pytest.mark.parametrize("is_held", [True, False], ids=["others are at work", "the dataset is free"])
async def test_a_build_whose_run_was_given_up_does_nothing_and_says_so(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop, is_held: bool
) -> None:
    await Builder(lake).sample(run)
    later = Builder(lake).begin(run.recipe, new_run=True)
    with lease(lake.root, building(run.recipe.dataset)) if is_held else nullcontext():
        _, end = await tried_again(client, run)
    assert (end.type, end.name) == (StateType.FAILED, "Failed")
    assert f"Nothing was done: {run.run_id} was given up for {later.run_id}, a later run" in end.message
    assert shop.built == []


async def pages_of(client: PrefectClient, run: Run) -> int:
    key = ArtifactFilterKey(any_=[artifact_key(run.run_id, "snapshot")])
    return len(await client.read_artifacts(artifact_filter=ArtifactFilter(key=key)))


async def events_about(client: PrefectClient, resource: str) -> list[str]:
    """Ids of the events about something, once the server has any."""
    while True:
        asked = {"filter": {"resource": {"id": [resource]}}}
        if found := (await client.request("POST", "/events/filter", json=asked)).json()["events"]:
            return [one["id"] for one in found]
        await asyncio.sleep(0.2)


@pytest.mark.parametrize("is_held", [True, False], ids=["others are at work", "the dataset is free"])
async def test_a_version_whose_build_died_before_it_told_of_it_is_announced_once(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop, is_held: bool
) -> None:
    _, version = await Builder(lake).build(run.recipe)
    assert version is not None
    with lease(lake.root, building(run.recipe.dataset)) if is_held else nullcontext():
        for _ in range(2):
            _, end = await tried_again(client, run)
            assert end.message == f"{run.run_id} is finished: {version.label}"
    assert await is_shown(client, run)
    assert await pages_of(client, run) == 1

    await announce_snapshot(lake, version.name, version.label, run.run_id)  # as where it died before it showed the page
    emit_event("test.afterwards", resource={"prefect.resource.id": f"after {version.label}"})
    await events_about(client, f"after {version.label}")
    assert len(await events_about(client, f"stillroom.snapshot.{version.label}")) == 1


@pytest.mark.parametrize("is_held", [True, False], ids=["others are at work", "the dataset is free"])
async def test_a_build_whose_run_is_finished_is_done(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop, is_held: bool
) -> None:
    close_run(lake, run, RunState.PUBLISHED, "tiny@1")
    with lease(lake.root, building(run.recipe.dataset)) if is_held else nullcontext():
        _, end = await tried_again(client, run)
    assert (end.type, end.message) == (StateType.COMPLETED, f"{run.run_id} is finished: tiny@1")
    assert shop.built == []


async def test_a_look_at_the_dataset_keeps_no_build_from_it(
    client: PrefectClient, lake: Lake, run: Run, shop: Shop
) -> None:
    with ExitStack() as look:
        look.enter_context(lease(lake.root, building(run.recipe.dataset)))
        trying = asyncio.create_task(tried_again(client, run))
        await asyncio.sleep(0.5)
        look.close()
        await trying
    assert shop.built == [run.run_id]


@pytest.mark.parametrize(
    "failure",
    [LeaseHeld("somebody else has been at it for long"), ObjectNotFound(KeyError(), "the flow run was deleted")],
    ids=["lease", "prefect"],
)
async def test_a_shard_that_is_committed_does_not_fail_since_it_cannot_wake_its_build(
    run: Run, shop: Shop, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    async def wake(*_: object) -> bool:
        raise failure

    monkeypatch.setattr(module, "wake_build", wake)
    assert await shard.fn(run.run_id, 0) == ""
    assert "was not woken, which `reconcile` does: " in shop.lines[-1]
    assert str(failure) in shop.lines[-1]


@pytest.mark.parametrize("failure", [StillroomError("lost"), ZeroDivisionError("a defect")], ids=["ours", "a defect"])
async def test_a_shard_that_fails_of_anything_tells_others(run: Run, failure: Exception) -> None:
    told: list[tuple[str, int, str]] = []
    state = await exception_to_failed_state(failure)
    this = FlowRun(flow_id=uuid4(), parameters={"run_id": run.run_id, "shard": 0}, state=state)
    assert shard.on_failure_hooks == shard.on_crashed_hooks == [module.announce_failed]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "announce_failed_shard", lambda *about: told.append(about))
        await module.announce_failed(shard, this, state)
    assert told == [(run.run_id, 0, f"{type(failure).__name__}: {failure}.")]
