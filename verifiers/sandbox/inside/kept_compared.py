"""Says of what is compared with a prompt's objects whether all of it is what may be, before it is compared.

What a comparison runs is what the values in it have, so of both sides the types are told, one by one, and of what is in
them: built-in data, what a library made of data, what compares by being the same, and the prompt's own classes. All
else could say itself what it equals. Nothing of the values is called: what is in one the garbage collector knows.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import collections
import gc
import sys
import types
import weakref

from kept_shapes import bases_of, vars_of
from link_claims import claims_equality

_OPERATIONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "contains"))
ROOM, FEW = 200_000, 256
"""Values that are looked at in all comparisons of a program, which takes some 0.2 s, and then still in each of them."""

_COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__")
_METHODS = frozenset((
    *_COMPARING, "count", "difference", "index", "intersection", "isdisjoint", "issubset", "issuperset", "remove",
    "symmetric_difference", "union",
))  # fmt: skip
_SETS = frozenset(("and_", "or_", "sub", "xor"))
# Classes by their ids: what asks for a class itself asks its metaclass for a hash.
_ITERATORS = frozenset(map(id, (
    types.GeneratorType, map, filter, zip, enumerate, reversed, *(type(iter(each)) for each in ([], (), set(), {}, "")),
)))  # fmt: skip
_PLAIN = frozenset(map(id, (
    type(None), bool, int, float, complex, str, bytes, bytearray, memoryview, range, type(...), type,
    type(NotImplemented), types.BuiltinFunctionType, types.CodeType, types.FunctionType, types.ModuleType,
)))  # fmt: skip
_ITEMS = frozenset(map(id, (list, tuple, set, frozenset, dict)))
_BUILT_IN = frozenset(map(id, (
    object, type, bool, int, float, complex, str, bytes, bytearray, slice, list, tuple, set, frozenset, dict,
    type({}.keys()), type({}.items()), type({}.values()), types.MethodType, types.MappingProxyType,
    types.SimpleNamespace, types.GenericAlias, types.UnionType, weakref.ref,
)))  # fmt: skip
_OF_DATA = frozenset((
    "_collections_abc", "argparse", "array", "collections", "collections.abc", "datetime", "decimal", "enum",
    "fractions", "ipaddress", "numbers", "pathlib", "re", "time", "typing", "uuid", "zoneinfo",
))  # fmt: skip
"""Modules of Python's whose own classes compare by the data in them."""
_HOOKS = ("__getattribute__", "__getattr__", "__class__")
_FREE = frozenset(("__annotations__", "__dict__", "__doc__", "__init__", "__module__", "__slots__", "__weakref__"))
_USUAL = (
    types.FunctionType, classmethod, staticmethod, types.MemberDescriptorType, types.GetSetDescriptorType,
)  # fmt: skip
"""Descriptors that give what they were made of, or what is in an instance."""


def is_comparing(name):
    """Whether a method compares, by its name: ``found.index(point)``, ``point.equals(other)``."""
    return type(name) is str and (name in _METHODS or claims_equality(name))


def is_comparing_operation(name, given):
    """Whether an operation compares what it is given."""
    return name in _OPERATIONS or (name in _SETS and type(given[0]) in (set, frozenset))


def is_iterator(value):
    """Whether items come out of a value as they are asked for, by what Python itself has for that."""
    return id(type(value)) in _ITERATORS


class Compared:
    """What may be compared in this process with the objects of a prompt.

    Args:
        kinds: the ``kept_types.Types`` of it.
        stores: the ``kept_stores.Stores`` of the prompt.
        reads: names that its comparisons read.
        namespace: the solution's.
    """

    def __init__(self, kinds, stores, reads, namespace):
        self._kinds, self._stores, self._reads, self._namespace = kinds, stores, reads, namespace
        self._asked = {}  # by id: classes of the solution's that the tests have by their names, and so are under test
        self._room = ROOM

    def ask(self, value):
        """Note what the tests have by its name."""
        if type in bases_of(type(value)) and not self._is_prompts(value):
            self._asked[id(value)] = value

    def is_asked(self, kind):
        """Whether it is for a class to say what its instances are and hold."""
        return id(kind) in self._asked

    def doubt(self, sides):
        """Why values could say themselves what they equal; "" where they hold no object of the prompt's, or may not."""
        found = [self._met(each) for each in sides]
        if not any(is_prompts for is_prompts, _, _ in found):
            return ""
        for _, others, why in found:
            if why:
                return why
            for kind in others.values():
                on_both = sum(id(kind) in each for _, each, _ in found) > 1
                if not (self._may_meet_itself(kind) if on_both else self._may_meet_others(kind)):
                    return f"an instance of {_name(kind)}, which is not the prompt's, is compared with one that is"
        return ""

    def _may_meet_itself(self, kind):
        """Whether instances of a class of the solution's may be compared among themselves."""
        return self.is_asked(kind) or self._is_sound(kind)

    def _may_meet_others(self, kind):
        """Whether they may be compared with others: by what the prompt has, in which they have no part."""
        return self._is_heir(kind) and (self.is_asked(kind) or self._adds_nothing(kind))

    def _met(self, value):
        """Whether a prompt's object is in a value, the solution's other classes that are, and what may not be."""
        left, seen, others = collections.deque([value]), set(), {}
        is_prompts, why = False, ""
        while left:
            each = left.popleft()
            kind = type(each)
            if id(kind) in _PLAIN or id(each) in seen:
                continue
            if self._room <= 0 and len(seen) >= FEW:
                break
            seen.add(id(each))
            self._room -= 1
            if id(kind) in _ITEMS:
                items = [*each, *each.values()] if kind is dict else [*each]
                left.extend([one for one in items if id(type(one)) not in _PLAIN])
                self._room -= len(items) >> 4
            elif type in bases_of(kind):
                why = why or ("" if self._is_of_library(kind) or self._is_prompts(kind) else _told(kind))
            elif self._is_prompts(kind):
                is_prompts = True
                if not _is_by_identity(kind):
                    name = self._stores.hiding(each, self._reads)
                    why = why or (f"{name} of an instance of {_name(kind)} hides what its class has" if name else "")
                    is_all_its = all(self._is_trusted(base) or _is_by_identity(base) for base in bases_of(kind))
                    left.extend(self._stores.within(each) if is_all_its else gc.get_referents(each))
            elif self._is_of_library(kind):
                if not self._is_of_data(kind):
                    why = why or _told(kind)
                left.extend(_within(each, kind))
            else:
                others[id(kind)] = kind
                if not self.is_asked(kind):
                    left.extend(gc.get_referents(each))
        return is_prompts, others, why

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
            if id(home) not in _BUILT_IN and home.__module__ not in _OF_DATA and _is_pythons(home):
                return False
        return True

    def _is_sound(self, kind):
        """Whether a class of the solution's compares as one without a line of its own: a dataclass, a named tuple."""
        found = _comparing(kind)
        if not all(self._is_trusted(home) or self._kinds.is_made(home, method) for home, method in found):
            return False
        own = self._own(kind)
        fields = {name for each in own for name in each.get("__dataclass_fields__", ())}
        held = [each[name] for each in own for name in fields if name in each]
        return not any(name in each for each in own for name in _HOOKS) and not any(map(_is_descriptor, held))

    def _is_heir(self, kind):
        """Whether all by which a class compares is the prompt's or built in."""
        return all(self._is_trusted(home) for home, _ in _comparing(kind))

    def _adds_nothing(self, kind):
        """Whether a class has nothing of its own that the prompt's code reads, or that compares by its name."""
        return type(kind) is type and not any(
            (not _is_special(name) and (self._stores.knows(name) or is_comparing(name)))
            or _is_descriptor(value)
            or (_is_special(name) and name not in _FREE)
            for each in self._own(kind)
            for name, value in each.items()
        )

    def _own(self, kind):
        """What a class has from the solution's own code, by the classes that have it."""
        bases = [each for each in bases_of(kind) if not self._is_prompts(each) and not self._is_of_library(each)]
        return [vars_of(each) for each in bases]

    def _is_trusted(self, home):
        return id(home) in _BUILT_IN or self._is_prompts(home)


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


def _is_special(name):
    return name[:2] == "__" == name[-2:]


def _is_descriptor(value):
    kind = type(value)
    return not any(kind is each for each in _USUAL) and any("__get__" in vars_of(each) for each in bases_of(kind))


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
