"""Starts processes of flow runs as forks of one that has imported everything: ``python -m stillroom.cli.warm SOCKET``.

A process of a flow run imports Prefect, the flows and what they need, which takes seconds of CPU each time; a fork
takes milliseconds. A worker starts ``warm_call.py`` in its place: a small program that sends its environment, its
folder and its three streams here, passes signals on, and ends as the fork ends. A fork ends with whoever asked for it,
and with this process. Forks share nothing that is written: threads and connections begin after the fork.
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
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from stillroom.cli.warm_call import ANSWER, HEADER, STREAMS

ENGINE = "prefect.engine"  # what the process of a flow run executes
PRELOADED = (
    "prefect.flow_engine",
    "prefect.client.orchestration",
    "flows.deployed",
    "flows.deployed_reverify",
    "stillroom.runs.curating",
    "stillroom.teachers.connect",
    "transformers.models.auto.tokenization_auto",
)
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

    def serve(self) -> Call:
        """Serve for ever. Returns in each forked process, with what it is to be."""
        while True:
            for key, _ in self._ready.select():
                if key.fileobj is self._listening:
                    call = self._accept()
                    if call is not None:
                        return call
                elif isinstance(key.fileobj, socket.socket):
                    self._pass_on(key.fileobj)
                else:
                    self._ended(key.fd)

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
        process = os.fork()
        if process == 0:
            self._leave(caller)
            _die_with(starter)
            return call
        for stream in call.streams:
            os.close(stream)
        descriptor = os.pidfd_open(process)
        self._callers[process], self._processes[caller] = caller, process
        self._watched[descriptor] = process
        self._ready.register(caller, selectors.EVENT_READ)
        self._ready.register(descriptor, selectors.EVENT_READ)
        return None

    def _pass_on(self, caller: socket.socket) -> None:
        """Signals that the caller got; where it is gone, its process goes too."""
        try:
            numbers = caller.recv(16)
        except OSError:
            numbers = b""
        process = self._processes[caller]
        for number in numbers or bytes([signal.SIGKILL]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        if not numbers:
            self._ready.unregister(caller)

    def _ended(self, descriptor: int) -> None:
        process = self._watched.pop(descriptor)
        self._ready.unregister(descriptor)
        os.close(descriptor)
        _, status = os.waitpid(process, 0)
        caller = self._callers.pop(process)
        del self._processes[caller]
        with contextlib.suppress(OSError):
            caller.sendall(ANSWER.pack(os.waitstatus_to_exitcode(status)))
        with contextlib.suppress(KeyError):
            self._ready.unregister(caller)
        caller.close()

    def _leave(self, caller: socket.socket) -> None:
        """Close in the fork what is the starter's."""
        self._ready.close()
        for one in (self._listening, caller, *self._processes):
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


def main(place: str) -> None:
    """Serve calls at the socket ``place``; each fork then executes the engine of flow runs."""
    sys.modules.setdefault("pandas", None)  # pyright: ignore[reportArgumentType] - DuckDB would import it, for nothing
    gc.disable()
    for name in PRELOADED:
        import_module(name)
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


def _die_with(starter: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != starter:  # it was gone before that counted
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
