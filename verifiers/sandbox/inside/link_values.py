"""Says values as messages can: data by value, objects by numbers that the other side may name.

Neither side unpickles. What a message's part stands for is data made anew, an object that was given out before, or a
``Proxy``.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN202, BLE001, S302
# pyright: basic, reportArgumentType=false
import builtins
import collections
import inspect
import marshal
import sys
import types

import runner
from link_copies import COPIES, container
from link_proxies import Proxy

MAX_EXPORTS = 200_000
MAX_DEPTH = 60
PLAIN, OBJECT, CONTAINER, COPY, YOURS = range(5)


class PartnerGone(BaseException):
    """The other process has ended; not an Exception, so that tests do not take it for an expected one."""


class Values:
    """What one end of a link has given out, and how it says and reads values.

    Args:
        link: the end through which objects of the other side are reached.
    """

    def __init__(self, link) -> None:
        self.link = link
        self.exports: list[object] = []
        self.numbers: dict[int, int] = {}
        self.exceptions: dict[str, type[BaseException]] = {}

    def pack(self, value: object, *, keep: bool = False, depth: int = MAX_DEPTH) -> tuple:
        """A value as a message says it; ``keep`` makes instances of the solution's own classes stay objects."""
        kind = type(value)
        if issubclass(kind, Proxy) and value.__dict__["_link"] is self.link:
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
        if named in COPIES and kind is getattr(sys.modules.get(named[0]), named[1], None):
            return (COPY, named, COPIES[named][0](value))
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

    def unpack(self, spec: object, depth: int = MAX_DEPTH) -> object:
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
            return container(kind, [self.unpack(each, depth - 1) for each in items])
        if tag == COPY:
            named, state = rest
            return COPIES[named][1](state)
        if tag == OBJECT:
            return self._proxy(*rest)
        raise PartnerGone("a message's value has no meaning")

    def _proxy(self, number: int, kind: str, name: str, names: list) -> object:
        if type(number) is not int:
            raise PartnerGone("an object's number is no number")
        if kind == "exception":
            return self.exception_type(str(name), [str(each) for each in names])
        if kind == "coroutine":

            async def coroutine():
                return self.link.ask("await", number)

            return coroutine()
        proxy = Proxy.__new__(Proxy)
        proxy.__dict__.update(_link=self.link, _number=number, _asked="", _made=False)
        proxy.__dict__["__name__"] = str(name)[:200]
        return proxy

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
