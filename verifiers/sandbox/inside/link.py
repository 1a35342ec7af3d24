"""Joins a solution's process and its tests' process: calls and values cross, objects stay where they are.

Data crosses by value. An object of either side crosses as a number, and the other side holds a ``Proxy`` that
asks over the socket. Neither side unpickles. The tests' side reads with a reader of its own, gives the
solution no attribute that begins with an underscore or leads to frames and code, and never lets an object of
the solution decide whether it equals data.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN202, ANN204, BLE001, D102, S302, SIM114
# pyright: basic, reportArgumentType=false
import builtins
import collections
import importlib
import inspect
import marshal
import os
import struct
import sys
import types
from collections.abc import Callable

import runner

MAX_MESSAGE_BYTES = 16 << 20
MAX_EXPORTS = 200_000
MAX_DEPTH = 60
FORMAT = 2
PLAIN, OBJECT, CONTAINER, COPY, YOURS = range(5)
_LENGTH = struct.Struct("<I")
_HIDDEN_PREFIXES = ("_", "gi_", "cr_", "ag_", "f_", "tb_", "co_", "func_", "im_")
_SERVED_OPERATIONS = frozenset(
    "len getitem setitem delitem contains iter next eq ne lt le gt ge hash str repr bool add sub mul truediv".split()  # noqa: SIM905
)
_OWNERS = (list, dict, set, collections.deque)  # whose methods a test may hand out, as in ``f(found.append)``


class PartnerGone(BaseException):
    """The other process has ended; not an Exception, so that tests do not take it for an expected one."""


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
        self.exports: list[object] = []
        self.numbers: dict[int, int] = {}
        self.gone = False
        self.calls = 0
        self.on_wait: Callable[[bool], None] = lambda waiting: None
        self.exceptions: dict[str, type[BaseException]] = {}

    # messages

    def send(self, message: object) -> None:
        """Write one message."""
        data = marshal.dumps(message, FORMAT)
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
                return self.unpack(message[1], MAX_DEPTH)
            if message[0] == "raise":
                raise self.exception(message)
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
            reply = ("raise", *self.described(error))
        self.send(reply)

    # requests

    def carry_out(self, kind: str, *rest) -> tuple:
        """The reply to one request."""
        if kind == "call":
            function, arguments, keywords = self.exports[rest[0]], rest[1], rest[2]
            owner = getattr(function, "__self__", None)
            if self.is_tests and isinstance(function, types.BuiltinFunctionType) and type(owner) not in _OWNERS:
                raise TypeError("not callable from here")
            given = [self.unpack(each, MAX_DEPTH) for each in arguments]
            named = {name: self.unpack(each, MAX_DEPTH) for name, each in keywords}
            before = [self._state(each) for each in given]
            result = function(*given, **named)  # type: ignore[operator]
            changed = [
                (position, self.pack(each))
                for position, (each, state) in enumerate(zip(given, before, strict=True))
                if state is not None and self._state(each) != state
            ]
            made = isinstance(function, type) and not self.is_tests
            return ("value", (CONTAINER, "reply", [self.pack(result, keep=made), (PLAIN, made), (CONTAINER, "list", [
                (CONTAINER, "tuple", [(PLAIN, position), each]) for position, each in changed
            ])]))  # fmt: skip
        if kind == "attr":
            return ("value", self.pack(getattr(self._reachable(rest[0], rest[1]), rest[1])))
        if kind == "set":
            setattr(self._reachable(rest[0], rest[1]), rest[1], self.unpack(rest[2], MAX_DEPTH))
            return ("value", (PLAIN, None))
        if kind == "op":
            if self.is_tests and rest[0] not in _SERVED_OPERATIONS:
                raise TypeError("no such operation from here")
            result = runner.operation(rest[0])(*[self.unpack(each, MAX_DEPTH) for each in rest[1]])
            return ("value", self.pack(result))
        if kind == "name" and self.lookup is not None:
            return ("value", self.pack(self.lookup(rest[0]), keep=True))
        if kind == "await" and not self.is_tests:
            import asyncio

            async def run(awaitable):
                return await awaitable

            return ("value", self.pack(asyncio.run(run(self.exports[rest[0]]))))
        raise TypeError("unknown request")

    def _reachable(self, number: int, name: str) -> object:
        owner = self.exports[number]
        if self.is_tests and (
            type(name) is not str
            or name.startswith(_HIDDEN_PREFIXES)
            or not isinstance(type(owner), type)
            or type(owner).__module__ != "tests"
        ):
            raise AttributeError(f"no attribute {name!r}")
        return owner

    @staticmethod
    def _state(value: object) -> bytes | None:
        """The data of a mutable argument, to see whether a call changed it."""
        if type(value) not in (list, dict, set, bytearray, collections.deque):
            return None
        try:
            return marshal.dumps(runner.plain(list(value) if type(value) is collections.deque else value), FORMAT)
        except (runner.Opaque, ValueError, RecursionError):
            return None

    # exceptions

    def described(self, error: BaseException) -> tuple:
        """An exception as plain data."""
        name, names, message, missing = marshal.loads(runner.describe(error))
        try:
            arguments = runner.plain(BaseException.args.__get__(error))  # type: ignore[attr-defined]
        except BaseException:
            arguments = (message,)
        return name, names, message, missing, arguments

    def exception(self, message: tuple) -> BaseException:
        """An exception of the same type name as the other side's, so that ``except`` finds it by type."""
        _, name, names, text, missing, arguments = message
        kind = self.exception_type(str(name), [str(each) for each in names])
        try:
            error = kind(*arguments)
        except Exception:
            error = kind.__new__(kind)
            error.args = (str(text),)
        error.__dict__["remote"] = (str(name), [str(each) for each in names], str(text), str(missing))
        return error

    def exception_type(self, name: str, names: list[str]) -> type[BaseException]:
        """The built-in exception of this name, or a new type under its nearest built-in base."""
        found = getattr(builtins, name, None)
        if isinstance(found, type) and issubclass(found, BaseException):
            return found
        if name not in self.exceptions:
            bases = [getattr(builtins, each, None) for each in names]
            base = next(
                (each for each in bases if isinstance(each, type) and issubclass(each, BaseException)), Exception
            )
            self.exceptions[name] = type(name, (base,), {})
        return self.exceptions[name]

    # values

    def pack(self, value: object, *, keep: bool = False, depth: int = MAX_DEPTH) -> tuple:
        """A value as a message says it; ``keep`` makes instances of the solution's own classes stay objects."""
        kind = type(value)
        if issubclass(kind, Proxy) and value.__dict__["_link"] is self:
            return (YOURS, value.__dict__["_number"])
        if depth and not (keep and kind.__module__ not in ("builtins", "collections")):
            try:
                if not issubclass(kind, tuple) or kind is tuple:
                    return (PLAIN, runner.plain(value))
            except (runner.Opaque, RecursionError):
                pass
            copied = self._copied(value, depth)
            if copied is not None:
                return copied
        return self.export(value)

    def _copied(self, value: object, depth: int) -> tuple | None:
        if isinstance(value, (list, set, frozenset)):
            base = list if isinstance(value, list) else set if isinstance(value, set) else frozenset
            return (CONTAINER, base.__name__, [self.pack(each, depth=depth - 1) for each in base.__iter__(value)])
        if isinstance(value, tuple):
            fields = getattr(type(value), "_fields", None)
            items = [self.pack(each, depth=depth - 1) for each in tuple.__iter__(value)]
            if type(fields) is tuple and all(type(each) is str for each in fields) and len(fields) == len(items):
                return (CONTAINER, "named", [(PLAIN, fields), *items])
            return (CONTAINER, "tuple", items)
        if isinstance(value, dict):
            pairs = [each for pair in list(dict.items(value)) for each in pair]
            return (CONTAINER, "dict", [self.pack(each, depth=depth - 1) for each in pairs])
        kind = type(value)
        if kind is collections.deque:
            return (CONTAINER, "deque", [self.pack(each, depth=depth - 1) for each in value])  # type: ignore[attr-defined]
        named = (kind.__module__, kind.__name__)
        if named in _COPIES and kind is getattr(sys.modules.get(named[0]), named[1], None):
            return (COPY, named, _COPIES[named][0](value))
        return None

    def export(self, value: object) -> tuple:
        """Give an object a number that the other side may name."""
        number = self.numbers.get(id(value))
        if number is None:
            if len(self.exports) >= MAX_EXPORTS:
                raise MemoryError("too many objects cross")
            number = len(self.exports)
            self.exports.append(value)
            self.numbers[id(value)] = number
        if isinstance(value, type):
            kind = "exception" if issubclass(value, BaseException) else "class"
            names = [each.__name__ for each in value.__mro__ if issubclass(each, BaseException)]
            return (OBJECT, number, kind, value.__name__, names)
        kind = "function" if callable(value) and not hasattr(type(value), "__dict__") else "object"
        kind = "function" if isinstance(value, (types.FunctionType, types.MethodType)) else kind
        return (OBJECT, number, "coroutine" if inspect.iscoroutine(value) else kind, type(value).__name__, [])

    def unpack(self, spec: object, depth: int) -> object:
        """The value that a message's part stands for."""
        if type(spec) is not tuple or not spec or depth == 0:
            raise PartnerGone("a message's value has no meaning")
        tag, *rest = spec
        if tag == PLAIN:
            return rest[0]
        if tag == YOURS:
            return self.exports[rest[0]]
        if tag == CONTAINER:
            kind, items = rest
            return self._container(kind, [self.unpack(each, depth - 1) for each in items])
        if tag == COPY:
            named, state = rest
            return _COPIES[named][1](state)
        if tag == OBJECT:
            return self._proxy(*rest)
        raise PartnerGone("a message's value has no meaning")

    def _container(self, kind: str, items: list) -> object:
        if kind == "named":
            return _named(items[0], items[1:])
        if kind == "dict":
            return dict(zip(items[::2], items[1::2], strict=True))
        makers = {
            "list": list,
            "tuple": tuple,
            "set": set,
            "frozenset": frozenset,
            "deque": collections.deque,
            "reply": _Reply,
        }
        return makers[kind](items)

    def _proxy(self, number: int, kind: str, name: str, names: list) -> object:
        if type(number) is not int:
            raise PartnerGone("an object's number is no number")
        if kind == "exception":
            return self.exception_type(str(name), [str(each) for each in names])
        if kind == "coroutine":

            async def coroutine():
                return self.ask("await", number)

            return coroutine()
        proxy = Proxy.__new__(Proxy)
        proxy.__dict__.update(_link=self, _number=number, _asked="", _made=False)
        proxy.__dict__["__name__"] = str(name)[:200]
        return proxy

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
        given = [self.pack(each) for each in arguments]
        reply = self.ask("call", number, given, [(name, self.pack(each)) for name, each in keywords.items()])
        if type(reply) is not _Reply or len(reply) != 3 or type(reply[2]) is not list:
            raise PartnerGone("a reply has no meaning")
        result, made, changed = reply
        made = made is True and is_class_name(asked)
        for position, value in changed:
            _replace(arguments[position], value)
        if type(result) is Proxy:
            result.__dict__["_made"] = made
        return result


def is_class_name(name: str) -> bool:
    """Whether a name is written as classes are."""
    return name.lstrip("_")[:1].isupper() and not name.isupper()


class _Reply(list):
    pass


class _Named(tuple):
    """A named tuple of the other side: equal to a tuple, with its fields as attributes."""

    def __getattr__(self, name: str) -> object:
        fields = type(self).__dict__.get("_fields", ())
        if name in fields:
            return self[fields.index(name)]
        raise AttributeError(name)


def _named(fields: object, items: list) -> tuple:
    kind = type("Named", (_Named,), {"_fields": tuple(str(each) for each in fields)})  # type: ignore[attr-defined]
    return kind(items)


def _replace(target: object, value: object) -> None:
    if type(target) is list and type(value) is list:
        target[:] = value
    elif type(target) is bytearray and type(value) is bytearray:
        target[:] = value
    elif (type(target) is dict and type(value) is dict) or (type(target) is set and type(value) is set):
        target.clear()
        target.update(value)
    elif type(target) is collections.deque and type(value) is collections.deque:
        target.clear()
        target.extend(value)


_COPIES = {  # by module and type: how a value's state is read, and how it is made of it again
    ("builtins", "bytearray"): (bytes, bytearray),
    ("builtins", "range"): (lambda value: (value.start, value.stop, value.step), lambda state: range(*state)),
    ("decimal", "Decimal"): (str, lambda state: _made("decimal", "Decimal", state)),
    ("fractions", "Fraction"): (
        lambda value: (value.numerator, value.denominator),
        lambda state: _made("fractions", "Fraction", *state),
    ),
    ("datetime", "datetime"): (
        lambda value: value.isoformat(),
        lambda state: _type("datetime", "datetime").fromisoformat(state),
    ),
    ("datetime", "date"): (
        lambda value: value.isoformat(),
        lambda state: _type("datetime", "date").fromisoformat(state),
    ),
    ("datetime", "time"): (
        lambda value: value.isoformat(),
        lambda state: _type("datetime", "time").fromisoformat(state),
    ),
    ("datetime", "timedelta"): (
        lambda value: (value.days, value.seconds, value.microseconds),
        lambda state: _made("datetime", "timedelta", *state),
    ),
}


def _type(module, name):
    """A type of the standard library; loaded only where a value of it crosses, since few do."""
    return getattr(importlib.import_module(module), name)


def _made(module, name, *state):
    return _type(module, name)(*state)


class Proxy:
    """An object of the other process."""

    def __call__(self, *arguments, **keywords):
        own = self.__dict__
        return own["_link"].call(own["_number"], own["_asked"], arguments, keywords)

    def __getattr__(self, name):
        own = self.__dict__
        if name.startswith("__") and name.endswith("__") and name != "__dict__":
            raise AttributeError(name)
        return own["_link"].ask("attr", own["_number"], name)

    def __setattr__(self, name, value):
        own = self.__dict__
        own["_link"].ask("set", own["_number"], name, own["_link"].pack(value))

    def __instancecheck__(self, value):
        return type(value) is Proxy and _operate("isinstance", value, self) is True

    def __iter__(self):
        return iter(_operate("list", self)) if self.__dict__["_link"].is_tests else _Walk(_operate("iter", self))

    def __contains__(self, value):
        if self.__dict__["_made"] or not self.__dict__["_link"].is_tests:
            return _operate("contains", self, value) is True
        return any(value is each or value == each for each in self)

    def __eq__(self, other):
        return _compare("eq", self, other, False)

    def __ne__(self, other):
        return _compare("ne", self, other, True)

    def __hash__(self):
        return int(_operate("hash", self))

    def __bool__(self):
        return _operate("bool", self) is True

    def __enter__(self):
        return _method(self, "__enter__")

    def __exit__(self, kind, error, trace):
        return bool(_method(self, "__exit__", None, None, None)) and kind is None


class _Walk:
    def __init__(self, iterator):
        self.iterator = iterator

    def __iter__(self):
        return self

    def __next__(self):
        return _operate("next", self.iterator)


def _method(proxy, name, *arguments):
    own = proxy.__dict__
    return own["_link"].ask("attr", own["_number"], name)(*arguments)


def _operate(name, *operands):
    link = next(each for each in operands if type(each) is Proxy).__dict__["_link"]
    return link.ask("op", name, [link.pack(each) for each in operands])


def _compare(name, left, right, otherwise):
    """Objects of the solution compare among themselves; with data only where a test made the object itself."""
    link = left.__dict__["_link"]
    if link.is_tests and not (type(right) is Proxy or left.__dict__["_made"]):
        if name in ("eq", "ne"):
            return otherwise
        return NotImplemented
    return _operate(name, left, right) is True


def _forward(method, name, convert=None, swapped=False):
    def forwarded(self, *arguments):
        operands = (*arguments, self) if swapped else (self, *arguments)
        value = _operate(name, *operands)
        return value if convert is None else convert(value)

    forwarded.__name__ = method
    setattr(Proxy, method, forwarded)


def _text(value):
    return value if type(value) is str else "<no text>"


for _name, _convert in (("len", int), ("str", _text), ("repr", _text), ("int", int), ("float", float), ("abs", None)):
    _forward(f"__{_name}__", _name, _convert)
for _name in ("getitem", "setitem", "delitem", "next", "round", "neg", "reversed"):
    _forward(f"__{_name}__", _name)
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    _forward(f"__{_name}__", _name)
    _forward(f"__r{_name}__", _name, swapped=True)
for _name in ("and", "or", "xor"):
    _forward(f"__{_name}__", f"{_name}_")
for _name in ("lt", "le", "gt", "ge"):
    setattr(Proxy, f"__{_name}__", lambda left, right, name=_name: _compare(name, left, right, NotImplemented))
