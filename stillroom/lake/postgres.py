"""What a lake asks of PostgreSQL itself, beside DuckLake: whose turn it is, and who has a lock.

Two connections write a lake: DuckLake's own, which holds rows and catalogue, and this plain one, which holds an
advisory lock meanwhile. The lock only keeps writers in a queue. What makes a commit right is the catalogue: every
commit takes the snapshot number after the one that it has seen, the number is a primary key, and DuckLake is told not
to try another (``ducklake_max_retry_count = 0``). So whoever committed in between, lock or no lock, makes it fail
whole, and it is begun again from what is there now.
"""

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from stillroom.errors import LakeError
from stillroom.fingerprint import fingerprint
from stillroom.lake.journal_tables import settle_journals
from stillroom.lake.variables import JOURNAL_VARIABLE

SCHEMA = "stillroom"
LOCK_SECONDS = 300.0  # a commit takes tens of milliseconds; longer means a stuck process
CONNECT_SECONDS = 10
COMMITTING = "commits to the lake"
_NAME = "stillroom: "
_HOLDERS = """
SELECT a.application_name, a.backend_start, l.pid FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((l.classid::bigint << 32) | l.objid::bigint) = %s AND l.objsubid = 1
ORDER BY a.backend_start, l.pid
"""
_SETTINGS = {  # a machine that vanished is noticed, and its locks are dropped, after 30 s
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "idle_session_timeout": "0",
}


class Backend(NamedTuple):
    """A process of the server: its number alone comes again."""

    number: int
    started_at: datetime | None


def connect(database: str, purpose: str) -> psycopg.Connection:
    """A plain connection in autocommit mode, which names itself in ``pg_stat_activity``.

    Args:
        database: a libpq connection string.
        purpose: what it is for, in a word or two.

    Raises:
        LakeError: PostgreSQL does not answer or does not let us in.
    """
    name = f"{_NAME}process {os.getpid()} on {socket.gethostname()}, {purpose}"[:63]  # PostgreSQL keeps no more
    settled = make_conninfo(
        database,
        application_name=name,
        connect_timeout=CONNECT_SECONDS,
        keepalives_idle=15,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=30_000,  # ms: a wire that swallows what is sent is noticed as soon as an idle one
    )
    connection: psycopg.Connection | None = None
    try:
        connection = psycopg.connect(settled, autocommit=True)
        connection.execute(
            "SELECT set_config(name, %s::jsonb ->> name, false) FROM pg_settings WHERE %s::jsonb ? name",
            [settings := Jsonb(_SETTINGS), settings],
        )
    except psycopg.Error as error:
        if connection is not None:
            connection.close()
        raise LakeError(
            f"cannot reach the lake's catalogue in PostgreSQL ({database}): {' '.join(str(error).split())} "
            "Start the server, or put right STILLROOM_CATALOGUE, PGPASSWORD or ~/.pgpass."
        ) from error
    return connection


def holds_lake(database: str) -> bool:
    """Whether a lake was made in this database.

    Raises:
        LakeError: PostgreSQL does not answer.
    """
    with connect(database, "looks") as connection:
        row = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.ducklake_snapshot"]).fetchone()
    return row is not None and row[0] is not None


def lock_number(work: str) -> int:
    """The number of the advisory lock on a piece of work: a signed 64-bit integer."""
    return int.from_bytes(bytes.fromhex(fingerprint(work, length=16)), signed=True)


def try_lock(connection: psycopg.Connection, work: str) -> bool:
    """Whether this connection now has the lock on ``work``; it is dropped with the connection."""
    return connection.execute("SELECT pg_try_advisory_lock(%s)", [lock_number(work)]).fetchone() == (True,)


def holder(connection: psycopg.Connection, work: str) -> str:
    """Who has the lock on ``work``, for a person: process, host and since when it has been connected."""
    found = connection.execute(_HOLDERS, [lock_number(work)]).fetchall()
    return _described(*found[0])[1] if found else "another process"


def holding(connection: psycopg.Connection, work: str) -> set[Backend]:
    """The backends that have the lock on ``work``."""
    found = connection.execute(_HOLDERS, [lock_number(work)]).fetchall()
    return {Backend(number, since) for _, since, number in found}


def backend(connection: psycopg.Connection) -> Backend:
    """The backend of a connection."""
    row = connection.execute("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()").fetchone()
    assert row is not None, "a connection sees itself"  # noqa: S101 - narrows the type
    return Backend(*row)


def holders(connection: psycopg.Connection, work: str) -> list[str]:
    """As ``holder``, of everybody who shares the lock, and before it what each does (PostgreSQL cuts it off)."""
    found = [_described(*row) for row in connection.execute(_HOLDERS, [lock_number(work)]).fetchall()]
    return [f"`{purpose}`, {who}" if purpose else who for purpose, who in found]


def _described(name: str | None, since: datetime | None, backend: int) -> tuple[str, str]:
    who, _, purpose = (name or "").removeprefix(_NAME).partition(", ")
    at = f" since {since.astimezone(UTC).isoformat(timespec='seconds')}" if since else ""
    return purpose, f"{who or 'another process'}{at} (backend {backend} of PostgreSQL)"


class Turns:
    """Puts the commits of all processes one after another, by an advisory lock in the catalogue's database.

    Not for several threads at once.
    """

    def __init__(self, database: str) -> None:
        self._database = database
        self._connection: psycopg.Connection | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def turn(self) -> Generator[None]:
        """Within the block no other process commits, as long as PostgreSQL answers.

        Raises:
            LakeError: PostgreSQL does not answer, or another process has had its turn for ``LOCK_SECONDS``.
        """
        connection = self._connected()
        number = lock_number(COMMITTING)
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", [number])
        except psycopg.errors.LockNotAvailable as error:
            raise LakeError(
                f"{holder(connection, COMMITTING)} has held the lake's write lock for {LOCK_SECONDS:.0f} s. "
                "End it (pg_terminate_backend ends its connection), then try again."
            ) from error
        except psycopg.Error as error:
            self.close()
            raise _lost(error) from error
        try:
            yield
        finally:
            try:
                connection.execute("SELECT pg_advisory_unlock(%s)", [number])
            except psycopg.Error:
                self.close()  # with the connection the lock is gone as well

    def make_schema(self, *, journals: bool) -> None:
        """The schema that DuckLake's tables go into, and the journals' table; made by whoever has the turn.

        Raises:
            RequestError: ``journals`` differs from where the lake has its journals.
            LakeError: it is not there and may not be made.
        """
        connection = self._connected()
        try:
            if connection.execute("SELECT to_regnamespace(%s)", [SCHEMA]).fetchone() == (None,):
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
            settle_journals(connection, SCHEMA, JOURNAL_VARIABLE, are_wanted=journals)
        except psycopg.Error as error:
            raise LakeError(
                f"cannot make the schema {SCHEMA} in PostgreSQL ({self._database}): {error}. The role needs the "
                "right to create in the database, or be given the schema: "
                f"CREATE SCHEMA {SCHEMA} AUTHORIZATION <role>."
            ) from error

    def _connected(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._database, "writer")
            self._connection.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LOCK_SECONDS:.0f}s"])
        return self._connection


def _lost(error: psycopg.Error) -> LakeError:
    return LakeError(f"the connection to the lake's catalogue in PostgreSQL was lost: {error}")
