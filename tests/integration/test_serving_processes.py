"""One server a model: started once, found again, never confused with another, stopped when idle."""

import dataclasses
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from filelock import FileLock

from stillroom.errors import RequestError, TeacherError, TeacherMismatch
from stillroom.teachers import serving, serving_port, serving_start
from stillroom.teachers.models import PulledModel
from stillroom.teachers.progress import Share
from stillroom.teachers.serving_port import free_port
from stillroom.teachers.serving_process import identify_process
from stillroom.teachers.serving_spec import server_environment
from stillroom.teachers.serving_start import RunningServer, reuse, start
from stillroom.teachers.serving_state import Paths, activity, read_state, write_state
from tests.fakes.small_server import FAKE_SERVER

NAME = "qwen2.5-coder-0.5b-instruct"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    (tmp_path / "fake.py").write_text(FAKE_SERVER)
    yield
    serving.stop(NAME)


@pytest.fixture
def spec() -> serving.ServerSpec:
    return serving.ServerSpec(
        name=NAME, model_path="/models/tiny", revision="abc", device="cpu", port=free_port("127.0.0.1")
    )


def start_fake(
    spec: serving.ServerSpec, tmp_path: Path, *, says: str = "abc", idle_minutes: float = 0
) -> RunningServer:
    argv = [sys.executable, "-S", str(tmp_path / "fake.py"), str(spec.port), says]
    return start(spec, argv, {}, idle_minutes=idle_minutes, timeout_seconds=20, progress=lambda line: None)


def reuse_fake(spec: serving.ServerSpec) -> RunningServer | None:
    return reuse(spec, idle_minutes=0, timeout_seconds=5, progress=lambda line: None)


def wait_until_gone(seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while read_state(NAME) is not None:
        assert time.monotonic() < deadline, "the server was not stopped"
        time.sleep(0.05)


def test_a_started_server_is_known_until_it_is_stopped(spec: serving.ServerSpec, tmp_path: Path) -> None:
    started = start_fake(spec, tmp_path)
    (status,) = serving.status()
    assert (status.name, status.state, status.url, status.pid) == (NAME, "ready", spec.url, started.pid)
    assert status.resident_bytes > 1_000_000
    assert serving.stop(NAME)
    assert serving.status() == []
    assert not serving.stop(NAME)


def test_a_running_server_is_reused(spec: serving.ServerSpec, tmp_path: Path) -> None:
    started = start_fake(spec, tmp_path)
    again = reuse_fake(spec)
    assert again is not None
    assert (again.pid, again.url, again.reused) == (started.pid, started.url, True)


def test_a_proxy_does_not_hide_a_server_of_this_machine(
    spec: serving.ServerSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    start_fake(spec, tmp_path)
    assert serving.status()[0].state == "ready"
    assert activity(spec.url) == 0.0
    again = reuse_fake(spec)
    assert again is not None
    assert again.reused


def test_a_server_keeps_its_questions_to_itself_away_from_a_proxy(
    spec: serving.ServerSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "a.example")
    started = start_fake(spec, tmp_path)
    environ = Path(f"/proc/{started.pid}/environ").read_bytes().split(b"\0")
    assert b"no_proxy=a.example,127.0.0.1,localhost" in environ


def test_a_server_finds_the_modules_of_its_own_environment_alone(
    spec: serving.ServerSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "json.py").write_text("raise SystemExit('a module of somebody else')")
    argv = [sys.executable, "-S", str(tmp_path / "fake.py"), str(spec.port), "abc"]
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))

    start(spec, argv, server_environment(spec), idle_minutes=0, timeout_seconds=20, progress=lambda line: None)

    assert serving.status()[0].state == "ready"


def test_a_killed_server_is_noticed(spec: serving.ServerSpec, tmp_path: Path) -> None:
    os.kill(start_fake(spec, tmp_path).pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while serving.status()[0].state != "dead":
        assert time.monotonic() < deadline
    assert reuse_fake(spec) is None
    assert read_state(NAME) is None


def test_a_server_with_other_weights_is_refused_and_left_alone(spec: serving.ServerSpec, tmp_path: Path) -> None:
    started = start_fake(spec, tmp_path)
    with pytest.raises(TeacherMismatch, match=r"serves abc .*expected def .*stillroom teacher stop"):
        reuse_fake(dataclasses.replace(spec, revision="def"))
    assert serving.status()[0].pid == started.pid


def test_a_new_server_that_says_something_else_is_not_kept(spec: serving.ServerSpec, tmp_path: Path) -> None:
    with pytest.raises(TeacherMismatch, match="serves default"):
        start_fake(spec, tmp_path, says="default")
    assert serving.status() == []


def test_a_server_that_dies_at_once_is_reported_at_once(spec: serving.ServerSpec) -> None:
    began = time.monotonic()
    argv = [sys.executable, "-S", "-c", "raise ValueError('no such flag')"]
    with pytest.raises(TeacherError, match=r"exit code 1 (?s:.*)ValueError: no such flag"):
        start(spec, argv, {}, timeout_seconds=30, progress=lambda line: None)
    assert time.monotonic() - began < 10
    assert serving.status() == []


def test_a_server_that_never_answers_is_stopped(spec: serving.ServerSpec) -> None:
    argv = [sys.executable, "-S", "-c", "import time; print('loading', flush=True); time.sleep(60)"]
    with pytest.raises(TeacherError, match=r"did not answer .*within 1 s(?s:.*)loading"):
        start(spec, argv, {}, timeout_seconds=1, progress=lambda line: None)
    assert serving.status() == []


def test_a_torn_state_file_counts_as_none() -> None:
    Paths.of(NAME).state.write_text('{"name": "qwen')
    assert read_state(NAME) is None
    assert serving.status() == []


def test_stopping_an_unknown_name_is_a_wrong_request() -> None:
    with pytest.raises(RequestError, match="is not known"):
        serving.stop("nope")


def test_an_idle_server_is_stopped(spec: serving.ServerSpec, tmp_path: Path) -> None:
    start_fake(spec, tmp_path, idle_minutes=0.02)
    wait_until_gone()


# Starts a server that never answers, as a build does: in a thread that dies with the process.
CUT_OFF = """
import sys, threading, time
from stillroom.teachers.serving_spec import ServerSpec
from stillroom.teachers.serving_start import start
from stillroom.teachers.serving_state import read_state
spec = ServerSpec(name=sys.argv[1], model_path="/models/tiny", revision="abc", device="cpu", port=int(sys.argv[2]))
argv = [sys.executable, "-S", "-c", "import time; time.sleep(300)"]
threading.Thread(target=start, args=(spec, argv, {}), kwargs={"idle_minutes": 0.05}, daemon=True).start()
while read_state(spec.name) is None:
    time.sleep(0.01)
time.sleep(0.5)
print(read_state(spec.name).process.pid)
"""


def test_a_server_whose_start_was_cut_off_is_stopped_too(spec: serving.ServerSpec) -> None:
    argv = [sys.executable, "-c", CUT_OFF, NAME, str(spec.port)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    pid = int(done.stdout.split()[-1])

    wait_until_gone()

    assert identify_process(pid).started == 0  # it does not run


def test_a_start_that_takes_longer_than_the_idle_time_is_not_for_nothing(
    spec: serving.ServerSpec, tmp_path: Path
) -> None:
    late = (tmp_path / "fake.py").read_text().replace("posts = 0", "import time; time.sleep(6); posts = 0", 1)
    (tmp_path / "fake.py").write_text(late)
    with FileLock(Paths.of(NAME).lock):  # as ``serve`` does; the idler waits for it
        started = start_fake(spec, tmp_path, idle_minutes=0.04)
    time.sleep(0.7)  # in which it would be stopped
    (status,) = serving.status()
    assert (status.pid, status.state) == (started.pid, "ready")


def test_requests_and_touches_keep_a_server_up(spec: serving.ServerSpec, tmp_path: Path) -> None:
    start_fake(spec, tmp_path, idle_minutes=0.05)  # 3 s
    for turn in range(10):
        if turn % 2:
            httpx.post(f"{spec.url}/generate")
        else:
            serving.touch(NAME)
        time.sleep(0.5)
    assert serving.status()[0].state == "ready"
    wait_until_gone()


def test_whoever_wants_it_longest_decides(spec: serving.ServerSpec, tmp_path: Path) -> None:
    start_fake(spec, tmp_path, idle_minutes=5)
    reuse(spec, idle_minutes=1, progress=lambda line: None)
    assert serving.status()[0].idle_minutes == 5
    reuse_fake(spec)
    assert serving.status()[0].idle_minutes == 0


def test_a_dead_idler_is_replaced(spec: serving.ServerSpec, tmp_path: Path) -> None:
    start_fake(spec, tmp_path, idle_minutes=5)
    before = read_state(NAME)
    assert before is not None
    assert before.idler is not None
    before.idler.end()
    reuse(spec, idle_minutes=5, progress=lambda line: None)
    after = read_state(NAME)
    assert after is not None
    assert after.idler is not None
    assert after.idler.is_alive()
    assert after.idler != before.idler


@pytest.fixture
def fake_setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``serve`` with the set-up left out and the fake server for SGLang."""
    model = PulledModel(
        name=NAME, path=tmp_path, source="hub", revision="abc", licence="", hub_id="Owner/Tiny", pulled_at=0.0
    )
    monkeypatch.setattr(serving, "pull", lambda name, progress, revision: model)
    monkeypatch.setattr(serving, "ensure_environment", lambda progress: Path(sys.executable))

    def fake_command(spec: serving.ServerSpec, python: Path) -> list[str]:
        return [str(python), "-S", str(tmp_path / "fake.py"), str(spec.port), spec.revision]

    monkeypatch.setattr(serving, "command", fake_command)


@pytest.mark.usefixtures("fake_setup")
def test_two_who_ask_at_once_get_one_server() -> None:
    got: list[RunningServer] = []

    def ask() -> None:
        got.append(serving.serve(NAME, device="cpu", idle_minutes=0, timeout_seconds=20, progress=lambda line: None))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({server.pid for server in got}) == 1
    assert sorted(server.reused for server in got) == [False, True]


@pytest.mark.usefixtures("fake_setup")
def test_a_taken_port_is_avoided_unless_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = int(other.getsockname()[1])
        with pytest.raises(TeacherError, match=f"port {taken} .* is taken"):
            serving.serve(NAME, device="cpu", port=taken, progress=lambda line: None)
        monkeypatch.setattr(serving_port, "DEFAULT_PORT", taken)
        server = serving.serve(NAME, device="cpu", idle_minutes=0, timeout_seconds=20, progress=lambda line: None)
        assert not server.url.endswith(f":{taken}")


def test_a_dry_run_touches_nothing(tmp_path: Path) -> None:
    for device in ("auto", "cuda", "cpu"):
        assert serving.dry_run(NAME, device=device).argv
    assert [path.name for path in tmp_path.iterdir()] == ["fake.py"]


def test_a_start_says_how_long_it_has_taken_of_what_is_usual(
    spec: serving.ServerSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_start, "REPORT_SECONDS", 0.0)
    said: list[str] = []
    argv = [sys.executable, "-S", "-c", f"import time; time.sleep(1); exec({FAKE_SERVER!r})", str(spec.port), "abc"]
    start(spec, argv, {}, timeout_seconds=20, progress=said.append)
    shares = [line for line in said if isinstance(line, Share)]
    assert shares
    assert all(0 <= share.done <= share.total == serving_start.USUAL_SECONDS for share in shares)
    assert shares[-1].done >= 0.5
    assert shares[0].startswith("Starting SGLang: 0 s, usually about 40")


def test_a_state_survives_its_file(spec: serving.ServerSpec, tmp_path: Path) -> None:
    start_fake(spec, tmp_path)
    state = read_state(NAME)
    assert state is not None
    write_state(state)
    assert read_state(NAME) == state
