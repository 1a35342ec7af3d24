"""The client: an answer is a sample only when it is whole, and every failure is named after its boundary."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest

from stillroom.errors import TeacherBusy, TeacherError, TeacherMismatch, TeacherRefused
from stillroom.records import FinishReason, SamplingParams
from stillroom.teachers import sglang
from stillroom.teachers.sglang import SGLangClient
from tests.fakes.answers import ALL_RIGHT
from tests.fakes.clients import sglang_client
from tests.fakes.prompts import known, prompt
from tests.fakes.teacher import FakeTeacher

PARAMS = SamplingParams(
    temperature=0.7, top_p=0.9, top_k=40, min_p=0.05, repetition_penalty=1.1, max_new_tokens=333, stop=("\n\n\n",)
)
TASK = prompt(1)


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sglang, "_wait", lambda state: 0.01)


@pytest.fixture
def teacher() -> Iterator[FakeTeacher]:
    with FakeTeacher(known=known(TASK), mix=ALL_RIGHT) as running:
        yield running


@pytest.fixture
async def client(teacher: FakeTeacher) -> AsyncIterator[SGLangClient]:
    opened = sglang_client(teacher)
    yield opened
    await opened.close()


async def test_n_samples_come_back_with_their_counts(teacher: FakeTeacher, client: SGLangClient) -> None:
    text = client.render(TASK.task)

    completions = await client.complete(text, PARAMS, 4)

    assert len(completions) == 4
    assert len({one.text for one in completions}) == 4
    assert {one.finish_reason for one in completions} == {FinishReason.STOP}
    assert all(one.completion_tokens > 0 and one.prompt_tokens > 0 and one.latency_seconds > 0 for one in completions)
    assert len(teacher.paid) == 4


async def test_one_sample_comes_back_bare(client: SGLangClient) -> None:
    assert len(await client.complete("hello", PARAMS, 1)) == 1


async def test_every_parameter_is_sent_explicitly(teacher: FakeTeacher, client: SGLangClient) -> None:
    await client.complete("hello", PARAMS, 3)

    assert teacher.requests == [
        {
            "text": "hello",
            "sampling_params": {
                "n": 3,
                "temperature": 0.7,
                "top_p": 0.9,
                "top_k": 40,
                "min_p": 0.05,
                "repetition_penalty": 1.1,
                "frequency_penalty": 0.0,
                "presence_penalty": 0.0,
                "max_new_tokens": 333,
                "stop": ["\n\n\n"],
                "skip_special_tokens": False,
            },
        }
    ]


async def test_schema_is_sent_where_there_is_one(teacher: FakeTeacher, client: SGLangClient) -> None:
    schema = '{"type": "object"}'
    params = SamplingParams(temperature=1.0, max_new_tokens=500, json_schema=schema)

    completions = await client.complete("write a task", params, 1)

    assert teacher.requests[0]["sampling_params"]["json_schema"] == schema
    assert set(json.loads(completions[0].text)) == {"task", "solution", "tests"}


async def test_cut_answer_says_so(client: SGLangClient) -> None:
    short = SamplingParams(temperature=0.0, max_new_tokens=3)

    completions = await client.complete(client.render(TASK.task), short, 1)

    assert completions[0].finish_reason is FinishReason.LENGTH


@pytest.mark.parametrize("kind", ["busy", "error", "drop", "drop-paid", "garbage", "no-text", "none", "abort"])
async def test_passing_trouble_is_waited_out(teacher: FakeTeacher, client: SGLangClient, kind: str) -> None:
    teacher.fail(kind, times=2)

    completions = await client.complete("hello", PARAMS, 2)

    assert len(completions) == 2
    assert len(teacher.requests) == 3
    assert client.slots.in_use == 0


async def test_aborted_answer_is_never_a_sample(teacher: FakeTeacher, client: SGLangClient) -> None:
    teacher.fail("abort-some")

    completions = await client.complete(client.render(TASK.task), PARAMS, 4)

    assert len(completions) == 3
    assert all(one.finish_reason is FinishReason.STOP for one in completions)
    assert len(teacher.requests) == 1


async def test_fewer_than_asked_for_are_passed_on(teacher: FakeTeacher, client: SGLangClient) -> None:
    teacher.fail("fewer")

    assert len(await client.complete("hello", PARAMS, 4)) == 3


async def test_empty_text_is_a_sample_that_was_paid_for(teacher: FakeTeacher, client: SGLangClient) -> None:
    teacher.fail("empty")

    completions = await client.complete("hello", PARAMS, 2)

    assert [one.text for one in completions] == ["", ""]


@pytest.mark.parametrize("n", [1, 4])
async def test_other_weights_in_mid_run_are_refused_at_once(teacher: FakeTeacher, client: SGLangClient, n: int) -> None:
    teacher.weight_version = "another"

    with pytest.raises(TeacherMismatch, match="began to serve weights 'another'"):
        await client.complete("hello", PARAMS, n)

    assert len(teacher.requests) == 1


async def test_refusal_is_final_and_quotes_the_server(teacher: FakeTeacher, client: SGLangClient) -> None:
    teacher.fail("refuse")

    with pytest.raises(TeacherRefused, match=r"400.*Input length exceeds"):
        await client.complete("hello", PARAMS, 1)

    assert len(teacher.requests) == 1


async def test_teacher_that_stays_busy_is_told_as_busy(teacher: FakeTeacher) -> None:
    client = sglang_client(teacher, patience_seconds=0.1)
    teacher.fail("busy", times=10**6)

    with pytest.raises(TeacherBusy, match=r"503.*queue is full"):
        await client.complete("hello", PARAMS, 1)
    await client.close()

    assert client.slots.size < 32
    assert client.slots.in_use == 0


async def test_teacher_that_is_gone_is_named_after_its_patience() -> None:
    client = sglang_client("http://127.0.0.1:9", patience_seconds=0.1)

    with pytest.raises(TeacherError, match=r"teacher fake@f00d at http://127.0.0.1:9 is gone: ConnectError"):
        await client.complete("hello", PARAMS, 1)
    await client.close()


async def test_silent_teacher_is_given_up_after_its_patience(
    teacher: FakeTeacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sglang, "READ_SECONDS", 0.1)
    client = sglang_client(teacher, patience_seconds=0.15)
    teacher.fail("hang", times=10**6)

    with pytest.raises(TeacherError, match="ReadTimeout"):
        await client.complete("hello", PARAMS, 1)
    await client.close()

    assert teacher.paid == []


async def test_patience_counts_from_the_first_failure(teacher: FakeTeacher) -> None:
    client = sglang_client(teacher, patience_seconds=0.3)
    teacher.delay_seconds = 0.35  # one answer takes longer than the patience
    teacher.fail("drop-paid")

    assert len(await client.complete("hello", PARAMS, 1)) == 1
    await client.close()


async def test_dead_server_of_ours_is_brought_back(teacher: FakeTeacher) -> None:
    revived: list[str] = []

    async def revive() -> str:
        revived.append(teacher.url)
        return teacher.url

    client = sglang_client("http://127.0.0.1:9", revive=revive)

    assert len(await client.complete("hello", PARAMS, 2)) == 2
    await client.close()

    assert revived == [teacher.url]


async def test_no_more_is_in_flight_than_the_recipe_allows(teacher: FakeTeacher) -> None:
    client = sglang_client(teacher, in_flight=6)
    teacher.delay_seconds = 0.01

    await asyncio.gather(*(client.complete(f"task {number}", PARAMS, 2) for number in range(20)))
    await client.close()

    assert teacher.peak_in_flight <= 6
    assert len(teacher.paid) == 40


async def test_cancelled_request_gives_its_slots_back(teacher: FakeTeacher, client: SGLangClient) -> None:
    teacher.fail("hang")
    asking = asyncio.create_task(client.complete("hello", PARAMS, 4))
    await asyncio.to_thread(teacher.arrived.wait, 10)

    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert client.slots.in_use == 0
    assert len(await client.complete("hello", PARAMS, 2)) == 2


async def test_render_applies_the_template_and_the_system_message(teacher: FakeTeacher) -> None:
    plain, strict = sglang_client(teacher), sglang_client(teacher, system="Be brief.")

    assert plain.render("task") == "<user>task</user><assistant>"
    assert strict.render("task") == "<system>Be brief.</system><user>task</user><assistant>"
    await plain.close()
    await strict.close()
