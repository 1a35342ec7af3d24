"""A teacher that is gone is given up once, by all of its requests together, and started again at most once."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator

import pytest

from stillroom.errors import StillroomError, TeacherBusy, TeacherError, TeacherLost
from stillroom.records import SamplingParams
from stillroom.teachers import sglang
from stillroom.teachers.sglang import SGLangClient
from tests.fakes.clients import sglang_client
from tests.fakes.teacher import FakeTeacher

PARAMS = SamplingParams(temperature=0.7, max_new_tokens=64)
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sglang, "_wait", lambda state: 0.01)


@pytest.fixture
def server() -> Iterator[FakeTeacher]:
    with FakeTeacher() as running:
        yield running


async def ask(client: SGLangClient, requests: int) -> list[BaseException | None]:
    """Ask all at once; gives how each failed."""
    asking = [client.complete(f"task {number}", PARAMS, 1) for number in range(requests)]
    results = await asyncio.gather(*asking, return_exceptions=True)
    return [result if isinstance(result, BaseException) else None for result in results]


async def test_requests_that_wait_for_a_slot_fail_with_those_that_have_one() -> None:
    said: list[str] = []
    client = sglang_client(NOBODY, patience_seconds=1.0, in_flight=2, say=said.append, advice="Start it again.")
    began = time.monotonic()

    failures = await ask(client, 40)

    assert time.monotonic() - began < 5.0, "twenty pairs of requests were patient one after another"
    assert all(isinstance(failure, TeacherLost) for failure in failures)
    assert str(failures[-1]).startswith(f"teacher fake@f00d at {NOBODY} is gone: ConnectError")
    assert re.search(r"Tried for \d+ s\. Start it again\.$", str(failures[-1]))
    assert len(said) == 1
    assert client.slots.in_use == 0
    await client.close()


async def test_teacher_that_was_given_up_is_asked_for_nothing_more(server: FakeTeacher) -> None:
    client = sglang_client(server, patience_seconds=0.2)
    server.fail("error", times=10**6)
    await ask(client, 3)
    asked = len(server.requests)

    failures = await ask(client, 5)
    await client.close()

    assert all("scheduler is down" in str(failure) for failure in failures)
    assert len(server.requests) == asked
    assert client.end is not None


async def test_teacher_that_stays_busy_is_given_up_with_other_advice(server: FakeTeacher) -> None:
    client = sglang_client(server, patience_seconds=0.2, in_flight=2, advice="Start it again.")
    server.fail("busy", times=10**6)

    failures = await ask(client, 20)
    await client.close()

    assert all(isinstance(failure, TeacherBusy) for failure in failures)
    assert "Lower its `in_flight:`" in str(failures[0])


async def test_long_answer_is_waited_for_though_another_request_fails(server: FakeTeacher) -> None:
    client = sglang_client(server, patience_seconds=0.2)
    server.delay_seconds = 1.0
    server.fail("drop", times=10**6, after=1)

    first = asyncio.create_task(client.complete("long", PARAMS, 1))
    await asyncio.to_thread(server.arrived.wait, 10)
    with pytest.raises(TeacherError, match="is gone"):
        await client.complete("dropped", PARAMS, 1)

    assert len(await first) == 1
    assert client.end is None
    await client.close()


async def test_answer_stops_the_clock(server: FakeTeacher) -> None:
    client = sglang_client(server, patience_seconds=0.3)
    for _ in range(4):
        server.fail("drop")
        await client.complete("hello", PARAMS, 1)
        await asyncio.sleep(0.12)
    await asyncio.sleep(0.4)

    assert len(await client.complete("hello", PARAMS, 1)) == 1
    await client.close()


def served(
    revive: Callable[[], str], *, seconds: float, said: list[str], patience_seconds: float = 0.3
) -> SGLangClient:
    """The client of a server of ours that is gone, and takes so long to start again."""

    async def starting() -> str:
        said.append("starting")
        await asyncio.sleep(seconds)
        return revive()

    return sglang_client(NOBODY, patience_seconds=patience_seconds, in_flight=4, say=said.append, revive=starting)


async def test_lost_server_of_ours_is_started_again_once_for_all_who_lost_it(server: FakeTeacher) -> None:
    said: list[str] = []
    client = served(lambda: server.url, seconds=0.5, said=said)  # longer than its patience

    failures = await ask(client, 20)
    await client.close()

    assert failures == [None] * 20
    assert said[0].startswith("teacher fake@f00d does not answer; starting it again (")
    assert said[1:] == ["starting", "teacher fake@f00d answers again"]


@pytest.mark.parametrize("failure", [TeacherError("it ended with exit code 1"), OSError("no space left")])
async def test_server_that_cannot_be_started_again_fails_all_with_the_reason(failure: Exception) -> None:
    said: list[str] = []

    def revive() -> str:
        raise failure

    client = served(revive, seconds=0.1, said=said)

    failures = await ask(client, 20)
    await client.close()

    assert said.count("starting") == 1
    for one in failures:
        assert isinstance(one, StillroomError)
        assert "could not be started again" in str(one)
        assert str(failure) in str(one)
