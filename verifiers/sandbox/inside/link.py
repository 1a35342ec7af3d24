"""Joins a solution's process and its tests' process: calls and values cross, objects stay where they are.

Data crosses by value. An object of either side crosses as a number, and the other side holds a ``Proxy`` that
asks over the socket. Neither side unpickles. The tests' side reads with a reader of its own, gives the
solution no attribute that begins with an underscore or leads to frames and code, and never lets an object of
the solution decide whether it equals data.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN202, BLE001
# pyright: basic, reportArgumentType=false
import collections
import marshal
import os
import struct
import types
from collections.abc import Callable

import runner
import stops
from link_copies import Reply, replace, snapshot
from link_proxies import Proxy
from link_values import CONTAINER, PLAIN, PartnerGone, Values

MAX_MESSAGE_BYTES = 16 << 20
_LENGTH = struct.Struct("<I")
_HIDDEN_PREFIXES = ("_", "gi_", "cr_", "ag_", "f_", "tb_", "co_", "func_", "im_")
_SERVED_OPERATIONS = frozenset(
    "len getitem setitem delitem contains iter next eq ne lt le gt ge hash str repr bool add sub mul truediv".split()  # noqa: SIM905
)
_OWNERS = (list, dict, set, collections.deque)  # whose methods a test may hand out, as in ``f(found.append)``


def _read_exactly(fd: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            raise PartnerGone("the other process has ended")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Link:
    """One end of the socket.

    Args:
        fd: the socket.
        loads: reads a message's bytes.
        is_tests: whether this is the trusted end.
        lookup: fetches a name that the other side asks for.
    """

    def __init__(
        self,
        fd: int,
        loads: Callable[[bytes], object],
        *,
        is_tests: bool,
        lookup: Callable[[str], object] | None = None,
    ) -> None:
        self.fd = fd
        self.loads = loads
        self.is_tests = is_tests
        self.lookup = lookup
        self.values = Values(self)
        self.gone = False
        self.calls = 0
        self.stops_meant = True
        self.on_wait: Callable[[bool], None] = lambda waiting: None

    def send(self, message: object) -> None:
        """Write one message."""
        data = marshal.dumps(message, runner.FORMAT)
        view = memoryview(_LENGTH.pack(len(data)) + data)
        try:
            while view:
                view = view[os.write(self.fd, view) :]
        except OSError as error:
            self.gone = True
            raise PartnerGone("the other process has ended") from error

    def receive(self) -> tuple:
        """Read one message."""
        try:
            size = _LENGTH.unpack(_read_exactly(self.fd, 4))[0]
            if size > MAX_MESSAGE_BYTES:
                raise PartnerGone("the other process sent too much")
            message = self.loads(_read_exactly(self.fd, size))
        except (PartnerGone, OSError, ValueError) as error:
            self.gone = True
            raise PartnerGone(str(error)) from None
        if type(message) is not tuple or not message or type(message[0]) is not str:
            self.gone = True
            raise PartnerGone("the other process sent no message")
        return message

    def ask(self, *request: object) -> object:
        """Send a request and serve the other side's until its answer comes."""
        if self.gone:
            raise PartnerGone("the other process has ended")
        self.calls += 1
        self.send(request)
        while True:
            self.on_wait(True)
            message = self.receive()
            self.on_wait(False)
            if message[0] == "value":
                return self.values.unpack(message[1])
            if message[0] == "raise":
                is_meant = self.stops_meant or request[:2] == ("op", "next")
                raise stops.as_error(self.values.exception(message), is_meant)
            self.answer(message)

    def serve(self) -> None:
        """Answer requests until the other side is gone."""
        while True:
            self.answer(self.receive())

    def answer(self, message: tuple) -> None:
        """Carry out one request."""
        try:
            reply = self.carry_out(*message)
        except PartnerGone:
            raise
        except BaseException as error:
            reply = ("raise", *self.values.described(error))
        self.send(reply)

    def carry_out(self, kind: str, *rest) -> tuple:
        """The reply to one request."""
        if kind == "call":
            function, arguments, keywords = self.values.exports[rest[0]], rest[1], rest[2]
            owner = getattr(function, "__self__", None)
            if self.is_tests and isinstance(function, types.BuiltinFunctionType) and type(owner) not in _OWNERS:
                raise TypeError("not callable from here")
            given = [self.values.unpack(each) for each in arguments]
            named = {name: self.values.unpack(each) for name, each in keywords}
            before = [snapshot(each) for each in given]
            result = function(*given, **named)  # type: ignore[operator]
            changed = [
                (position, self.values.pack(each))
                for position, (each, state) in enumerate(zip(given, before, strict=True))
                if state is not None and snapshot(each) != state
            ]
            made = isinstance(function, type) and not self.is_tests
            parts = [(CONTAINER, "tuple", [(PLAIN, position), each]) for position, each in changed]
            reply = [self.values.pack(result, keep=made), (PLAIN, made), (CONTAINER, "list", parts)]
            return ("value", (CONTAINER, "reply", reply))
        if kind == "attr":
            return ("value", self.values.pack(getattr(self._reachable(rest[0], rest[1]), rest[1])))
        if kind == "set":
            setattr(self._reachable(rest[0], rest[1]), rest[1], self.values.unpack(rest[2]))
            return ("value", (PLAIN, None))
        if kind == "op":
            if self.is_tests and rest[0] not in _SERVED_OPERATIONS:
                raise TypeError("no such operation from here")
            result = runner.operation(rest[0])(*[self.values.unpack(each) for each in rest[1]])
            return ("value", self.values.pack(result))
        if kind == "name" and self.lookup is not None:
            return ("value", self.values.pack(self.lookup(rest[0]), keep=True))
        if kind == "await" and not self.is_tests:
            import asyncio

            async def run(awaitable):
                return await awaitable

            return ("value", self.values.pack(asyncio.run(run(self.values.exports[rest[0]]))))
        raise TypeError("unknown request")

    def _reachable(self, number: int, name: str) -> object:
        owner = self.values.exports[number]
        if self.is_tests and (
            type(name) is not str
            or name.startswith(_HIDDEN_PREFIXES)
            or not isinstance(type(owner), type)
            or type(owner).__module__ != "tests"
        ):
            raise AttributeError(f"no attribute {name!r}")
        return owner

    def fetch(self, name: str) -> object:
        """What the other side defines under a name."""
        found = self.ask("name", name)
        if type(found) is Proxy:
            found.__dict__["_asked"] = name
        return found

    def call(self, number: int, asked: str, arguments: tuple, keywords: dict) -> object:
        """Call an object of the other side; arguments that it changed in place are changed here too.

        ``asked`` is the name under which the tests know it: only an object that they made by the name of a class
        may later say itself what it equals.
        """
        given = [self.values.pack(each) for each in arguments]
        reply = self.ask("call", number, given, [(name, self.values.pack(each)) for name, each in keywords.items()])
        if type(reply) is not Reply or len(reply) != 3 or type(reply[2]) is not list:
            raise PartnerGone("a reply has no meaning")
        result, made, changed = reply
        made = made is True and is_class_name(asked)
        for position, value in changed:
            replace(arguments[position], value)
        if type(result) is Proxy:
            result.__dict__["_made"] = made
        return result


def is_class_name(name: str) -> bool:
    """Whether a name is written as classes are."""
    return name.lstrip("_")[:1].isupper() and not name.isupper()
