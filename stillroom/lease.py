"""A lease: the right of one living process to do a piece of work; it ends when its holder does."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout

from stillroom.errors import LakeError, LeaseHeld
from stillroom.fingerprint import fingerprint
from stillroom.holder import holder_of, note_holder
from stillroom.lake.location import locate

PAUSE_SECONDS = 0.1
REGAIN_SECONDS = 10.0  # in which a holder that lost its connection to PostgreSQL has noticed and taken its lease again
MOMENT_SECONDS = 2.0  # for which somebody may have a lease who only looks whether the work is being done


class Lease(Protocol):
    """A lease that is held."""

    def assure(self) -> None:
        """Let pass only who holds it still.

        Raises:
            LeaseHeld: another process has it now.
        """
        ...


class _FolderLease:
    def assure(self) -> None:
        """Nothing is needed: the kernel keeps the lock as long as the process lives."""


def building(dataset: str) -> str:
    """The work of whoever publishes versions of a dataset: a build, a retraction, another verification."""
    return f"the build of {dataset}"


def sampling(run_id: str, shard: int) -> str:
    """The work of whoever answers, verifies and commits a shard."""
    return f"shard {shard} of run {run_id}"


@contextmanager
def lease(root: Path, work: str, *, seconds: float = 0.0) -> Generator[Lease]:
    """Hold the lease on ``work`` (any text) in the lake of the folder ``root`` for the length of the block.

    A file lock, or where the catalogue is in PostgreSQL an advisory lock there, which workers on any machine meet.
    Either is dropped with the process that holds it, so there is nothing to expire. An advisory lock can also be lost
    with its connection; where somebody else has taken it then, an asyncio task that holds it is cancelled, and who
    works otherwise has to ask the lease. The block ends in an error in any case.

    Args:
        root: the lake's folder.
        work: what is to be done.
        seconds: how long to wait for others who have it for a moment.

    Raises:
        LeaseHeld: another process has had it all the time, or took it meanwhile; the message names its process, host
            and time.
        LakeError: the lake's folder cannot be written, or PostgreSQL does not answer.
    """
    deadline = time.monotonic() + seconds
    with ExitStack() as stack:
        while True:
            try:
                held = stack.enter_context(_at_once(root, work))
                break
            except LeaseHeld:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(PAUSE_SECONDS)
        yield held


def may_be_lost(root: Path) -> bool:
    """Whether leases of the lake can be free for a moment though their holders live and go on with their work."""
    return isinstance(locate(root.expanduser().resolve()).catalogue, str)


def _at_once(root: Path, work: str) -> AbstractContextManager[Lease]:
    catalogue = locate(root.expanduser().resolve()).catalogue
    return _in_postgres(catalogue, work) if isinstance(catalogue, str) else _in_folder(root, work)


@asynccontextmanager
async def lease_soon(root: Path, work: str, *, seconds: float) -> AsyncGenerator[Lease]:
    """``lease`` that waits beside the event loop's other tasks.

    Raises:
        LeaseHeld: another process has had it all the time, or took it meanwhile.
        LakeError: as ``lease``.
    """
    deadline = time.monotonic() + seconds
    with ExitStack() as stack:
        while True:
            try:
                held = stack.enter_context(_at_once(root, work))
                break
            except LeaseHeld:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
        yield held


@contextmanager
def _in_folder(root: Path, work: str) -> Generator[Lease]:
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
        yield _FolderLease()
    finally:
        lock.release()


@contextmanager
def _in_postgres(database: str, work: str) -> Generator[Lease]:
    """An advisory lock, taken again where its connection is lost."""
    from stillroom.lease_in_postgres import DatabaseLease

    running = _running()
    held = DatabaseLease(database, work, stop=running.cancel if running else lambda: None)
    try:
        yield held
    except BaseException as error:
        held.leave()
        if held.failure in (None, error):
            raise
        if running and isinstance(error, asyncio.CancelledError):
            running.task.uncancel()
        raise held.failure from error
    held.leave()
    held.assure()


@dataclass(frozen=True, slots=True)
class _Running:
    """The task that took a lease, for whoever has to end it from another thread."""

    loop: asyncio.AbstractEventLoop
    task: asyncio.Task[Any]

    def cancel(self) -> None:
        with suppress(RuntimeError):  # the loop has come to its end by itself
            self.loop.call_soon_threadsafe(self.task.cancel)


def _running() -> _Running | None:
    try:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
    except RuntimeError:
        return None
    return _Running(loop, task) if task else None
