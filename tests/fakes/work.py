"""Work on batches for workers in other processes, which find it by its name: some of it kills them."""

import errno
import os
import signal
import time
from pathlib import Path

from stillroom.errors import GateError


def reverse(batch: bytes) -> bytes:
    return batch[::-1]


def name_process(batch: bytes) -> bytes:
    """Which process did it; it takes a moment, so that one process alone would be late."""
    time.sleep(0.05)
    return f"{batch.decode()} {os.getpid()}".encode()


def die_the_first_time(batch: bytes, *, mark: str) -> bytes:
    """Batch ``2`` kills its worker once; ``mark`` is a file that says it has."""
    if batch == b"2" and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return reverse(batch)


def die(batch: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return batch


def refuse(batch: bytes) -> bytes:
    raise GateError(f"the batch {batch.decode()} is not good enough. Take another.")


def fill_the_disk(batch: bytes) -> bytes:
    raise OSError(errno.ENOSPC, f"no room for batch {batch.decode()}")


def begin_and_wait(batch: bytes, *, mark: str) -> bytes:
    Path(mark).touch()
    time.sleep(60)
    return batch
