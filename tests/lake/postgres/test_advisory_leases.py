"""Leases in PostgreSQL: one holder on any machine, named to whoever comes second, and freed by the holder's death."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from stillroom.errors import LeaseHeld
from stillroom.lake.location import CATALOGUE_VARIABLE
from stillroom.lease import lease
from tests.fakes.postgres import PostgresServer

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys, time
from pathlib import Path
from stillroom.lease import lease
with lease(Path(sys.argv[1]), "the build of tiny"):
    print("held", flush=True)
    time.sleep(120)
"""


@pytest.fixture(autouse=True)
def _database(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No lake was made there yet: a build takes its lease first."""
    monkeypatch.setenv(CATALOGUE_VARIABLE, database)


@contextmanager
def holder(root: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", HOLDER, str(root)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == "held\n"
        try:
            yield held
        finally:
            held.kill()


def take(root: Path, work: str = "the build of tiny") -> int:
    with lease(root, work):
        return os.getpid()


def test_second_process_in_another_folder_is_told_who_holds_it_until_it_is_killed(tmp_path: Path) -> None:
    with holder(tmp_path / "one") as held:
        with pytest.raises(LeaseHeld, match=rf"the build of tiny is being done by process {held.pid} on .* since 20"):
            take(tmp_path / "another")
        assert take(tmp_path / "another", "the build of another")

        held.kill()
        held.wait()

        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                assert take(tmp_path / "another")
                return
            except LeaseHeld:
                time.sleep(0.05)
    pytest.fail("the lease outlived its holder")


def test_it_is_free_again_after_the_block(tmp_path: Path) -> None:
    with lease(tmp_path, "w"), pytest.raises(LeaseHeld):
        take(tmp_path, "w")

    assert take(tmp_path, "w") == take(tmp_path, "w")


def test_lease_is_taken_again_where_the_server_was_restarted(
    server: PostgresServer, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.lease.LOOK_SECONDS", 0.1)
    with lease(tmp_path, "w"):
        server.stop()
        server.start()
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        deadline = time.monotonic() + 20
        with psycopg.connect(database, autocommit=True) as looking:
            while looking.execute(held).fetchone() != (1,):
                assert time.monotonic() < deadline
                time.sleep(0.05)

        with pytest.raises(LeaseHeld, match=f"process {os.getpid()} on"):
            take(tmp_path, "w")
