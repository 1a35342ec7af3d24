"""A shard is sampled if it is planned, and hopeless where one of its own teachers was found gone, and only there."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from stillroom.errors import RequestError, TeacherError, TeacherLost
from stillroom.lake import Lake
from stillroom.recipe import Recipe, Teacher
from stillroom.records import SamplingParams
from stillroom.runs import open_run, shard_key, unfinished_shards
from tasks import workshop as module
from tasks.sampling import hopeless, sample_shard
from tasks.workshop import Workshop
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.fakes.teacher import FakeTeacher
from tests.fakes.tokenizer import make_tokenizer


class Nobody:
    """A watcher that looks away."""

    def say(self, line: str) -> None: ...
    def wrote(self, writing_round: int, replied: int, requested: int) -> None: ...
    def progressed(self, step: str, done: float, total: float, note: str = "") -> None: ...
    def sampled(self, shard: int, tally: object) -> None: ...


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeTeacher]:
    with FakeTeacher(model=str(make_tokenizer(tmp_path / "tiny-coder"))) as running:
        yield running


@pytest.fixture
def of_two(tmp_path: Path, server: FakeTeacher) -> Recipe:
    """One prompt a shard, and two teachers for them."""
    teachers = tuple(
        Teacher(name=name, urls=(server.url,), model=server.model, patience_seconds=0.1) for name in ("first", "second")
    )
    plain = recipe(tmp_path, "execution: {prompts_per_shard: 1}")
    assert plain.seeding is not None
    seeding = plain.seeding.model_copy(update={"seed_prompts": 6})
    return plain.model_copy(update={"teachers": teachers, "seeding": seeding})


@pytest.fixture
async def shop(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workshop]:
    opened = Workshop(lake, Nobody())
    monkeypatch.setattr(module, "_open", [opened])
    yield opened
    await opened.close()


async def test_shards_of_a_teacher_that_is_gone_are_hopeless(
    lake: Lake, shop: Workshop, of_two: Recipe, server: FakeTeacher
) -> None:
    run = Builder(lake, is_calibrated=False).begin(of_two)
    rows = lake.rows("SELECT shard, teacher FROM lake.shards WHERE run_id = ?", [run.run_id])
    by_shard = {row["shard"]: row["teacher"] for row in rows}
    assert set(by_shard.values()) == {"first", "second"}
    clients = {name: (await shop.teacher(of_two, name)).client for name in ("first", "second")}
    assert [hopeless(run.run_id, shard) for shard in by_shard] == [None] * len(by_shard)

    server.fail("drop", times=10**6)
    params = SamplingParams(temperature=0.0, max_new_tokens=8)
    failures = await asyncio.gather(
        *(clients["first"].complete(f"task {number}", params, 1) for number in range(3)), return_exceptions=True
    )

    assert all(isinstance(failure, TeacherError) for failure in failures)
    assert {shard for shard in by_shard if hopeless(run.run_id, shard)} == {
        shard for shard, name in by_shard.items() if name == "first"
    }
    assert isinstance(shop.given_up()["first"], TeacherLost)


@pytest.mark.usefixtures("shop")
async def test_a_number_that_is_not_planned_is_refused_and_stays_owed_for_when_it_is(
    lake: Lake, tmp_path: Path
) -> None:
    given = recipe(tmp_path, "execution: {prompts_per_shard: 1}")
    unplanned = open_run(lake, given)
    with pytest.raises(RequestError, match=rf"run {unplanned.run_id} has no shard 0: planned are none yet\."):
        await sample_shard.fn(unplanned.run_id, 0)

    run = Builder(lake).begin(given)
    assert unfinished_shards(lake, run) == [0, 1]
    for number in (2, -1):
        with pytest.raises(RequestError, match=rf"no shard {number}: planned are shards 0 to 1\. Nothing was done"):
            await sample_shard.fn(run.run_id, number)
        assert not lake.committed(shard_key(run, number))


async def test_other_work_goes_on_while_a_shard_waits_for_the_lake(lake: Lake, shop: Workshop, of_two: Recipe) -> None:
    run = Builder(lake, is_calibrated=False).begin(of_two)
    held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with lake.moment():
            held.set()
            is_over.wait(30.0)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    waiting = asyncio.create_task(sample_shard.fn(run.run_id, 99))
    await asyncio.sleep(0.2)
    try:
        assert holder.is_alive()
        assert not waiting.done()
    finally:
        is_over.set()
        holder.join()
    with pytest.raises(RequestError, match="no shard 99"):
        await waiting
