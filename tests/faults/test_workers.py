"""Several workers and one shard: it is done once, and whoever takes it over pays only for what was in flight."""

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stillroom.journal import journal_at
from stillroom.runs import load_run, shard_journal, shard_key
from stillroom.sampling.entries import Entry
from tests.fakes.teacher import TeacherProcess, teacher_process
from tests.faults.accounts import Accounts, assert_judged
from tests.faults.campaign import IN_FLIGHT, opened, settle
from tests.faults.grounds import KINDS, ground
from tests.integration.workbench import ROOT, SEEDS, Workbench, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def teacher(tmp_path: Path) -> Iterator[TeacherProcess]:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), "--delay", "0.3") as process:
        yield process


@pytest.fixture
def accounts() -> Accounts:
    """What kills have cost so far."""
    return Accounts()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """What the lake stands on: one folder that the workers share, or a server, and a folder for each of them."""
    with ground(request.param, tmp_path):
        yield request.param


@pytest.fixture
def planned(kind: str, tmp_path: Path, teacher: TeacherProcess, accounts: Accounts) -> Workbench:
    """A run that has planned its shards and was killed before it was paid for much."""
    bench = Workbench(tmp_path, teacher.url)
    bench.write_recipe(seed_prompts=10, prompts_per_shard=10)
    with bench.started_build() as process:
        wait_until(lambda: len(teacher.paid) >= 1, process)
        process.kill()
        process.communicate()
    look_after_kill(bench, teacher, accounts)
    return bench


def look_after_kill(bench: Workbench, teacher: TeacherProcess, accounts: Accounts) -> None:
    settle(teacher)
    with opened(bench.lake) as lake:
        accounts.after_kill(lake, teacher.paid, in_flight=IN_FLIGHT)


@contextmanager
def worker(bench: Workbench, folder: Path, kind: str) -> Generator[subprocess.Popen[str]]:
    """A worker for the run's first shard, up and waiting for its start, in a folder of its own."""
    folder.mkdir()
    lake = folder / "lake" if kind == "postgres" else bench.lake
    command = [sys.executable, "-m", "tests.faults.worker", str(lake), "functions-r1", "0"]
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "READY\n", process.communicate()[1]
            yield process
        finally:
            process.kill()


def start(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def test_shard_given_to_two_workers_is_done_once(
    tmp_path: Path, planned: Workbench, teacher: TeacherProcess, kind: str, accounts: Accounts
) -> None:
    with worker(planned, tmp_path / "a", kind) as first, worker(planned, tmp_path / "b", kind) as second:
        start(first)
        start(second)
        said = {process.pid: process.communicate(timeout=300) for process in (first, second)}

    results = sorted((process.returncode, *said[process.pid]) for process in (first, second))
    assert results[0][0] == 0
    if results[1][0]:
        assert "shard 0 of run functions-r1 is being done by process" in results[1][2]
    else:
        assert results[1][1] == results[0][1], "both name the one commit"
    assert_done_once(planned, teacher, accounts)


def test_shard_killed_on_one_worker_is_finished_by_another_elsewhere(
    tmp_path: Path, planned: Workbench, teacher: TeacherProcess, kind: str, accounts: Accounts
) -> None:
    before = len(teacher.paid)
    with worker(planned, tmp_path / "a", kind) as first:
        start(first)
        wait_until(lambda: len(teacher.paid) >= before + 12, first)
        first.kill()
        first.communicate()
    assert journalled(planned) > 0
    look_after_kill(planned, teacher, accounts)
    with worker(planned, tmp_path / "b", kind) as second:
        start(second)
        said, complaint = second.communicate(timeout=300)
    assert second.returncode == 0, complaint
    assert said.startswith("shard:functions-r1:0:")
    assert_done_once(planned, teacher, accounts)


def journalled(bench: Workbench) -> int:
    with opened(bench.lake) as lake:
        return len(journal_at(shard_journal(lake, "functions-r1", 0), Entry).read().records)


def assert_done_once(bench: Workbench, teacher: TeacherProcess, accounts: Accounts) -> None:
    """One commit; samples, verdicts and writing replies once; and nothing was lost since the last kill."""
    with opened(bench.lake) as lake:
        run = load_run(lake, "functions-r1")
        assert lake.committed(shard_key(run, 0))
        samples = lake.rows("SELECT count(*) AS n, count(DISTINCT sample_id) AS distinct_n FROM lake.samples")[0]
        verdicts = lake.rows("SELECT count(*) AS n, count(DISTINCT sample_id) AS distinct_n FROM lake.verdicts")[0]
        receipts = lake.rows("SELECT count(*) AS n FROM lake.commits WHERE starts_with(key, 'shard:')")
        accounts.after_kill(lake, teacher.paid, in_flight=0)
        assert_judged(lake)
    assert samples["n"] == samples["distinct_n"] > 0
    assert verdicts == samples
    assert receipts == [{"n": 1}]
