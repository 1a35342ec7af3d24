"""The ground gives way under a build: the disk fills up, Docker or Prefect is killed. It says so and continues."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.disks import fill, small_disk
from tests.fakes.teacher import TeacherProcess, teacher_process
from tests.faults.accounts import Accounts
from tests.faults.campaign import IN_FLIGHT, opened, settle
from tests.faults.daemons import daemons_home, docker_daemon, end_what_the_daemon_left
from tests.integration.workbench import SEEDS, Workbench, finish, wait_until

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system or starts a daemon, which only root may"),
]
ROOMY = "600m"


@pytest.fixture
def teacher(tmp_path: Path) -> Iterator[TeacherProcess]:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), "--delay", "0.05") as process:
        yield process


def paid_samples(teacher: TeacherProcess) -> int:
    return sum(one.kind == "sample" for one in teacher.paid)


def looked_at(bench: Workbench, teacher: TeacherProcess) -> Accounts:
    """The accounts of a lake as a build that failed left it: at most what was in flight is lost."""
    accounts = Accounts()
    settle(teacher)
    with opened(bench.lake) as lake:
        accounts.after_kill(lake, teacher.paid, in_flight=IN_FLIGHT)
    return accounts


def assert_whole(bench: Workbench, teacher: TeacherProcess, accounts: Accounts) -> None:
    """Samples, verdicts and writing replies are there once; nothing was paid for in vain but what was lost before."""
    with opened(bench.lake) as lake:
        accounts.at_the_end(lake, teacher.paid)


@pytest.mark.parametrize("size", ["4m", "5m", "5500k"])
def test_full_disk_is_named_and_the_build_continues_once_there_is_room(
    tmp_path: Path, teacher: TeacherProcess, size: str
) -> None:
    bench = Workbench(tmp_path, teacher.url)
    with small_disk(bench.lake, size):
        failed = bench.build()
        assert failed.code == 1, failed.out
        assert "space" in failed.err.lower(), failed.err
        assert "Traceback" not in failed.err
        subprocess.run(["mount", "-o", f"remount,size={ROOMY}", str(bench.lake)], check=True)

        done = bench.build("--json")

        assert done.code == 0, done.err
        assert_whole(bench, teacher, Accounts())


def test_disk_that_fills_up_under_a_build_is_named_and_the_build_continues(
    tmp_path: Path, teacher: TeacherProcess
) -> None:
    bench = Workbench(tmp_path, teacher.url)
    with small_disk(bench.lake, "60m"):
        with bench.started_build() as process:
            wait_until(lambda: paid_samples(teacher) >= 4, process)
            filler = fill(bench.lake)
            failed = finish(process)
        assert failed.code == 1, failed.out
        assert "space" in failed.err.lower(), failed.err
        assert "Traceback" not in failed.err
        filler.unlink()
        subprocess.run(["mount", "-o", f"remount,size={ROOMY}", str(bench.lake)], check=True)

        done = bench.build("--json")

        assert done.code == 0, done.err
        assert_whole(bench, teacher, Accounts())


def test_killed_prefect_server_is_named_at_once_and_the_build_continues(
    tmp_path: Path, teacher: TeacherProcess
) -> None:
    bench = Workbench(tmp_path, teacher.url)
    with bench.started_build() as process:
        wait_until(lambda: paid_samples(teacher) >= 4, process)
        found = subprocess.run(
            ["pgrep", "-P", str(process.pid), "-f", "prefect_process"], capture_output=True, text=True, check=True
        )
        os.kill(int(found.stdout), signal.SIGKILL)
        failed = finish(process)
    assert failed.code == 1, failed.out
    assert "Prefect's server failed under the build" in failed.err
    assert "Traceback" not in failed.err
    accounts = looked_at(bench, teacher)

    done = bench.build("--json")

    assert done.code == 0, done.err
    assert_whole(bench, teacher, accounts)


def test_disk_that_is_full_already_is_named(tmp_path: Path, teacher: TeacherProcess) -> None:
    bench = Workbench(tmp_path, teacher.url)
    with small_disk(bench.lake, "64k"):
        failed = bench.build()
    assert failed.code == 1, failed.out
    assert "No space left" in failed.err
    assert "Free some space" in failed.err
    assert "Traceback" not in failed.err
    assert teacher.paid == []


@pytest.mark.skipif(shutil.which("dockerd") is None, reason="no dockerd on this machine")
def test_killed_docker_daemon_ends_in_a_sentence_and_the_build_continues(
    tmp_path: Path, teacher: TeacherProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Workbench(tmp_path, teacher.url)
    with daemons_home(monkeypatch) as folder:
        with docker_daemon(folder) as daemon, bench.started_build() as process:
            wait_until(lambda: paid_samples(teacher) >= 8, process)
            os.kill(daemon.pid, signal.SIGKILL)
            daemon.wait()
            end_what_the_daemon_left(folder)
            failed = finish(process)
        assert failed.code == 1, failed.out
        assert "Docker" in failed.err, failed.err
        assert "Traceback" not in failed.err
        accounts = looked_at(bench, teacher)
        with docker_daemon(folder):
            done = bench.build("--json")
            assert done.code == 0, done.err
            assert_whole(bench, teacher, accounts)
