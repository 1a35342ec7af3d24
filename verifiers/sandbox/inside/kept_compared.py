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
import types

from kept_data import (
    BUILT_IN,
    COMPARING,
    ITEMS,
    OF_DATA,
    PLAIN,
    comparing,
    is_by_identity,
    is_pythons,
    others_in,
    within,
)
from kept_names import CONSTRUCTING
from kept_shapes import bases_of, vars_of
from kept_stores import dictionary_of
from link_claims import claims_equality

_OPERATIONS = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "contains"))
ROOM, FEW = 100_000, 64
"""Values that are looked at in all comparisons of a program, which takes some 0.2 s, and then still in each of them."""

_METHODS = frozenset((
    *COMPARING, "count", "difference", "index", "intersection", "isdisjoint", "issubset", "issuperset", "remove",
    "symmetric_difference", "union",
))  # fmt: skip
_SETS = frozenset(("and_", "or_", "sub", "xor"))
_HOOKS = ("__getattribute__", "__getattr__", "__class__")
_FREE = frozenset((
    "__annotations__", "__doc__", "__init__", "__missing__", "__module__", "__repr__", "__slots__",
    "__weakref__",
))  # fmt: skip
_CALLING = {
    "__init__": frozenset((CONSTRUCTING, "__init__", "replace")),
    "__missing__": frozenset(("__getitem__", "__missing__", "getitem", "itemgetter")),
    "__repr__": frozenset((
        "__format__", "__repr__", "__str__", "ascii", "format", "format_map", "pformat", "print", "repr", "str",
    )),
}  # fmt: skip
"""By which names a comparison calls such of these, so that they are not free."""
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
        self._asked = {}  # by id: classes of the solution's that are under test
        self._ways = {}  # by ids of the prompt's classes: how their instances compare
        self._refused = {}  # by id: classes that are the prompt's but for how their instances compare
        self._room = ROOM

    def ask(self, value):
        """Note what is under test, if it is a class of the answer's."""
        if type in bases_of(type(value)) and not self.is_prompts(value):
            self._asked[id(value)] = value

    def is_asked(self, kind):
        """Whether it is for a class to say what its instances are."""
        return id(kind) in self._asked

    def refuse(self, kind):
        """Note a class whose instances say themselves what they equal, though all else of it is the prompt's."""
        self._refused[id(kind)] = kind

    def is_refused(self, kind):
        """Whether it is such a class."""
        return id(kind) in self._refused

    def is_holder(self, kind, *, is_object):
        """Whether it is for a class to say what its instances hold, also for such as the tests use as objects."""
        return self.is_asked(kind) or (is_object and self.is_own(kind))

    def is_own(self, kind):
        """Whether a class is the answer's through and through, and no data is underneath."""
        return all(each is object or self.is_answers(each) for each in bases_of(kind))

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

    def may_be_key(self, value):
        """Whether a value equals others by what Python or the prompt has for that, or nothing but its like."""
        _, others, why = self._met(value)
        return not why and all(
            is_by_identity(kind) or (self.is_own(kind) and self._is_sound(kind)) for kind in others.values()
        )

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
            if id(kind) in PLAIN or id(each) in seen:
                continue
            if self._room <= 0 and len(seen) >= FEW:
                break
            seen.add(id(each))
            self._room -= 1
            if id(kind) in ITEMS:
                items = [*each, *each.values()] if kind is dict else [*each]
                left.extend(others_in(items))
                self._room -= len(items) >> 4
            elif self.is_prompts(kind):
                is_prompts = True
                contents, hidden = self._held(each, kind)
                left.extend(contents)
                why = why or hidden or (_told(kind) if self.is_refused(kind) else "")
            elif type in bases_of(kind):
                why = why or ("" if self.is_of_library(kind) else _told(kind))
            elif self.is_of_library(kind):
                if not self._is_of_data(kind):
                    why = why or _told(kind)
                left.extend(within(each, kind))
            else:
                others[id(kind)] = kind
                if not self.is_asked(kind):
                    left.extend(gc.get_referents(each))
                    why = why or self._hidden(each, kind)
        return is_prompts, others, why

    def _held(self, value, kind):
        """What an object of the prompt's compares by, and why that may be none of its class's."""
        if id(kind) not in self._ways:
            is_all_its = all(self._is_trusted(base) or is_by_identity(base) for base in bases_of(kind))
            self._ways[id(kind)] = (kind, is_by_identity(kind), is_all_its)
        _, is_only_itself, is_all_its = self._ways[id(kind)]
        if is_only_itself:
            return (), ""
        contents, hiding = self._stores.told(value, self._reads, self.is_answers)
        return contents if is_all_its else gc.get_referents(value), _said(hiding, kind)

    def _hidden(self, value, kind):
        """Why an object of the answer's may compare by none of what it has from a class of the prompt's."""
        if not any(map(self.is_prompts, bases_of(kind))):
            return ""
        return _said(self._stores.told(value, self._reads, self.is_answers)[1], kind)

    def is_prompts(self, kind):
        """Whether a class is the prompt's, or one that a function of the prompt made."""
        if self._kinds.is_prompts(kind):
            return True
        is_inner = not self.is_of_library(kind) and self._stores.has_written(kind)
        return is_inner and all(each is object or self.is_prompts(each) for each in bases_of(kind)[1:])

    def is_answers(self, kind):
        """Whether a class is the answer's own."""
        return not self.is_prompts(kind) and not self.is_of_library(kind)

    def is_of_library(self, kind):
        """Whether a class is built in, or a library's."""
        return self._kinds.was_there(kind) or self._kinds.is_librarys(kind)

    def _is_of_data(self, kind):
        """Whether what a library's class compares by is data that is in it, or being the same."""
        for home, method in comparing(kind):
            if getattr(method, "__globals__", None) is self._namespace:
                return False
            if id(home) not in BUILT_IN and home.__module__ not in OF_DATA and is_pythons(home):
                return False
        return True

    def _is_sound(self, kind):
        """Whether a class of the solution's compares as one without a line of its own: a dataclass, a named tuple."""
        found = comparing(kind)
        if not all(self._is_trusted(home) or self._kinds.is_made(home, method) for home, method in found):
            return False
        own = [vars_of(each) for each in self._own(kind)]
        fields = {name for each in own for name in each.get("__dataclass_fields__", ())}
        held = [each[name] for each in own for name in fields if name in each]
        return not any(name in each for each in own for name in _HOOKS) and not any(map(_is_descriptor, held))

    def _is_heir(self, kind):
        """Whether all by which a class compares is the prompt's or built in."""
        return all(self._is_trusted(home) for home, _ in comparing(kind))

    def _adds_nothing(self, kind):
        """Whether a class has nothing of its own that the prompt's code reads, or that compares by its name."""
        return type(kind) is type and not any(
            (not _is_special(name) and (self._stores.knows(name) or is_comparing(name)))
            or _is_descriptor(value)
            or (_is_special(name) and not self._is_free(name) and value is not dictionary_of(each))
            for each in self._own(kind)
            for name, value in vars_of(each).items()
        )

    def _is_free(self, name):
        """Whether what a class has under a special name has no part in what the prompt's comparisons do."""
        return name in _FREE and self._reads.isdisjoint(_CALLING.get(name, ()))

    def _own(self, kind):
        """A class and its bases, of those the solution's own."""
        return [each for each in bases_of(kind) if self.is_answers(each)]

    def _is_trusted(self, home):
        return id(home) in BUILT_IN or self.is_prompts(home)


def _is_special(name):
    return name[:2] == "__" == name[-2:]


def _is_descriptor(value):
    kind = type(value)
    return not any(kind is each for each in _USUAL) and any("__get__" in vars_of(each) for each in bases_of(kind))


def _said(hiding, kind):
    return f"{hiding} of an instance of {_name(kind)} hides what its class has" if hiding else ""


def _told(kind):
    return f"an instance of {_name(kind)} is compared with the prompt's"


def _name(kind):
    return type.__dict__["__name__"].__get__(kind)
