"""A recipe of two small shards, a teacher on a port that another one can take over, and a deployment for many tests."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from tests.deployed.deployment import Deployment, deployed
from tests.fakes.teacher import TeacherProcess, teacher_process
from tests.integration.workbench import SEEDS, Workbench

ALWAYS_RIGHT = tuple(f"--{share}=0" for share in ("wrong", "prose", "refusal", "truncated", "hard", "repeat"))
Start = Callable[..., TeacherProcess]
_numbers = count(1)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def start_teacher(tmp_path: Path, port: int) -> Iterator[Start]:
    """Starts a teacher that answers every seed rightly; the next one goes on with the same ledger and port."""
    with ExitStack() as running:

        def start(*flags: str) -> TeacherProcess:
            known = ("--port", str(port), "--tasks", str(SEEDS), *ALWAYS_RIGHT)
            return running.enter_context(teacher_process(tmp_path / "ledger", *known, *flags))

        yield start


@pytest.fixture
def bench(tmp_path: Path, port: int) -> Workbench:
    """Six seeds in two shards, each answered by one request for two samples where all is well."""
    bench = Workbench(tmp_path, f"http://127.0.0.1:{port}")
    bench.write_recipe(new_prompts=0)
    return bench


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment that runs one shard at a time."""
    bench = Workbench(tmp_path_factory.mktemp("deployed"), "http://127.0.0.1:9")
    bench.write_recipe(new_prompts=0)
    with deployed(bench, "--shards-at-once", "1") as running:
        yield running


@pytest.fixture
def deployment(up: Deployment, tmp_path: Path, port: int) -> Deployment:
    """The deployment of all tests that kill no part of it, seen with a dataset of the test's own, as ``bench``."""
    bench = Workbench(tmp_path, f"http://127.0.0.1:{port}", lake=up.bench.lake)
    bench.write_recipe(new_prompts=0, dataset=f"functions{next(_numbers)}")
    return replace(up, bench=bench)
