"""Who is at work in a lake whose catalogue is in PostgreSQL, on any machine: an advisory lock, shared or exclusive.

A lock goes with its connection, and so with its process. A connection can also be lost under a living process (the
server was restarted): whoever writes then comes in again before its next commit, and housekeeping, which cannot know
who came meanwhile, stops.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import psycopg

from stillroom.errors import LakeError, LeaseHeld
from stillroom.lake.postgres import connect, holders, lock_number, try_lock

WORK = "is at work in the lake"
PAUSE_SECONDS = 0.1


class DatabasePresence:
    """One writer's presence; it lasts until ``leave`` or until the process ends."""

    def __init__(self, database: str, command: str, wait_seconds: float) -> None:
        self._database = database
        self._command = command
        self._wait_seconds = wait_seconds
        self._connection = self._come_in()

    def assure(self) -> None:
        """Be present still, or again.

        Raises:
            LeaseHeld: housekeeping has come in since the connection was lost.
            LakeError: PostgreSQL does not answer.
        """
        if not _is_alive(self._connection):
            self._connection.close()
            self._connection = self._come_in()

    def leave(self) -> None:
        """Be gone; call it once."""
        self._connection.close()

    def _come_in(self) -> psycopg.Connection:
        connection = connect(self._database, self._command)
        try:
            deadline = time.monotonic() + self._wait_seconds
            while not _try_shared(connection):
                if time.monotonic() > deadline:
                    raise LeaseHeld(
                        f"the lake in {self._database} is in the hands of {_present(connection)}; nobody else may "
                        f"write meanwhile. Waited {self._wait_seconds:.0f} s. Wait until it has ended, or end that "
                        "process, and try again."
                    )
                time.sleep(PAUSE_SECONDS)
        except BaseException as error:
            connection.close()
            if isinstance(error, psycopg.Error):
                raise LakeError(f"the connection to PostgreSQL ({self._database}) was lost: {error}") from error
            raise
        return connection


@contextmanager
def alone_in(database: str, work: str) -> Generator[Callable[[], None]]:
    """Have the lake to oneself for the length of the block; what it gives raises where that is not so any more.

    Raises:
        LeaseHeld: somebody writes, or keeps house; the message says who.
        LakeError: PostgreSQL does not answer.
    """
    with connect(database, work) as connection:
        if not try_lock(connection, WORK):
            raise LeaseHeld(
                f"{work} needs the lake in {database} to itself, but somebody is at work in it: "
                f"{_present(connection)}. Wait until that has ended, or end it, and try again."
            )

        def assure() -> None:
            if not _is_alive(connection):
                raise LakeError(
                    f"{work} has lost its connection to PostgreSQL ({database}), so the lake is not its own any more. "
                    "No row was lost; run the command again."
                )

        yield assure


def _try_shared(connection: psycopg.Connection) -> bool:
    asked = connection.execute("SELECT pg_try_advisory_lock_shared(%s)", [lock_number(WORK)])
    return asked.fetchone() == (True,)


def _present(connection: psycopg.Connection) -> str:
    return "; ".join(holders(connection, WORK)) or "another process"


def _is_alive(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True
