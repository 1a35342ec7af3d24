"""A Dask cluster at an address: used and left as it was, and refused before anything is done where it is not fit."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from stillroom.errors import RequestError, WorkersError
from tasks import dask_batches as module
from tests.deployed.dask import NUMBERS, in_flow, on, run, started, wait_for, worker
from tests.fakes import work
from tests.integration.workbench import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PACKAGES = ("stillroom", "verifiers", "tasks", "flows")


@pytest.fixture(autouse=True)
def _server(api: str) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: api}):
        yield


@pytest.fixture
def scheduler(port: int) -> Iterator[subprocess.Popen[bytes]]:
    with started("scheduler", "--host", "127.0.0.1", "--port", str(port)) as process:
        deadline = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield process


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def address(port: int, scheduler: object) -> str:
    return f"tcp://127.0.0.1:{port}"


def test_a_cluster_at_an_address_is_used_and_left_as_it_was(
    address: str, scheduler: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(address)) for _ in range(2)]
        for _ in range(2):
            with on(address) as batches:
                batches.meet()
                mark = tmp_path / "died"
                assert run(batches, work.reverse) == [one[::-1] for one in NUMBERS]
                found = {one.split()[1] for one in run(batches, work.name_process)}
                assert found <= {str(one.pid).encode() for one in workers}
        assert [one.poll() for one in (scheduler, *workers)] == [None] * 3
        with on(address) as batches:  # a worker of somebody's is killed, and the other does its batch
            killing = partial(work.die_the_first_time, mark=str(mark))
            assert run(batches, killing) == [one[::-1] for one in NUMBERS]


def test_workers_with_other_code_are_refused_before_they_do_anything(address: str, tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "stillroom" / "curation" / "sketch.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    expected = r"^the Dask worker at tcp://127\.0\.0\.1:\d+ has stillroom \S+, expected \S+, .* Install the same there"
    with worker(address, PYTHONPATH=str(tmp_path)), on(address) as batches, pytest.raises(RequestError, match=expected):
        batches.meet()


def test_a_worker_without_stillroom_is_refused_by_what_it_lacks(address: str, tmp_path: Path) -> None:
    (tmp_path / "without.py").write_text("import sys\nsys.modules['stillroom'] = None\n", encoding="utf-8")
    without = started(
        "worker", address, "--nthreads", "1", "--no-nanny", "--preload", "without", PYTHONPATH=str(tmp_path)
    )
    with (
        without,
        on(address) as batches,
        pytest.raises(RequestError, match=r"has none or another: .*stillroom.*Install"),
    ):
        batches.meet()


def test_a_scheduler_without_workers_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORKERS_SECONDS", 1.0)
    with (
        on(address) as batches,
        pytest.raises(RequestError, match=rf"{address} has no workers\..*`dask worker {address}`"),
    ):
        batches.meet()


def test_an_address_that_nobody_answers_at_is_refused(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 1.0)
    nowhere = f"tcp://127.0.0.1:{port}"
    with on(nowhere) as batches, pytest.raises(RequestError, match=rf"^no Dask scheduler answers at {nowhere}: "):
        batches.meet()


def test_work_ends_where_its_scheduler_does(address: str, scheduler: subprocess.Popen[bytes], tmp_path: Path) -> None:
    mark = tmp_path / "begun"
    with worker(address), on(address) as batches:

        def take() -> list[bytes]:
            found = batches.run("do", partial(work.begin_and_wait, mark=str(mark)), NUMBERS)
            threading.Thread(target=kill_after, args=(mark, scheduler), daemon=True).start()
            return list(found)

        with pytest.raises(WorkersError, match="the Dask scheduler is gone"):
            in_flow(take)


def test_work_ends_where_all_its_workers_have_gone(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "begun"
    with worker(address) as only, on(address) as batches:
        batches.meet()
        monkeypatch.setattr(module, "WORKERS_SECONDS", 1.0)

        def take() -> list[bytes]:
            found = batches.run("do", partial(work.begin_and_wait, mark=str(mark)), NUMBERS)
            threading.Thread(target=kill_after, args=(mark, only), daemon=True).start()
            return list(found)

        with pytest.raises(WorkersError, match="has had no worker for 1 s"):
            in_flow(take)


def kill_after(mark: Path, process: subprocess.Popen[bytes]) -> None:
    wait_for(mark)
    process.kill()
