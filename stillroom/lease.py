"""A lease: the right of one living process to do a piece of work; it ends when its holder does."""

import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from stillroom.errors import LakeError, LeaseHeld
from stillroom.fingerprint import fingerprint
from stillroom.holder import holder_of, note_holder
from stillroom.lake.location import locate

if TYPE_CHECKING:
    import psycopg

LOOK_SECONDS = 5.0  # how often the connection that holds a lease is looked at


def building(dataset: str) -> str:
    """The work of whoever publishes versions of a dataset: a build, a retraction, another verification."""
    return f"the build of {dataset}"


@contextmanager
def lease(root: Path, work: str) -> Generator[None]:
    """Hold the lease on ``work`` (any text) in the lake of the folder ``root`` for the length of the block.

    A file lock, or where the catalogue is in PostgreSQL an advisory lock there, which workers on any machine meet.
    Either is dropped with the process that holds it, so there is nothing to expire.

    Raises:
        LeaseHeld: another process has it; the message names its process, host and time.
        LakeError: the lake's folder cannot be written, or PostgreSQL does not answer.
    """
    catalogue = locate(root.expanduser().resolve()).catalogue
    with _in_postgres(catalogue, work) if isinstance(catalogue, str) else _in_folder(root, work):
        yield


@contextmanager
def _in_folder(root: Path, work: str) -> Generator[None]:
    stem = root / "leases" / f"{fingerprint(work, length=16)}"
    lock = FileLock(stem.with_suffix(".lock"), timeout=0)
    holder = stem.with_suffix(".json")
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        note_holder(holder, work)
    except Timeout as error:
        raise LeaseHeld(f"{work} is being done by {holder_of(holder)}. Wait for it, or end that process.") from error
    except OSError as error:
        lock.release()
        raise LakeError(
            f"cannot write into the lake's folder {root}: {error}. Free some space there, or name another folder that "
            "you may write to with --lake."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _in_postgres(database: str, work: str) -> Generator[None]:
    """An advisory lock; a thread takes it again where the server was restarted."""
    from stillroom.lake.postgres import connect, holder, try_lock

    connection = connect(database, work)
    if not try_lock(connection, work):
        who = holder(connection, work)
        connection.close()
        raise LeaseHeld(f"{work} is being done by {who}. Wait for it, or end that process.")
    ended = threading.Event()
    keeping = threading.Thread(target=_keep, args=(database, work, connection, ended), daemon=True)
    keeping.start()
    try:
        yield
    finally:
        ended.set()
        keeping.join()


def _keep(database: str, work: str, connection: "psycopg.Connection", ended: threading.Event) -> None:
    import psycopg

    from stillroom.lake.postgres import connect, try_lock

    while not ended.wait(LOOK_SECONDS):
        try:
            connection.execute("SELECT 1")
        except psycopg.Error:
            connection.close()
            with suppress(LakeError, psycopg.Error):
                connection = connect(database, work)
                try_lock(connection, work)
    connection.close()
