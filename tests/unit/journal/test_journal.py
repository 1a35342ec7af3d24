"""The journal: what was acknowledged is there again, whatever happened to the process, the disk or the tail."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.errors import LakeError
from stillroom.journal import Journal, tell_damage

ROOT = Path(__file__).parents[3]


class Word(msgspec.Struct, frozen=True, tag="word"):
    text: str


class Number(msgspec.Struct, frozen=True, tag="number"):
    value: int


Record = Word | Number
RECORDS = st.lists(
    st.builds(Word, st.text(st.characters(codec="utf-8"))) | st.builds(Number, st.integers(-(2**60), 2**60))
)


def write(path: Path, *records: Record) -> None:
    with Journal[Record](path, Record) as journal:
        for record in records:
            journal.append(record)


def read(path: Path) -> tuple[list[Record], int]:
    with Journal[Record](path, Record) as journal:
        return list(journal.replay.records), journal.replay.damaged_lines


@settings(max_examples=20)
@given(RECORDS, RECORDS)
def test_records_come_back_in_order_over_several_openings(
    tmp_path: Path, first: list[Record], second: list[Record]
) -> None:
    path = tmp_path / "a" / "journal"
    path.unlink(missing_ok=True)
    write(path, *first)
    write(path, *second)

    assert read(path) == ([*first, *second], 0)


def test_torn_tail_at_every_byte_loses_the_last_record_only(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path, Word("kept"), Word("töm\nlast"))
    whole = path.read_bytes()
    last_line = whole.index(b"\n") + 1
    for size in range(last_line, len(whole)):
        path.write_bytes(whole[:size])
        write(path, Number(1))  # what comes after a torn tail must not be damaged by it

        records, damaged = read(path)

        is_whole = size == len(whole) - 1  # only the line end is missing
        assert records == [Word("kept"), *([Word("töm\nlast")] if is_whole else []), Number(1)]
        assert damaged == (0 if is_whole or size == last_line else 1)


@settings(max_examples=20)
@given(st.data())
def test_damage_anywhere_costs_only_the_lines_it_touches(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "journal"
    path.unlink(missing_ok=True)
    records = [Word("abc" * 5), Number(7), Word("def" * 5), Number(8)]
    write(path, *records)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)

    survivors, damaged = read(path)

    assert set(survivors) <= set(records)
    assert len(survivors) >= len(records) - 2  # a damaged line end joins two lines
    assert damaged >= (1 if content[place] != ord("\n") else 0) or survivors == records


def test_whole_record_of_another_form_is_refused_and_not_owed_again(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal[int](path, int) as journal:
        journal.append(7)
    before = path.read_bytes()

    with pytest.raises(LakeError, match=r"line 1 of the journal .*journal is whole, .* another version") as refused:
        read(path)

    assert "to pay for it once more, move the file away" in str(refused.value)
    assert path.read_bytes() == before
    with Journal[int](path, int) as journal:  # and nobody holds it
        assert journal.replay.records == (7,)


def test_damaged_lines_are_told_by_number_and_place(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path, Word("kept"), Word("lost"))
    path.write_bytes(path.read_bytes()[:-5])
    said: list[str] = []

    tell_damage(path, Journal[Record](path, Record).read(), said.append)

    assert len(said) == 1
    assert said[0].startswith(f"journal {path}: 1 damaged lines were passed over")
    path.unlink()
    tell_damage(path, Journal[Record](path, Record).read(), said.append)
    assert len(said) == 1


def test_empty_and_missing_journals_are_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    assert read(tmp_path / "empty") == read(tmp_path / "missing") == ([], 0)


def test_reading_alone_neither_makes_nor_mends_a_file(tmp_path: Path) -> None:
    assert Journal[Record](tmp_path / "missing", Record).read().records == ()
    write(tmp_path / "torn", Word("kept"), Word("lost"))
    torn = (tmp_path / "torn").read_bytes()[:-5]
    (tmp_path / "torn").write_bytes(torn)

    replay = Journal[Record](tmp_path / "torn", Record).read()

    assert (replay.records, replay.damaged_lines) == ((Word("kept"),), 1)
    assert (tmp_path / "torn").read_bytes() == torn
    assert not (tmp_path / "missing").exists()


WRITER = """
import sys
from pathlib import Path
from stillroom.journal import Journal
with Journal[str](Path(sys.argv[1]), str) as journal:
    number = 0
    while True:
        journal.append(f"{number} " + "x" * 200)
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
        number += 1
"""


@pytest.mark.parametrize("acknowledged_lines", [1, 50, 1500])
def test_kill_of_the_writer_loses_nothing_acknowledged(tmp_path: Path, acknowledged_lines: int) -> None:
    path = tmp_path / "journal"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for _ in range(acknowledged_lines):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        rest = [line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]

    with Journal[str](path, str) as journal:
        numbers = [int(record.split()[0]) for record in journal.replay.records]
        assert journal.replay.damaged_lines <= 1

    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= acknowledged_lines + len(rest)


FULL_DISK = """
import resource, sys
from pathlib import Path
from stillroom.errors import LakeError
from stillroom.journal import Journal
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
appended = 0
try:
    with Journal[str](Path(sys.argv[1]), str) as journal:
        for _ in range(1000):
            journal.append("x" * 90)
            appended += 1
except LakeError as error:
    print(appended)
    print(error)
"""


def test_full_disk_is_a_lake_error_and_leaves_a_whole_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    appended, message = done.stdout.splitlines()

    assert "cannot append to the journal" in message
    assert "Free some space" in message
    with Journal[str](path, str) as journal:
        assert len(journal.replay.records) == int(appended)
        assert journal.replay.damaged_lines == 0
        journal.append("room again")


def test_append_goes_on_after_a_record_that_the_disk_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal[Record](path, Record) as journal:
        journal.append(Word("first"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 5, before[1]))
        try:
            with pytest.raises(LakeError, match="cannot append"):
                journal.append(Word("refused"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        journal.append(Word("second"))

    assert read(path) == ([Word("first"), Word("second")], 0)


def test_disk_that_takes_nothing_back_either_ends_the_journal_and_loses_no_record_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal"
    write(path, Word("first"))

    def half(descriptor: int, line: bytes) -> int:
        return os.pwrite(descriptor, line[: len(line) // 2], os.fstat(descriptor).st_size)

    def refuse(_descriptor: int, _size: int) -> None:
        raise OSError(30, "Read-only file system")

    def fill() -> None:
        with Journal[Record](path, Record) as journal:
            with monkeypatch.context() as broken:
                broken.setattr(os, "write", half)
                broken.setattr(os, "ftruncate", refuse)
                with pytest.raises(LakeError, match="cannot append to the journal"):
                    journal.append(Word("second"))
            with pytest.raises(LakeError, match=r"not safe any more: .*Read-only file system"):
                journal.append(Word("third"))

    with pytest.raises(LakeError, match="Read-only file system"):
        fill()
    assert read(path)[0] == [Word("first")]


def test_some_records_are_read_by_their_places_whatever_lies_between(tmp_path: Path) -> None:
    write(tmp_path / "j", Word("ä"), Word("b"))
    with (tmp_path / "j").open("ab") as file:
        file.write(b"half of a li\n")
    write(tmp_path / "j", Word("c"))
    journal = Journal[Record](tmp_path / "j", Record)
    places = journal.read().places

    assert len(places) == 3
    assert journal.read_at([places[2], places[0]]) == [Word("c"), Word("ä")]
    assert journal.read_at([]) == []
    (tmp_path / "j").unlink()
    with pytest.raises(LakeError, match="cannot open the journal"):
        journal.read_at([0])


def test_failed_sync_is_told_at_the_next_append_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    def write_until_told() -> None:
        with Journal[Record](tmp_path / "j", Record) as journal:
            monkeypatch.setattr(os, "fdatasync", refuse)
            journal.append(Word("a"))
            journal._syncer.join(timeout=5)
            with pytest.raises(LakeError, match="not safe any more"):
                journal.append(Word("b"))

    with pytest.raises(LakeError, match="could not be forced to disk"):
        write_until_told()


def test_records_are_forced_to_disk_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: list[int] = []
    monkeypatch.setattr(os, "fsync", syncs.append)
    monkeypatch.setattr(os, "fdatasync", syncs.append)

    write(tmp_path / "j", *[Number(value) for value in range(500)])

    assert 1 <= len(syncs) < 100


def test_journal_where_no_file_can_be_is_a_lake_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LakeError, match="cannot open the journal"):
        read(tmp_path / "file" / "journal")


def test_folder_in_the_journals_place_is_a_lake_error(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="cannot open the journal"):
        read(tmp_path)
