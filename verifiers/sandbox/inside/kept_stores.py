"""Knows what a prompt's own code stores in its objects, and finds what hides there what their class has.

``tolerance = 0`` in a class, which its comparison reads, is no data of an instance: an answer that gives one to its
result says itself what that equals. ``next = None``, or what some line of the prompt or the tests stores, is data.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import ast
import gc
import types

from kept_data import PLAIN
from kept_names import codes_in
from kept_receivers import Receivers
from kept_scopes import key, keys_of, placed
from kept_shapes import bases_of, is_changeable, vars_of

_SLOTS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_BY_NAME = frozenset(("setattr", "__setattr__", "__dict__", "vars", "__setstate__"))
"""By which attributes are stored whose names no code shows."""
_READING_ALL = frozenset(("dict", "format", "frozenset", "len", "list", "print", "repr", "sorted", "str", "tuple"))
_READING_PARTS = frozenset(("copy", "get", "items", "keys", "values"))
_SETTING = frozenset(("setattr", "__setattr__"))
_READING = _BY_NAME | frozenset((
    "__getattr__", "__getattribute__", "__getstate__", "asdict", "astuple", "attrgetter", "dir", "dumps", "eval",
    "fields", "getattr", "getmembers", "hasattr", "pformat",
))  # fmt: skip
"""The same of what is read."""


class Stores:
    """What the code of a prompt's own statements stores; it is read when that is first asked."""

    def __init__(self):
        self.is_own = _is_nobodys  # says of a class whether it is the answer's: its name says nothing of the prompt's
        self._left, self._codes, self._classes = [], {}, set()
        self._keys, self._open = set(), set()  # of what is stored, and classes that store what no code names
        self._allowed = set()  # names of what the tests store
        self._said, self._is_all_read = set(), False  # of what the code names at all
        self._forms = {}  # by ids of classes
        self._receivers = Receivers()

    def add(self, code, statement, left_out):
        """Note one of the prompt's statements, with all that is in it but functions of some names."""
        self._left.append((code, statement, left_out))
        if isinstance(statement, ast.ClassDef):
            self._classes.add(statement.name)

    def allow(self, name):
        """Note what the tests store."""
        if type(name) is str:
            self._allowed.add(name)

    def allows(self, name):
        """Whether the tests store attributes of this name."""
        return name in self._allowed

    def stored(self, name, kind):
        """Whether an attribute of objects of a class may have come from the prompt's own code, or the tests'."""
        return self._stores_of(name, kind) or any(
            each in self._open for each in ("", *map(_qualified, self._kinds(kind)))
        )

    def stores_by_name(self, name, kind):
        """The same of a class, where what is stored in the dictionary of an object is none of a class's."""
        return self._stores_of(name, kind) or not _SETTING.isdisjoint(self._said)

    def stores_itself(self, name, kind):
        """Whether a class's own methods, or the tests, store an attribute by this very name."""
        self._read()
        return name in self._allowed or not self._keys.isdisjoint(keys_of(name, self._kinds(kind)))

    def _kinds(self, kind):
        """Those of a class and its bases that are not the answer's; none of a function."""
        return [each for each in bases_of(kind) if not self.is_own(each)] if type in bases_of(type(kind)) else ()

    def _stores_of(self, name, kind):
        return self.stores_itself(name, kind) or f".{name}" in self._keys

    def wrote(self, function):
        """Whether a function is one of the prompt's, or one that such a function made."""
        self._read()
        return id(function.__code__) in self._codes

    def has_written(self, kind):
        """Whether a class is one that a function of the prompt makes: all that acts in it is a function of its own."""
        held = [each for each in vars_of(kind).values() if type(each) not in _SLOTS]
        functions = [each for each in held if type(each) is types.FunctionType]
        return (
            type(kind) is type
            and bool(functions)
            and all(map(self.wrote, functions))
            and not any(_is_descriptor(each) for each in held if type(each) is not types.FunctionType)
        )

    def _read(self):
        while self._left:
            whole, statement, left_out = self._left.pop()
            for code in codes_in(whole, left_out):
                self._codes[id(code)] = code
                self._said.update(code.co_names)
                self._is_all_read = self._is_all_read or not _READING.isdisjoint(code.co_names)
            only_read = set()  # ids of nodes; what stands around one comes first
            for node, place in placed(statement, left_out):
                only_read.update(map(id, _only_read(node)))
                self._receivers.add(node, place)
                match node:
                    case ast.Name(id=name) | ast.Attribute(attr=name) if name in _BY_NAME:
                        if id(node) not in only_read:
                            self._open.add(place.kind)
                    case ast.Attribute(ctx=ast.Store() | ast.Del()):
                        self._keys.add(key(node, place, self._classes))
                    case _:
                        pass

    def knows(self, name):
        """Whether the prompt's code names something so, or reads what it does not name."""
        self._read()
        return self._is_all_read or name in self._said

    def receivers(self):
        """Of whom the prompt's code calls methods; None where it reads what it does not name."""
        self._read()
        return None if self._is_all_read else self._receivers

    def told(self, value, reads, is_own, skipped=PLAIN):
        """What an instance has that a comparison may read, and the attribute that hides one of its class, or "".

        Attributes that the prompt's code does not name are not read by it.

        Args:
            value: an instance of a class of the prompt's, or of one under such a class.
            reads: names that comparisons read.
            is_own: says of a class whether it is the answer's own: what that has hides, and cannot be hid.
            skipped: ids of types of what is not told.
        """
        kind = type(value)
        form = self._forms.get(id(kind))
        if form is None:
            form = self._forms[id(kind)] = _Form(kind, [each for each in bases_of(kind) if not is_own(each)])
        held = form.slot.__get__(value) if form.slot is not None else {}
        found, hiding = [] if form.is_all_named else [each for each in gc.get_referents(value) if each is not held], ""
        for name, each in [*held.items()]:
            if type(name) is str:
                if name in reads and form.hides(name) and not self.stored(name, kind):
                    hiding = name
                if id(type(each)) not in skipped and (name in form.known or self.knows(name)):
                    found.append(each)
            else:  # which may equal any name
                hiding = "a name that is no text"
        return found, hiding


class _Form:
    """How instances of a class hold what they have.

    Args:
        kind: the class.
        bases: of it and its bases those whose attributes are not to be hid.

    Attributes:
        slot: what gives the dictionary of an instance without asking it; None where it has none.
        is_all_named: whether all that an instance has is in that dictionary.
        known: names of attributes that the class is annotated with.
    """

    def __init__(self, kind, bases):
        self._kind, self._bases, self._hides = kind, bases, {}
        self.slot = next((each for each in map(dictionary_of, bases_of(kind)) if each is not None), None)
        others = [each for each in bases_of(kind) if each is not object]
        self.is_all_named = self.slot is not None and all(
            is_changeable(each) and "__slots__" not in vars_of(each) for each in others
        )
        self.known = {name for each in self._bases for name in vars_of(each).get("__annotations__") or ()}

    def hides(self, name):
        """Whether the class has something under a name that is no default for what its instances have."""
        if name not in self._hides:
            home = next((each for each in self._bases if name in vars_of(each)), None)
            self._hides[name] = home is not None and not is_field(name, home, self._bases)
        return self._hides[name]


def dictionary_of(kind):
    """What gives the dictionary that instances have by a class itself; None where they have none by it."""
    slot = vars_of(kind).get("__dict__")
    return slot if type(slot) is types.GetSetDescriptorType and slot.__objclass__ is kind else None


def held_by(value, kind):
    """What a value has of its own, without asking it."""
    for each in bases_of(kind):
        slot = vars_of(each).get("__dict__")
        if type(slot) in _SLOTS and slot.__objclass__ is each:
            return slot.__get__(value)
    return None


def is_hiding(name, kind):
    """Whether what an instance has by a name hides what its class has, and is not what that itself keeps there."""
    held = [vars_of(each)[name] for each in bases_of(kind) if name in vars_of(each)]
    return type(name) is not str or bool(held and not _is_kept(held[0]))


def _is_kept(held):
    return type(held).__name__ == "cached_property" and type(held).__module__ == "functools"


def _is_nobodys(kind):
    return kind is None


def _only_read(node):
    """Where a node but reads ``vars(self)`` or ``self.__dict__``: the names by which it does."""
    match node:
        case ast.Compare():
            given = [node.left, *node.comparators]
        case ast.Call(func=ast.Name(id=name)) if name in _READING_ALL:
            given = node.args
        case ast.Attribute(attr=name) if name in _READING_PARTS:
            given = [node.value]
        case ast.FormattedValue(value=value) | ast.For(iter=value) | ast.comprehension(iter=value):
            given = [value]
        case _:
            given = []
    return [each.func if isinstance(each, ast.Call) else each for each in given]


def _qualified(kind):
    return type.__dict__["__qualname__"].__get__(kind)


def _is_descriptor(value):
    return any("__get__" in vars_of(each) for each in bases_of(type(value)))


def is_field(name, home, bases):
    """Whether what a class has under a name is there for instances that have nothing of their own, or cannot be hid."""
    held = vars_of(home)[name]
    if held is None or any("__set__" in vars_of(each) for each in bases_of(type(held))):
        return True
    if _is_kept(held):
        return True
    said = [str((vars_of(each).get("__annotations__") or {}).get(name, "ClassVar")) for each in bases]
    return any("ClassVar" not in each for each in said)
