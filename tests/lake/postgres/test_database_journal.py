"""The journal in PostgreSQL: what was acknowledged is there again, whatever happened to its process or the server."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from stillroom.errors import LakeError
from stillroom.journal import DatabaseJournal, InDatabase
from stillroom.lake.journal_tables import settle_journals
from tests.fakes.broken_wire import BrokenWire
from tests.fakes.disks import database_on_small_disk
from tests.fakes.postgres import PostgresServer

ROOT = Path(__file__).parents[3]
DISK = 4 * 1024 * 1024
WRITER = """
import sys
from stillroom.journal import DatabaseJournal, InDatabase
with DatabaseJournal[str](InDatabase(sys.argv[1], "r1/shard-0"), str) as journal:
    number = 0
    while True:
        journal.append(f"{number} " + "x" * 200)
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
        number += 1
"""


class Word(msgspec.Struct, frozen=True, tag="word"):
    text: str


class Number(msgspec.Struct, frozen=True, tag="number"):
    value: int


Record = Word | Number


def made(database: str) -> InDatabase:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA stillroom")
        settle_journals(connection, "stillroom", "SETTING", are_wanted=True)
    return InDatabase(database, "r1/shard-0")


@pytest.fixture
def place(database: str) -> InDatabase:
    """A journal's place in a database that has room for journals."""
    return made(database)


def write(place: InDatabase, *records: Record) -> None:
    with DatabaseJournal[Record](place, Record) as journal:
        for record in records:
            journal.append(record)


def read(place: InDatabase) -> tuple[Record, ...]:
    return DatabaseJournal[Record](place, Record).read().records


def stored(place: InDatabase) -> int:
    with psycopg.connect(place.database) as connection:
        found = connection.execute("SELECT count(*) FROM stillroom.journal_records").fetchone()
    assert found is not None
    return int(found[0])


def test_records_come_back_in_order_over_several_openings(place: InDatabase) -> None:
    assert read(place) == ()
    write(place, Word("tö\0m\nfirst"), Number(2))
    write(place, Number(3))
    write(InDatabase(place.database, "r1/shard-1"), Word("another's"))

    with DatabaseJournal[Record](place, Record) as journal:
        assert journal.replay.records == (Word("tö\0m\nfirst"), Number(2), Number(3))
    assert read(place) == (Word("tö\0m\nfirst"), Number(2), Number(3))


def test_some_records_are_read_by_their_places(place: InDatabase) -> None:
    with DatabaseJournal[Record](place, Record) as journal:
        for number in range(5):
            journal.append(Number(number))
    places = journal.read().places

    assert journal.read_at([places[3], places[1]]) == [Number(1), Number(3)]
    assert journal.read_at([]) == []


def test_a_record_of_another_form_is_refused_and_not_owed_again(place: InDatabase) -> None:
    with DatabaseJournal[int](place, int) as journal:
        journal.append(7)

    with pytest.raises(LakeError, match=r"record 0 of the journal r1/shard-0 in PostgreSQL .* another version"):
        read(place)
    with pytest.raises(LakeError, match="to pay for it once more, delete the rows"):
        write(place, Number(8))

    assert stored(place) == 1
    with DatabaseJournal[int](place, int) as journal:  # and nobody holds it
        assert journal.replay.records == (7,)


@pytest.mark.parametrize("acknowledged_lines", [1, 700])
def test_kill_of_the_writer_loses_nothing_acknowledged(place: InDatabase, acknowledged_lines: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, place.database], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for _ in range(acknowledged_lines):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        rest = [line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]

    with DatabaseJournal[str](place, str) as journal:  # as soon as the server has noticed
        numbers = [int(record.split()[0]) for record in journal.replay.records]

    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= acknowledged_lines + len(rest)


@pytest.mark.slow
@pytest.mark.parametrize("crashes", [False, True], ids=["restart", "crash"])
def test_a_server_that_is_restarted_amid_appends_loses_and_doubles_nothing(
    server: PostgresServer, place: InDatabase, crashes: bool
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, place.database], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = 0
        for _ in range(2):
            for _ in range(150):
                acknowledged = int(writer.stdout.readline())
            server.stop(crashes=crashes)
            server.start()
        for _ in range(2_000):  # more than the pipe had held when the server went
            acknowledged = int(writer.stdout.readline())
        time.sleep(0.3)
        writer.kill()

    with DatabaseJournal[str](place, str) as journal:
        numbers = [int(record.split()[0]) for record in journal.replay.records]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > acknowledged


def test_what_a_crashed_server_had_not_forced_to_its_disk_is_written_once_more(
    server: PostgresServer, place: InDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.journal.database.SYNC_SECONDS", 600.0)
    with psycopg.connect(server.reached(), autocommit=True) as other:
        other.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        other.execute("SELECT pg_reload_conf()")
    try:
        with DatabaseJournal[Record](place, Record) as journal:
            for value in range(20):
                journal.append(Number(value))
            server.stop(crashes=True)
            server.start()
            assert stored(place) < 20, "the server has lost some, or this test shows nothing"

            journal.append(Number(20))

            assert read(place) == tuple(Number(value) for value in range(21))
    finally:
        with psycopg.connect(server.reached(), autocommit=True) as other:
            other.execute("ALTER SYSTEM RESET wal_writer_delay")
            other.execute("SELECT pg_reload_conf()")


def test_an_append_whose_answer_is_lost_is_there_once(server: PostgresServer, place: InDatabase) -> None:
    wire = BrokenWire(server.port)
    through = InDatabase(place.database.replace(f"port={server.port}", f"port={wire.port}"), place.name)
    with DatabaseJournal[Record](through, Record) as journal:
        journal.append(Number(1))
        wire.breaks_at = b"INSERT INTO stillroom.journal_records"
        journal.append(Number(2))
        journal.append(Number(3))

    assert wire.broken == 1
    assert read(place) == (Number(1), Number(2), Number(3))
    wire.close()


def test_records_are_forced_to_disk_in_groups(place: InDatabase) -> None:
    forces = 0

    class Counting(DatabaseJournal[Record]):
        def _force(self) -> None:
            nonlocal forces
            forces += 1
            super()._force()

    with Counting(place, Record) as journal:
        for value in range(300):
            journal.append(Number(value))
        deadline = time.monotonic() + 5
        while journal._unforced:
            assert time.monotonic() < deadline, "what was appended is forced without another append"
            time.sleep(0.01)

    assert 1 <= forces < 100


def test_a_second_process_does_not_append_to_the_same_journal(
    place: InDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.journal.database.HELD_SECONDS", 0.2)
    with DatabaseJournal[Record](place, Record) as journal:
        with (
            pytest.raises(LakeError, match=rf"another process writes the journal .*process {os.getpid()} on"),
            DatabaseJournal[Record](place, Record),
        ):
            raise AssertionError("two hold one journal")
        journal.append(Word("the first's"))

    assert read(place) == (Word("the first's"),)


@pytest.fixture
def small(server: PostgresServer) -> Iterator[str]:
    """A database whose tables have a disk of their own, of 4 MiB."""
    with database_on_small_disk(server, str(DISK)) as (database, _):
        yield database


def test_a_full_server_is_found_before_anything_is_paid_for(small: str) -> None:
    place = made(small)
    with DatabaseJournal[str](place, str) as journal:
        with journal.room(1024) as room:
            room.append("small")
        full = r"cannot be given room: (.|\n)*No space left(.|\n)*its disk may be full"
        with pytest.raises(LakeError, match=full), journal.room(DISK):
            raise AssertionError("there was no room to pay with")
        journal.append("small again")

    assert DatabaseJournal[str](place, str).read().records == ("small", "small again")


def test_a_record_that_the_server_refuses_is_told_and_the_next_ones_go_on(small: str) -> None:
    place = made(small)
    with DatabaseJournal[str](place, str) as journal:
        journal.append("first")
        with pytest.raises(LakeError, match=r"cannot be appended to: (.|\n)*No space left"):
            journal.append(os.urandom(DISK).hex())
        journal.append("second")

    assert DatabaseJournal[str](place, str).read().records == ("first", "second")


def test_a_server_that_does_not_answer_is_named(place: InDatabase) -> None:
    away = InDatabase("host=127.0.0.1 port=1 dbname=lake", "r1/shard-0")
    with pytest.raises(LakeError, match=r"cannot reach the lake's catalogue .*port=1"):
        DatabaseJournal[Record](away, Record).read()
