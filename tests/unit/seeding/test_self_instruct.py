"""Rounds of writing: drawn the same at every call, paid once, and ruled on in request order."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.errors import SandboxError, TeacherError, TeacherRefused, Unjudgeable
from stillroom.journal import Journal
from stillroom.recipe import Seeding
from stillroom.records import Answer, Check, Judgement, Origin, Prompt, SamplingParams
from stillroom.seeding import Round, RoundResult, requests_in_round, write_round
from stillroom.seeding.novelty import NoveltyPool
from stillroom.seeding.plan import Plan, Record, Reply, draw
from tests.fakes.answers import ALL_RIGHT, Mix, Said, Script, written_task
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import prompt
from tests.fakes.verifiers import FakeVerifier, execute

CODE = find_capability("code")
SEEDS = tuple(prompt(number) for number in range(8))
WRITTEN = tuple(prompt(100 + number, origin=Origin.WRITTEN) for number in range(4))
SEEDING = Seeding(seeds=Path("seeds.jsonl"), few_shot={"seeds": 2, "generated": 1})
ROUND = Round(run_id="tiny-r1", opened="2026-01-01T00:00:00", number=1, requests=12, pool=(*SEEDS, *WRITTEN))


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "round.journal"


def writer(*replies: dict[str, Any] | str | Said, mix: Mix = ALL_RIGHT, **changes: Any) -> MemoryClient:
    """A writer that gives these replies in the order of the requests, or invents tasks where there are none."""
    client = MemoryClient(script=Script(mix=mix), **changes)
    if replies:
        client.reply = _in_order(replies, client)
    return client


def _in_order(
    replies: tuple[dict[str, Any] | str | Said, ...], client: MemoryClient
) -> Callable[[str, SamplingParams, int], Said]:
    def reply(text: str, params: SamplingParams, index: int) -> Said:
        said = replies[len(client.paid)]
        return said if isinstance(said, Said) else Said(said if isinstance(said, str) else json.dumps(said))

    return reply


async def write(client: MemoryClient | None, journal: Path, round_: Round = ROUND, **changes: Any) -> RoundResult:
    given: dict[str, Any] = {"seeding": SEEDING, "verifiers": [FakeVerifier()], **changes}
    return await write_round(round_, capability=CODE, writer=client, place=journal, **given)


def of(requests: int, **changes: Any) -> Round:
    return replace(ROUND, requests=requests, **changes)


def reasons(result: RoundResult) -> list[str]:
    return [ruling.reason for ruling in result.rulings]


@pytest.mark.parametrize(("wanted", "requests"), [(1, 4), (5, 15), (1000, 24)])
def test_first_round_expects_a_third_of_its_replies_to_be_admitted(wanted: int, requests: int) -> None:
    assert requests_in_round(SEEDING, still_wanted=wanted) == requests


@pytest.mark.parametrize(("admitted", "replied", "requests"), [(0, 9, 24), (9, 27, 9), (27, 27, 4)])
def test_later_rounds_expect_what_the_earlier_ones_brought(admitted: int, replied: int, requests: int) -> None:
    assert requests_in_round(SEEDING, still_wanted=3, admitted=admitted, replied=replied) == requests


async def test_round_admits_good_tasks_with_their_ancestry(journal: Path) -> None:
    client = writer()

    result = await write(client, journal)

    assert len(client.paid) == len(result.prompts) == 12
    for position, ruling in enumerate(result.rulings):
        assert ruling.prompt is not None
        assert ruling.proposed.position == ruling.prompt.writing_request == position
        assert ruling.prompt.origin is Origin.WRITTEN
        assert ruling.prompt.writing_round == 1
        assert ruling.prompt.writer_teacher == client.teacher_id
        draft = draw(ROUND, position, SEEDING, CODE)
        assert ruling.prompt.parents == tuple(one.prompt_id for one in draft.examples)
        assert (ruling.prompt.topic, ruling.prompt.difficulty_asked) == (draft.topic, draft.difficulty)
        assert ruling.prompt.nearest_prompt_id
        assert 0 < ruling.prompt.nearest_score < SEEDING.max_rouge_l


async def test_writer_is_asked_under_the_schema_with_the_recipes_parameters(journal: Path) -> None:
    asked: list[SamplingParams] = []

    def reply(text: str, params: SamplingParams, index: int) -> Said:
        asked.append(params)
        return Said(json.dumps(written_task(1)))

    client = writer()
    client.reply = reply
    await write(client, journal, of(1))

    assert asked == [SamplingParams(temperature=0.9, top_p=0.95, max_new_tokens=512, json_schema=CODE.writing_schema())]


async def test_round_does_not_follow_the_plan_of_another_run_of_the_same_number(journal: Path) -> None:
    pool = tuple(prompt(200 + number) for number in range(4))
    await write(writer(), journal, replace(ROUND, requests=3, pool=pool))
    put_back, other = replace(ROUND, opened="2026-02-01T00:00:00"), writer(teacher_id="other@2")

    result = await write(other, journal, put_back)

    assert len(other.paid) == len(result.prompts) == 12
    assert {one.writer_teacher for one in result.prompts} == {"other@2"}
    assert {parent for one in result.prompts for parent in one.parents} <= {one.prompt_id for one in put_back.pool}


async def test_journalled_replies_are_not_paid_again(journal: Path) -> None:
    failing = writer(failure=TeacherError("the writer is gone"), fails_after=5)
    with pytest.raises(TeacherError, match="the writer is gone"):
        await write(failing, journal)
    assert len(failing.paid) == 5
    second, third = writer(), writer()

    resumed = await write(second, journal)
    again = await write(third, journal)

    assert len(second.paid) == 7
    assert third.paid == []
    assert [one.prompt_id for one in again.prompts] == [one.prompt_id for one in resumed.prompts]
    assert len(resumed.prompts) == 12


async def test_interrupted_round_ends_as_an_uninterrupted_one(journal: Path, tmp_path: Path) -> None:
    whole = await write(writer(mix=Mix(bad_writing=0.4)), tmp_path / "whole")
    with pytest.raises(SandboxError):
        await write(writer(mix=Mix(bad_writing=0.4)), journal, verifiers=[FakeVerifier(fails_after=9)])

    resumed = await write(writer(mix=Mix(bad_writing=0.4)), journal)

    assert [(ruling.reason, ruling.prompt) for ruling in resumed.rulings] == [
        (ruling.reason, ruling.prompt) for ruling in whole.rulings
    ]
    assert {""} < set(reasons(whole))


async def test_replies_of_another_round_are_not_taken_for_this_one(journal: Path) -> None:
    await write(writer(), journal, of(3))
    client = writer()

    await write(client, journal, of(3, number=2))

    assert len(client.paid) == 3


async def killed_after(replies: int, journal: Path, round_: Round = ROUND, **changes: Any) -> MemoryClient:
    """A round whose writer dies; what it was paid for by then is in the journal."""
    client = writer(failure=TeacherError("the writer is gone"), fails_after=replies)
    with pytest.raises(TeacherError, match="the writer is gone"):
        await write(client, journal, round_, **changes)
    assert len(client.paid) == replies
    return client


def records(journal: Path) -> tuple[Record, ...]:
    return Journal[Record](journal, Record).read().records


def plan_in(journal: Path) -> Plan:
    (plan,) = [record for record in records(journal) if not isinstance(record, Reply)]
    return plan


def as_of_old(journal: Path) -> None:
    """What an earlier Stillroom wrote: replies alone."""
    kept = [record for record in records(journal) if isinstance(record, Reply)]
    journal.unlink()
    with Journal[Record](journal, Record) as written:
        for record in kept:
            written.append(record)


SEED_WITHHELD = replace(ROUND, withheld=frozenset({SEEDS[0].prompt_id}))


async def test_plan_is_journalled_before_the_first_request(journal: Path) -> None:
    await killed_after(0, journal)

    assert [request.name for request in plan_in(journal)] == [f"tiny-r1:1:{position}" for position in range(12)]


async def test_round_goes_on_as_planned_where_something_was_withheld_since(journal: Path) -> None:
    before = await killed_after(5, journal)
    plan = plan_in(journal)
    shows = [position for position, request in enumerate(plan) if SEEDS[0].prompt_id in request.parents]
    assert shows, "some requests show what is withheld"
    assert len(shows) < 12
    client = writer()

    result = await write(client, journal, SEED_WITHHELD)

    replied = [position for position in range(12) if position < 5 or position not in shows]
    assert [ruling.proposed.position for ruling in result.rulings] == replied, "all that was paid for is ruled on"
    assert len(client.paid) == len([position for position in replied if position >= 5])
    assert {*client.paid}.isdisjoint(before.paid)
    assert {*before.paid, *client.paid} == {plan[position].text for position in replied}
    assert plan_in(journal) == plan


async def test_reply_that_was_shown_what_is_withheld_now_is_not_admitted(journal: Path) -> None:
    await write(writer(), journal)

    result = await write(writer(), journal, SEED_WITHHELD)

    for ruling in result.rulings:
        if SEEDS[0].prompt_id in ruling.proposed.asked.parents:
            assert (ruling.prompt, ruling.reason) == (None, "withheld")
            assert SEEDS[0].prompt_id in ruling.detail
        else:
            assert ruling.prompt is not None
    assert {"", "withheld"} == {*reasons(result)}


@pytest.mark.parametrize("requests", [4, 20])
async def test_round_keeps_its_number_of_requests_where_fewer_or_more_are_wanted_now(
    journal: Path, requests: int
) -> None:
    await killed_after(5, journal)
    client = writer()

    result = await write(client, journal, of(requests))

    assert len(result.rulings) == 12
    assert len(client.paid) == 7


async def test_where_nothing_is_wanted_any_more_replies_are_ruled_on_and_nobody_is_asked(journal: Path) -> None:
    await killed_after(5, journal)

    result = await write(None, journal, of(0))

    assert [ruling.proposed.position for ruling in result.rulings] == [0, 1, 2, 3, 4]
    assert len(result.prompts) == 5


async def test_replies_of_an_earlier_stillroom_without_a_plan_are_ruled_on(journal: Path) -> None:
    await killed_after(5, journal)
    as_of_old(journal)
    client = writer()

    result = await write(client, journal)

    assert len(result.prompts) == 12
    assert len(client.paid) == 7
    assert len(plan_in(journal)) == 12


@pytest.mark.parametrize(
    "round_",
    [pytest.param(of(0), id="none is wanted"), pytest.param(replace(SEED_WITHHELD, requests=1), id="withheld")],
)
async def test_replies_without_a_plan_are_ruled_on_whatever_has_changed_since(journal: Path, round_: Round) -> None:
    await killed_after(5, journal)
    as_of_old(journal)

    result = await write(writer(), journal, round_)

    assert len(result.rulings) == 5
    assert {*reasons(result)} <= {"", "withheld"}


async def test_replies_that_answer_nothing_known_are_told(journal: Path) -> None:
    await killed_after(3, journal)
    said: list[str] = []

    await write(writer(), journal, replace(ROUND, number=2), say=said.append)

    assert [line for line in said if "3 replies in its journal are to no request that is known" in line]


TASK = written_task(50)
NAME = TASK["solution"][0].removeprefix("def ").partition("(")[0]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param("{", "invalid-json", id="broken JSON"),
        pytest.param(Said(json.dumps(TASK), "length"), "truncated", id="cut"),
        pytest.param(
            {**TASK, "solution": [f"def {NAME}(n):", "    return 1"]}, "reference:fails-its-tests", id="wrong solution"
        ),
        pytest.param(
            {**TASK, "tests": [*TASK["tests"][:2], *[f"assert {NAME}({n}) == 0" for n in range(3)]]},
            "reference:fails-its-tests",
            id="most tests are wrong",
        ),
        pytest.param(
            {**TASK, "tests": [f"assert {NAME}(1) is not None", f"assert {NAME}(2) != 0"]},
            "tests:trivial",
            id="trivial tests",
        ),
        pytest.param({**TASK, "task": SEEDS[0].task + f" Or `{NAME}`."}, "too-similar", id="copied seed"),
    ],
)
async def test_gate_that_stops_a_reply(journal: Path, reply: dict[str, Any] | str | Said, reason: str) -> None:
    result = await write(writer(reply), journal, of(1))

    assert reasons(result) == [reason]
    assert result.prompts == []


@pytest.mark.parametrize(
    ("failure", "said", "by"),
    [
        pytest.param(RecursionError("too deep"), "(RecursionError: too deep)", ("fake-id",), id="a defect"),
        pytest.param(Unjudgeable("it failed 4 times. It runs others."), "It runs others.", (), id="a lost sandbox"),
    ],
)
async def test_reply_that_cannot_be_judged_is_none_and_ends_no_round(
    journal: Path, failure: Exception, said: str, by: tuple[str, ...]
) -> None:
    odd: list[str] = []

    def rule(check: Check, answer: Answer) -> Judgement:
        odd.append(check.entry_point)
        if check.entry_point == odd[0]:
            raise failure
        return execute(check, answer)

    result = await write(writer(), journal, of(3), verifiers=[FakeVerifier(rule=rule)])

    assert reasons(result) == ["unjudged", "", ""]
    assert result.rulings[0].detail.endswith(said)
    assert [one.verifier_ids for one in result.rulings] == [by, ("fake-id",), ("fake-id",)]
    assert len(result.prompts) == 2


async def test_sandbox_that_is_gone_for_all_rules_on_none_and_they_are_not_asked_for_again(journal: Path) -> None:
    asked = writer(TASK)
    with pytest.raises(SandboxError, match="the fake sandbox is dead"):
        await write(asked, journal, of(1), verifiers=[FakeVerifier(fails_after=1)])

    result = await write(asked, journal, of(1))

    assert reasons(result) == [""]
    assert len(asked.paid) == 1


async def test_only_tests_that_the_solution_passes_are_kept(journal: Path) -> None:
    wrong = f"assert {NAME}(5) == 'wrong'"

    result = await write(writer({**TASK, "tests": [wrong, *TASK["tests"]]}), journal, of(1))

    assert result.prompts[0].check.tests.splitlines() == TASK["tests"]


async def test_task_of_the_pool_is_a_duplicate(journal: Path) -> None:
    pool = (*SEEDS, prompt(50))

    result = await write(writer(TASK), journal, of(1, pool=pool))

    assert reasons(result) == ["duplicate"]


async def test_of_two_alike_in_a_round_the_first_request_wins(journal: Path) -> None:
    same = {**TASK, "task": TASK["task"] + " Please."}

    result = await write(writer(TASK, written_task(51), TASK, same), journal, of(4))

    assert reasons(result) == ["", "", "duplicate", "too-similar"]
    assert result.prompts[0].prompt_id in result.rulings[3].detail


@pytest.mark.parametrize(("limit", "reason"), [(0.99, ""), (0.3, "too-similar")])
async def test_limit_of_similarity_is_the_recipes(journal: Path, limit: float, reason: str) -> None:
    seeding = SEEDING.model_copy(update={"max_rouge_l": limit})

    result = await write(writer(TASK), journal, of(1, pool=SEEDS), seeding=seeding)

    score = _rouge_l(TASK["task"], SEEDS)
    assert 0.3 < score < 0.99
    assert reasons(result) == [reason]


def _rouge_l(task: str, pool: tuple[Prompt, ...]) -> float:
    return NoveltyPool((one.prompt_id, one.task) for one in pool).nearest(task).score


async def test_refused_request_yields_nothing_and_stops_nobody(journal: Path) -> None:
    client = writer(failure=TeacherRefused("too long"), fails_after=3)

    result = await write(client, journal, of(5))

    assert len(result.rulings) == 3


async def test_refused_request_is_recorded_with_the_writers_words(journal: Path) -> None:
    refusing = writer(failure=TeacherRefused("too long"), fails_after=3)

    result = await write(refusing, journal, of(5))

    assert [(one.position, one.message) for one in result.refusals] == [(3, "too long"), (4, "too long")]
    assert result.refusals[0].asked.name == "tiny-r1:1:3"


async def test_writer_that_refuses_everything_is_an_error_with_its_words_and_what_to_do(journal: Path) -> None:
    refusing = writer(failure=TeacherRefused("teacher fake refuses the request (400): no grammar."), fails_after=0)

    with pytest.raises(
        TeacherRefused, match=r"every one of the 5 requests of writing round 1 .*no grammar\. Serve the"
    ):
        await write(refusing, journal, of(5))


async def test_writer_that_gives_nothing_is_an_error(journal: Path) -> None:
    with pytest.raises(TeacherError, match="gave no reply to writing request"):
        await write(writer(at_most=0), journal, of(2))


async def test_progress_counts_replies(journal: Path) -> None:
    seen: list[tuple[int, int]] = []

    await write(writer(), journal, of(4), observe=lambda replied, requested: seen.append((replied, requested)))

    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
