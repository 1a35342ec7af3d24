"""Room set aside in a journal is there when the disk is full, and what is not paid for cannot use it up."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillroom.errors import LakeError
from stillroom.journal import ALLOCATION_STEP, Journal

DISK = 1024 * 1024
REPLY = "x" * 100_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(tmp_path)], check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a file system")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(b"x" * 4096):
            pass
    assert free(disk) < 4096


def free(disk: Path) -> int:
    state = os.statvfs(disk)
    return state.f_bavail * state.f_bsize


def test_room_outlasts_a_disk_that_fills_up_and_only_its_own_records_use_it(disk: Path) -> None:
    path = disk / "journal"
    with Journal[str](path, str) as journal, journal.room(2 * len(REPLY) + 200) as room:
        fill(disk)
        room.append(REPLY)
        with pytest.raises(LakeError, match="Free some space"):
            journal.append("y" * ALLOCATION_STEP)
        with pytest.raises(LakeError, match="Free some space"), journal.room(len(REPLY)):
            raise AssertionError("there was no room to pay with")
        room.append(REPLY[::-1])

    assert Journal[str](path, str).read().records == (REPLY, REPLY[::-1])


def test_room_that_was_not_needed_is_given_back(disk: Path) -> None:
    path = disk / "journal"
    before = free(disk)
    with Journal[str](path, str) as journal:
        with journal.room(DISK // 2) as room:
            assert free(disk) <= before - DISK // 2
            room.append("short")
        with journal.room(DISK // 2 + DISK // 4):
            pass  # the first room's is free for the second
        assert path.stat().st_size < 100

    assert free(disk) >= before - 8192


def test_room_is_asked_for_before_it_is_paid_for(disk: Path) -> None:
    paid = False
    with Journal[str](disk / "journal", str) as journal:
        with pytest.raises(LakeError, match=r"cannot append to the journal .*No space left"), journal.room(DISK):
            paid = True
        journal.append("small")

    assert not paid


def test_second_process_does_not_append_to_the_same_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal[str](path, str) as journal:
        with pytest.raises(LakeError, match="another process writes the journal"), Journal[str](path, str):
            raise AssertionError("two hold one journal")
        journal.append("the first's")

    with Journal[str](path, str) as journal:
        assert journal.replay.records == ("the first's",)
