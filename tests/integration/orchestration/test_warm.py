"""A forked process is what its caller would have been: environment, folder, streams, signals and end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.cli import warm_call
from stillroom.cli.warm_call import VARIABLE
from tests.fakes.processes import is_running

ROOT = Path(__file__).resolve().parents[3]
STARTER = """
import os, socket, sys
from stillroom.cli.warm import Starter, leave_no_database
leave_no_database()
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen(8)
print("listens", flush=True)
Starter(listening).serve().become()
exec(os.environ["CODE"])
"""


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a starter whose forks execute what the variable CODE holds."""
    where = Path("/tmp") / f"stillroom-test-{os.getpid()}"
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(where)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "listens\n"
        yield where
        starter.kill()
    where.unlink()


def call(place: Path | None, code: str, folder: Path = ROOT) -> subprocess.Popen[str]:
    environment = {"CODE": code, "PATH": os.environ["PATH"]} | ({VARIABLE: str(place)} if place else {})
    return subprocess.Popen(
        [sys.executable, "-I", "-S", warm_call.__file__],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 60
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(pid)


def test_it_has_its_callers_environment_folder_and_streams_and_its_caller_has_its_exit_code(
    place: Path, tmp_path: Path
) -> None:
    code = "import sys; print(os.getcwd(), os.environ.get('HOME')); print('oh', file=sys.stderr); sys.exit(7)"
    with call(place, code, tmp_path) as caller:
        out, err = caller.communicate(timeout=30)
    assert (caller.returncode, out, err) == (7, f"{tmp_path} None\n", "oh\n")


def test_it_ends_as_it_should_after_it_has_asked_a_database(place: Path) -> None:
    """DuckDB has threads from its import on, which a fork lacks: it aborted as it ended."""
    with call(place, "import duckdb; duckdb.connect().execute('SELECT 1')") as caller:
        out, err = caller.communicate(timeout=30)
    assert (caller.returncode, out, err) == (0, "", "")


def test_many_at_once_are_told_apart(place: Path) -> None:
    callers = [call(place, f"import time; time.sleep(0.2); print({n}); sys.exit({n})") for n in range(8)]
    for number, caller in enumerate(callers):
        out, _ = caller.communicate(timeout=30)
        assert (caller.returncode, out) == (number, f"{number}\n")


def test_a_signal_to_the_caller_reaches_it(place: Path) -> None:
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    with call(place, code) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "ready\n"
        caller.terminate()
        assert caller.wait(timeout=30) == 5


def test_it_ends_with_a_caller_that_is_killed(place: Path) -> None:
    with call(place, "import time; print(os.getpid(), flush=True); time.sleep(600)") as caller:
        assert caller.stdout is not None
        pid = int(caller.stdout.readline())
        caller.kill()
        wait_until_gone(pid)


WORKER = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-I", "-S", sys.argv[1]])
time.sleep(600)
"""


def test_it_is_asked_to_end_when_its_worker_was_killed(place: Path) -> None:
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('asked', flush=True), sys.exit(0)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    command = [sys.executable, "-S", "-c", WORKER, warm_call.__file__]
    environment = {"CODE": code, VARIABLE: str(place)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        worker.kill()
        assert worker.stdout.readline() == "asked\n"


def test_each_signal_reaches_it_once(place: Path) -> None:
    code = (
        "import signal, time\n"
        "got = []\n"
        "signal.signal(signal.SIGTERM, lambda *_: got.append(1))\n"
        "print('ready', flush=True)\n"
        "end = time.monotonic() + 2\n"
        "while time.monotonic() < end: time.sleep(0.1)\n"
        "sys.exit(len(got))"
    )
    with call(place, code) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "ready\n"
        for _ in range(3):
            caller.terminate()
            time.sleep(0.2)
        assert caller.wait(timeout=30) == 1


def test_it_has_time_to_write_down_its_end_when_its_caller_was_killed_but_not_for_ever(place: Path) -> None:
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True))\n"
        "print(os.getpid(), flush=True)\n"
        "while True: time.sleep(1)"
    )
    with call(place, code) as caller:
        assert caller.stdout is not None
        pid = int(caller.stdout.readline())
        caller.kill()
        assert caller.stdout.readline() == "asked\n"
        assert is_running(pid)
        wait_until_gone(pid)


def test_a_starter_that_is_asked_to_end_waits_for_those_it_has_forked(tmp_path: Path) -> None:
    where = tmp_path / "warm"
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), print('written', flush=True), os._exit(3)))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    command = [sys.executable, "-c", STARTER, str(where)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "listens\n"
        with call(where, code) as caller:
            assert caller.stdout is not None
            assert caller.stdout.readline() == "ready\n"
            os.killpg(starter.pid, signal.SIGTERM)
            assert caller.stdout.readline() == "written\n"
            assert caller.wait(timeout=30) == 3
        assert starter.wait(timeout=30) == 0


def test_where_it_is_killed_its_caller_ends_by_the_same_signal(place: Path) -> None:
    with call(place, "import signal; os.kill(os.getpid(), signal.SIGKILL)") as caller:
        assert caller.wait(timeout=30) == -signal.SIGKILL


@pytest.mark.parametrize("is_named", [False, True])
def test_where_nobody_listens_the_caller_becomes_the_engine_itself(tmp_path: Path, is_named: bool) -> None:
    with call(tmp_path / "nobody" if is_named else None, "") as caller:
        _, err = caller.communicate(timeout=120)
    assert caller.returncode == 1
    assert "Invalid flow run id" in err


def test_log_lines_that_nobody_reads_end_nothing() -> None:
    code = (
        "import os, sys; from rich.console import Console; from stillroom.cli.warm import go_on_without_readers\n"
        "go_on_without_readers()\n"
        "console = Console()\n"
        "console.print('one')\n"
        "sys.stdin.readline()\n"
        "for _ in range(3): console.print('lost')\n"
        "os._exit(7)"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"one\n"
        writer.stdout.close()
        writer.stdin.write(b"go on\n")
        writer.stdin.flush()
        assert writer.wait(timeout=30) == 7
