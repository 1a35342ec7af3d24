"""The clock is set by days between and during builds: order, resumption and snapshots do not depend on it."""

import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from stillroom.lake import Lake
from tests.fakes.teacher import TeacherProcess, teacher_process
from tests.faults.accounts import Accounts
from tests.faults.campaign import IN_FLIGHT, opened, settle
from tests.integration.workbench import SEEDS, Workbench, finish, wait_until
from verifiers.sandbox.compiling import compile_shared

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Clock:
    """A wall clock of all processes that are started with ``environment``; it may be set while they run."""

    file: Path
    library: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "STILLROOM_CLOCK": str(self.file)}

    def set_ahead(self, seconds: int) -> None:
        with self.file.open("r+b" if self.file.exists() else "wb", buffering=0) as opened_file:
            opened_file.write(struct.pack("=q", seconds))


@pytest.fixture
def teacher(tmp_path: Path) -> Iterator[TeacherProcess]:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), "--delay", "0.2") as process:
        yield process


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """A clock, as it is seen by a program that was not written for it."""
    library = tmp_path / "clock.so"
    library.write_bytes(compile_shared(Path(__file__).with_name("clock.c")))
    made = Clock(tmp_path / "clock", library)
    for days in (2, -2, 0):
        made.set_ahead(days * DAY)
        told = subprocess.run(["date", "+%s"], env=made.environment, capture_output=True, text=True, check=True).stdout
        assert abs(int(told) - time.time() - days * DAY) < 3600
    return made


def test_clock_that_is_set_back_between_builds_loses_nothing(
    tmp_path: Path, teacher: TeacherProcess, clock: Clock
) -> None:
    bench = Workbench(tmp_path, teacher.url)
    accounts = Accounts()
    bench.environment = clock.environment
    clock.set_ahead(2 * DAY)
    with bench.started_build() as process:
        wait_until(lambda: len(teacher.paid) >= 20, process)
        process.kill()
        process.communicate()
    settle(teacher)
    with opened(bench.lake) as lake:
        accounts.after_kill(lake, teacher.paid, in_flight=IN_FLIGHT)
    clock.set_ahead(0)

    first = bench.build("--json")

    assert first.code == 0, first.err
    assert first.json["snapshot"] == "functions@1"
    with opened(bench.lake) as lake:
        accounts.at_the_end(lake, teacher.paid)
        assert_in_order(lake)
    second = bench.build("--json")
    assert second.code == 0, second.err
    assert second.json["snapshot"] == "functions@2"


def test_clock_that_jumps_forwards_and_backwards_within_a_build_loses_nothing(
    tmp_path: Path, teacher: TeacherProcess, clock: Clock
) -> None:
    bench = Workbench(tmp_path, teacher.url)
    bench.environment = clock.environment
    with bench.started_build() as process:
        for days in (2, -1):
            before = bench.journalled_samples
            wait_until(lambda before=before: bench.journalled_samples >= before + 6, process)
            clock.set_ahead(days * DAY)
        done = finish(process)

    assert done.code == 0, done.err
    assert done.json["snapshot"] == "functions@1"
    accounts = Accounts()
    with opened(bench.lake) as lake:
        accounts.at_the_end(lake, teacher.paid)
        assert_in_order(lake)
        at = [row["answered_at"] for row in lake.rows("SELECT answered_at FROM lake.samples ORDER BY answered_at")]
    assert accounts.lost.total() == 0
    assert at[-1] - at[0] > timedelta(days=2.5), "samples were answered between the jumps and after them"
    second = bench.build("--json")
    assert second.code == 0, second.err
    assert second.json["snapshot"] == "functions@2"


def assert_in_order(lake: Lake) -> None:
    """The times of commits are in the order in which the catalogue has them, each its own."""
    keys = [row["key"] for row in lake.rows("SELECT key FROM lake.commits ORDER BY created_at")]
    committed = lake.rows(
        "SELECT commit_message AS key FROM ducklake_snapshots('lake') WHERE commit_message IS NOT NULL "
        "ORDER BY snapshot_id"
    )
    assert keys == [row["key"] for row in committed]
    assert lake.rows("SELECT count(DISTINCT created_at) AS n FROM lake.commits") == [{"n": len(keys)}]
    assert keys[0].startswith("run:")
    assert [key.partition(":")[0] for key in keys[-2:]] == ["publish", "run"]
