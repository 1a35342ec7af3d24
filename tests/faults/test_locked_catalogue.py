"""Another program that writes into the catalogue for a while: a build waits for it, and nothing is lost or doubled."""

import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.fakes.teacher import teacher_process
from tests.faults.accounts import Accounts
from tests.faults.campaign import opened
from tests.faults.soak import TEACHER
from tests.integration.workbench import Workbench, finish, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
LOCKED_SECONDS = 6.0


@contextmanager
def locked(catalogue: Path) -> Generator[None]:
    """No other program can write into the catalogue within the block."""
    with closing(sqlite3.connect(catalogue, timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_locked_catalogue_is_waited_for_in_every_part_of_a_build(tmp_path: Path) -> None:
    with teacher_process(tmp_path / "ledger", *TEACHER) as teacher:
        bench = Workbench(tmp_path, teacher.url)
        with bench.started_build() as process:
            for paid in (1, 16, 40):
                wait_until(lambda paid=paid: len(teacher.paid) >= paid, process)
                with locked(bench.lake / "catalogue.sqlite"):
                    time.sleep(LOCKED_SECONDS)
                    assert process.poll() is None, process.communicate()[1]
            done = finish(process)

        assert done.code == 0, done.err
        with opened(bench.lake) as lake:
            accounts = Accounts()
            accounts.at_the_end(lake, teacher.paid)
            assert accounts.lost.total() == 0
