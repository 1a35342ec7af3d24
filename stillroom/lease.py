"""A lease: the right of one living process to do a piece of work; it ends when its holder does."""

import json
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from stillroom.errors import LakeError, LeaseHeld
from stillroom.fingerprint import fingerprint


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
    about = {"work": work, "pid": os.getpid(), "host": socket.gethostname(), "since": datetime.now(UTC).isoformat()}
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        holder.write_text(json.dumps(about), encoding="utf-8")
    except Timeout as error:
        raise LeaseHeld(f"{work} is being done by {_describe(holder)}. Wait for it, or end that process.") from error
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


def _describe(holder: Path) -> str:
    try:
        about = json.loads(holder.read_text(encoding="utf-8"))
        return f"process {about['pid']} on {about['host']} since {about['since']}"
    except (OSError, ValueError, KeyError):
        return "another process"
