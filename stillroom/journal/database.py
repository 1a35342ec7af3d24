"""A journal in the PostgreSQL server of a lake's catalogue, for workers that share no folder.

An appended record is committed to the server at once without waiting for its disk, so a killed process loses nothing
that it appended. Every ``SYNC_SECONDS`` or ``SYNC_RECORDS`` the server is made to force what it has to its disk; until
then the records stay in memory here as well, and are written once more to a server that was restarted. So a record is
lost only where its process and the server both die within that window.
"""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType, UnionType
from typing import TYPE_CHECKING, Any, Generic, LiteralString, Self, TypeVar
from uuid import uuid4

import msgspec

from stillroom.errors import LakeError
from stillroom.journal.file import SYNC_RECORDS, SYNC_SECONDS, Replay, Room, other_form

if TYPE_CHECKING:
    import psycopg

PATIENCE_SECONDS = 300.0  # a server that is restarted is waited for as long as by commits
HELD_SECONDS = 5.0  # in which a server notices that a killed holder is gone
PAUSE_SECONDS = 0.1
PROOF_STEP = 1024 * 1024
"""Bytes of room that the server proves beyond what is needed, so that few rooms have to ask for more."""
PROOF_ROW = 36
"""Bytes that a row of one integer takes in a page of PostgreSQL: its pointer, its header, and itself, aligned."""

_INSERT = """
INSERT INTO stillroom.journal_records (journal, position, opening, record) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_PROVE = "CREATE TABLE stillroom.{} AS SELECT generate_series(1, %s)"
_FORCE = "SELECT pg_logical_emit_message(true, 'stillroom', '')"  # a commit that needs no room in any table
_READ = """
SELECT position, record FROM stillroom.journal_records WHERE journal = %s ORDER BY position, opening
"""
_READ_AT = """
SELECT position, record FROM stillroom.journal_records WHERE journal = %s AND position = ANY(%s)
ORDER BY position, opening
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InDatabase:
    """The place of a journal: the connection string of a lake's database, and the journal's name there."""

    database: str
    name: str


class DatabaseJournal(Generic[T]):
    """As ``Journal``, at a place in PostgreSQL. One process at a time has it open for appending."""

    def __init__(self, place: InDatabase, record_type: type[T] | UnionType) -> None:
        self.place = place
        self._opening = uuid4()
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(record_type)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._next = 0
        self._unforced: dict[int, bytes] = {}
        self._set_aside = 0
        self._proven = 0
        self._closed = False
        self._connection: psycopg.Connection | None = None
        self._forcing: psycopg.Connection | None = None

    def __enter__(self) -> Self:
        """Read back what is there, and open for appending."""
        connection = self._connected(HELD_SECONDS)
        try:
            self.replay, self._next = self._read(connection)
        except BaseException:
            connection.close()
            raise
        self._syncer = threading.Thread(target=self._sync_in_groups, name=f"journal {self.place.name}", daemon=True)
        self._syncer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Have everything forced to the server's disk, and close."""
        self._closed = True
        self._wake.set()
        self._syncer.join()
        try:
            if self._unforced:
                self._patiently(self._force, "forced to disk")
        except LakeError:
            if kind is None:
                raise
        finally:
            for connection in (self._connection, self._forcing):
                if connection is not None:
                    connection.close()

    @contextmanager
    def room(self, size: int) -> Generator[Room[T]]:
        """Have the server prove that it has room for ``size`` bytes, beside what other rooms may still need.

        It writes as much and takes it back. Unlike on a disk of one's own, the room is not held against other users of
        the server: one that is filled up between this and the answer refuses the record, and it is owed again.

        Raises:
            LakeError: there is no such room; nothing was paid for yet.
        """
        with self._lock:
            needed = self._set_aside + size
            if needed > self._proven:
                self._patiently(lambda: self._prove(needed + PROOF_STEP), "given room")
                self._proven = needed + PROOF_STEP
            self._set_aside += size
        room = Room(self._append_within, size)
        try:
            yield room
        finally:
            with self._lock:
                self._set_aside -= room.left

    def append(self, record: T) -> None:
        """Append one record; when this returns, the server has it.

        Raises:
            LakeError: the server refused it or stays away; the record is not in the journal.
        """
        with self._lock:
            self._write(self._encoder.encode(record))

    def read(self) -> Replay[T]:
        """What the journal holds, nothing where there is none; also of a journal that is not open.

        Raises:
            LakeError: PostgreSQL does not answer, the lake has no journals there, or a record is of another form.
        """
        from stillroom.lake.postgres import connect

        with connect(self.place.database, "reads a journal") as connection:
            return self._read(connection)[0]

    def read_at(self, places: Sequence[int]) -> list[T]:
        """The records at places that ``read`` gave, by place; two where two processes wrote there.

        Raises:
            LakeError: as ``read``.
        """
        from stillroom.lake.postgres import connect

        with connect(self.place.database, "reads of a journal") as connection:
            return [record for _, record in self._decoded(connection, _READ_AT, [self.place.name, [*places]])]

    def _append_within(self, room: Room[T], record: T) -> None:
        body = self._encoder.encode(record)
        with self._lock:
            self._write(body)
            used = min(len(body), room.left)
            room.left -= used
            self._set_aside -= used

    def _write(self, body: bytes) -> None:
        position, self._next = self._next, self._next + 1
        self._unforced[position] = body
        try:
            self._patiently(lambda: self._insert(position, body), "appended to")
        except LakeError:
            del self._unforced[position]
            raise
        self._proven = max(0, self._proven - len(body))
        if len(self._unforced) >= SYNC_RECORDS:
            self._wake.set()

    def _insert(self, position: int, body: bytes) -> None:
        connection = self._connected(PATIENCE_SECONDS)
        connection.execute(_INSERT, [self.place.name, position, self._opening, body])

    def _prove(self, size: int) -> None:
        """A table of its own is given back whole; rows of the journal's would fill a full server further each time."""
        from psycopg.sql import SQL, Identifier

        proof = SQL(_PROVE).format(Identifier(f"room_{self._opening.hex}"))
        with self._connected(PATIENCE_SECONDS).transaction(force_rollback=True) as transaction:
            transaction.connection.execute(proof, [-(-size // PROOF_ROW)])

    def _connected(self, held_seconds: float) -> "psycopg.Connection":
        """The connection that holds the journal; one that is made anew is given all that may be lost."""
        from stillroom.lake.postgres import connect, holder, try_lock

        if self._connection is not None and not self._connection.closed:
            return self._connection
        work = f"journal {self.place.name}"
        connection = connect(self.place.database, work)
        try:
            deadline = time.monotonic() + held_seconds
            while not try_lock(connection, work):
                if time.monotonic() > deadline:
                    raise LakeError(
                        f"another process writes the journal {self.place.name}: it is paid for the same work. It is "
                        f"{holder(connection, work)}. Wait until it has ended, or end it, and start again."
                    )
                time.sleep(PAUSE_SECONDS)
            connection.execute("SET synchronous_commit = off")
            with connection.transaction(), connection.cursor() as cursor:
                lines = [(self.place.name, at, self._opening, body) for at, body in self._unforced.items()]
                cursor.executemany(_INSERT, lines)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _patiently(self, work: Callable[[], object], done: str) -> None:
        """Do it again for as long as the connection is lost under it."""
        import psycopg

        from stillroom.lake.passing import is_passing

        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                work()
            except (psycopg.Error, LakeError) as error:
                is_lost = isinstance(error, psycopg.Error) and self._is_lost()
                if not (is_lost or is_passing(error)) or time.monotonic() > deadline:
                    raise self._refused(error, done) from error
                time.sleep(PAUSE_SECONDS)
            else:
                return

    def _is_lost(self) -> bool:
        return any(one is not None and one.closed for one in (self._connection, self._forcing))

    def _refused(self, error: Exception, done: str) -> LakeError:
        if isinstance(error, LakeError):
            return error
        return LakeError(
            f"the journal {self.place.name} in PostgreSQL ({self.place.database}) cannot be {done}: {error}. See to "
            "the server (its disk may be full) and start the build again; what is in the journal is kept."
        )

    def _sync_in_groups(self) -> None:
        import psycopg

        while not self._closed:
            self._wake.wait(SYNC_SECONDS)
            self._wake.clear()
            if self._unforced:
                with suppress(psycopg.Error, LakeError):  # they stay in memory, and it is tried again
                    self._force()

    def _force(self) -> None:
        """Have the server's disk hold what it was given so far: its log is forced up to a commit that waits for it."""
        from stillroom.lake.postgres import connect

        with self._lock:
            given = list(self._unforced)
        if self._forcing is None or self._forcing.closed:
            self._forcing = connect(self.place.database, f"forces journal {self.place.name}")
            self._forcing.execute("SET synchronous_commit = on")
        self._forcing.execute(_FORCE)
        with self._lock:
            self._connected(PATIENCE_SECONDS).execute("SELECT 1")  # a server that died in between would have lost it
            for position in given:
                self._unforced.pop(position, None)

    def _read(self, connection: "psycopg.Connection") -> tuple[Replay[T], int]:
        """What is there, and the position after it."""
        found = self._decoded(connection, _READ, [self.place.name])
        records, places = tuple(record for _, record in found), tuple(position for position, _ in found)
        return Replay(records=records, damaged_lines=0, places=places), places[-1] + 1 if places else 0

    def _decoded(self, connection: "psycopg.Connection", query: LiteralString, asked: list[Any]) -> list[tuple[int, T]]:
        import psycopg

        try:
            found = connection.execute(query, asked).fetchall()
        except psycopg.Error as error:
            raise self._refused(error, "read") from error
        records: list[tuple[int, T]] = []
        for position, body in found:
            try:
                records.append((position, self._decoder.decode(body)))
            except msgspec.DecodeError as error:  # a row is there whole or not at all
                where = f"record {position} of the journal {self.place.name} in PostgreSQL ({self.place.database})"
                removal = f"delete the rows of stillroom.journal_records there whose journal is {self.place.name!r}"
                raise other_form(where, error, removal) from error
        return records
