"""Says values as messages can: data by value, objects by numbers that the other side may name.

Neither side unpickles. What a message's part stands for is data made anew, something of the standard library by its
name, an object that was given out before, or a ``Proxy`` (``link_received.py``).
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001
# pyright: basic, reportArgumentType=false, reportGeneralTypeIssues=false
import collections
import inspect
import sys
import types

import link_arrays
import link_named
import link_underneath
import link_views
import runner
from link_copies import COPIES, FACTORIES, VIEWS_OF_DICTS
from link_errors import Errors
from link_failures import Unsendable
from link_forms import (
    CONTAINER,
    COPY,
    MAX_DEPTH,
    MAX_OBJECTS,
    MEMBER,
    NAMED,
    OBJECT,
    PLAIN,
    SCALAR,
    SCALARS,
    SHARED,
    STAYS,
    VIEW,
    YOURS,
    is_bare,
    is_copied,
    signature_of_code,
)
from link_library_values import STAYING
from link_proxies import Proxy, of
from link_received import Received
from link_shared import Shared

_DATA = (list, tuple, dict, set, frozenset, bytearray, range, types.MappingProxyType, *VIEWS_OF_DICTS)
_KINDS = {"Counter": "counter", "OrderedDict": "ordered", "defaultdict": "default"}


class Values:
    """What one end of a link has given out, and how it says and reads values.

    Args:
        link: the end through which objects of the other side are reached.
    """

    def __init__(self, link) -> None:
        self.link = link
        self.exports: list[object] = []
        self.numbers: dict[int, int] = {}
        self._viewed: set[int] = set()  # numbers of this side's objects that crossed as views
        self._told: set[int] = set()  # and of those of which the other side was told what they are underneath
        self.errors = Errors(self)
        self.received = Received(self)
        self.unpack = self.received.unpack
        self.shared = Shared(self, 1 if link.is_tests else -1)

    def is_data(self, value: object) -> bool:
        """Whether a value of this side is data, and no object that could say itself what it equals."""
        kind = type(value)
        if kind in SCALARS or isinstance(value, _DATA):
            return True
        return is_copied(value) and (kind.__module__, kind.__name__) not in STAYING

    def pack(self, value: object, *, keep: bool = False, depth: int = MAX_DEPTH) -> tuple:
        """A value as a message says it; ``keep`` makes instances of the solution's own classes stay objects.

        Raises:
            Unsendable: for data that is nested too deeply.
        """
        kind = type(value)
        if kind in SCALARS:
            return (PLAIN, value)
        if kind is Proxy and of(value).link is self.link:
            return (YOURS, of(value).number)
        number = link_views.number_of(value, self.link)
        if number is not None:
            return (YOURS, number)
        member = link_named.member_said(value, kind) if type(kind) is not type else None
        if member is not None:  # also known by its number where the other side has not loaded its library
            base = next((each for each in link_views.BASES.values() if isinstance(value, each)), None)
            return (MEMBER, member, self._view(value, base, depth) if base is not None else self.export(value, depth))
        number = self.numbers.get(id(value))
        if number is not None and number not in self._viewed:  # what was given out as an object stays one
            return self.export(value, depth)
        if depth <= 0:
            raise Unsendable("data is nested too deeply to cross")
        key = self.shared.key_of(value)
        if key is not None:
            return (SHARED, key, self.contents(value, depth - 1))
        if kind in (list, tuple, dict, set, frozenset) and is_bare(value, depth, self.shared.keys):
            return (PLAIN, value)
        own = kind.__module__ not in ("builtins", "collections") and not is_copied(value)
        if isinstance(value, types.CodeType):
            return (COPY, ("types", "CodeType"), signature_of_code(value))
        if keep and own and (kind.__module__, kind.__name__) not in COPIES:
            return self.export(value, depth)
        copied = self._copied(value, kind, depth)
        if copied is not None:
            return copied
        base = next((each for each in link_views.BASES.values() if isinstance(value, each)), None)
        if base is not None:
            return self._view(value, base, depth) if own else (PLAIN, runner.plain(value))
        named = link_named.said(value)
        return (NAMED, *named) if named else self.export(value, depth)

    def contents(self, value: object, depth: int = MAX_DEPTH) -> tuple:
        """A shared container as a message says its items.

        Raises:
            Unsendable: as for ``pack``.
        """
        kind = type(value)
        if kind in (list, dict, set) and is_bare(value, depth, self.shared.keys):
            return (PLAIN, value)
        return self._copied(value, kind, depth) or (PLAIN, None)

    def contents_or_none(self, value: object) -> tuple | None:
        """The same in what stands beside a message; None where it cannot cross."""
        try:
            return self.contents(value, MAX_DEPTH - 6)
        except Unsendable:
            return None

    def _copied(self, value, kind: type, depth: int) -> tuple | None:
        if kind is collections.deque:
            items = [self.pack(each, depth=depth - 2) for each in value]
            return (CONTAINER, "deque", [(PLAIN, value.maxlen), *items])
        if kind in (list, set, frozenset, tuple):
            return (CONTAINER, kind.__name__, [self.pack(each, depth=depth - 2) for each in value])
        if kind in (dict, collections.Counter, collections.OrderedDict, collections.defaultdict):
            items = [self.pack(each, depth=depth - 2) for pair in dict.items(value) for each in pair]
            if kind is collections.defaultdict:
                items.insert(0, self._factory(value.default_factory))
            return (CONTAINER, _KINDS.get(kind.__name__, "dict"), items)
        if kind in VIEWS_OF_DICTS:
            return (CONTAINER, kind.__name__, [self.pack(each, depth=depth - 2) for each in value])
        if kind is types.MappingProxyType:  # but that of a class holds its methods
            found = dict(value)
            return (CONTAINER, "mappingproxy", [(PLAIN, found)]) if is_bare(found, depth) else None
        named = (kind.__module__, kind.__name__)
        if named in COPIES and kind is getattr(sys.modules.get(named[0]), named[1], None):
            state = COPIES[named][0](value)
            if named in STAYING and not self.link.is_tests:
                return (STAYS, named, state, self.export(value))
            if state is not None:
                return (COPY, named, state)
            if named[0] == "datetime":  # no object, since whatever asks for the zone would be told of another
                raise Unsendable(f"a {named[1]} in a zone that has no form: {type(value.tzinfo).__name__}")
        if named[0] == "numpy" and link_arrays.is_scalar(value):
            state = link_arrays.scalar_state(value)
            return None if state is None else (SCALAR, *state)
        return None

    def _factory(self, factory) -> tuple:
        """What makes missing values: a built-in type by its name; a function stays where it is, as any does."""
        name = getattr(factory, "__name__", "") if type(factory) is not Proxy else ""
        if factory is None or FACTORIES.get(name) is factory:
            return (PLAIN, name)
        return self.pack(factory)

    def _view(self, value: object, base: type, depth: int) -> tuple:
        """An instance of a subclass of data that cannot change: its data, and a number for what else it has."""
        data = base(base.__iter__(value)) if base in (tuple, frozenset) else runner.plain(value)
        packed = self.pack(data, depth=depth - 2)
        number = self._numbered(value)
        self._viewed.add(number)
        return (VIEW, number, base.__name__, str(type(value).__name__), packed)

    def export(self, value: object, depth: int = MAX_DEPTH) -> tuple:
        """Give an object a number that the other side may name."""
        number = self._numbered(value)
        if isinstance(value, type) and issubclass(value, BaseException):
            return (OBJECT, number, "exception", self.errors.give(value), None)
        said = None
        if not self.link.is_tests:
            is_first = number not in self._told
            self._told.add(number)  # before what is in the object is said, which may be the object itself
            said = link_underneath.said(value, self.pack, depth) if is_first else False
        return (OBJECT, number, "coroutine" if inspect.iscoroutine(value) else "object", [], said)

    def _numbered(self, value: object) -> int:
        number = self.numbers.get(id(value))
        if number is None:
            if len(self.exports) >= MAX_OBJECTS:
                raise MemoryError("too many objects cross")
            with self.link.lanes.books:
                number = len(self.exports)
                self.exports.append(value)
                self.numbers[id(value)] = number
        return number
