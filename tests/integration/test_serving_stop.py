"""A server is stopped also where it hangs and somebody waits for it, and nobody waits in silence."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from stillroom.errors import TeacherError
from stillroom.teachers import serving, serving_stop
from stillroom.teachers.serving_port import free_port
from stillroom.teachers.serving_process import spawn
from stillroom.teachers.serving_start import reuse, start
from stillroom.teachers.serving_state import Paths, ServerState, read_state, write_state

NAME = "qwen2.5-coder-0.5b-instruct"
HANGS = [sys.executable, "-S", "-c", "import time; time.sleep(300)"]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    yield
    serving.stop(NAME)


@pytest.fixture
def spec() -> serving.ServerSpec:
    return serving.ServerSpec(
        name=NAME, model_path="/models/tiny", revision="abc", device="cpu", port=free_port("127.0.0.1")
    )


def hanging(spec: serving.ServerSpec) -> ServerState:
    """A server that was started before, and hangs."""
    log = Paths.of(NAME).log
    state = ServerState(
        name=NAME,
        url=spec.url,
        model_path=spec.model_path,
        revision=spec.revision,
        device=spec.device,
        process=spawn(HANGS, {}, log),
        log=str(log),
        started_at=time.time(),
    )
    write_state(state)
    return state


def waited_for(wait: Callable[[], object]) -> tuple[threading.Thread, list[TeacherError]]:
    """Wait for a server as ``serve`` does, in a thread; the second list gets what became of it."""
    holds, failed = threading.Event(), list[TeacherError]()

    def hold() -> None:
        with FileLock(Paths.of(NAME).lock):
            holds.set()
            try:
                wait()
            except TeacherError as error:
                failed.append(error)

    waiting = threading.Thread(target=hold)
    waiting.start()
    assert holds.wait(10)
    return waiting, failed


def remembered() -> ServerState:
    wait_until(lambda: read_state(NAME) is not None, "no server was started")
    state = read_state(NAME)
    assert state is not None
    return state


def written() -> tuple[int, int]:
    """Tells one writing of what is remembered from another: whoever finds a server writes it down anew, and waits."""
    found = Paths.of(NAME).state.stat()
    return found.st_ino, found.st_mtime_ns


def wait_until(condition: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.02)


@pytest.mark.parametrize("was_there", [False, True], ids=["by who started it", "by who found it"])
def test_a_server_that_hangs_is_stopped_though_it_is_waited_for(spec: serving.ServerSpec, was_there: bool) -> None:
    if was_there:
        hanging(spec)
        before = written()
        waiting, failed = waited_for(
            lambda: reuse(spec, idle_minutes=0, timeout_seconds=60, progress=lambda line: None)
        )
        wait_until(lambda: written() != before, "nobody found the server")
    else:
        waiting, failed = waited_for(
            lambda: start(spec, HANGS, {}, idle_minutes=0, timeout_seconds=60, progress=lambda line: None)
        )
    process = remembered().process
    said: list[str] = []

    assert serving.stop(NAME, said.append)

    waiting.join(30)
    assert not process.is_alive()
    assert said == [f"Ending the server of {NAME} (pid {process.pid}), for which somebody else waits"]
    assert "ended with exit code" in str(failed[0])
    assert read_state(NAME) is None


def test_stop_does_not_wait_for_somebody_who_does_not_let_go(
    spec: serving.ServerSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_stop, "RELEASE_SECONDS", 0.3)
    process = hanging(spec).process
    with FileLock(Paths.of(NAME).lock):
        assert serving.stop(NAME, lambda line: None)
        assert not process.is_alive()


def test_stopping_what_somebody_else_is_about_to_start_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_stop, "UNKNOWN_SECONDS", 0.3)
    said: list[str] = []
    with (
        FileLock(Paths.of(NAME).lock),
        pytest.raises(
            TeacherError, match=r"somebody else has been starting .*no server of it runs .*Stop that command"
        ),
    ):
        serving.stop(NAME, said.append)
    assert said == [f"Waiting: somebody else is starting or stopping {NAME}, and no server of it runs"]
