"""A dataset that is compared with all of the lake publishes nothing twice, though others publish at the same time."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from flows import build as building
from flows import reverify as reverifying
from flows.build import build_late, build_run
from flows.reverify import reverify
from stillroom.errors import Overtaken
from stillroom.lake import Lake
from stillroom.publication import snapshots
from stillroom.recipe import Recipe
from stillroom.runs import Run
from tasks import publication as tasks
from tasks import workshop
from tasks.workshop import Workshop
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.fakes.steps import leave_out
from tests.fakes.verifiers import FakeVerifier
from tests.lake.conftest import IN_PART
from tests.lake.flows.test_build import Silent
from tests.lake.publication.conftest import FOUR_EACH
from tests.lake.runs.test_giving_way import alike, builder
from tests.lake.tasks.test_publication import Listener

Publishes = Callable[[], Awaitable[None]]


async def nothing(*_: Any) -> int:
    return 0


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture(autouse=True)
async def _shop(lake: Lake, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    opened = Workshop(lake, listener)
    monkeypatch.setattr(opened, "verifiers", lambda _: [FakeVerifier()])
    monkeypatch.setattr(opened, "start_sandbox", nothing)
    monkeypatch.setattr(workshop, "_open", [opened])
    leave_out(monkeypatch)
    for step in ("meet_teachers", "import_sources", "write_prompts", "calibrate_verifiers"):
        monkeypatch.setattr(building, step, nothing)
    monkeypatch.setattr(building, "plan", no_numbers)
    monkeypatch.setattr(building, "curate", tasks.curate.fn)
    monkeypatch.setattr(reverifying, "calibrate_verifiers", nothing)
    monkeypatch.setattr(reverifying, "curate_again", tasks.curate_again.fn)
    yield
    await opened.close()


async def no_numbers(*_: Any) -> list[int]:
    return []


def compared(folder: Path) -> Recipe:
    """Of a dataset that is compared with all of the lake."""
    return recipe(folder, f"{IN_PART}\ncuration: {{published: all}}", seeds=2).model_copy(update={"dataset": "other"})


def overtaken_by(monkeypatch: pytest.MonkeyPatch, *publish: Publishes) -> list[str]:
    """Others publish before each of the first publications; returns the curations that come to be published."""
    rivals, tried = [*publish], list[str]()

    def between(task: Any) -> Callable[[str, str], Awaitable[Any]]:
        async def come_between(run_id: str, curation_id: str) -> Any:
            tried.append(curation_id)
            if rivals:
                await rivals.pop(0)()
            return await task.fn(run_id, curation_id)

        return come_between

    for module, name in (
        (building, "publish_snapshot"),
        (building, "publish_late"),
        (reverifying, "publish_changes"),
    ):
        monkeypatch.setattr(module, name, between(getattr(tasks, name)))
    return tried


async def built(lake: Lake, folder: Path) -> str:
    one = Builder(lake)
    run = one.begin(compared(folder))
    await one.sample(run)
    return await build_run(run.run_id, Silent())


async def came_late(lake: Lake, folder: Path) -> str:
    return await build_late((await in_part(lake, folder)).run_id)


async def reverified(lake: Lake, folder: Path) -> str:
    run = await in_part(lake, folder)
    assert await reverify.fn("other", [run.run_id]) == 0
    return ""


async def in_part(lake: Lake, folder: Path) -> Run:
    """Published without its second shard, which has come since."""
    one = Builder(lake)
    run = await one.publish_first_shard(compared(folder))
    await one.shard(run, 1)
    return run


@pytest.mark.parametrize(
    ("work", "published"),
    [
        pytest.param(built, ["tiny@1"], id="build"),
        pytest.param(came_late, ["other@1", "tiny@1"], id="late shards"),
        pytest.param(reverified, ["other@1", "tiny@1"], id="reverification"),
    ],
)
async def test_what_another_dataset_publishes_in_between_is_compared_with_and_not_published_again(
    lake: Lake,
    tmp_path: Path,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[Lake, Path], Awaitable[str]],
    published: list[str],
) -> None:
    async def the_same() -> None:
        _, version = await Builder(lake).build(recipe(tmp_path, FOUR_EACH))
        assert version is not None

    tried = overtaken_by(monkeypatch, the_same)

    assert await work(lake, tmp_path) == ""

    assert [one.label for one in snapshots(lake)] == published
    assert len({*tried}) == 2
    assert [line for line in listener.said if "is decided about once more: tiny@1 came after" in line]


async def test_who_is_overtaken_again_and_again_gives_up(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another(name: str) -> Publishes:
        async def publish() -> None:
            await builder(lake).build(alike(tmp_path, dataset=name))

        return publish

    tried = overtaken_by(monkeypatch, *(another(name) for name in ("one", "two", "three")))
    with pytest.raises(Overtaken, match=r"^two@1 came after other-r1 was compared"):
        await built(lake, tmp_path)
    assert len({*tried}) == 2
    assert {one.name for one in snapshots(lake)} == {"one", "two"}
