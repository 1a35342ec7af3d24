"""Starts processes of flow runs as forks of one that has imported everything: ``python -m stillroom.cli.warm SOCKET``.

A process of a flow run imports Prefect, the flows and what they need, which takes seconds of CPU each time; a fork
takes milliseconds. A worker starts ``warm_call.py`` in its place: a small program that sends its environment, its
folder and its three streams here, passes signals on, and ends as the fork ends. A fork is asked to end with whoever
asked for it, and with this process, which waits for what its flow run writes down then. Forks share nothing that is
written: threads and connections begin after the fork.
"""

import contextlib
import ctypes
import gc
import json
import os
import random
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import duckdb
from rich.console import Console

from stillroom.cli.warm_call import ANSWER, HEADER, STREAMS

ENGINE = "prefect.engine"  # what the process of a flow run executes
PRELOADED = (
    "prefect.flow_engine",
    "prefect.client.orchestration",
    "flows.deployed",
    "flows.deployed_reconcile",
    "flows.deployed_reverify",
    "stillroom.runs.curating",
    "stillroom.teachers.connect",
    "transformers.models.auto.tokenization_auto",
)
GRACE_SECONDS = 20.0  # in which a flow run writes down that it ends; on a busy machine ten were too few
_PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a process is to be: asked for over a connection."""

    environment: dict[str, str]
    folder: str
    streams: tuple[int, ...]

    def become(self) -> None:
        """Take this environment, folder and streams."""
        for number, stream in enumerate(self.streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)


class Starter:
    """Forks a process for each call, and tells each caller how its process ended.

    Args:
        listening: where callers connect.
    """

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._ready = selectors.DefaultSelector()
        self._ready.register(listening, selectors.EVENT_READ)
        self._callers: dict[int, socket.socket] = {}  # by process id
        self._processes: dict[socket.socket, int] = {}
        self._watched: dict[int, int] = {}  # process ids by descriptor
        self._passed: dict[int, set[int]] = {}  # signals by process id
        self._deadlines: dict[int, float] = {}  # by process id, of those that are to end
        self._woken, self._wakes = socket.socketpair()  # by a signal
        self._woken.setblocking(False)
        self._wakes.setblocking(False)
        self._ready.register(self._woken, selectors.EVENT_READ)
        self._is_ending = False

    def serve(self) -> Call:
        """Serve until asked to end. Returns in each forked process, with what it is to be.

        Raises:
            SystemExit: all processes have ended, and no more are wanted.
        """
        signal.set_wakeup_fd(self._wakes.fileno())
        signal.signal(signal.SIGTERM, _do_nothing)  # it wakes what waits below
        while not (self._is_ending and not self._callers):
            for key, _ in self._ready.select(self._seconds_left()):
                if key.fileobj is self._listening:
                    call = self._accept()
                    if call is not None:
                        return call
                elif key.fileobj is self._woken:
                    self._end()
                elif isinstance(key.fileobj, socket.socket):
                    self._pass_on(key.fileobj)
                else:
                    self._ended(key.fd)
            self._end_overdue()
        sys.exit(0)

    def _accept(self) -> Call | None:
        """Fork for who connects; the call in the fork, None here."""
        caller, _ = self._listening.accept()
        try:
            call = receive(caller)
        except (OSError, ValueError) as error:
            print(f"a call was not understood: {error}", file=sys.stderr, flush=True)
            caller.close()
            return None
        starter = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # until the fork has handlers of its own
        process = os.fork()
        if process == 0:
            self._leave(caller)
            _die_with(starter)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
            return call
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
        for stream in call.streams:
            os.close(stream)
        descriptor = os.pidfd_open(process)
        self._callers[process], self._processes[caller] = caller, process
        self._watched[descriptor] = process
        self._passed[process] = set()
        self._ready.register(caller, selectors.EVENT_READ)
        self._ready.register(descriptor, selectors.EVENT_READ)
        return None

    def _pass_on(self, caller: socket.socket) -> None:
        """Signals that the caller got; where it is gone, its process is to go too."""
        process = self._processes.get(caller)
        if process is None:  # it has ended, which was told together with this
            return
        try:
            numbers = caller.recv(16)
        except OSError:
            numbers = b""
        for number in numbers:
            self._signal(process, number)
        if not numbers:
            self._ready.unregister(caller)
            self._ask_to_end(process)

    def _signal(self, process: int, number: int) -> None:
        """Each once: worker and kernel may both ask, and a second one would disturb the end that is under way."""
        if number not in self._passed[process]:
            self._passed[process].add(number)
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def _ask_to_end(self, process: int) -> None:
        self._signal(process, signal.SIGTERM)
        self._deadlines.setdefault(process, time.monotonic() + GRACE_SECONDS)

    def _end(self) -> None:
        """Fork no more, and ask all to end that were forked."""
        self._woken.recv(64)
        if not self._is_ending:
            self._is_ending = True
            self._ready.unregister(self._listening)
            for process in self._callers:
                self._ask_to_end(process)

    def _seconds_left(self) -> float | None:
        """Until the first that was asked to end is ended; None where none was."""
        return max(0.0, min(self._deadlines.values()) - time.monotonic()) if self._deadlines else None

    def _end_overdue(self) -> None:
        for process, deadline in list(self._deadlines.items()):
            if time.monotonic() >= deadline:
                del self._deadlines[process]
                self._signal(process, signal.SIGKILL)

    def _ended(self, descriptor: int) -> None:
        process = self._watched.pop(descriptor)
        self._ready.unregister(descriptor)
        os.close(descriptor)
        _, status = os.waitpid(process, 0)
        caller = self._callers.pop(process)
        del self._processes[caller], self._passed[process]
        self._deadlines.pop(process, None)
        with contextlib.suppress(OSError):
            caller.sendall(ANSWER.pack(os.waitstatus_to_exitcode(status)))
        with contextlib.suppress(KeyError):
            self._ready.unregister(caller)
        caller.close()

    def _leave(self, caller: socket.socket) -> None:
        """Close in the fork what is the starter's, and be out of reach of the signals to its group."""
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._ready.close()
        for one in (self._listening, self._woken, self._wakes, caller, *self._processes):
            one.close()
        for descriptor in self._watched:
            os.close(descriptor)


def receive(caller: socket.socket) -> Call:
    """What a caller asks for.

    Raises:
        ValueError: it is no call.
    """
    head, streams, _, _ = socket.recv_fds(caller, HEADER.size, STREAMS)
    if len(head) < HEADER.size or len(streams) != STREAMS:
        raise ValueError(f"{len(head)} bytes and {len(streams)} streams, expected {HEADER.size} and {STREAMS}")
    (size,) = HEADER.unpack(head)
    body = caller.recv(size, socket.MSG_WAITALL)
    about = json.loads(body)
    return Call(environment=about["environment"], folder=about["folder"], streams=tuple(streams))


def go_on_without_readers() -> None:
    """Let log lines that nobody reads any more be lost.

    rich, through which Prefect writes them, raises SystemExit where the reader of a pipe is gone; a flow run whose
    worker was killed would end by that before it has written down on the server that it ends.
    """

    def be_quiet(self: Console) -> None:
        self.quiet = True

    Console.on_broken_pipe = be_quiet


def leave_no_database() -> None:
    """Close the database that importing DuckDB opens: its threads are in no fork, which would end by an abort."""
    duckdb.close()


def main(place: str) -> None:
    """Serve calls at the socket ``place``; each fork then executes the engine of flow runs."""
    sys.modules.setdefault("pandas", None)  # pyright: ignore[reportArgumentType] - DuckDB would import it, for nothing
    gc.disable()
    for name in PRELOADED:
        import_module(name)
    leave_no_database()
    go_on_without_readers()
    from stillroom.code_version import code_version

    code_version()  # of what was imported, whatever the files say later
    gc.freeze()
    gc.enable()
    if threading.active_count() > 1:
        raise RuntimeError(f"threads run after the imports, and would be missing in forks: {threading.enumerate()}")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    Path(place).unlink(missing_ok=True)
    listening.bind(place)
    listening.listen(64)
    call = Starter(listening).serve()
    call.become()
    random.seed()  # else all forks would draw the same
    sys.argv = [ENGINE]
    sys.modules.pop(ENGINE, None)
    runpy.run_module(ENGINE, run_name="__main__", alter_sys=True)


def _do_nothing(number: int, frame: object) -> None:
    """Take a signal."""


def _die_with(starter: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != starter:  # it was gone before that counted
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
