"""Rounds of writing: drawn the same at every call, paid once, and ruled on in request order."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.errors import SandboxError, TeacherError, TeacherRefused
from stillroom.recipe import Seeding
from stillroom.records import Origin, Prompt, SamplingParams
from stillroom.seeding import Round, RoundResult, requests_in_round, write_round
from stillroom.seeding.novelty import NoveltyPool
from stillroom.seeding.self_instruct import draw
from tests.fakes.answers import ALL_RIGHT, Mix, Said, Script, written_task
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import prompt
from tests.fakes.verifiers import FakeVerifier

CODE = find_capability("code")
SEEDS = tuple(prompt(number) for number in range(8))
WRITTEN = tuple(prompt(100 + number, origin=Origin.WRITTEN) for number in range(4))
SEEDING = Seeding(seeds=Path("seeds.jsonl"), few_shot={"seeds": 2, "generated": 1})
ROUND = Round(run_id="tiny-r1", number=1, requests=12, pool=(*SEEDS, *WRITTEN))


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


async def write(client: MemoryClient, journal: Path, round_: Round = ROUND, **changes: Any) -> RoundResult:
    given: dict[str, Any] = {"seeding": SEEDING, "verifiers": [FakeVerifier()], **changes}
    return await write_round(round_, capability=CODE, writer=client, place=journal, **given)


def of(requests: int, **changes: Any) -> Round:
    return replace(ROUND, requests=requests, **changes)


def reasons(result: RoundResult) -> list[str]:
    return [ruling.reason for ruling in result.rulings]


def test_draw_is_the_same_at_every_call_and_differs_by_run_round_and_request() -> None:
    drawn = draw(ROUND, 3, SEEDING, CODE)
    others = [
        draw(ROUND, 4, SEEDING, CODE),
        draw(replace(ROUND, number=2), 3, SEEDING, CODE),
        draw(replace(ROUND, run_id="tiny-r2"), 3, SEEDING, CODE),
    ]

    assert drawn == draw(ROUND, 3, SEEDING, CODE)
    assert all(other != drawn for other in others)


def test_draw_mixes_seeds_and_generated_tasks() -> None:
    for position in range(20):
        origins = [one.origin for one in draw(ROUND, position, SEEDING, CODE).examples]
        assert (origins.count(Origin.SEED), origins.count(Origin.WRITTEN)) == (2, 1)


def test_draw_shows_seeds_alone_while_nothing_was_written() -> None:
    assert len(draw(replace(ROUND, pool=SEEDS), 0, SEEDING, CODE).examples) == 2


def test_draws_ask_for_every_difficulty_form_and_many_topics() -> None:
    drafts = [draw(ROUND, position, SEEDING, CODE) for position in range(200)]

    assert {draft.difficulty for draft in drafts} == set(CODE.difficulties)
    assert {draft.form for draft in drafts} == set(CODE.forms)
    assert len({draft.topic for draft in drafts}) == len(CODE.topics)


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
    assert result.refusals[0].draft == draw(ROUND, 3, SEEDING, CODE)


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
