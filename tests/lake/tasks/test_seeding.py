"""A round of writing that was paid for is ruled on and committed, whatever has changed since it was killed."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from stillroom.errors import RecipeError, TeacherError
from stillroom.lake import Lake
from stillroom.recipe import Recipe
from stillroom.runs import FIRST_ROUND, Run, open_run, shard_prompts, unfinished_shards
from tasks import seeding
from tasks import workshop as module
from tasks.workshop import Workshop
from tests.fakes.answers import ALL_RIGHT, Script
from tests.fakes.builds import Builder
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import recipe, seed_row
from tests.fakes.rows import row
from tests.fakes.verifiers import FakeVerifier
from tests.lake.runs.test_asking import shared
from tests.lake.tasks.test_sampling import Nobody


def wanting(folder: Path, new_prompts: int) -> Recipe:
    """The small recipe with another amount of writing."""
    small = recipe(folder)
    assert small.seeding is not None
    return small.model_copy(update={"seeding": small.seeding.model_copy(update={"new_prompts": new_prompts})})


@pytest.fixture(autouse=True)
async def _shop(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    opened = Workshop(lake, Nobody())
    monkeypatch.setattr(opened, "verifiers", lambda verification: [FakeVerifier()])
    monkeypatch.setattr(module, "_open", [opened])
    yield
    await opened.close()


def serve(monkeypatch: pytest.MonkeyPatch, **changes: object) -> MemoryClient:
    """The writer of whatever runs now."""
    client = MemoryClient(script=Script(mix=ALL_RIGHT), **changes)  # pyright: ignore[reportArgumentType]

    async def met(run: Run, name: str) -> SimpleNamespace:
        return SimpleNamespace(client=client)

    monkeypatch.setattr(seeding, "met", met)
    return client


async def nobody(run: Run, name: str) -> SimpleNamespace:
    raise AssertionError("nobody is to be asked")


@pytest.fixture
async def killed(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, list[str]]:
    """A run whose first round was paid for three replies, and what it had sent."""
    run = Builder(lake, is_calibrated=False).begin(wanting(tmp_path, 9))
    client = serve(monkeypatch, failure=TeacherError("the writer is gone"), fails_after=3)
    with pytest.raises(TeacherError):
        await seeding.write_prompts.fn(run.run_id, 1)
    assert len(client.paid) == 3
    return run, client.paid


class Listening(Nobody):
    """A watcher that remembers what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.steps: list[tuple[str, float, float]] = []

    def say(self, line: str) -> None:
        self.said.append(line)

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None:
        self.steps.append((step, done, total))


async def test_import_shows_how_many_solutions_are_proven_and_says_which_seeds_are_not_sampled(
    lake: Lake, tmp_path: Path
) -> None:
    rows = [seed_row(0), {**seed_row(1), "difficulty": None}, seed_row(2)]
    (tmp_path / "seeds.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    given = recipe(tmp_path)
    assert given.seeding is not None
    asking = given.model_copy(update={"seeding": given.seeding.model_copy(update={"difficulties": ("easy",)})})
    run = open_run(lake, asking)
    module.workshop().watcher = heard = Listening()

    assert await seeding.import_sources.fn(run.run_id) == 3

    assert heard.steps == [("solutions", done, 3) for done in (1, 2, 3)]
    (said,) = heard.said
    assert said.startswith("1 of 3 seeds in ")
    assert said.endswith("state no `difficulty`: they are not sampled, since the recipe asks for easy")


def edit(seeds: Path) -> None:
    """What a person does for the next build: fewer tests of the tasks that are there, and one more task."""
    rows = [*({**seed_row(one), "tests": seed_row(one)["tests"][:-1]} for one in range(6)), seed_row(6)]
    seeds.write_text("".join(json.dumps(one) + "\n" for one in rows))


async def test_a_file_that_was_edited_since_its_run_was_begun_is_refused_and_nothing_is_taken_from_it(
    lake: Lake, tmp_path: Path
) -> None:
    run = open_run(lake, recipe(tmp_path))
    seeds = tmp_path / "seeds.jsonl"
    as_begun = seeds.read_bytes()
    refused = rf"seeding\.file_sha256: .*seeds\.jsonl was sha256 \w+ when {run.run_id} was begun, .*--new-run"

    edit(seeds)
    with pytest.raises(RecipeError, match=refused):
        await seeding.import_sources.fn(run.run_id)
    assert lake.rows("SELECT 1 FROM lake.prompts") == []

    seeds.write_bytes(as_begun)
    assert await seeding.import_sources.fn(run.run_id) == 6

    edit(seeds)
    with pytest.raises(RecipeError, match=refused):
        await seeding.plan.fn(run.run_id, FIRST_ROUND)
    assert lake.rows("SELECT 1 FROM lake.shards") == []


async def test_a_run_whose_shards_are_planned_goes_on_without_its_file(lake: Lake, tmp_path: Path) -> None:
    """As a deployed build that waits for its shards, and is woken or tried again when they have come."""
    run = open_run(lake, recipe(tmp_path))
    seeds = tmp_path / "seeds.jsonl"
    await seeding.import_sources.fn(run.run_id)
    planned = await seeding.plan.fn(run.run_id, FIRST_ROUND)
    prompts = lake.rows("SELECT * FROM lake.prompts")
    assert planned == [0]

    for change in (lambda: edit(seeds), seeds.unlink):
        change()
        assert await seeding.import_sources.fn(run.run_id) == 0
        assert await seeding.plan.fn(run.run_id, FIRST_ROUND) == planned

    assert lake.rows("SELECT * FROM lake.prompts") == prompts


def proposals(lake: Lake) -> list[str]:
    return [one["request_text"] for one in lake.rows("SELECT request_text FROM lake.proposals")]


async def test_replies_are_committed_and_nobody_is_asked_where_nothing_is_wanted_any_more(
    lake: Lake, tmp_path: Path, killed: tuple[Run, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, paid = killed
    assert open_run(lake, wanting(tmp_path, 0)).run_id == run.run_id
    monkeypatch.setattr(seeding, "met", nobody)

    assert await seeding.write_prompts.fn(run.run_id, 1)
    assert await seeding.write_prompts.fn(run.run_id, 1)
    assert not await seeding.write_prompts.fn(run.run_id, 2)

    assert sorted(proposals(lake)) == sorted(paid)
    assert lake.rows("SELECT stage, samples FROM lake.costs") == [{"stage": "writing", "samples": 3}]


async def test_how_many_replies_are_checked_is_shown(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Builder(lake, is_calibrated=False).begin(wanting(tmp_path, 1))
    serve(monkeypatch)
    module.workshop().watcher = heard = Listening()

    assert await seeding.write_prompts.fn(run.run_id, 1)

    replies = len(proposals(lake))
    assert heard.steps == [("checking, round 1", done, replies) for done in range(1, replies + 1)]


async def test_fewer_prompts_wanted_leave_no_reply_behind(
    lake: Lake, tmp_path: Path, killed: tuple[Run, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, paid = killed
    open_run(lake, wanting(tmp_path, 1))
    client = serve(monkeypatch)

    assert await seeding.write_prompts.fn(run.run_id, 1)

    assert sorted(proposals(lake)) == sorted([*paid, *client.paid])
    assert not {*paid} & {*client.paid}


async def test_retraction_meanwhile_has_nothing_asked_again_or_dropped(
    lake: Lake, killed: tuple[Run, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, paid = killed
    seed = lake.rows("SELECT prompt_id FROM lake.prompts ORDER BY prompt_id LIMIT 1")[0]["prompt_id"]
    lake.commit("retraction", {"retractions": [row("retractions", kind="seed", cause_id=seed)]}, run_id="")
    client = serve(monkeypatch)

    assert await seeding.write_prompts.fn(run.run_id, 1)

    assert sorted(proposals(lake)) == sorted([*paid, *client.paid])
    assert not {*paid} & {*client.paid}
    shown = lake.rows("SELECT admitted, reason FROM lake.proposals WHERE list_contains(parents, ?)", [seed])
    assert all(one == {"admitted": False, "reason": "withheld"} for one in shown)
    assert not lake.rows("SELECT 1 FROM lake.prompts WHERE list_contains(parents, ?)", [seed])


async def test_only_teachers_that_the_run_may_ask_are_met(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = Builder(lake)
    run = builder.begin(shared(tmp_path, seeds=6, new_prompts=0))
    for number in unfinished_shards(lake, run):
        if shard_prompts(lake, run, number)[0][1] == "fake":
            await builder.shard(run, number)

    async def met(run: Run, name: str) -> SimpleNamespace:
        return SimpleNamespace(identity=SimpleNamespace(teacher_id=name))

    monkeypatch.setattr(seeding, "met", met)
    assert await seeding.meet_teachers.fn(run.run_id) == ["other"]
    await builder.sample(run)
    assert await seeding.meet_teachers.fn(run.run_id) == []
