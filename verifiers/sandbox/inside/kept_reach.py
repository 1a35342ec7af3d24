"""Finds what code reaches in libraries: functions, classes, and the names by which they get at one another.

``json.dumps`` is what ``JSONEncoder`` and ``_default_encoder`` are, and ``Counter`` what its ``update`` is. Nothing is
known here of any library: a function reaches what its names stand for in its module, a class what is in it.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import builtins
import collections
import dis
import sys
import types

from kept_data import COMPARING
from kept_names import codes_in
from kept_shapes import bases_of, is_changeable, vars_of
from kept_stores import dictionary_of

ROOM = 4_000
"""Functions, classes and objects that are followed, the nearest first."""
ABSENT = object()
_MOST_ITEMS = 1_000  # of a dictionary or a list
_BUILTINS = vars(builtins)
_IMPORTING = dis.opmap["IMPORT_NAME"]
_LARGE = frozenset(("inspect", "typing", "warnings"))
"""Modules that no comparison lives of: what their functions reach is not looked for."""
_OF_TESTS = frozenset(("input", "print"))  # which tests may have anew, and which give nothing to compare
_DATA = frozenset(map(id, (
    type(None), bool, int, float, complex, str, bytes, bytearray, range, type(...), type(NotImplemented),
    types.BuiltinFunctionType, types.CodeType, types.MethodDescriptorType, types.WrapperDescriptorType,
    types.MemberDescriptorType, types.GetSetDescriptorType, types.ModuleType, types.GenericAlias, types.UnionType,
)))  # fmt: skip
"""Types of what reaches nothing, by their ids."""
_OF_CALLABLES = ("abc", "builtins", "enum", "functools", "types")
_CALLING = ("__func__", "__self__", "__wrapped__", "args", "fdel", "fget", "fset", "func", "keywords")
"""Modules of descriptors and of what stands for functions, and where these have what they call."""
_ASKED_FROM_C = {
    "expand": ("re", ("_expand",)), "strptime": ("_strptime", ("_strptime_datetime", "_strptime_time")),
    "sub": ("re", ("_subx",)), "subn": ("re", ("_subx",)),
}  # fmt: skip
"""By name of a method that is written in C: what it calls in Python, which is nobody's global name."""


class Reach:
    """What code reaches.

    Args:
        own: the namespace of the solution: what is written there is no library's.

    Attributes:
        spaces: by id, namespaces and what the names stand for that are read in them, or ``ABSENT``.
        classes: by id.
        functions: by id.
        holders: by id, dictionaries, and the classes of the objects whose they are.
    """

    def __init__(self, own):
        self._own, self._left, self._seen, self._room = own, collections.deque(), {}, ROOM
        self.spaces, self.classes, self.functions, self.holders = {}, {}, {}, {}

    def has(self, value):
        """Whether a value was reached."""
        return id(value) in self._seen

    def reached(self):
        """All that was reached of values."""
        return [*self._seen.values()]

    def size(self):
        """How much was reached so far."""
        return len(self._seen) + sum(len(names) for _, names in self.spaces.values())

    def add(self, values):
        """Follow some values."""
        self._left.extend(values)
        while self._left and self._room > 0:
            value = self._left.popleft()
            if id(type(value)) not in _DATA and id(value) not in self._seen:
                self._seen[id(value)] = value  # kept, so that no other has its id
                self._room -= 1
                self._visit(value, type(value))

    def again(self):
        """Follow what has come into what was reached."""
        self.add([value for held, _ in [*self.holders.values()] for value in dict.values(held)])

    def add_only(self, kinds):
        """Take classes and what the names stand for by which they compare, and follow none of that."""
        for kind in kinds:
            self.classes[id(kind)] = kind
            own = vars_of(kind)
            for each in [own[name] for name in COMPARING if type(own.get(name)) is types.FunctionType]:
                self.functions[id(each)] = each
                self.read(each.__code__, each.__globals__)
        self._left.clear()

    def read(self, code, space):
        """Follow what some code reads in a namespace, and in the modules that are there; ``add`` goes on with it."""
        names, is_importing = set(), False
        for each in codes_in(code):
            names.update(each.co_names)
            is_importing = is_importing or _IMPORTING in each.co_code[::2]
        modules = []
        for name in names:
            value = self._name(space, name) if name in space else ABSENT
            if value is ABSENT and name in _BUILTINS:
                if name not in _OF_TESTS:
                    self._note(space, name, ABSENT)
                    self._name(_BUILTINS, name)
            elif value is ABSENT and is_importing:
                value = sys.modules.get(name) or sys.modules.get(f"{space.get('__package__')}.{name}")
            if type(value) is types.ModuleType:
                modules.append(value)
        self._read_modules(names, modules)
        for name in names & _ASKED_FROM_C.keys():
            home, asked = _ASKED_FROM_C[name]
            space = vars(sys.modules[home]) if home in sys.modules else {}
            for each in asked:
                if each in space:
                    self._name(space, each)

    def _read_modules(self, names, modules):
        seen = set()
        while modules:
            space = vars(modules.pop())
            if id(space) in seen or space is self._own:
                continue
            seen.add(id(space))
            for name in names & space.keys():
                value = self._name(space, name)
                if type(value) is types.ModuleType:
                    modules.append(value)

    def _name(self, space, name):
        value = space[name]
        self._note(space, name, value)
        self._left.append(value)
        return value

    def _note(self, space, name, value):
        if space is not self._own:
            self.spaces.setdefault(id(space), (space, {}))[1].setdefault(name, value)

    def _visit(self, value, kind):
        if kind is types.FunctionType:
            self._function(value)
        elif type in bases_of(kind):
            self._class(value)
        elif kind is tuple or kind is list or kind is frozenset:
            self._left += [*value][:_MOST_ITEMS]
        elif kind is dict:
            self._holder(value, kind)
        elif kind.__module__ not in _LARGE:
            self._object(value, kind)

    def _function(self, function):
        space = function.__globals__
        if space is self._own:
            return
        self.functions[id(function)] = function
        if space.get("__name__") in _LARGE:
            return
        self._left += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        self._left += [*cells_of(function).values(), *function.__dict__.values()]
        self.read(function.__code__, space)

    def _class(self, kind):
        own = vars_of(kind)
        home = own.get("__module__")
        if home == self._own.get("__name__"):
            return
        if is_changeable(kind):
            self.classes[id(kind)] = kind
        if home not in _LARGE:
            self._left += [*bases_of(kind)[1:], type(kind)]
            self._left += own.values() if is_changeable(kind) else ()

    def _object(self, value, kind):
        """Follow what stands for a function, or an object that a library has under a name."""
        self._left.append(kind)
        if any(each is dict for each in bases_of(kind)):
            self._holder(value, kind)
        for name in _CALLING if kind.__module__ in _OF_CALLABLES or not is_changeable(kind) else ():
            try:
                self._left.append(object.__getattribute__(value, name))
            except (AttributeError, TypeError, ValueError):
                continue
        slot = next(filter(None, map(dictionary_of, bases_of(kind))), None) if is_changeable(kind) else None
        held = slot.__get__(value) if slot is not None else None
        if type(held) is dict:
            self._holder(held, kind)

    def _holder(self, held, kind):
        if held is sys.modules or held is self._own or dict.__len__(held) > _MOST_ITEMS:
            return
        self.holders[id(held)] = (held, kind)
        self._left += dict.values(held)


def cells_of(function):
    """What a function has in its closure, by name."""
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # which is not bound yet
            continue
    return found
