"""A deployment's servers end with it, also where it was killed; those of others are left as they were."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from stillroom.teachers import serving
from stillroom.teachers.serving_keeper import (
    VARIABLE,
    end_with,
    is_kept_by,
    keep_what_is_started,
    keeper_here,
    take_over,
)
from stillroom.teachers.serving_port import free_port
from stillroom.teachers.serving_process import ProcessIdentity, identify_process
from stillroom.teachers.serving_start import RunningServer, reuse, start
from stillroom.teachers.serving_state import ServerState, read_state
from tests.fakes.small_server import FAKE_SERVER

NAME = "qwen2.5-coder-0.5b-instruct"
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(300)"]
IDLE_MINUTES = 0.01


@dataclass
class Deployment:
    """A process that stands for `stillroom up`."""

    process: "subprocess.Popen[bytes]"
    identity: ProcessIdentity

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "fake.py").write_text(FAKE_SERVER)
    yield
    serving.stop(NAME)


@pytest.fixture
def spec() -> serving.ServerSpec:
    return serving.ServerSpec(
        name=NAME, model_path="/models/tiny", revision="abc", device="cpu", port=free_port("127.0.0.1")
    )


@pytest.fixture
def begin() -> Iterator[Callable[[], Deployment]]:
    """Begins a deployment."""
    with ExitStack() as running:

        def begin() -> Deployment:
            process = running.enter_context(subprocess.Popen(SLEEP))
            running.callback(process.kill)
            return Deployment(process, identify_process(process.pid))

        yield begin


@pytest.fixture
def start_for(
    spec: serving.ServerSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., RunningServer]:
    """Starts the server as something that a deployment has started does."""

    def start_it(keeper: ProcessIdentity | None, *, idle_minutes: float = 0, held: bool = True) -> RunningServer:
        if keeper is not None:
            monkeypatch.setenv(VARIABLE, f"{keeper.pid}:{keeper.started}:{keeper.boot_id}")
        argv = [sys.executable, "-S", str(tmp_path / "fake.py"), str(spec.port), "abc"]
        holder = keeper if held else None
        started = start(spec, argv, {}, idle_minutes=idle_minutes, holder=holder, timeout_seconds=20, progress=quiet)
        monkeypatch.delenv(VARIABLE, raising=False)
        return started

    return start_it


def reuse_it(spec: serving.ServerSpec, holder: ProcessIdentity | None = None) -> None:
    again = reuse(spec, idle_minutes=IDLE_MINUTES, holder=holder, timeout_seconds=5, progress=quiet)
    assert again is not None
    assert again.reused


def quiet(line: str) -> None:
    del line


def state() -> ServerState:
    found = read_state(NAME)
    assert found is not None
    return found


def test_a_process_that_keeps_names_itself_to_what_it_starts() -> None:
    assert keeper_here() is None
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, "")  # put back at the end
        this = keep_what_is_started()
        command = "from stillroom.teachers.serving_keeper import keeper_here; print(keeper_here())"
        told = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(this)


def test_what_a_deployment_and_its_flow_runs_started_ends_with_it(
    start_for: Callable[..., RunningServer], begin: Callable[[], Deployment]
) -> None:
    up = begin().identity
    start_for(up, held=False, idle_minutes=15)
    process = state().process
    assert is_kept_by(NAME, up)
    assert end_with(up, quiet) == [NAME]
    assert not process.is_alive()
    assert read_state(NAME) is None
    assert end_with(up, quiet) == []


def test_what_ran_before_is_left_running_and_is_idle_after_as_long_as_before(
    spec: serving.ServerSpec, start_for: Callable[..., RunningServer], begin: Callable[[], Deployment]
) -> None:
    start_for(None, idle_minutes=IDLE_MINUTES)
    up = begin()
    reuse_it(spec, up.identity)
    time.sleep(4 * 60 * IDLE_MINUTES)
    assert state().process.is_alive(), "it is held up though nobody asks it"
    assert state().idle_minutes == IDLE_MINUTES
    assert not is_kept_by(NAME, up.identity)
    assert end_with(up.identity, quiet) == []
    assert state().process.is_alive()
    up.kill()
    wait_until_gone()


def test_a_server_of_a_killed_deployment_stops_once_it_is_idle(
    start_for: Callable[..., RunningServer], begin: Callable[[], Deployment]
) -> None:
    up = begin()
    start_for(up.identity, idle_minutes=IDLE_MINUTES)
    time.sleep(4 * 60 * IDLE_MINUTES)
    assert state().process.is_alive()
    up.kill()
    wait_until_gone()


def test_the_next_deployment_takes_over_what_a_killed_one_has_left(
    spec: serving.ServerSpec, start_for: Callable[..., RunningServer], begin: Callable[[], Deployment]
) -> None:
    killed, following = begin(), begin()
    start_for(killed.identity, idle_minutes=15)
    take_over(following.identity)
    assert is_kept_by(NAME, killed.identity), "it lives, and keeps what is its own"
    killed.kill()
    take_over(following.identity)
    reuse_it(spec, following.identity)
    assert end_with(following.identity, quiet) == [NAME]


def test_what_two_deployments_hold_up_ends_with_the_last_of_them(
    spec: serving.ServerSpec, start_for: Callable[..., RunningServer], begin: Callable[[], Deployment]
) -> None:
    first, second = begin(), begin()
    start_for(first.identity, idle_minutes=15)
    reuse_it(spec, second.identity)
    assert end_with(first.identity, quiet) == []
    first.kill()
    assert state().process.is_alive()
    assert end_with(second.identity, quiet) == [NAME]


def wait_until_gone(seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while read_state(NAME) is not None:
        assert time.monotonic() < deadline, "the server was not stopped"
        time.sleep(0.05)
