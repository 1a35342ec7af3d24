"""The clock is set back by days between and during builds: order, resumption and snapshots do not depend on it."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.teacher import TeacherProcess, teacher_process
from tests.faults.accounts import Accounts
from tests.faults.campaign import IN_FLIGHT, opened
from tests.integration.workbench import SEEDS, Workbench, wait_until
from verifiers.sandbox.compiling import compile_shared

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def teacher(tmp_path: Path) -> Iterator[TeacherProcess]:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), "--delay", "0.05") as process:
        yield process


@pytest.fixture
def tomorrow(tmp_path: Path) -> dict[str, str]:
    """The environment of a process whose wall clock is two days ahead."""
    library = tmp_path / "clock.so"
    library.write_bytes(compile_shared(Path(__file__).with_name("clock.c")))
    environment = {"LD_PRELOAD": str(library), "STILLROOM_CLOCK_AHEAD": str(2 * 24 * 3600)}
    told = subprocess.run(["date", "+%s"], env=environment, capture_output=True, text=True, check=True).stdout
    assert int(told) > time.time() + 24 * 3600
    return environment


def test_clock_that_is_set_back_loses_nothing(
    tmp_path: Path, teacher: TeacherProcess, tomorrow: dict[str, str]
) -> None:
    bench = Workbench(tmp_path, teacher.url)
    accounts = Accounts()
    bench.environment = tomorrow
    with bench.started_build() as process:
        wait_until(lambda: len(teacher.paid) >= 20, process)
        process.kill()
        process.communicate()
    with opened(bench.lake) as lake:
        accounts.after_kill(lake, teacher.paid, in_flight=IN_FLIGHT)
    bench.environment = {}

    first = bench.build("--json")

    assert first.code == 0, first.err
    assert first.json["snapshot"] == "functions@1"
    with opened(bench.lake) as lake:
        accounts.at_the_end(lake, teacher.paid)
        keys = [row["key"].split(":")[0] for row in lake.rows("SELECT key FROM lake.commits ORDER BY created_at")]
    assert keys[0] == "run"
    assert keys[-2:] == ["publish", "run"]
    second = bench.build("--json")
    assert second.code == 0, second.err
    assert second.json["snapshot"] == "functions@2"
