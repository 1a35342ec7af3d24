"""Waits for what passes: another program that writes into the catalogue, a server that is started again."""

import time
from collections.abc import Callable
from typing import TypeVar

from stillroom.errors import LakeError
from stillroom.lake.writing import Writing

PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 0.2

T = TypeVar("T")


def patiently(work: Callable[[], T], writing: Writing, say: Callable[[str], None] | None = None) -> T:
    """What ``work`` gives, tried again while it fails as ``writing`` says that passes; ``say`` is told once.

    Raises:
        LakeError: as ``work`` does, or it failed so for longer than ``PATIENCE_SECONDS``.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    is_told = False
    while True:
        try:
            return work()
        except LakeError as error:
            if not writing.is_passing(error):
                raise
            if time.monotonic() > deadline:
                raise LakeError(
                    f"{writing.advice(PATIENCE_SECONDS)} The last attempt: {error.__cause__ or error}"
                ) from error
            if say is not None and not is_told:
                say(f"the lake does not answer, and is asked again for {PATIENCE_SECONDS:.0f} s: {error}")
                is_told = True
            time.sleep(PAUSE_SECONDS)
