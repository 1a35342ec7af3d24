"""Takes down what a class or a function does, and says later whether it still does that.

Of a class that is what acts: functions, properties and whatever else is a descriptor, dunder attributes, classes in it,
its bases and its metaclass. Plain data of a class, such as a counter or a cache, may change, unless its comparison
reads it. All is told by identity, and nothing of the class itself is asked.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import types
from operator import is_

from kept_names import read_by

_HEAP, _IMMUTABLE = 1 << 9, 1 << 8  # of a type's flags
_VARS, _MRO = type.__dict__["__dict__"], type.__dict__["__mro__"]
_FLAGS = type.__dict__["__flags__"]
_FREE = frozenset((
    "__abstractmethods__", "__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__", "__doc__",
    "__firstlineno__", "__module__", "__slotnames__", "__static_attributes__",
))  # fmt: skip
"""Which are made or filled later, or decide nothing."""
_OF_FIELDS = ("_fields", "_field_defaults")  # of a named tuple
ORDERS = ("__lt__", "__le__", "__gt__", "__ge__")
_COMPARING = ("__eq__", "__ne__", *ORDERS)
_ABSENT = object()
_CALLED = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
_WITHIN = ("fget", "fset", "fdel", "__func__", "func", "__wrapped__")
"""Where descriptors have the functions that they call."""


def vars_of(kind):
    """The attributes of a class itself."""
    return _VARS.__get__(kind)


def bases_of(kind):
    """A class and all its bases."""
    return _MRO.__get__(kind)


def is_changeable(kind):
    """Whether Python code can give attributes to a class."""
    return _FLAGS.__get__(kind) & (_HEAP | _IMMUTABLE) == _HEAP


def shapes(value):
    """What is to be taken down of a class, with its bases, its metaclass and what is in it, or of a function."""
    found, left = {}, [value]
    while left:
        each = left.pop()
        if id(each) in found:
            continue
        if isinstance(each, type):
            if is_changeable(each):
                shape = found[id(each)] = ClassShape(each)
                left += shape.others()
            else:
                left += [base for base in bases_of(each) if is_changeable(base)]
        elif type(each) is types.FunctionType:
            shape = found[id(each)] = FunctionShape(each)
            left += shape.others()
        else:
            left += functions_in(each)
    return [*found.values()]


class ClassShape:
    """A class as it is now.

    Args:
        kind: the class.

    Attributes:
        kind: as given.
        reads: names of attributes and globals that its comparison reads, where it is its own.
        altered: names of plain data that was found to be another than at first, or to cover that of a base.
    """

    def __init__(self, kind):
        self.kind = kind
        self._meta, self._bases = type(kind), bases_of(kind)
        own = vars_of(kind)
        self._acting = {
            name: value for name, value in own.items() if type(value) is kind or _acts(kind, name, value)
        }  # members of an enumeration are of its own type
        self._inside = {name: _items(value) for name, value in self._acting.items() if type(value) is dict}
        self.reads = _read_by(self._acting)
        self._read = {name: value for name, value in own.items() if name in self.reads and name not in self._acting}
        others = own.keys() - self._acting.keys() - self._read.keys() - _FREE
        self._plain = {name: own[name] for name in others}
        self.altered = set()
        self._blank = {name for name, value in own.items() if value is None and name not in self.reads}
        self._names, self._values = (*own,), (*own.values(),)
        self._first = frozenset(own)

    def others(self):
        """What it rests on."""
        return [self._meta, *self._bases[1:], *self._acting.values()]

    def change(self):
        """The attribute that is another now; "" where there is none."""
        own = vars_of(self.kind)
        if type(self.kind) is not self._meta:
            return "__class__"
        now = bases_of(self.kind)
        if now is not self._bases and [*map(id, now)] != [*map(id, self._bases)]:
            return "__mro__"
        for name, items in self._inside.items():
            held = own.get(name)
            if type(held) is not dict or any(not is_same(now, then) for now, then in _pairs(_items(held), items)):
                return name
        names, values = (*own,), (*own.values(),)
        if names == self._names and all(map(is_, values, self._values)):
            return ""
        for name, value in self._acting.items():
            if own.get(name) is not value:
                return name
        for name, value in self._read.items():
            if name not in own or not is_same(own[name], value):
                return name
        for name, value in zip(names, values, strict=True):
            if name not in self._acting and _acts(self.kind, name, value) and not self._may_come(name, value):
                return name
        self.altered |= {name for name, value in self._plain.items() if not is_same(own.get(name, _ABSENT), value)}
        come = [name for name in self.come() if name[:2] != "__"]
        self.altered |= {name for name in come if any(name in vars_of(each) for each in self._bases[1:])}
        self._names, self._values = names, values
        return ""

    def come(self):
        """The attributes that it did not have."""
        return vars_of(self.kind).keys() - self._first

    def _may_come(self, name, value):
        """Whether an attribute acts that came with use: a handler that was not set, the ``__init__`` of a protocol.

        An order may come where there was none, if it is seen by whom it is run (``kept_runs.py``).
        """
        if name in ORDERS:
            others = [each for each in self._bases[1:] if each is not object]
            return type(value) is types.FunctionType and not any(name in vars_of(each) for each in others)
        if name == "__init__":
            found = [vars_of(each)[name] for each in self._bases[1:] if name in vars_of(each)]
            first = found[0]
            is_protocol = type(first) is types.FunctionType and first.__code__.co_name == "_no_init_or_replace_init"
            return is_protocol and any(each is value for each in found)
        return name in self._blank and type(value) in _CALLED


class FunctionShape:
    """A function as it is now.

    Args:
        function: the function.

    Attributes:
        kind: as given.
        reads: no names: it may read what changes.
        altered: no names.
    """

    reads = altered = frozenset()

    def __init__(self, function):
        self.kind = function
        self._code, self._defaults = function.__code__, function.__defaults__
        self._named = dict(function.__kwdefaults__ or {})
        self._cells = self._held()

    def _held(self):
        """The functions and classes in its closure."""
        found = []
        for cell in self.kind.__closure__ or ():
            try:
                content = cell.cell_contents
            except ValueError:
                continue
            if isinstance(content, (type, types.FunctionType)):
                found.append(content)
        return found

    def others(self):
        """What it rests on."""
        return self._cells

    def come(self):
        """No attributes: what a function has decides nothing."""
        return frozenset()

    def change(self):
        """What of it is another now; "" where nothing is."""
        function = self.kind
        if function.__code__ is not self._code:
            return "__code__"
        if function.__defaults__ is not self._defaults:
            return "__defaults__"
        if function.__kwdefaults__ or self._named:
            named = function.__kwdefaults__ or {}
            if len(named) != len(self._named) or any(named.get(each) is not self._named[each] for each in self._named):
                return "__kwdefaults__"
        if function.__closure__ and [*map(id, self._held())] != [*map(id, self._cells)]:
            return "__closure__"
        return ""


def is_same(now, then):
    """Whether data is what it was; a number may be made anew."""
    return now is then or (type(now) is type(then) and type(now) in (bool, float, int, str) and now == then)


def _acts(kind, name, value):
    """Whether an attribute of a class has a part in what its instances do."""
    if name in _FREE:
        return False
    if name in _OF_FIELDS or name[:2] == "__" == name[-2:]:
        return True
    if name[:1] == "_" == name[-1:] and type(value) is dict:  # an enumeration's members
        return True
    if isinstance(value, type):
        return is_changeable(value) and vars_of(value).get("__module__") == vars_of(kind).get("__module__")
    return any("__get__" in vars_of(each) for each in bases_of(type(value)))


def functions_in(value):
    """The functions that a property, a method of a class or a decorator's object calls."""
    kind = type(value)
    if kind.__module__ not in ("builtins", "functools", "enum", "abc", "types"):
        return []
    found = [getattr(value, name, None) for name in _WITHIN]
    return [each for each in found if type(each) is types.FunctionType]


def _items(held):
    """The items of a dictionary; of a dataclass's fields also what decides whether they count."""
    found = {}
    for key, value in held.items():
        found[key] = value
        if type(value).__name__ == "Field" and type(value).__module__ == "dataclasses":
            found[key, "name"], found[key, "kind"] = value.name, value._field_type
    return found


def _pairs(now, then):
    """What stood there then, with what does now; more may have come."""
    return [(now.get(key), value) for key, value in then.items()]


def _read_by(acting):
    """Names that the comparison of a class reads, itself or through its other functions."""
    found, left = set(), [acting[name] for name in _COMPARING if name in acting]
    while left:
        each = left.pop()
        for function in [each] if type(each) is types.FunctionType else functions_in(each):
            more = read_by(function.__code__) - found
            found |= more
            left += [acting[name] for name in more if name in acting]
    return found
