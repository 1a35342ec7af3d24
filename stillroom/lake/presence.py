"""Who is at work in a lake: any number of writers, or one housekeeper that has it to itself.

Whoever opens the lake for writing holds a lock together with all other writers for as long as it has it open, so
also between its commits; housekeeping holds the same lock alone. The kernel drops either with its process, so there
is nothing to expire. Who only reads holds nothing: it works on its own copy of the catalogue.

The lock is a file's in the lake's folder, or where the catalogue is in PostgreSQL, which writers on any machine meet,
one of PostgreSQL's.
"""

import fcntl
import os
import shlex
import sys
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stillroom.errors import LakeError, LeaseHeld
from stillroom.holder import note_holder, work_of
from stillroom.lake.location import locate

WAIT_SECONDS = 60.0  # most housekeeping takes seconds; a writer waits for it this long
PAUSE_SECONDS = 0.1
LONGEST_COMMAND = 120  # characters of a command line that are told


Assurance = Callable[[], None]
"""Raises a LakeError where the lake is not one's own any more."""


class Presence(Protocol):
    """One writer's presence; it lasts until ``leave`` or until the process ends."""

    def assure(self) -> None:
        """Be present still, or again; to be called before each commit.

        Raises:
            LakeError: that cannot be.
        """
        ...

    def leave(self) -> None:
        """Be gone; call it once."""
        ...


@dataclass(frozen=True, slots=True)
class _FolderPresence:
    _lock: int
    _note: Path
    _note_lock: int

    def assure(self) -> None:
        """Nothing is needed: the kernel keeps the lock as long as the process lives."""

    def leave(self) -> None:
        self._note.unlink(missing_ok=True)
        os.close(self._note_lock)
        os.close(self._lock)


def enter(root: Path) -> Presence:
    """Be present as a writer in the lake at ``root``; waits a while for housekeeping to end.

    Raises:
        LeaseHeld: housekeeping goes on; the message says who does what since when.
        LakeError: the lake's folder cannot be written, or PostgreSQL does not answer.
    """
    catalogue = locate(root).catalogue
    if isinstance(catalogue, str):
        from stillroom.lake.presence_in_postgres import DatabasePresence

        return DatabasePresence(catalogue, _this_command(), WAIT_SECONDS)
    return _enter_folder(root)


def _enter_folder(root: Path) -> _FolderPresence:
    lock = _opened(root / "leases" / "writers.lock")
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while not _taken(lock, fcntl.LOCK_SH):
            if time.monotonic() > deadline:
                raise LeaseHeld(
                    f"the lake at {root} is in the hands of {work_of(_housekeeper(root))}; nobody else may write "
                    f"meanwhile. Waited {WAIT_SECONDS:.0f} s. Wait until it has ended, or end that process, and try "
                    "again."
                )
            time.sleep(PAUSE_SECONDS)
        note = root / "leases" / "writers" / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.json"
        note_lock = _opened(note)
        fcntl.flock(note_lock, fcntl.LOCK_EX)
        _write(note, _this_command())
    except BaseException:
        os.close(lock)
        raise
    return _FolderPresence(lock, note, note_lock)


@contextmanager
def present(root: Path) -> Generator[None]:
    """Be present as a writer for the length of the block; raises as ``enter`` does."""
    presence = enter(root)
    try:
        yield
    finally:
        presence.leave()


@contextmanager
def alone(root: Path, work: str) -> Generator[Assurance]:
    """Have the lake to oneself for the length of the block: no writer is there, and none comes in.

    Yields:
        What to call before each step that a writer must not meet.

    Raises:
        LeaseHeld: somebody writes, or keeps house; the message says who.
        LakeError: the lake's folder cannot be written, or PostgreSQL does not answer.
    """
    catalogue = locate(root).catalogue
    if isinstance(catalogue, str):
        from stillroom.lake.presence_in_postgres import alone_in

        with alone_in(catalogue, work) as assure:
            yield assure
    else:
        with _alone_in_folder(root, work):
            yield lambda: None


@contextmanager
def _alone_in_folder(root: Path, work: str) -> Generator[None]:
    lock = _opened(root / "leases" / "writers.lock")
    try:
        if not _taken(lock, fcntl.LOCK_EX):
            present_ones = _writers(root) or [work_of(_housekeeper(root))]
            raise LeaseHeld(
                f"{work} needs the lake at {root} to itself, but somebody is at work in it: {'; '.join(present_ones)}. "
                "Wait until that has ended, or end it, and try again."
            )
        _write(_housekeeper(root), work)
        yield
    finally:
        os.close(lock)


def _writers(root: Path) -> list[str]:
    """Who is present. Notes of the dead are removed: their locks can be taken."""
    living: list[str] = []
    for note in sorted((root / "leases" / "writers").glob("*.json")):
        try:
            lock = os.open(note, os.O_RDWR)
        except FileNotFoundError:
            continue  # it has just left
        if _taken(lock, fcntl.LOCK_EX):
            note.unlink(missing_ok=True)
        else:
            living.append(work_of(note))
        os.close(lock)
    return living


def _housekeeper(root: Path) -> Path:
    return root / "leases" / "housekeeper.json"


def _this_command() -> str:
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return command if len(command) <= LONGEST_COMMAND else f"{command[: LONGEST_COMMAND - 1]}…"


def _opened(file: Path) -> int:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _unwritable(file, error) from error


def _write(note: Path, work: str) -> None:
    try:
        note_holder(note, work)
    except OSError as error:
        raise _unwritable(note, error) from error


def _unwritable(file: Path, error: OSError) -> LakeError:
    return LakeError(
        f"cannot write {file}: {error}. Free some space there, or name another folder that you may write to with "
        "--lake."
    )


def _taken(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
