"""Writes messages to a socket and reads them: a length, and marshal's form of a tuple."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# pyright: basic, reportReturnType=false, reportGeneralTypeIssues=false
import marshal
import os
import struct
from collections.abc import Callable

import runner
import seal
from link_failures import PartnerGone, TooMuchSent, Unsendable

MAX_MESSAGE_BYTES = 16 << 20
_LENGTH = struct.Struct("<I")
_read, _write, _dumps = os.read, os.write, marshal.dumps  # taken before a program could change them


def framed(message: tuple, *, is_bounded: bool) -> memoryview:
    """A message's bytes.

    Raises:
        Unsendable: where it is too large or nested too deeply.
    """
    try:
        data = _dumps(message, runner.FORMAT)
    except ValueError as error:
        raise Unsendable(f"data that cannot cross: {error}") from None
    if len(data) > MAX_MESSAGE_BYTES and is_bounded:
        raise Unsendable(f"{len(data)} bytes at once; at most {MAX_MESSAGE_BYTES} cross")
    return memoryview(_LENGTH.pack(len(data)) + data)


def marked(view: memoryview, marks: seal.Seal | seal.Watch) -> memoryview:
    """What ``framed`` has made, with the mark of it and of all before it, where this end makes marks."""
    data = bytes(view[_LENGTH.size :])
    mark = marks.sent(data)
    return memoryview(_LENGTH.pack(len(data) + len(mark)) + data + mark)


def write(fd: int, view: memoryview) -> None:
    """Write what ``framed`` or ``marked`` has made.

    Raises:
        PartnerGone: where nobody reads it.
    """
    try:
        while view:
            view = view[_write(fd, view) :]
    except OSError as error:
        if error.errno is None:
            raise  # a handler's of signals, such as TimeoutError
        raise PartnerGone("the other process has ended") from error


def read(
    fd: int, loads: Callable[[bytes], object], marks: seal.Seal | seal.Watch | None = None
) -> tuple[int | None, tuple, object]:
    """Read one message: its lane, or None where it names none, what it says, and what of shared containers.

    What it says is the number of the request that it is, or that it answers, its kind, and what belongs to it.

    Args:
        fd: the socket.
        loads: reads a message's bytes.
        marks: those of all that crosses, where what the solution's end says has to bear them.

    Raises:
        PartnerGone: where none comes, or what comes is none.
    """
    try:
        size = _LENGTH.unpack(_exactly(fd, 4))[0]
        if size > MAX_MESSAGE_BYTES:
            raise TooMuchSent("the other process sent too much")
        data = _exactly(fd, size)
        if marks is not None:
            data = marks.came(data)
        message = loads(data)
    except seal.Unmarked as error:
        raise PartnerGone(str(error)) from None
    except OSError as error:
        if error.errno is None:
            raise  # as above
        raise PartnerGone(str(error)) from None
    except ValueError as error:
        raise TooMuchSent(str(error)) from None
    parts = message if type(message) is tuple else ()
    lane = None
    if len(parts) > 3 and type(parts[1]) is int:
        lane, parts = parts[0], parts[1:]
    is_message = len(parts) > 2 and type(parts[0]) is int and type(parts[1]) is str
    if not is_message or (lane is not None and type(lane) is not int):
        raise PartnerGone("the other process sent no message")
    return lane, parts[:-1], parts[-1]


def _exactly(fd: int, size: int) -> bytes:
    parts = []
    while size:
        part = _read(fd, min(size, 1 << 20))
        if not part:
            raise PartnerGone("the other process has ended")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
