"""Leases in PostgreSQL: one holder on any machine, named to whoever comes second, and freed by the holder's death."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from stillroom.cli.interruptible import run_interruptible
from stillroom.errors import LeaseHeld
from stillroom.lake.postgres import lock_number
from stillroom.lake.variables import CATALOGUE_VARIABLE
from stillroom.lease import lease
from tests.fakes.broken_wire import BrokenWire
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

    for _ in range(50):  # at once, and not when the server has come to end the connection
        assert take(tmp_path, "w")


def test_lease_is_taken_again_where_the_server_was_restarted(
    server: PostgresServer, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.lease_in_postgres.LOOK_SECONDS", 0.1)
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


@pytest.fixture
def _watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillroom.lease_in_postgres.LOOK_SECONDS", 0.1)
    monkeypatch.setattr("stillroom.lease_in_postgres.RETRY_SECONDS", 0.1)


def holding(database: str) -> list[int]:
    """Backends that have an advisory lock."""
    query = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted ORDER BY pid"
    with psycopg.connect(database, autocommit=True) as looking:
        return [pid for (pid,) in looking.execute(query).fetchall()]


@pytest.mark.usefixtures("_watchful")
def test_lease_that_the_old_backend_holds_still_is_taken_again_once_it_is_free(
    server: PostgresServer, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = BrokenWire(server.port)
    monkeypatch.setenv(CATALOGUE_VARIABLE, database.replace(f"port={server.port}", f"port={wire.port}"))
    with lease(tmp_path, "w") as held:
        before = holding(database)
        wire.cut()
        time.sleep(1)
        assert holding(database) == before, "nobody told the server yet"
        wire.let_server_know()
        deadline = time.monotonic() + 20
        while not (now := holding(database)) or now == before:
            assert time.monotonic() < deadline, "the lease was never taken again"
            time.sleep(0.05)

        held.assure()
        with pytest.raises(LeaseHeld, match=f"process {os.getpid()} on"):
            take(tmp_path, "w")
    wire.close()


@pytest.fixture
def steal(database: str) -> Iterator[Callable[[], None]]:
    """Ends the connection that has the lease on "w", for somebody who stands in line and gets it."""
    with psycopg.connect(database, autocommit=True) as thief, psycopg.connect(database, autocommit=True) as killer:
        ask = "SELECT pg_advisory_lock(%s)"
        waiting = threading.Thread(target=thief.execute, args=(ask, [lock_number("w")]), daemon=True)

        def do() -> None:
            (holder_of_it,) = holding(database)
            waiting.start()
            while not killer.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone():
                time.sleep(0.02)
            killer.execute("SELECT pg_terminate_backend(%s)", [holder_of_it])
            waiting.join(timeout=20)

        yield do


@pytest.mark.usefixtures("_watchful")
def test_task_whose_lease_another_took_is_stopped_and_told_so(tmp_path: Path, steal: Callable[[], None]) -> None:
    reached: list[str] = []

    async def work() -> None:
        with lease(tmp_path, "w"):
            await asyncio.to_thread(steal)
            await asyncio.sleep(60)
            reached.append("the end")

    with pytest.raises(LeaseHeld, match=r"before w could take its lease again, .* took it\. So the work was stopped"):
        asyncio.run(work())
    assert reached == []


@pytest.mark.usefixtures("_watchful")
def test_command_whose_lease_another_took_cleans_up_and_says_so(tmp_path: Path, steal: Callable[[], None]) -> None:
    events: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            events.append("cleaned up")

    def command() -> None:
        with lease(tmp_path, "w") as held:
            steal()
            run_interruptible(work(), held.assure)

    with pytest.raises(LeaseHeld, match="Nothing that was paid for is lost"):
        command()
    assert events == ["cleaned up"]


@pytest.mark.usefixtures("_watchful")
def test_block_that_ended_before_it_was_stopped_fails_all_the_same(tmp_path: Path, steal: Callable[[], None]) -> None:
    def block() -> None:
        with lease(tmp_path, "w"):
            steal()
            time.sleep(2)

    with pytest.raises(LeaseHeld, match="took it"):
        block()
