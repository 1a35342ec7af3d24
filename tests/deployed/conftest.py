"""A folder with a recipe of two small shards, and a teacher on a port that another one can take over."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakes.teacher import TeacherProcess, teacher_process
from tests.integration.workbench import SEEDS, Workbench

ALWAYS_RIGHT = tuple(f"--{share}=0" for share in ("wrong", "prose", "refusal", "truncated", "hard", "repeat"))
Start = Callable[..., TeacherProcess]


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
