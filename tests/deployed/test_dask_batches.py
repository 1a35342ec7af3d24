"""Batches on two worker processes of our own: in their order, again where one dies, left when the workshop closes."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from stillroom.errors import GateError, RequestError, WorkersError
from tasks import dask_batches as module
from tasks.dask_batches import DaskBatches
from tests.deployed.dask import NUMBERS, in_flow, on, run, wait_for
from tests.fakes import work
from tests.integration.workbench import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _server(api: str) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: api}):
        yield


@pytest.fixture(scope="module")
def two() -> Iterator[DaskBatches]:
    batches = DaskBatches(2)
    yield batches
    batches.close()


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


def test_an_error_of_the_work_comes_back_as_it_was_raised(two: DaskBatches) -> None:
    with pytest.raises(GateError, match=r"^the batch 0 is not good enough\. Take another\.$"):
        run(two, work.refuse)
    with pytest.raises(OSError, match="no room for batch 0"):  # the machine's, and not the cluster's
        run(two, work.fill_the_disk)
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


def test_a_worker_with_other_code_that_comes_later_is_refused_as_well(
    two: DaskBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(two, work.reverse, [b"met"])
    monkeypatch.setattr(module, "installation", lambda: {"stillroom": "0.0.9"})
    with pytest.raises(RequestError, match=r"^a worker on \S+ has stillroom \S+, expected 0\.0\.9, "):
        run(two, work.reverse)


def test_whoever_waits_for_a_batch_is_let_go_where_the_workshop_closes(tmp_path: Path) -> None:
    mark = tmp_path / "begun"
    with on(2) as batches:

        def take() -> list[bytes]:
            found = batches.run("do", partial(work.begin_and_wait, mark=str(mark)), NUMBERS)
            threading.Thread(target=close_after, args=(mark, batches), daemon=True).start()
            return list(found)

        with pytest.raises(WorkersError, match="was left while its workers were at work"):
            in_flow(take)


def close_after(mark: Path, batches: DaskBatches) -> None:
    wait_for(mark)
    batches.close()


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
