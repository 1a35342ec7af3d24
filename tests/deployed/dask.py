"""What tests of Dask workers stand on: a flow that does what it is told, and clusters as an operator starts them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect import flow

from tasks.dask_batches import DaskBatches
from tests.integration.workbench import ROOT

NUMBERS = [str(number).encode() for number in range(12)]
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


@contextmanager
def on(cluster: int | str) -> Iterator[DaskBatches]:
    batches = DaskBatches(cluster)
    try:
        yield batches
    finally:
        batches.close()


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


def worker(address: str, **environment: str) -> Any:
    return started("worker", address, "--nthreads", "1", "--no-nanny", **environment)


def wait_for(mark: Path) -> None:
    while not mark.exists():
        time.sleep(0.05)
