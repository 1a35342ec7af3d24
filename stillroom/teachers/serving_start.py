"""Starts a server, or takes over the one that runs: waiting, checking who it is, having it watched.

The caller holds the model's lock throughout.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stillroom.errors import TeacherError, TeacherMismatch
from stillroom.loopback import without_proxies
from stillroom.teachers.progress import PRINTED, Progress, Share
from stillroom.teachers.serving_environment import tail, telling_lines
from stillroom.teachers.serving_idle import start_idler
from stillroom.teachers.serving_keeper import keeper_here
from stillroom.teachers.serving_process import ProcessIdentity, reap, spawn
from stillroom.teachers.serving_spec import ServerSpec
from stillroom.teachers.serving_state import (
    Paths,
    ServerState,
    forget_state,
    is_ready,
    model_info,
    read_state,
    touch,
    uptime_seconds,
    write_state,
)

START_TIMEOUT_SECONDS = 600.0  # a large model is read from a slow disk
USUAL_SECONDS = 40.0  # a small model on two cores is up after 25 to 60 s
REPORT_SECONDS = 0.5
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A server that answers.

    Attributes:
        model_path: where its tokenizer and chat template are, too.
        reused: whether it was running before it was asked for.
    """

    name: str
    url: str
    revision: str
    model_path: str
    pid: int
    log: Path
    reused: bool


def start(
    spec: ServerSpec,
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    idle_minutes: float = 15.0,
    holder: ProcessIdentity | None = None,
    timeout_seconds: float = START_TIMEOUT_SECONDS,
    progress: Progress = PRINTED,
    remembered: Callable[[], None] = lambda: None,
) -> RunningServer:
    """Starts ``argv`` as the server of ``spec`` and waits until it answers. The caller holds the lock.

    Args:
        spec: what is served.
        argv: what runs it.
        environment: what ``argv`` needs beside this process's own.
        idle_minutes: it is stopped after so long without requests; 0 leaves it up.
        holder: it is not stopped for that while this process lives.
        timeout_seconds: how long it may take.
        progress: gets one line a step.
        remembered: called once the server runs and is written down, long before it answers.

    Raises:
        TeacherError: it ended, or did not answer in time; it is not left running.
        TeacherMismatch: it answers, but with other weights than ``spec`` names.
    """
    paths = Paths.of(spec.name)
    if paths.log.exists():
        paths.log.replace(paths.log.with_suffix(".log.1"))
    progress(f"Starting SGLang for {spec.name} on {spec.url} ({spec.device}; log: {paths.log})")
    state = ServerState(
        name=spec.name,
        url=spec.url,
        model_path=spec.model_path,
        revision=spec.revision,
        device=spec.device,
        process=spawn(argv, {**without_proxies(os.environ), **environment}, paths.log),  # it asks itself, to warm up
        idle_minutes=idle_minutes,
        keeper=keeper_here(),
        holders=(holder,) if holder else (),
        log=str(paths.log),
        started_at=time.time(),
    )
    try:
        # Before it answers: whoever is killed while waiting leaves no unknown server, and none that nobody stops.
        state = _with_idler(state)
        remembered()
        _wait_until_ready(state, timeout_seconds, progress)
        _check_identity(spec, state)
    except BaseException:
        state.process.end()
        if state.idler:
            state.idler.end()
        forget_state(spec.name)
        raise
    touch(spec.name)  # the idler counts from now, however long the start took
    progress(f"{spec.name} answers on {spec.url} after {uptime_seconds(state):.0f} s")
    return _running(state, reused=False)


def reuse(
    spec: ServerSpec,
    *,
    idle_minutes: float,
    holder: ProcessIdentity | None = None,
    timeout_seconds: float = START_TIMEOUT_SECONDS,
    progress: Progress = PRINTED,
) -> RunningServer | None:
    """The recorded server, once it answers, if it lives; None after clearing away what is left of a dead one.

    A living server that does not answer is waited for and never killed: it may be starting, or at somebody's work.

    Raises:
        TeacherError: it runs but does not answer in time.
        TeacherMismatch: it serves other weights than ``spec`` names.
    """
    state = read_state(spec.name)
    if state is None:
        return None
    if not state.process.is_alive():
        progress(f"the server of {spec.name} (pid {state.process.pid}) is gone; starting another")
        state.process.end()  # its children, where only the leader was killed
        forget_state(spec.name)
        return None
    state = _with_idler(state)  # whoever started it may have been killed before it was watched
    _wait_until_ready(state, timeout_seconds, progress)
    _check_identity(spec, state)
    touch(spec.name)
    # Whoever wants it longest decides; 0 means for good.
    longest = 0.0 if 0.0 in (idle_minutes, state.idle_minutes) else max(idle_minutes, state.idle_minutes)
    holders = (*state.living_holders(), *((holder,) if holder else ()))
    return _running(_with_idler(replace(state, idle_minutes=longest, holders=holders)), reused=True)


def _with_idler(state: ServerState) -> ServerState:
    """``state``, written, with a living process that watches it where it is to be stopped when idle."""
    if state.idle_minutes and not (state.idler and state.idler.is_alive()):
        write_state(state)  # the idler reads it as its first act
        state = replace(state, idler=start_idler(state.name, state.process.pid))
    write_state(state)
    return state


def _wait_until_ready(state: ServerState, timeout_seconds: float, progress: Progress) -> None:
    deadline, report = time.monotonic() + timeout_seconds, time.monotonic() + REPORT_SECONDS
    while not is_ready(state.url):
        if not state.process.is_alive():
            code = reap(state.process.pid)
            raise TeacherError(
                f"the server of {state.name} ended with exit code {code} before it answered. The telling lines of "
                f"{state.log}:\n{telling_lines(Path(state.log))}"
            )
        if time.monotonic() > deadline:
            raise TeacherError(
                f"the server of {state.name} did not answer on {state.url}/ready within {timeout_seconds:.0f} s. The "
                f"last lines of {state.log}:\n{tail(Path(state.log))}\n"
                f"If it hangs: stillroom teacher stop {state.name}"
            )
        if time.monotonic() > report:
            progress(_waited(uptime_seconds(state)))
            report = time.monotonic() + REPORT_SECONDS
        time.sleep(POLL_SECONDS)


def _waited(seconds: float) -> Share:
    """How long a start has taken, of what it usually takes."""
    said = f"Starting SGLang: {seconds:.0f} s, usually about {USUAL_SECONDS:.0f}"
    return Share(said, done=min(seconds, USUAL_SECONDS), total=USUAL_SECONDS)


def _check_identity(spec: ServerSpec, state: ServerState) -> None:
    found = (model_info(state.url) or {}).get("weight_version")
    if (found, state.device) != (spec.revision, spec.device):
        raise TeacherMismatch(
            f"the server of {spec.name} on {state.url} says that it serves {found} ({state.device}); expected "
            f"{spec.revision} ({spec.device}). If nobody needs it any more: stillroom teacher stop {spec.name}"
        )


def _running(state: ServerState, *, reused: bool) -> RunningServer:
    return RunningServer(
        name=state.name,
        url=state.url,
        revision=state.revision,
        model_path=state.model_path,
        pid=state.process.pid,
        log=Path(state.log),
        reused=reused,
    )
