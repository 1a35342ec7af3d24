"""A build whose teacher is gone ends soon, starts nothing more with it, and says what failed and what to do."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flows import build as module
from flows.build import NotStarted, OwnShards, ShardsFailed, WritingFailed, build
from stillroom.errors import StillroomError, TeacherError, TeacherLost

GONE = TeacherLost("teacher fake@f00d is gone. Start it again.")


class Stage:
    """The tasks of a build, of which some fail.

    Attributes:
        failing: shards whose teacher dies while they are at work.
        started: shards that were begun, in order.
        gone: the teacher was found gone.
    """

    def __init__(self, failing: set[int]) -> None:
        self.failing = failing
        self.started: list[int] = []
        self.gone: StillroomError | None = None
        self.unwritten: TeacherError | None = None

    async def shard(self, run_id: str, number: int) -> str:
        self.started.append(number)
        await asyncio.sleep(0.01)
        if number in self.failing:
            self.gone = GONE
            raise GONE
        return f"shard:{run_id}:{number}"

    async def write(self, run_id: str, number: int) -> bool:
        if self.unwritten is not None:
            raise self.unwritten
        return False

    def hopeless(self, run_id: str, shard: int) -> StillroomError | None:
        return self.gone if shard != 5 else None  # another teacher's


async def nothing(*_: Any) -> None:
    return None


async def six_shards(*_: Any) -> list[int]:
    return list(range(6))


RECIPE: Any = SimpleNamespace(execution=SimpleNamespace(shards_at_once=1))


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage(failing={1})
    shop = SimpleNamespace(lake=None, first_answer=asyncio.Event())
    monkeypatch.setattr(module, "workshop", lambda: shop)
    monkeypatch.setattr(module, "load_run", lambda lake, run_id: SimpleNamespace(recipe=RECIPE))
    monkeypatch.setattr(module, "meet_teachers", nothing)
    monkeypatch.setattr(module, "import_sources", nothing)
    monkeypatch.setattr(module, "runs_beside", lambda lake, run_id: [run_id])
    monkeypatch.setattr(module, "tasks_unjudged", lambda lake, run_ids: 0)
    monkeypatch.setattr(module, "calibrate_verifiers", nothing)
    monkeypatch.setattr(module, "plan", six_shards)
    monkeypatch.setattr(module, "write_prompts", made.write)
    monkeypatch.setattr(module, "shard_flow", made.shard)
    monkeypatch.setattr(module, "hopeless", made.hopeless)
    monkeypatch.setattr(module, "may_be_published", lambda lake, run: False)
    return made


async def test_no_shard_is_started_with_a_teacher_that_was_found_gone(stage: Stage) -> None:
    shards = OwnShards("tiny-r1", RECIPE)
    shards.start(list(range(6)))

    failed = await shards.join()

    assert stage.started == [0, 1, 5]
    assert failed[1] is GONE
    assert {number for number, why in failed.items() if isinstance(why, NotStarted)} == {2, 3, 4}


async def test_failed_shards_are_told_apart_from_those_that_were_not_started(stage: Stage) -> None:
    with pytest.raises(ShardsFailed) as failure:
        await build.fn("tiny-r1")

    assert str(failure.value) == (
        "1 of 6 shards failed (1), 3 were not started: teacher fake@f00d is gone. Start it again. "
        "The others are committed; start the build again and only these are repeated."
    )


async def test_writing_that_failed_says_what_to_do_and_how_the_shards_fared(stage: Stage) -> None:
    stage.unwritten = GONE

    with pytest.raises(WritingFailed) as failure:
        await build.fn("tiny-r1")

    assert str(failure.value) == (
        "no more prompts were written: teacher fake@f00d is gone. Start it again. Beside that, 1 of 6 shards failed "
        "(1), 3 were not started. Nothing that was paid for is lost; start the build again and it goes on from here."
    )


async def test_writing_that_failed_alone_leaves_the_shards_at_work(stage: Stage) -> None:
    stage.failing, stage.unwritten = set(), TeacherError("the writer refuses")

    with pytest.raises(WritingFailed, match=r"written: the writer refuses\. Nothing that was paid for is lost"):
        await build.fn("tiny-r1")

    assert stage.started == list(range(6))
