"""Waits for another program that writes into the catalogue, as a duckdb shell may."""

import time
from collections.abc import Callable
from typing import TypeVar

from stillroom.errors import LakeError

PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 0.2

T = TypeVar("T")


def patiently(work: Callable[[], T]) -> T:
    """What ``work`` gives, tried again while SQLite says that the catalogue is locked; a failure changes nothing.

    A file lock keeps our own processes apart, and whoever only reads holds nobody up.

    Raises:
        LakeError: as ``work`` does, or the catalogue stayed locked for longer than ``PATIENCE_SECONDS``.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return work()
        except LakeError as error:
            if "database is locked" not in str(error):
                raise
            if time.monotonic() > deadline:
                raise LakeError(
                    f"another program has kept the lake's catalogue locked for {PATIENCE_SECONDS:.0f} s: {error}. "
                    "Find it with `fuser catalogue.sqlite` in the lake's folder, end it, and try again."
                ) from error
            time.sleep(PAUSE_SECONDS)
