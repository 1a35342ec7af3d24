"""A lease: the right of one living process to do a piece of work; it ends when its holder does."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from stillroom.errors import LakeError, LeaseHeld
from stillroom.fingerprint import fingerprint
from stillroom.holder import holder_of, note_holder


def building(dataset: str) -> str:
    """The work of whoever publishes versions of a dataset: a build, a retraction, another verification."""
    return f"the build of {dataset}"


@contextmanager
def lease(root: Path, work: str) -> Generator[None]:
    """Hold the lease on ``work`` (any text) in the lake at ``root`` for the length of the block.

    A file lock, which the kernel drops with the process that holds it, so there is nothing to expire.

    Raises:
        LeaseHeld: another process has it; the message names its process, host and time.
        LakeError: the lake's folder cannot be written.
    """
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
