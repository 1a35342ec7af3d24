"""A journal: an append-only file that remembers what was paid for, until the lake has it.

One line a record: crc32 of the JSON in eight hex digits, a space, the JSON. A record is handed to the
kernel at once, so a killed process loses nothing it appended; it is forced to disk in groups, every
``SYNC_SECONDS`` or ``SYNC_RECORDS``, so a power cut loses at most that window. A torn or damaged line is
skipped and counted, never fatal: whatever it held is simply owed again. A line that is whole and cannot be read is
another Stillroom's: it is refused, since what it holds would be paid for once more.

Who is about to pay for something sets room aside first, so that a full disk is found before the money is
spent and not when the answer comes.
"""

import errno
import fcntl
import os
import threading
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType, UnionType
from typing import BinaryIO, Generic, Self, TypeVar

import msgspec

from stillroom import __version__
from stillroom.errors import LakeError
from stillroom.preallocation import allocate

SYNC_SECONDS = 0.1
SYNC_RECORDS = 1_000
CHECKSUM_DIGITS = 8
ALLOCATION_STEP = 64 * 1024
"""Bytes that are allocated beyond what is needed, so that few appends have to ask for more."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay(Generic[T]):
    """What a journal held when it was opened.

    Attributes:
        records: in the order they were appended.
        damaged_lines: lines that could not be read back; what they held is owed again.
        places: where each record is, for ``read_at``.
    """

    records: tuple[T, ...]
    damaged_lines: int
    places: tuple[int, ...]


class Journal(Generic[T]):
    """The journal file at ``path``, of records of one type (a dataclass or a tagged union of structs).

    One process at a time has it open for appending.

    Usage::

        with Journal(path, Entry) as journal:
            done = journal.replay.records
            journal.append(entry)
    """

    def __init__(self, path: Path, record_type: type[T] | UnionType) -> None:
        self.path = path
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(record_type)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._unsynced = 0
        self._end = 0  # of the file, which nobody else appends to: asking the kernel each time costs as much as writing
        self._set_aside = 0
        self._allocated_to = 0
        self._closed = False
        self._failure: OSError | None = None

    def __enter__(self) -> Self:
        """Read back what is there, repair a torn tail, and open for appending."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise self._unopened(error) from error
        try:
            self._hold()
            self.replay = self.read()
            self._end_last_line()
        except BaseException as error:
            os.close(self._file)
            if isinstance(error, OSError):
                raise self._unopened(error) from error
            raise
        self._syncer = threading.Thread(target=self._sync_in_groups, name=f"journal {self.path.name}", daemon=True)
        self._syncer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Force everything to disk and close."""
        self._closed = True
        self._wake.set()
        self._syncer.join()
        try:
            os.ftruncate(self._file, os.fstat(self._file).st_size)  # gives back what was allocated beyond the end
            os.fsync(self._file)
        except OSError as failure:
            self._failure = failure
        os.close(self._file)
        if self._failure is not None and kind is None:
            raise LakeError(f"the journal {self.path} could not be forced to disk: {self._failure}") from self._failure

    @contextmanager
    def room(self, size: int) -> Generator["Room[T]"]:
        """Within the block, ``size`` bytes of the disk are for what is appended to the room, whatever else fills it.

        Raises:
            LakeError: there is no such room; nothing was paid for yet.
        """
        room = Room(self._append_within, size)
        with self._lock:
            self._allocate(self._end + size)
            self._set_aside += size
        try:
            yield room
        finally:
            with self._lock:
                self._set_aside -= room.left

    def append(self, record: T) -> None:
        """Append one record; when this returns, the kernel has it.

        Raises:
            LakeError: the disk refused it (full, read-only); the record is not in the journal.
        """
        line = self._line(record)
        with self._lock:
            if self._set_aside:  # which this record must not use up
                self._allocate(self._end + len(line))
            self._write(line)

    def _append_within(self, room: "Room[T]", record: T) -> None:
        line = self._line(record)
        with self._lock:
            self._write(line)
            used = min(len(line), room.left)
            room.left -= used
            self._set_aside -= used

    def _line(self, record: T) -> bytes:
        body = self._encoder.encode(record)
        return b"%08x %b\n" % (zlib.crc32(body), body)

    def _write(self, line: bytes) -> None:
        if self._failure is not None:
            raise LakeError(f"the journal {self.path} is not safe any more: {self._failure}") from self._failure
        try:
            written = os.write(self._file, line)
            if written != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._cut_back()
            raise self._full(error) from error
        self._end += written
        self._unsynced += 1
        if self._unsynced >= SYNC_RECORDS:
            self._wake.set()

    def _cut_back(self) -> None:
        """Take away what was written of a line that did not fit; where that fails too, nothing may follow it."""
        self._allocated_to = 0
        try:
            os.ftruncate(self._file, self._end)
        except OSError as error:
            self._failure = error

    def _allocate(self, end: int) -> None:
        """Have blocks up to offset ``end``, and behind it for all that was set aside."""
        wanted = end + self._set_aside
        if wanted <= self._allocated_to:
            return
        try:
            allocate(self._file, self._end, wanted + ALLOCATION_STEP - self._end)
        except OSError as error:
            raise self._full(error) from error
        self._allocated_to = wanted + ALLOCATION_STEP

    def _full(self, error: OSError) -> LakeError:
        return LakeError(
            f"cannot append to the journal {self.path}: {error}. Free some space and start the build again; "
            "what is in the journal is kept."
        )

    def read(self) -> Replay[T]:
        """What the file holds, nothing where there is none; also of a journal that is not open.

        Raises:
            LakeError: the file cannot be read, or holds a whole record of another form.
        """
        records, places = list[T](), list[int]()
        damaged = end = 0
        try:
            for number, line in enumerate(_lines(self.path) if self.path.exists() else (), start=1):
                place, end = end, end + len(line)
                body = _whole(line)
                if body is None:
                    damaged += 1
                    continue
                try:
                    records.append(self._decoder.decode(body))
                except msgspec.DecodeError as error:
                    where = f"line {number} of the journal {self.path}"
                    raise other_form(where, error, "move the file away") from error
                places.append(place)
        except OSError as error:
            raise self._unopened(error) from error
        return Replay(records=tuple(records), damaged_lines=damaged, places=tuple(places))

    def read_at(self, places: Sequence[int]) -> list[T]:
        """The records at places that ``read`` gave, in this order; the rest of the file is not read.

        Raises:
            LakeError: as ``read``.
        """
        try:
            with self.path.open("rb") as file:
                return [record for place in places for record in self._at(file, place)]
        except OSError as error:
            raise self._unopened(error) from error

    def _at(self, file: BinaryIO, place: int) -> Iterator[T]:
        file.seek(place)
        body = _whole(file.readline())
        if body is not None:
            try:
                yield self._decoder.decode(body)
            except msgspec.DecodeError as error:
                raise other_form(f"byte {place} of the journal {self.path}", error, "move the file away") from error

    def _unopened(self, error: OSError) -> LakeError:
        return LakeError(f"cannot open the journal {self.path}: {error}")

    def _hold(self) -> None:
        """No other process appends meanwhile; the kernel lets go of it when this one dies, whatever kills it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LakeError(
                f"another process writes the journal {self.path}: it is paid for the same work. "
                "Wait until it has ended, or end it, and start again."
            ) from None

    def _end_last_line(self) -> None:
        """A torn tail gets its line end, so that the next record starts on a line of its own."""
        self._end = os.fstat(self._file).st_size
        if self._end and os.pread(self._file, 1, self._end - 1) != b"\n":
            self._end += os.write(self._file, b"\n")

    def _sync_in_groups(self) -> None:
        while not self._closed:
            self._wake.wait(SYNC_SECONDS)
            self._wake.clear()
            if self._unsynced:
                self._unsynced = 0
                try:
                    os.fdatasync(self._file)
                except OSError as error:  # after a failed one the kernel may have dropped the pages
                    self._failure = error
                    return


class Room(Generic[T]):
    """Room that was set aside in a journal; ``left`` bytes of it are not used yet. A larger record is tried as well."""

    def __init__(self, append: Callable[["Room[T]", T], None], size: int) -> None:
        self._append = append
        self.left = size

    def append(self, record: T) -> None:
        """As ``Journal.append``, in the room."""
        self._append(self, record)


def other_form(where: str, error: msgspec.DecodeError, removal: str) -> LakeError:
    """What is said of a record that is whole and that this Stillroom cannot read.

    Args:
        where: the record.
        error: why it cannot be read.
        removal: what takes the journal out of the way.
    """
    return LakeError(
        f"{where} is whole, but not of the form that Stillroom {__version__} reads ({error}): another version wrote "
        "it. What it holds was paid for, so it is not passed over. Let that version of Stillroom finish the run; or, "
        f"to pay for it once more, {removal}. Then start again."
    )


def _whole(line: bytes) -> bytes | None:
    """The JSON of a line, or None where its checksum is another's."""
    checksum, _, body = line.rstrip(b"\n").partition(b" ")
    try:
        return body if len(checksum) == CHECKSUM_DIGITS and int(checksum, 16) == zlib.crc32(body) else None
    except ValueError:
        return None


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
