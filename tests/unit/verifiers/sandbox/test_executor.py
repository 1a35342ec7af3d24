"""What the executor makes of reports and of failures, without Docker: a sandbox that fails is never a verdict."""

import asyncio
import os
from collections import deque
from typing import Any

import pytest

from stillroom.errors import SandboxError, Unjudgeable
from stillroom.records import Answer, Check, Outcome
from stillroom.records.execution import Ending, Program
from verifiers.python_tests import PythonTests
from verifiers.sandbox import DockerExecutor, executor, wire
from verifiers.sandbox.image import Image
from verifiers.sandbox.session import SessionLost

KILLED = 9


def process(
    result: bytes = b"", *, status: int = 0, killed: int = wire.NOT_KILLED, kills: int = wire.UNKNOWN
) -> wire.Process:
    return wire.Process(
        wait_status=status, killed=killed, cpu_microseconds=1, peak_kib=1, result=result, stdout=b"", stderr=b"",
        stdout_bytes=0, kills=kills,
    )  # fmt: skip


class Box:
    def remove(self) -> None:
        pass


class FakeSession:
    """Answers from a list; an exception ends the session, as the loss of a container does."""

    def __init__(self, answers: deque[Any]) -> None:
        self.answers = answers
        self.lost: SessionLost | None = None
        self.box = Box()

    async def submit(self, program: Program, **_: Any) -> tuple[float, list[wire.Process]]:
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            self.lost = SessionLost(str(answer))
            raise self.lost
        return 0.1, answer

    def end(self, why: str) -> None:
        self.lost = SessionLost(why)


def made(monkeypatch: pytest.MonkeyPatch, *answers: Any, failures: int = 0) -> tuple[DockerExecutor, list[float]]:
    """An executor on sessions that answer so; ``failures``: how often no new one can be opened after the first."""
    found = DockerExecutor(Image(tag="none", digest="0" * 64), slots=1)
    left = deque(answers)
    opened: list[float] = []

    async def open_one(first: bool) -> FakeSession:
        opened.append(asyncio.get_running_loop().time())
        if not first and len(opened) <= 1 + failures:
            raise SandboxError("no Docker daemon answers")
        return FakeSession(left)

    monkeypatch.setattr(found, "_open", open_one)
    return found, opened


BY_KERNEL = process(b"W", status=KILLED)
NOT_NEEDED = process(status=KILLED, killed=wire.NOT_NEEDED)
TESTS = Program(source="", tests="assert f(1)")


async def test_a_kill_of_the_tests_process_by_the_kernel_says_nothing_and_is_run_again(monkeypatch):
    passed = process(b"-T\x10\x00\x00\x00" + bytes(16))
    runner, _ = made(monkeypatch, [NOT_NEEDED, BY_KERNEL], [NOT_NEEDED, passed])
    found = await runner.run(TESTS)
    assert runner.repeated == 1
    assert found.tests is not None
    assert found.tests.ending is not Ending.CRASH


async def test_tests_that_are_killed_with_nothing_beside_them_are_at_fault_and_the_solution_is_not(monkeypatch):
    runner, _ = made(monkeypatch, *[[NOT_NEEDED, BY_KERNEL]] * 4)
    judged = await PythonTests(runner).judge(
        Check(tests="import random\nassert f(1)", entry_point="f"), Answer(text="def f(x): return x")
    )
    assert (judged.outcome, judged.reason) == (Outcome.ABSTAIN, "tests:memory")


ENDED = b"E\x00\x00\x00\x00"


@pytest.mark.parametrize("kills", [wire.OWN_KILL, wire.FOREIGN_KILL])
async def test_program_beside_which_something_was_killed_is_run_again_alone(monkeypatch, kills):
    """What was killed may have been a child of it, which its own exit status does not tell."""
    runner, _ = made(monkeypatch, [process(ENDED, kills=kills)], [process(ENDED, kills=wire.NO_KILL)])
    found = await runner.run(Program(source=""))
    assert (found.ending, runner.repeated) == (Ending.DONE, 1)


async def test_program_whose_child_took_the_memory_is_not_run_for_ever(monkeypatch):
    runner, _ = made(monkeypatch, *[[process(ENDED, kills=wire.OWN_KILL)]] * 2)
    assert (await runner.run(Program(source=""))).ending is Ending.DONE


@pytest.mark.parametrize(
    ("kills", "says"),
    [
        pytest.param(wire.NO_KILL, "from outside", id="while there was memory"),
        pytest.param(wire.FOREIGN_KILL, "the machine ran out of memory", id="for the machine's memory"),
    ],
)
async def test_kill_from_outside_says_nothing_about_a_program_that_ran_alone(monkeypatch, kills, says):
    runner, _ = made(monkeypatch, *[[process(status=KILLED, kills=kills)]] * 5)
    with pytest.raises(SandboxError, match=says) as raised:
        await runner.run(Program(source=""))
    assert not isinstance(raised.value, Unjudgeable), "our own program was killed, too"


async def test_program_at_which_alone_the_sandbox_fails_is_its_own_trouble(monkeypatch):
    unconfined = process(status=111 << 8, killed=wire.UNCONFINED)
    runner, _ = made(monkeypatch, *[[unconfined]] * 4, [process(ENDED)], [process(ENDED)])
    with pytest.raises(Unjudgeable, match="failed 4 times on one program"):
        await runner.run(Program(source=""))
    assert (await runner.run(Program(source=""))).ending is Ending.DONE


@pytest.mark.parametrize("kills", [wire.OWN_KILL, wire.UNKNOWN])
async def test_kill_for_the_containers_memory_is_the_programs_fault_where_it_ran_alone(monkeypatch, kills):
    runner, _ = made(monkeypatch, *[[process(status=KILLED, kills=kills)]] * 2)
    assert (await runner.run(Program(source=""))).ending is Ending.MEMORY


def test_memory_of_the_container_grows_with_its_slots_and_stays_below_the_machines():
    few, many = (DockerExecutor(Image(tag="none", digest="0" * 64), slots=slots) for slots in (1, 10_000))
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert few.memory_bytes == min(4 << 30, int(0.75 * machine))
    assert many.memory_bytes == int(0.75 * machine)


async def test_a_daemon_that_comes_back_is_waited_for_and_the_program_runs_again(monkeypatch):
    monkeypatch.setattr(executor, "RETRY_SECONDS", 0.01)
    runner, opened = made(monkeypatch, ValueError("gone"), [process(b"E\x00\x00\x00\x00")], failures=5)
    found = await runner.run(Program(source=""))
    assert found.ending is Ending.DONE
    assert len(opened) == 7
    assert runner.replaced == 1
    await runner.close()


async def test_a_daemon_that_stays_away_is_a_sandbox_error_at_last_and_at_once_after_that(monkeypatch):
    monkeypatch.setattr(executor, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(executor, "RESTART_SECONDS", 0.1)
    runner, opened = made(monkeypatch, ValueError("gone"), failures=10_000)
    with pytest.raises(SandboxError, match="no Docker daemon answers"):
        await runner.run(Program(source=""))
    tried = len(opened)
    assert tried > 3
    with pytest.raises(SandboxError, match="no Docker daemon answers"):
        await runner.run(Program(source=""))
    assert len(opened) <= tried + 2
    await runner.close()


async def test_an_executor_that_is_closed_while_it_waits_for_a_daemon_does_not_wait_on(monkeypatch):
    monkeypatch.setattr(executor, "RETRY_SECONDS", 0.01)
    runner, opened = made(monkeypatch, ValueError("gone"), failures=10_000)
    running = asyncio.create_task(runner.run(Program(source="")))
    while len(opened) < 3:  # noqa: ASYNC110 - nobody would set an event
        await asyncio.sleep(0.01)
    await asyncio.wait_for(runner.close(), 2)
    with pytest.raises(SandboxError):
        await running
