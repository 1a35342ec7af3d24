"""A lease in the PostgreSQL server of a lake's catalogue: an advisory lock, which a thread looks after.

A lock goes with its connection, and a connection can be lost under a living process. Until the server has noticed, the
old backend holds the lock still: nobody else has the lease, and it is taken again once it is free. Where the server let
go of it first (it was restarted, or the backend was ended), another process may have taken it: then the work stops.
"""

import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg

from stillroom.errors import LakeError, LeaseHeld
from stillroom.lake.postgres import Backend, backend, connect, holder, holding, try_lock

LOOK_SECONDS = 5.0  # how often the connection that holds a lease is looked at
RETRY_SECONDS = 0.5  # and how often a lease that was lost is asked for


class DatabaseLease:
    """The lease on a piece of work, until ``leave`` or until the process ends.

    Args:
        database: a libpq connection string.
        work: what it is on.
        stop: called, by another thread, when somebody else has taken the lease.

    Raises:
        LeaseHeld: another process has it; the message says who.
        LakeError: PostgreSQL does not answer.
    """

    def __init__(self, database: str, work: str, stop: Callable[[], object]) -> None:
        self._database = database
        self._work = work
        self._stop = stop
        self._ours: set[Backend] = set()
        self._ended = threading.Event()
        self.failure: LeaseHeld | None = None
        self._connection = connect(database, work)
        try:
            self._is_held = self._taken()
            if not self._is_held:
                who = holder(self._connection, work)
                raise LeaseHeld(f"{work} is being done by {who}. Wait for it, or end that process.")
        except BaseException as error:
            self._connection.close()
            if isinstance(error, psycopg.Error):
                raise LakeError(f"the connection to PostgreSQL ({database}) was lost: {error}") from error
            raise
        self._keeping = threading.Thread(target=self._keep, name=f"lease on {work}", daemon=True)
        self._keeping.start()

    def assure(self) -> None:
        """Let pass only who has not lost the lease to somebody else.

        Raises:
            LeaseHeld: another process has it; the message says who.
        """
        if self.failure is not None:
            raise self.failure

    def leave(self) -> None:
        """Let go of it; call it once."""
        self._ended.set()
        self._keeping.join()

    def _keep(self) -> None:
        while not self._ended.wait(LOOK_SECONDS if self._is_held else RETRY_SECONDS):
            try:
                if self._is_held:
                    self._connection.execute("SELECT 1")
                else:
                    self._retake()
            except (psycopg.Error, LakeError):  # a server that stays away is asked again; commits wait for it as well
                self._is_held = False
                self._connection.close()
            if self.failure is not None:
                self._stop()
                break
        with suppress(psycopg.Error):  # the server drops it with the connection, but only when it comes to that
            self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()

    def _retake(self) -> None:
        if self._connection.closed:
            self._connection = connect(self._database, self._work)
        self._is_held = self._taken()
        if not self._is_held and holding(self._connection, self._work) - self._ours:
            self.failure = LeaseHeld(
                f"the connection to PostgreSQL was lost, and before {self._work} could take its lease again, "
                f"{holder(self._connection, self._work)} took it. So the work was stopped here. Nothing that was paid "
                "for is lost: wait for the other process, then start the same command again."
            )

    def _taken(self) -> bool:
        if not try_lock(self._connection, self._work):
            return False
        self._ours.add(backend(self._connection))
        return True
