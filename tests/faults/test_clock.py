"""The clock is set back by days between and during builds: order, resumption and snapshots do not depend on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.teacher import TeacherProcess, teacher_process
from tests.faults.accounts import Accounts
from tests.faults.campaign import IN_FLIGHT, opened
from tests.integration.workbench import SEEDS, Workbench, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def teacher(tmp_path: Path) -> Iterator[TeacherProcess]:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), "--delay", "0.05") as process:
        yield process


@pytest.fixture
def tomorrow() -> dict[str, str]:
    """The environment of a process whose wall clock is two days ahead (libfaketime)."""
    library = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
    if library is None:
        pytest.skip("needs libfaketime; on Debian: apt-get install faketime")
    return {"LD_PRELOAD": str(library), "FAKETIME": "+2d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


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
