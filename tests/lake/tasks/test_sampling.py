"""A shard is sampled if it is planned and somebody's, and hopeless where one of its own teachers was found gone.

Of two runs that ask for the same the later one waits for the earlier one, and never the other way round.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from stillroom.errors import RequestError, TeacherError, TeacherLost
from stillroom.journal.removal import rename_journal
from stillroom.lake import Lake
from stillroom.lake.variables import CATALOGUE_VARIABLE
from stillroom.lease import lease, may_be_lost, sampling
from stillroom.recipe import Recipe, Teacher
from stillroom.records import SamplingParams
from stillroom.runs import Run, RunState, at_work, close_run, open_run, shard_key, shard_prompts, unfinished_shards
from stillroom.teachers.connect import ConnectedTeacher
from tasks import sampling as sampling_module
from tasks import workshop as module
from tasks.meeting import met
from tasks.sampling import hopeless, sample_shard
from tasks.workshop import Workshop
from tests.fakes.answers import ALL_RIGHT
from tests.fakes.builds import Builder
from tests.fakes.prompts import known, prompt, recipe
from tests.fakes.rows import row
from tests.fakes.teacher import FakeTeacher
from tests.fakes.tokenizer import make_tokenizer
from tests.fakes.verifiers import FakeVerifier

SECONDS = 30.0  # in which shards end that wait for nobody


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


async def test_a_prompt_that_was_retracted_after_it_was_planned_is_not_paid_for(
    lake: Lake, shop: Workshop, of_two: Recipe, server: FakeTeacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Builder(lake, is_calibrated=False).begin(of_two)
    (planned,) = lake.rows("SELECT prompt_id FROM lake.shards WHERE run_id = ? AND shard = 0", [run.run_id])
    retraction = row("retractions", kind="seed", cause_id=planned["prompt_id"])
    lake.commit("retraction", {"retractions": [retraction]}, run_id="")
    monkeypatch.setattr(shop, "verifiers", lambda _: [FakeVerifier()])

    keys = [await sample_shard.fn(run.run_id, shard) for shard in (0, 1)]

    assert all(lake.committed(key) for key in keys)
    found = lake.rows("SELECT prompt_id, count(*) AS n FROM lake.samples GROUP BY ALL")
    assert len(found) == 1
    assert found[0]["prompt_id"] != planned["prompt_id"]


async def test_a_teacher_that_was_retracted_is_asked_nothing(
    lake: Lake, shop: Workshop, of_two: Recipe, server: FakeTeacher
) -> None:
    run = Builder(lake, is_calibrated=False).begin(of_two)
    (first,) = lake.rows("SELECT teacher FROM lake.shards WHERE run_id = ? AND shard = 0", [run.run_id])
    retraction = row("retractions", kind="teacher", cause_id=first["teacher"])
    lake.commit("retraction", {"retractions": [retraction]}, run_id="")

    with pytest.raises(RequestError, match=rf"teacher {first['teacher']} was retracted: .*--new-run"):
        await sample_shard.fn(run.run_id, 0)

    assert server.paid == []


@pytest.fixture
async def of_one(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Recipe]:
    """Four seeds in shards of two, and a teacher that knows them; whatever samples here needs no sandbox."""
    shop = Workshop(lake, Nobody())
    monkeypatch.setattr(shop, "verifiers", lambda _: [FakeVerifier()])
    monkeypatch.setattr(module, "_open", [shop])
    monkeypatch.setattr(sampling_module, "LOOK_SECONDS", 0.05)
    model = str(make_tokenizer(tmp_path / "tiny-coder"))
    with FakeTeacher(known=known(*map(prompt, range(4))), mix=ALL_RIGHT, model=model) as teacher:
        served = Teacher(name="fake", urls=(teacher.url,), model=teacher.model, patience_seconds=0.1)
        plain = recipe(tmp_path, "execution: {prompts_per_shard: 2}\nsnapshot: {allow_partial: 0.5}", seeds=4)
        assert plain.seeding is not None
        seeding = plain.seeding.model_copy(update={"seed_prompts": 4})
        yield plain.model_copy(update={"teachers": (served,), "seeding": seeding})
        await shop.close()


def cut_in_ones(recipe: Recipe, *, epoch: int) -> Recipe:
    """The same prompts, each a shard of its own."""
    execution = recipe.execution.model_copy(update={"prompts_per_shard": 1})
    sampling = recipe.sampling.model_copy(update={"epoch": epoch})
    return recipe.model_copy(update={"execution": execution, "sampling": sampling})


def shards_with_prompts_of(lake: Lake, run: Run, other: Run, shard: int) -> list[int]:
    prompts = [one.prompt_id for one, _ in shard_prompts(lake, other, shard)]
    asked = "SELECT shard FROM lake.shards WHERE run_id = ? AND prompt_id IN (SELECT unnest(?)) ORDER BY shard"
    return [row["shard"] for row in lake.rows(asked, [run.run_id, prompts])]


async def test_shards_of_two_epochs_wait_neither_for_each_other_nor_for_a_third(lake: Lake, of_one: Recipe) -> None:
    first = Builder(lake).begin(of_one)
    await sample_shard.fn(first.run_id, 0)
    close_run(lake, first, RunState.PUBLISHED, "without shard 1")
    second = Builder(lake).begin(cut_in_ones(of_one, epoch=1), new_run=True)
    at_work, other = shards_with_prompts_of(lake, second, first, 1)
    with lease(lake.root, sampling(second.run_id, at_work)):
        earlier = asyncio.create_task(sample_shard.fn(first.run_id, 1))
        await asyncio.sleep(0.2)
        await asyncio.wait_for(asyncio.gather(earlier, sample_shard.fn(second.run_id, other)), SECONDS)
    assert unfinished_shards(lake, first) == []
    assert other not in unfinished_shards(lake, second)


async def test_a_shard_whose_prompts_are_planned_anew_while_it_waits_refuses(lake: Lake, of_one: Recipe) -> None:
    first = Builder(lake).begin(of_one)
    close_run(lake, first, RunState.PUBLISHED, "in part")
    second = Builder(lake).begin(of_one, new_run=True)
    (number, *_) = shards_with_prompts_of(lake, second, first, 1)
    with lease(lake.root, sampling(first.run_id, 1)):
        waits = asyncio.create_task(sample_shard.fn(second.run_id, number))
        await asyncio.sleep(0.2)
        assert not waits.done()
        third = Builder(lake).begin(of_one, new_run=True)
        with pytest.raises(RequestError, match=f"planned anew by the later run {third.run_id}"):
            await asyncio.wait_for(waits, SECONDS)


async def test_the_later_run_waits_for_the_earlier_one_and_pays_for_nothing_again(
    lake: Lake, of_one: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Builder(lake).begin(of_one)
    close_run(lake, first, RunState.PUBLISHED, "in part")
    is_at_work = asyncio.Event()

    async def meets(run: Run, name: str) -> ConnectedTeacher:
        is_at_work.set()  # it is past the question whether its prompts are another's
        return await met(run, name)

    monkeypatch.setattr(sampling_module, "met", meets)
    earlier = asyncio.create_task(sample_shard.fn(first.run_id, 1))
    await is_at_work.wait()
    second = Builder(lake).begin(of_one, new_run=True)
    (number, *_) = shards_with_prompts_of(lake, second, first, 1)
    await asyncio.wait_for(asyncio.gather(earlier, sample_shard.fn(second.run_id, number)), SECONDS)
    costs = lake.rows("SELECT run_id, sum(samples) AS n FROM lake.costs WHERE samples > 0 GROUP BY run_id")
    assert {row["run_id"] for row in costs} == {first.run_id}


async def test_a_lease_that_was_lost_for_a_moment_counts_as_held(
    lake: Lake, of_one: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart of PostgreSQL: the earlier shard takes it again, goes on, and asks nobody whether it may."""
    first_look, second_look, third_look = done = [threading.Event() for _ in range(3)]
    looks = iter(done)

    def look(*about: Any) -> list[str]:
        found = at_work(*about)
        next(looks, third_look).set()
        return found

    monkeypatch.setattr(sampling_module, "may_be_lost", lambda _: True)
    monkeypatch.setattr(sampling_module, "REGAIN_SECONDS", 2.0)
    monkeypatch.setattr(sampling_module, "at_work", look)
    first = Builder(lake).begin(of_one)
    close_run(lake, first, RunState.PUBLISHED, "in part")
    second = Builder(lake).begin(of_one, new_run=True)
    (number, *_) = shards_with_prompts_of(lake, second, first, 1)
    waits = asyncio.create_task(sample_shard.fn(second.run_id, number))
    assert await asyncio.to_thread(first_look.wait, SECONDS)
    with lease(lake.root, sampling(first.run_id, 1)):
        assert await asyncio.to_thread(second_look.wait, SECONDS)
        assert await asyncio.to_thread(third_look.wait, SECONDS)
        assert not waits.done()
        assert lake.rows("SELECT 1 FROM lake.costs WHERE samples > 0") == []
    await asyncio.wait_for(waits, SECONDS)


def test_only_leases_in_postgresql_can_be_lost(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not may_be_lost(lake.root)
    monkeypatch.setenv(CATALOGUE_VARIABLE, "host=127.0.0.1 dbname=elsewhere")
    assert may_be_lost(tmp_path / "no lake yet")


async def test_a_run_that_was_given_up_asks_for_nothing_any_more(lake: Lake, of_one: Recipe) -> None:
    first = Builder(lake).begin(of_one)
    key = await sample_shard.fn(first.run_id, 0)
    Builder(lake).begin(cut_in_ones(of_one, epoch=1), new_run=True)
    with pytest.raises(RequestError, match=f"nothing was done: {first.run_id} was given up for"):
        await sample_shard.fn(first.run_id, 1)
    assert unfinished_shards(lake, first) == [1]
    assert await sample_shard.fn(first.run_id, 0) == key, "a good shard that is tried again is still good"


async def test_what_only_a_run_was_paid_for_that_the_lake_has_forgotten_is_not_asked_for_again(
    lake: Lake, of_one: Recipe
) -> None:
    run = Builder(lake).begin(of_one)
    await sample_shard.fn(run.run_id, 0)
    paid = lake.rows("SELECT sample_id, answered_at FROM lake.samples ORDER BY ALL")
    assert paid
    for table in ("samples", "verdicts", "costs"):
        lake.rows(f"DELETE FROM lake.{table}")
    lake.rows("DELETE FROM lake.commits WHERE starts_with(key, 'shard:')")
    rename_journal(lake.root, "shard-0", run.run_id, "tiny-r9")
    module.workshop().forgotten.clear()  # as in the process that builds on

    await sample_shard.fn(run.run_id, 0)

    assert lake.rows("SELECT sample_id, answered_at FROM lake.samples ORDER BY ALL") == paid


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
