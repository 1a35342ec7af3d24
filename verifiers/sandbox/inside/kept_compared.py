"""Says of what is compared with a prompt's objects whether all of it is what may be, before it is compared.

What a comparison runs is what the values in it have, so of both sides the types are told, one by one, and of what is in
them: built-in data, what a library made of data, what compares by being the same, and the prompt's own classes. All
else could say itself what it equals. Nothing of the values is called: what is in one the garbage collector knows.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN202
# pyright: basic
import collections
import gc
import sys
import types
import weakref

from kept_shapes import bases_of, is_changeable, vars_of
from link_claims import claims_equality

OPERATIONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "contains"))
ROOM, FEW = 200_000, 256
"""Values that are looked at in all comparisons of a program, which takes some 0.2 s, and then still in each of them."""

_COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__")
_METHODS = frozenset((
    *_COMPARING, "count", "difference", "index", "intersection", "isdisjoint", "issubset", "issuperset", "remove",
    "symmetric_difference", "union",
))  # fmt: skip
ITERATORS = frozenset((
    types.GeneratorType, map, filter, zip, enumerate, reversed, *(type(iter(each)) for each in ([], (), set(), {}, "")),
))  # fmt: skip
_PLAIN = frozenset((
    type(None), bool, int, float, complex, str, bytes, bytearray, memoryview, range, type(...), type, types.FunctionType,
    types.BuiltinFunctionType, types.ModuleType, types.CodeType, type(NotImplemented),
))  # fmt: skip
_ITEMS = frozenset((list, tuple, set, frozenset, dict))
_BUILT_IN = frozenset((
    object, type, bool, int, float, complex, str, bytes, bytearray, slice, *_ITEMS, type({}.keys()), type({}.items()),
    type({}.values()), types.MethodType, types.MappingProxyType, types.SimpleNamespace, types.GenericAlias,
    types.UnionType, weakref.ref,
))  # fmt: skip
_OF_DATA = frozenset((
    "_collections_abc", "array", "collections", "collections.abc", "datetime", "decimal", "enum", "fractions",
    "ipaddress", "numbers", "pathlib", "re", "time", "typing", "uuid", "zoneinfo",
))  # fmt: skip
"""Modules of Python's whose own classes compare by the data in them."""
_HOOKS = ("__getattribute__", "__getattr__", "__class__")


def is_comparing(method):
    """Whether what is called compares, by its name: ``found.index(point)``, ``point.equals(other)``."""
    name = method if type(method) is str else getattr(method, "__name__", "")
    return type(name) is str and (name in _METHODS or claims_equality(name))


class Compared:
    """What may be compared in this process with the objects of a prompt.

    Args:
        kinds: the ``kept_types.Types`` of it.
        stores: the ``kept_stores.Stores`` of the prompt.
        reads: names that its comparisons read.
        namespace: the solution's.
        asked: the name of its class whose own comparison is under test, if it is one.
    """

    def __init__(self, kinds, stores, reads, namespace, asked):
        self._kinds, self._stores, self._reads = kinds, stores, reads
        self._namespace, self._asked = namespace, asked
        self._room = ROOM

    def doubt(self, sides):
        """Why values could say themselves what they equal; "" where they hold no object of the prompt's, or may not."""
        found = [self._met(each) for each in sides]
        if not any(is_prompts for is_prompts, _, _ in found):
            return ""
        for _, others, why in found:
            if why:
                return why
            for kind in others.values():
                both = sum(id(kind) in each for _, each, _ in found) > 1
                if not both or not self._is_sound(kind):
                    if not self._is_asked(kind) or not (both or self._is_heir(kind)):
                        return f"an instance of {_name(kind)}, which is not the prompt's, is compared with one that is"
        return ""

    def _met(self, value):
        """Whether a prompt's object is in a value, the solution's other classes that are, and what may not be."""
        left, seen, others = collections.deque([value]), set(), {}
        is_prompts, why = False, ""
        while left:
            each = left.popleft()
            kind = type(each)
            if kind in _PLAIN or id(each) in seen:
                continue
            if self._room <= 0 and len(seen) >= FEW:
                break
            seen.add(id(each))
            self._room -= 1
            if kind in _ITEMS:
                left.extend([one for one in each if type(one) not in _PLAIN])
                if kind is dict:
                    left.extend([one for one in each.values() if type(one) not in _PLAIN])
                self._room -= len(each) >> 4
            elif type in bases_of(kind):
                why = why or ("" if self._is_of_library(kind) or self._is_prompts(kind) else _told(kind))
            elif self._is_prompts(kind):
                is_prompts = True
                if not _is_by_identity(kind):
                    name = self._stores.hiding(each, self._reads)
                    why = why or (f"{name} of an instance of {_name(kind)} hides what its class has" if name else "")
                    left.extend(gc.get_referents(each))
            elif self._is_of_library(kind):
                if not self._is_of_data(kind):
                    why = why or _told(kind)
                left.extend(_within(each, kind))
            else:
                others[id(kind)] = kind
                if not self._is_asked(kind):
                    left.extend(gc.get_referents(each))
        return is_prompts, others, why

    def _is_asked(self, kind):
        return kind is self._namespace.get(self._asked)

    def _is_prompts(self, kind):
        if self._kinds.is_prompts(kind):
            return True
        is_inner = not self._is_of_library(kind) and self._stores.has_written(kind)
        return is_inner and all(each is object or self._is_prompts(each) for each in bases_of(kind)[1:])

    def _is_of_library(self, kind):
        return self._kinds.was_there(kind) or self._kinds.is_librarys(kind)

    def _is_of_data(self, kind):
        """Whether what a library's class compares by is data that is in it, or being the same."""
        for home, method in _comparing(kind):
            if getattr(method, "__globals__", None) is self._namespace:
                return False
            if home not in _BUILT_IN and home.__module__ not in _OF_DATA and _is_pythons(home):
                return False
        return True

    def _is_sound(self, kind):
        """Whether a class of the solution's compares as one without a line of its own: a dataclass, a named tuple."""
        if not all(home in _BUILT_IN or self._kinds.is_made(home, method) for home, method in _comparing(kind)):
            return False
        own = [vars_of(each) for each in bases_of(kind) if is_changeable(each) and not self._is_of_library(each)]
        fields = {name for each in own for name in each.get("__dataclass_fields__", ())}
        held = [each[name] for each in own for name in fields if name in each]
        return not any(name in each for each in own for name in _HOOKS) and not any(
            "__get__" in vars_of(base)
            for each in held
            if type(each) is not types.MemberDescriptorType
            for base in bases_of(type(each))
        )

    def _is_heir(self, kind):
        """Whether all by which a class compares is the prompt's or built in."""
        return all(home in _BUILT_IN or self._is_prompts(home) for home, _ in _comparing(kind))


def _comparing(kind):
    """By which methods a class compares, and the classes that have them."""
    found = []
    for name in _COMPARING:
        home = next((each for each in bases_of(kind) if name in vars_of(each)), None)
        if home is not None:
            found.append((home, vars_of(home)[name]))
    return found


def _is_by_identity(kind):
    return all(home is object for home, _ in _comparing(kind))


def _within(value, kind):
    """What an object of a library's compares by."""
    if kind is weakref.ref:
        return [value()]
    if kind.__module__ == "datetime":  # whose zone the collector does not know
        return [getattr(value, "tzinfo", None)]
    if not _is_pythons(kind):
        has_objects = kind.__module__ == "numpy" and getattr(getattr(value, "dtype", None), "hasobject", False)
        return value.ravel().tolist() if has_objects else ()
    return () if _is_by_identity(kind) else gc.get_referents(value)


def _is_pythons(kind):
    """Whether a class is one of Python's own, and not of a library that was put into the image."""
    return str(kind.__module__).partition(".")[0] in sys.stdlib_module_names


def _told(kind):
    return f"an instance of {_name(kind)} is compared with the prompt's"


def _name(kind):
    return type.__dict__["__name__"].__get__(kind)
