"""Stops a server that was started here, also one that hangs while somebody else waits for it.

Whoever starts a server, or waits for it, holds the lock of its model, for minutes where the server hangs. Where that
lock is not to be had, the server that is remembered is ended without it: its process is told by pid and start time, so
no other can be met. Who waited finds it gone, and lets go.
"""

import time

from filelock import FileLock, Timeout

from stillroom.errors import TeacherError
from stillroom.teachers.models import lookup
from stillroom.teachers.progress import PRINTED, Progress
from stillroom.teachers.serving_state import Paths, forget_state, read_state

UNKNOWN_SECONDS = 30.0  # for a server that is not remembered yet, or somebody who is stopping it
RELEASE_SECONDS = 10.0  # for whoever waited to find it gone: a question to it takes up to 5 s
POLL_SECONDS = 0.2


def stop(name: str, progress: Progress = PRINTED) -> bool:
    """Stops the server of ``name`` if one was started here and still runs; says whether it did.

    Args:
        name: a short name of the catalogue, or a hub id.
        progress: gets a line where somebody else is at that server.

    Raises:
        RequestError: the name is unknown.
        TeacherError: somebody else starts one and has none that could be ended yet.
    """
    name = lookup(name).name
    lock = FileLock(Paths.of(name).lock)
    if _acquired(lock, 0):
        return _stop_and_release(lock, name)
    is_ended = _end_remembered(name, progress)
    if not is_ended:
        progress(f"Waiting: somebody else is starting or stopping {name}, and no server of it runs")
    deadline = time.monotonic() + (RELEASE_SECONDS if is_ended else UNKNOWN_SECONDS)
    while not _acquired(lock, POLL_SECONDS):
        if not is_ended and _end_remembered(name, progress):
            is_ended, deadline = True, time.monotonic() + RELEASE_SECONDS
        if time.monotonic() > deadline:
            if is_ended:
                return True  # whoever has the lock now clears away what is remembered
            raise TeacherError(
                f"somebody else has been starting or stopping {name} for {UNKNOWN_SECONDS:.0f} s, and no server of it "
                "runs that could be ended. Stop that command (a build, or `stillroom teacher serve`), or try again "
                f"once `stillroom teacher status` shows {name}."
            )
    return _stop_and_release(lock, name) or is_ended


def _acquired(lock: FileLock, seconds: float) -> bool:
    try:
        lock.acquire(timeout=seconds)
    except Timeout:
        return False
    return True


def _stop_and_release(lock: FileLock, name: str) -> bool:
    try:
        state = read_state(name)
        if state is None:
            return False
        stopped = state.process.end()
        if state.idler:
            state.idler.end()
        forget_state(name)
        return stopped
    finally:
        lock.release()


def _end_remembered(name: str, progress: Progress) -> bool:
    """Ends the server without the lock; False where none is remembered that runs."""
    state = read_state(name)
    if state is None or not state.process.is_alive():
        return False
    progress(f"Ending the server of {name} (pid {state.process.pid}), for which somebody else waits")
    return state.process.end()
