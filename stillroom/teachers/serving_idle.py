"""Stops a server that nobody has asked for a while: a small process of its own beside each server.

``python -m stillroom.teachers.serving_idle NAME PID``. A server is in use when its own counters move, a client
touched its ``.used`` file, or a process that holds it up lives. It ends itself when the state names another server, or
none.
"""

import sys
import time
from pathlib import Path

from filelock import FileLock

from stillroom.teachers.serving_process import ProcessIdentity, spawn
from stillroom.teachers.serving_state import (
    Paths,
    ServerState,
    activity,
    forget_state,
    last_touched,
    read_state,
)

TICK_SECONDS = 20.0


def start_idler(name: str, pid: int) -> ProcessIdentity:
    """Starts the process that watches the server of ``name``."""
    argv = [sys.executable, "-m", "stillroom.teachers.serving_idle", name, str(pid)]
    root = str(Path(__file__).resolve().parents[2])  # wherever the caller stands, this very code is run
    return spawn(argv, {"PYTHONPATH": root}, Paths.of(name).log.with_suffix(".idle.log"))


def watch(name: str, pid: int) -> None:
    """Returns once the server is gone, has been replaced, or was idle for long enough and has been stopped."""
    seen, last_used = 0.0, time.time()
    while (state := _watched(name, pid)) is not None:
        now = activity(state.url)
        if now is not None and now != seen:
            seen, last_used = now, time.time()
        last_used = time.time() if state.living_holders() else max(last_used, last_touched(name))
        if state.idle_minutes and time.time() - last_used > state.idle_minutes * 60 and _stop_if_idle(state, seen):
            return
        time.sleep(min(TICK_SECONDS, state.idle_minutes * 60 / 4) if state.idle_minutes else TICK_SECONDS)


def _watched(name: str, pid: int) -> ServerState | None:
    state = read_state(name)
    return state if state and state.process.pid == pid and state.process.is_alive() else None


def _stop_if_idle(state: ServerState, seen: float) -> bool:
    """Stops the server under the lock that ``serve`` takes, unless it has just been asked again."""
    with FileLock(Paths.of(state.name).lock):
        wanted = time.time() - last_touched(state.name) < state.idle_minutes * 60
        if wanted or activity(state.url) not in (None, seen):
            return False
        state.process.end()
        forget_state(state.name)
    return True


if __name__ == "__main__":
    watch(sys.argv[1], int(sys.argv[2]))
