"""A server that hangs is told from one that is slow: the slow one still says who it is."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.errors import TeacherLost
from stillroom.records import SamplingParams
from stillroom.teachers import pulse, sglang
from tests.fakes.clients import sglang_client
from tests.fakes.teacher import FakeTeacher, TeacherProcess, teacher_process

PARAMS = SamplingParams(temperature=0.7, max_new_tokens=64)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sglang, "_wait", lambda state: 0.01)
    monkeypatch.setattr(pulse, "BEAT_SECONDS", 0.2)
    monkeypatch.setattr(pulse, "BEAT_WHEN_SILENT_SECONDS", 0.1)
    monkeypatch.setattr(pulse, "SILENT_SECONDS", 0.5)


@pytest.fixture
def server() -> Iterator[FakeTeacher]:
    with FakeTeacher() as running:
        yield running


@pytest.fixture
def process(tmp_path: Path) -> Iterator[TeacherProcess]:
    """A teacher that takes two seconds for an answer, and may be stopped in between."""
    with teacher_process(tmp_path / "ledger", "--delay", "2") as running:
        yield running
        os.kill(running.process.pid, signal.SIGCONT)


async def test_stopped_server_is_given_up_after_its_patience_by_all_who_wait(process: TeacherProcess) -> None:
    said: list[str] = []
    client = sglang_client(process.url, patience_seconds=0.5, in_flight=2, say=said.append)
    asking = [asyncio.create_task(client.complete(f"task {number}", PARAMS, 1)) for number in range(6)]
    await asyncio.sleep(0.5)
    os.kill(process.process.pid, signal.SIGSTOP)

    async with asyncio.timeout(30):
        failures = await asyncio.gather(*asking, return_exceptions=True)

    assert all(isinstance(failure, TeacherLost) for failure in failures)
    assert "gives no sign of life" in str(failures[0])
    assert len(said) == 1
    assert "does not answer" in said[0]
    await client.close()


async def test_server_that_wakes_within_the_patience_is_waited_for(process: TeacherProcess) -> None:
    said: list[str] = []
    is_told = asyncio.Event()

    def say(line: str) -> None:
        said.append(line)
        is_told.set()

    client = sglang_client(process.url, patience_seconds=60, say=say)
    asking = asyncio.create_task(client.complete("hello", PARAMS, 1))
    await asyncio.sleep(0.5)
    os.kill(process.process.pid, signal.SIGSTOP)
    async with asyncio.timeout(30):
        await is_told.wait()
        os.kill(process.process.pid, signal.SIGCONT)
        assert len(await asking) == 1

    assert said[-1] == "teacher fake@f00d answers again"
    assert client.end is None
    await client.close()


async def test_slow_server_with_a_late_front_end_is_not_taken_for_dead(
    server: FakeTeacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "SILENT_SECONDS", 2.0)
    said: list[str] = []
    client = sglang_client(server, patience_seconds=0.1, say=said.append)
    server.delay_seconds, server.about_delay_seconds = 2.5, 0.3  # many beats, each answered late

    assert len(await client.complete("hello", PARAMS, 2)) == 2
    await client.close()

    assert said == []


async def test_what_hangs_at_one_address_is_asked_at_another(server: FakeTeacher, process: TeacherProcess) -> None:
    client = sglang_client(process.url, server.url, patience_seconds=0.5)
    os.kill(process.process.pid, signal.SIGSTOP)

    async with asyncio.timeout(30):
        answers = await asyncio.gather(*(client.complete(f"task {number}", PARAMS, 1) for number in range(6)))
        assert [len(answer) for answer in answers] == [1] * 6
        asked = len(server.requests)
        await client.complete("one more", PARAMS, 1)
        await client.complete("and one more", PARAMS, 1)

    assert client.end is None
    assert len(server.requests) == asked + 2, "the silent address was tried again"
    await client.close()
