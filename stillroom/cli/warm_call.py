"""Stands for the process of a flow run that ``warm.py`` has forked; imports nothing that takes time.

A worker starts it as a file: ``python -I -S warm_call.py``. Where no warm process answers at the socket that the
environment names, it becomes what the worker would have started without it. It ends with its worker, however that ends:
nobody else could cancel its flow run.
"""

import ctypes
import json
import os
import signal
import socket
import struct
import sys

VARIABLE = "STILLROOM_WARM"  # names the socket
HEADER = struct.Struct("!I")  # size of the body
ANSWER = struct.Struct("!i")  # exit code, negative where a signal ended it
STREAMS = 3
ENGINE = "prefect.engine"
_PR_SET_PDEATHSIG = 1  # prctl(2); it stays with the process that this one becomes


def end_with_worker() -> None:
    """Have the kernel ask this process to end when its worker is gone."""
    worker = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != worker:  # it was gone before that counted
        sys.exit(1)


def call(place: str) -> int | None:
    """Have the warm process do it; returns the exit code, None where it does not answer."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(place)
    except OSError:
        return None
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _: connection.sendall(bytes([got])))
    body = json.dumps({"environment": dict(os.environ), "folder": os.getcwd()}).encode()
    socket.send_fds(connection, [HEADER.pack(len(body))], range(STREAMS))
    connection.sendall(body)
    answer = connection.recv(ANSWER.size, socket.MSG_WAITALL)
    return ANSWER.unpack(answer)[0] if len(answer) == ANSWER.size else 1


def main() -> None:
    """Do what the process of a flow run does, and end as it ends."""
    end_with_worker()
    place = os.environ.get(VARIABLE)
    code = call(place) if place else None
    if code is None:
        os.execv(sys.executable, [sys.executable, "-m", ENGINE])  # noqa: S606 - what the worker would do
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
