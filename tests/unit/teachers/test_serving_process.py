"""Processes are told apart by pid and start time, and only ours are ever signalled."""

import dataclasses
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.teachers.serving_process import ProcessIdentity, identify_process, spawn

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
PARENT = [sys.executable, "-S", "-c", f"import subprocess; subprocess.run({SLEEP!r})"]
STUBBORN = [
    sys.executable,
    "-S",
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[ProcessIdentity]:
    started = spawn(SLEEP, {}, tmp_path / "log")
    yield started
    started.end()


def wait_for(condition: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_leads_a_session_of_its_own_and_writes_its_log(tmp_path: Path) -> None:
    started = spawn(
        [sys.executable, "-S", "-c", "import os; print(os.getsid(0), os.environ['X'])"], {"X": "y"}, tmp_path / "log"
    )
    wait_for(lambda: not started.is_alive())
    assert (tmp_path / "log").read_text().split() == [str(started.pid), "y"]
    assert not started.end()


def test_ending_it_is_said_once(process: ProcessIdentity) -> None:
    assert process.is_alive()
    assert process.resident_bytes() > 0
    assert process.end()
    assert not process.is_alive()
    assert not process.end()


@pytest.mark.parametrize("change", [{"started": 1}, {"boot_id": "another boot"}], ids=["later process", "other boot"])
def test_a_process_that_is_not_exactly_ours_is_not_signalled(
    process: ProcessIdentity, change: dict[str, object]
) -> None:
    other = dataclasses.replace(process, **change)  # type: ignore[arg-type]
    assert not other.is_alive()
    assert not other.end()
    assert process.is_alive()


def test_a_killed_process_is_dead_even_as_a_zombie(process: ProcessIdentity) -> None:
    os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not process.is_alive())


def test_children_of_a_killed_leader_are_ended_too(tmp_path: Path) -> None:
    leader = spawn(PARENT, {}, tmp_path / "log")
    wait_for(lambda: len(children_of(leader.pid)) == 1)
    child = identify_process(children_of(leader.pid)[0])
    os.kill(leader.pid, signal.SIGKILL)
    os.waitpid(leader.pid, 0)
    assert leader.leaves_orphans()
    assert leader.end()
    wait_for(lambda: not child.is_alive())


def test_one_that_ignores_the_request_is_forced(tmp_path: Path) -> None:
    deaf = spawn(STUBBORN, {}, tmp_path / "log")
    wait_for(lambda: "deaf" in (tmp_path / "log").read_text())
    assert deaf.end(grace_seconds=0.2)
    assert not deaf.is_alive()


def children_of(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
