"""What a build publishes is decided by what the lake has of its run, whatever is told of its shards."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows import build as module
from flows.build import ShardsFailed, build_run
from stillroom.lake import Lake
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.fakes.steps import leave_out

ONE_EACH = "execution: {prompts_per_shard: 1}\nsnapshot: {allow_partial: LEAST}"


class Silent:
    """Shards of which none is said to have failed."""

    advice = "retry them."
    count = 2

    def start(self, numbers: list[int]) -> None: ...

    async def first_answer(self) -> None: ...

    async def cancel(self) -> None: ...

    async def leave(self) -> None: ...

    async def join(self) -> dict[int, BaseException]:
        return {}


async def nothing(*_: Any) -> bool:
    return False


@pytest.fixture
def published(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs that came to be published; all other steps do nothing."""
    reached: list[str] = []

    async def planned(_: str, number: int) -> list[int]:
        return [0, 1]

    async def curated(*_: Any) -> str:
        return "curation"

    async def publish(run_id: str, _: str) -> str:
        reached.append(run_id)
        return "tiny@1"

    monkeypatch.setattr(module, "workshop", lambda: SimpleNamespace(lake=lake))
    monkeypatch.setattr(module, "plan", planned)
    monkeypatch.setattr(module, "curate", curated)
    monkeypatch.setattr(module, "publish_snapshot", publish)
    for step in ("meet_teachers", "import_sources", "calibrate_verifiers", "write_prompts"):
        monkeypatch.setattr(module, step, nothing)
    leave_out(monkeypatch)
    return reached


async def test_an_owed_shard_that_nobody_tells_of_keeps_a_build_from_publishing(
    lake: Lake, tmp_path: Path, published: list[str]
) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, ONE_EACH.replace("LEAST", "null")))
    await builder.shard(run, 0)
    with pytest.raises(
        ShardsFailed, match=r"^owed is shard 1 \(1 of 2 prompts\), though .* The others .*; retry them\.$"
    ):
        await build_run(run.run_id, Silent())
    assert published == []

    await builder.shard(run, 1)
    assert await build_run(run.run_id, Silent()) == "tiny@1"


async def test_a_recipe_that_allows_less_is_published_with_less(
    lake: Lake, tmp_path: Path, published: list[str]
) -> None:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, ONE_EACH.replace("LEAST", "0.5")))
    await builder.shard(run, 0)
    assert await build_run(run.run_id, Silent()) == "tiny@1"
    assert published == [run.run_id]


class Ended(Silent):
    """Notes what is asked of them at the end; their first answer never comes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.are_waited_for = asyncio.Event()

    async def first_answer(self) -> None:
        self.are_waited_for.set()
        await asyncio.Event().wait()

    async def cancel(self) -> None:
        self.asked.append("cancel")

    async def leave(self) -> None:
        self.asked.append("leave")


@pytest.mark.usefixtures("published")
async def test_a_build_whose_process_is_ended_cancels_no_shard() -> None:
    shards = Ended()
    building = asyncio.create_task(build_run("tiny-r1", shards))
    await shards.are_waited_for.wait()
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert shards.asked == ["leave"]
