"""A written task that could not be judged is ruled on again from its reply: nobody is asked, and nothing is doubled."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from stillroom.errors import LakeError, SandboxError, TeacherError, Unjudgeable
from stillroom.journal import journal_at
from stillroom.lake import Lake
from stillroom.publication import manifest
from stillroom.records import Answer, Check, Judgement
from stillroom.runs import (
    FIRST_ROUND,
    Run,
    open_run,
    plan_shards,
    replies_in,
    tasks_unjudged,
    tasks_waiting,
    writing_journal,
)
from stillroom.seeding.plan import Record
from tasks import ruling_again, seeding
from tasks import workshop as module
from tasks.workshop import Workshop
from tests.fakes.builds import Builder
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import recipe
from tests.fakes.rows import row
from tests.fakes.verifiers import FakeVerifier, execute
from tests.lake.tasks.test_seeding import Listening, nobody, serve, wanting

DEFECT = RecursionError("too deep")
LOST = Unjudgeable("the sandbox failed 4 times on one program. It runs others.")
BOTH = [pytest.param(DEFECT, id="a defect"), pytest.param(LOST, id="a lost sandbox")]
CALL = {"of_dataset": True}


class Odd:
    """Fails at the task that it is asked about first, of each round, until it is mended."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.tasks: list[str] = []
        self.is_mended = False
        self.calls = 0

    def __call__(self, check: Check, answer: Answer) -> Judgement:
        self.calls += 1
        if not self.tasks:
            self.tasks.append(check.entry_point)
        if check.entry_point in self.tasks and not self.is_mended:
            raise self.error
        return execute(check, answer)


class Bench:
    """A run of which one task in its first round could not be judged."""

    def __init__(self, lake: Lake, run: Run, verifier: FakeVerifier, odd: Odd, client: MemoryClient) -> None:
        self.lake, self.run, self.verifier, self.odd, self.client = lake, run, verifier, odd, client

    def mend(self, *, verifier_id: str = "") -> None:
        self.odd.is_mended = True
        self.verifier.verifier_id = verifier_id or self.verifier.verifier_id

    def serve_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def met(run: Run, name: str) -> SimpleNamespace:
            return SimpleNamespace(client=self.client)

        monkeypatch.setattr(seeding, "met", met)

    def rulings(self) -> list[str]:
        """The newest on the first task of each round, which is the odd one."""
        rows = self.lake.rows(
            "SELECT reason FROM lake.current_proposals WHERE run_id = ? AND writing_request = 0 ORDER BY writing_round",
            [self.run.run_id],
        )
        return [one["reason"] for one in rows]

    def count(self, table: str) -> int:
        return self.lake.rows(f"SELECT count(*) AS n FROM lake.{table}")[0]["n"]


@pytest.fixture(autouse=True)
async def shop(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workshop]:
    opened = Workshop(lake, Listening())
    monkeypatch.setattr(module, "_open", [opened])
    yield opened
    await opened.close()


async def written(
    lake: Lake, folder: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch, error: Exception, *, new_prompts: int = 2
) -> Bench:
    odd = Odd(error)
    verifier = FakeVerifier(rule=odd)
    monkeypatch.setattr(shop, "verifiers", lambda _: [verifier])
    given = wanting(folder, new_prompts)
    assert given.seeding is not None
    brief = given.model_copy(update={"seeding": given.seeding.model_copy(update={"requests_per_round": 6})})
    run = Builder(lake).begin(brief)
    client = serve(monkeypatch)
    assert await seeding.write_prompts.fn(run.run_id, 1)
    await seeding.plan.fn(run.run_id, 1)
    monkeypatch.setattr(seeding, "met", nobody)
    return Bench(lake, run, verifier, odd, client)


@pytest.fixture(params=BOTH)
async def bench(
    request: pytest.FixtureRequest, lake: Lake, tmp_path: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    return await written(lake, tmp_path, shop, monkeypatch, request.param)


@pytest.fixture
async def defect(lake: Lake, tmp_path: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return await written(lake, tmp_path, shop, monkeypatch, DEFECT)


@pytest.fixture
async def lost(lake: Lake, tmp_path: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return await written(lake, tmp_path, shop, monkeypatch, LOST)


async def test_round_is_committed_and_says_what_could_not_be_judged(bench: Bench, shop: Workshop) -> None:
    assert isinstance(shop.watcher, Listening)
    assert shop.watcher.said == [
        "writing round 1: 6 replies, 5 new prompts; 1 written tasks could not be judged, and are ruled on again later"
    ]
    assert (bench.rulings(), tasks_unjudged(bench.lake, [bench.run.run_id])) == (["unjudged"], 1)


async def test_it_comes_back_once_it_can_be_judged_and_the_next_run_samples_it(bench: Bench, shop: Workshop) -> None:
    paid = len(bench.client.paid)
    bench.mend(verifier_id="mended")

    assert [await ruling_again.rule_again.fn(bench.run.run_id, **CALL) for _ in range(2)] == [1, 0]

    assert bench.rulings() == [""]
    assert (bench.count("proposals"), bench.count("current_proposals"), replies_in(bench.lake, "tiny-r1")) == (7, 6, 6)
    (came,) = bench.lake.rows("SELECT * FROM lake.proposals WHERE list_contains(verifier_ids, 'mended')")
    (prompt,) = bench.lake.rows("SELECT * FROM lake.prompts WHERE prompt_id = ?", [came["prompt_id"]])
    for column in ("run_id", "writing_round", "writing_request", "parents", "topic", "difficulty_asked", "form"):
        assert came[column] == prompt[column]
    assert prompt["topic"]
    assert len(bench.client.paid) == paid
    assert bench.lake.rows("SELECT sum(samples)::BIGINT AS n FROM lake.costs WHERE stage = 'writing'") == [{"n": 6}]
    assert isinstance(shop.watcher, Listening)
    assert shop.watcher.said[-1] == (
        "1 written tasks that could not be judged were ruled on again: 1 new prompts for the next plan, "
        "0 still cannot be judged"
    )
    again = open_run(bench.lake, bench.run.recipe, new_run=True)
    plan_shards(bench.lake, again, FIRST_ROUND)
    planned = bench.lake.rows("SELECT run_id FROM lake.shards WHERE prompt_id = ?", [came["prompt_id"]])
    assert planned == [{"run_id": again.run_id}]


async def test_a_defect_is_tried_again_by_another_verifier_alone(defect: Bench) -> None:
    tried = defect.odd.calls

    assert await ruling_again.rule_again.fn(defect.run.run_id, **CALL) == 0
    assert defect.odd.calls == tried

    defect.verifier.verifier_id = "no better"
    for _ in range(2):
        assert await ruling_again.rule_again.fn(defect.run.run_id, **CALL) == 0
    assert defect.odd.calls > tried
    assert defect.lake.rows(
        "SELECT reason, verifier_ids FROM lake.proposals WHERE writing_request = 0 ORDER BY created_at"
    ) == [{"reason": "unjudged", "verifier_ids": [by]} for by in ("fake-id", "no better")]


async def test_verifiers_that_take_turns_rule_once_each_on_a_defect(defect: Bench) -> None:
    for verifier_id in ("another", "fake-id", "another", "fake-id"):
        defect.verifier.verifier_id = verifier_id
        assert await ruling_again.rule_again.fn(defect.run.run_id, **CALL) == 0
    by = defect.lake.rows("SELECT verifier_ids FROM lake.proposals WHERE writing_request = 0 ORDER BY created_at")
    assert [row["verifier_ids"] for row in by] == [["fake-id"], ["another"]]


@pytest.mark.parametrize(("error", "waiting"), [(DEFECT, 1), (LOST, 0)], ids=["defect", "lost"])
async def test_those_that_wait_for_another_verifier_are_told_from_those_that_are_tried_each_time(
    lake: Lake, tmp_path: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch, error: Exception, waiting: int
) -> None:
    bench = await written(lake, tmp_path, shop, monkeypatch, error)
    assert (tasks_unjudged(lake, [bench.run.run_id]), tasks_waiting(lake, [bench.run.run_id])) == (1, waiting)


async def test_a_lost_sandbox_is_tried_each_time_and_writes_nothing_down_until_it_holds(
    lost: Bench, shop: Workshop
) -> None:
    rows = lost.lake.rows("SELECT * FROM lake.commits")
    for _ in range(2):
        tried = lost.odd.calls
        assert await ruling_again.rule_again.fn(lost.run.run_id, **CALL) == 0
        assert lost.odd.calls > tried
    assert lost.lake.rows("SELECT * FROM lake.commits") == rows
    assert isinstance(shop.watcher, Listening)
    assert shop.watcher.said[-1].endswith(": 0 new prompts for the next plan, 1 still cannot be judged")

    lost.mend()
    assert await ruling_again.rule_again.fn(lost.run.run_id, **CALL) == 1


async def test_next_round_of_the_run_plans_it(
    lake: Lake, tmp_path: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await written(lake, tmp_path, shop, monkeypatch, LOST, new_prompts=12)
    bench.mend()
    assert await ruling_again.rule_again.fn(bench.run.run_id, **CALL) == 1
    bench.serve_again(monkeypatch)

    assert await seeding.write_prompts.fn(bench.run.run_id, 2)
    for number in (1, 2, 2):
        await seeding.plan.fn(bench.run.run_id, number)

    unplanned = "SELECT prompt_id FROM lake.prompts WHERE origin = 'written' AND prompt_id NOT IN (FROM planned)"
    assert lake.rows(f"WITH planned AS (SELECT prompt_id FROM lake.shards) {unplanned}") == []
    (planned,) = lake.rows("SELECT count(*) AS n, count(DISTINCT prompt_id) AS prompts FROM lake.shards")
    assert planned["n"] == planned["prompts"]


async def test_killed_between_two_rounds_it_goes_on_and_doubles_nothing(
    lake: Lake, tmp_path: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await written(lake, tmp_path, shop, monkeypatch, LOST, new_prompts=12)
    bench.serve_again(monkeypatch)
    bench.odd.tasks.clear()
    assert await seeding.write_prompts.fn(bench.run.run_id, 2)
    assert bench.rulings() == ["unjudged"] * 2
    bench.mend()
    commit, done = lake.commit, list[str]()

    def killed(key: str, *rest: object, **options: object) -> bool:
        if done:
            raise LakeError("killed")
        done.append(key)
        return commit(key, *rest, **options)  # pyright: ignore[reportArgumentType, reportCallIssue]

    monkeypatch.setattr(lake, "commit", killed)
    with pytest.raises(LakeError, match="killed"):
        await ruling_again.rule_again.fn(bench.run.run_id, **CALL)
    monkeypatch.setattr(lake, "commit", commit)
    assert bench.rulings() == ["", "unjudged"]

    assert await ruling_again.rule_again.fn(bench.run.run_id, **CALL) == 1

    assert bench.rulings() == ["", ""]
    assert bench.count("proposals") == bench.count("current_proposals") + 2
    (prompts,) = lake.rows("SELECT count(*) AS n, count(DISTINCT prompt_id) AS ids FROM lake.prompts")
    assert prompts["n"] == prompts["ids"]


async def test_sandbox_that_is_gone_for_all_rules_on_nothing(lost: Bench) -> None:
    before = lost.lake.rows("SELECT * FROM lake.commits")
    lost.verifier.fails_after = 0
    with pytest.raises(SandboxError, match="the fake sandbox is dead"):
        await ruling_again.rule_again.fn(lost.run.run_id, **CALL)
    assert lost.lake.rows("SELECT * FROM lake.commits") == before


async def test_what_it_was_shown_may_be_retracted_meanwhile(lost: Bench) -> None:
    shown = lost.lake.rows("SELECT parents FROM lake.current_proposals WHERE reason = 'unjudged'")[0]["parents"]
    retraction = row("retractions", kind="seed", cause_id=shown[0])
    lost.lake.commit("retraction", {"retractions": [retraction]}, run_id="")
    lost.mend()

    assert await ruling_again.rule_again.fn(lost.run.run_id, **CALL) == 0
    assert lost.rulings() == ["withheld"]


async def test_a_round_that_has_to_draw_anew_what_it_asked_comes_first(
    lake: Lake, tmp_path: Path, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one whose journal was written by an earlier Stillroom, or is damaged there."""
    bench = await written(lake, tmp_path, shop, monkeypatch, LOST, new_prompts=12)
    bench.serve_again(monkeypatch)
    bench.client.failure, bench.client.fails_after = TeacherError("killed"), 6 + 3
    with pytest.raises(TeacherError, match="killed"):
        await seeding.write_prompts.fn(bench.run.run_id, 2)
    place = writing_journal(lake, bench.run.run_id, 2)
    assert isinstance(place, Path)
    place.write_bytes(b"".join(place.read_bytes().splitlines(keepends=True)[1:]))
    assert len(journal_at(place, Record).read().records) == 3  # pyright: ignore[reportArgumentType, reportUnknownMemberType]
    bench.mend()

    assert await ruling_again.rule_again.fn(bench.run.run_id, **CALL) == 0
    bench.client.failure = None
    assert await seeding.write_prompts.fn(bench.run.run_id, 2)
    assert await ruling_again.rule_again.fn(bench.run.run_id, **CALL) == 1

    asked = lake.rows("SELECT request_text FROM lake.current_proposals")
    assert sorted(one["request_text"] for one in asked) == sorted(bench.client.paid)


async def test_for_a_run_alone_its_own_are_ruled_on_and_for_a_recipe_that_has_nothing_written_none(
    lost: Bench, tmp_path: Path
) -> None:
    lost.mend()
    other = open_run(lost.lake, wanting(tmp_path, 2), new_run=True)
    given = recipe(tmp_path).model_copy(update={"seeding": None, "prompts": tmp_path / "seeds.jsonl"})
    users = open_run(lost.lake, given, new_run=True)
    assert await ruling_again.rule_again.fn(users.run_id, **CALL) == 0
    assert await ruling_again.rule_again.fn(other.run_id, of_dataset=False) == 0
    assert await ruling_again.rule_again.fn(lost.run.run_id, of_dataset=False) == 1
    assert await ruling_again.rule_again.fn(other.run_id, **CALL) == 0


async def test_what_a_version_states_is_the_newest_ruling_of_its_time(lost: Bench) -> None:
    _, first = await Builder(lost.lake).build(lost.run.recipe)
    assert first is not None
    states = manifest(lost.lake, first)["run"]["proposals"]
    assert {"admitted": False, "reason": "unjudged", "replies": 1} in states
    lost.mend()
    await ruling_again.rule_again.fn(lost.run.run_id, **CALL)

    assert manifest(lost.lake, first)["run"]["proposals"] == states
