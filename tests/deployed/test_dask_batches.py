"""Batches on Dask: two worker processes of our own, or a cluster at an address; in order, and again where one dies."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.settings import PREFECT_API_URL, temporary_settings

from stillroom.errors import GateError, RequestError, WorkersError
from tasks import dask_batches as module
from tasks.dask_batches import DaskBatches
from tests.fakes import work
from tests.integration.workbench import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PACKAGES = ("stillroom", "verifiers", "tasks", "flows")
NUMBERS = [str(number).encode() for number in range(12)]


@pytest.fixture(autouse=True)
def _server(api: str) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: api}):
        yield


@pytest.fixture(scope="module")
def two() -> Iterator[DaskBatches]:
    batches = DaskBatches(2)
    yield batches
    batches.close()


_takes: list[Callable[[], Any]] = []


def _take() -> Any:
    return _takes.pop()()


@flow(name="of a test")
def _flow() -> Any:
    return _take()  # by a function's name: what a flow itself refers to crosses to the workers with it


def in_flow(take: Callable[[], Any]) -> Any:
    _takes.append(take)
    return _flow()


def run(batches: DaskBatches, wanted: Callable[[bytes], bytes], given: Iterable[bytes] = NUMBERS) -> list[bytes]:
    return in_flow(lambda: list(batches.run("do", wanted, given)))


def test_two_processes_share_the_batches_and_results_are_in_their_order(two: DaskBatches) -> None:
    found = [one.split() for one in run(two, work.name_process)]
    assert [number for number, _ in found] == NUMBERS
    assert len({process for _, process in found}) == 2
    assert str(os.getpid()).encode() not in {process for _, process in found}
    assert run(two, work.reverse, []) == []


def test_ctrl_c_of_the_terminal_is_left_to_the_process_that_started_the_workers(two: DaskBatches) -> None:
    before = {int(one.split()[1]) for one in run(two, work.name_process)}
    for process in before:
        os.kill(process, signal.SIGINT)
    time.sleep(0.5)
    assert {int(one.split()[1]) for one in run(two, work.name_process)} == before


def test_few_batches_are_asked_for_ahead(two: DaskBatches) -> None:
    ahead = most = 0

    def given() -> Iterator[bytes]:
        nonlocal ahead, most
        for number in NUMBERS:
            ahead += 1
            most = max(most, ahead)
            yield number

    def take() -> list[bytes]:
        nonlocal ahead
        taken: list[bytes] = []
        for one in two.run("do", work.reverse, given()):
            ahead -= 1
            taken.append(one)
        return taken

    assert in_flow(take) == [one[::-1] for one in NUMBERS]
    assert most == 2 * module.BATCHES_AHEAD


def test_an_error_of_stillroom_comes_back_as_it_was_raised(two: DaskBatches) -> None:
    with pytest.raises(GateError, match=r"^the batch 0 is not good enough\. Take another\.$"):
        run(two, work.refuse)
    assert run(two, work.reverse, [b"ab"]) == [b"ba"]


def test_workers_that_do_not_reach_the_server_of_prefect_work_all_the_same(two: DaskBatches) -> None:
    def take() -> list[bytes]:
        with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):  # as a build's own is to other machines
            return list(two.run("do", work.reverse, NUMBERS))

    assert in_flow(take) == [one[::-1] for one in NUMBERS]


def test_a_batch_whose_worker_dies_is_done_again(two: DaskBatches, tmp_path: Path) -> None:
    mark = tmp_path / "died"
    assert run(two, partial(work.die_the_first_time, mark=str(mark))) == [one[::-1] for one in NUMBERS]
    assert mark.exists()


def test_a_batch_that_kills_every_worker_ends_the_work_and_no_later_one(two: DaskBatches) -> None:
    with pytest.raises(WorkersError, match=r"died one after another at the same batch.* is not done again\.$"):
        run(two, work.die, NUMBERS[:1])
    assert run(two, work.reverse, [b"ab"]) == [b"ba"]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def started(part: str, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A scheduler or a worker as an operator starts it; without the page, which takes packages that are not here."""
    command = [sys.executable, "-P", "-m", f"distributed.cli.dask_{part}", "--no-dashboard", *arguments]
    path = {"PYTHONPATH": str(ROOT), **environment}
    with subprocess.Popen(command, env={**os.environ, **path}, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


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


@contextmanager
def on(cluster: int | str) -> Iterator[DaskBatches]:
    batches = DaskBatches(cluster)
    try:
        yield batches
    finally:
        batches.close()


def worker(address: str, **environment: str) -> Any:
    return started("worker", address, "--nthreads", "1", "--no-nanny", **environment)


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


def test_a_worker_with_other_code_that_comes_later_is_refused_as_well(
    two: DaskBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(two, work.reverse, [b"met"])
    monkeypatch.setattr(module, "installation", lambda: {"stillroom": "0.0.9"})
    with pytest.raises(RequestError, match=r"^a worker on \S+ has stillroom \S+, expected 0\.0\.9, "):
        run(two, work.reverse)


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


def test_work_ends_where_its_scheduler_does(
    address: str, scheduler: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    monkeypatch.setattr(module, "WORKERS_SECONDS", 1.0)
    mark = tmp_path / "begun"
    with worker(address) as only, on(address) as batches:

        def take() -> list[bytes]:
            found = batches.run("do", partial(work.begin_and_wait, mark=str(mark)), NUMBERS)
            threading.Thread(target=kill_after, args=(mark, only), daemon=True).start()
            return list(found)

        with pytest.raises(WorkersError, match="has had no worker for 1 s"):
            in_flow(take)


def test_whoever_waits_for_a_batch_is_let_go_where_the_workshop_closes(tmp_path: Path) -> None:
    mark = tmp_path / "begun"
    with on(2) as batches:

        def take() -> list[bytes]:
            found = batches.run("do", partial(work.begin_and_wait, mark=str(mark)), NUMBERS)
            threading.Thread(target=close_after, args=(mark, batches), daemon=True).start()
            return list(found)

        with pytest.raises(WorkersError, match="was left while its workers were at work"):
            in_flow(take)


def kill_after(mark: Path, process: subprocess.Popen[bytes]) -> None:
    wait_for(mark)
    process.kill()


def close_after(mark: Path, batches: DaskBatches) -> None:
    wait_for(mark)
    batches.close()


def wait_for(mark: Path) -> None:
    while not mark.exists():
        time.sleep(0.05)


def test_without_the_packages_a_person_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prefect_dask", None)
    for cluster in (2, "tcp://127.0.0.1:9"):
        with on(cluster) as batches, pytest.raises(RequestError, match=r"Install `stillroom\[dask\]`"):
            batches.meet()


def test_who_asks_for_no_cluster_imports_nothing_of_it() -> None:
    asked = (
        "import sys, flows.build, flows.reverify, stillroom.runs.curating\n"
        "sys.exit(any(one in sys.modules for one in ('dask', 'distributed', 'prefect_dask', 'tasks.dask_batches')))"
    )
    assert subprocess.run([sys.executable, "-c", asked], cwd=ROOT, check=False).returncode == 0
