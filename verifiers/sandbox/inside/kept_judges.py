"""Knows what of a prompt's classes judges an answer that has them: methods, read-only properties and operators.

``board.is_solved()`` asks the prompt's ``Board``; what that reads, through methods and functions of the prompt, has a
part in what it says. A method that gives nothing says nothing, and one that is there to be overridden neither.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN201, ANN202, ANN204
# pyright: basic
import dis
import inspect
import itertools
import types

import hidden
from kept_names import read_by
from kept_plain import is_constant, is_field_of, is_raising, is_text
from kept_scopes import MAKING
from kept_shapes import bases_of, is_changeable, vars_of

METHODS = (types.FunctionType, classmethod, staticmethod)
"""What a class has as methods."""
_OF_FIELDS = (types.MemberDescriptorType, types.GetSetDescriptorType)
_WITHIN = ("fget", "__func__", "func", "__wrapped__")
_OTHERWISE = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_NO_JUDGES = frozenset((
    "__class_getitem__", "__delattr__", "__eq__", "__ge__", "__getattribute__", "__gt__", "__hash__", "__init__",
    "__init_subclass__", "__le__", "__lt__", "__ne__", "__new__", "__post_init__", "__set_name__", "__setattr__",
))  # fmt: skip
"""By which objects are made, or compared, which is looked at there."""
_TEXTS = ("__format__", "__repr__", "__str__")
_SHOWING = frozenset((*_TEXTS, "ascii", "format", "format_map", "pformat", "print", "repr", "str"))
"""By what names these are called, which other operations do not call."""
_OPERATIONS = {
    "bool": ("__bool__", "__len__"), "bytes": ("__bytes__",), "call": ("__call__",), "complex": ("__complex__",),
    "contains": ("__contains__", "__iter__", "__getitem__"), "delitem": ("__delitem__",),
    "float": ("__float__", "__index__"), "format": ("__format__", "__str__", "__repr__"),
    "getitem": ("__getitem__", "__missing__"), "int": ("__int__", "__index__", "__trunc__"),
    "iter": ("__iter__", "__getitem__"), "len": ("__len__",), "next": ("__next__",), "repr": ("__repr__",),
    "reversed": ("__reversed__", "__len__", "__getitem__"), "setitem": ("__setitem__",), "str": ("__str__", "__repr__"),
    **dict.fromkeys(("all", "any", "list", "max", "min", "set", "sorted", "sum", "tuple"), ("__iter__", "__getitem__")),
}  # fmt: skip
BINARY = frozenset((
    "add", "and_", "divmod", "floordiv", "lshift", "matmul", "mod", "mul", "or_", "pow", "rshift", "sub", "truediv",
    "xor",
))  # fmt: skip
_UNARY = frozenset(("abs", "ceil", "floor", "hash", "index", "invert", "neg", "pos", "round", "trunc"))


class Judges:
    """What the classes of a prompt have that judges, by name.

    Args:
        kinds: the classes.
        function: gives the prompt's function of a name, or None.
        wrote: says of a function whether the prompt wrote it.
        is_all_read: whether the prompt reads attributes that its code does not name.
    """

    def __init__(self, kinds, function, wrote, *, is_all_read):
        self._function, self._wrote = function, wrote
        self._kinds = {type.__dict__["__name__"].__get__(kind): kind for kind in kinds}
        self._having = {}
        for kind in kinds:
            for name, value in vars_of(kind).items():
                if name not in _NO_JUDGES and acts(value):
                    self._having.setdefault(name, []).append(value)
        self._specials = [each for each in self._having if is_special(each) and each not in _TEXTS]
        self._texts = [each for each in _TEXTS if each in self._having]
        self._all = {name for kind in kinds for name in vars_of(kind)} if is_all_read else set()
        self._reads, self._critical, self._silent = {}, {}, {}

    def __contains__(self, name):
        return name in self._having

    def reads(self, what):
        """All names that what the prompt has under a name, or a function of its, reads, with what it calls."""
        key = what if type(what) is str else id(what)
        if key not in self._reads:
            functions = [] if key is what else self._functions([what])
            found = {*self._all, *self._specials, *([what] if key is what else ())}
            self._follow(found, functions, [*self._specials, *([what] if key is what else ())])
            if not found.isdisjoint(_SHOWING):
                found.update(self._texts)
                self._follow(found, [], [*self._texts])
            self._reads[key] = frozenset(found)
        return self._reads[key]

    def _follow(self, found, functions, left):
        """Add to some names what functions read, and what the prompt has under names that are left to be followed."""
        while functions or left:
            while functions:
                more = read_by(functions.pop().__code__) - found
                found |= more
                left += more
            if left:
                each = left.pop()
                functions = self._functions([*self._having.get(each, ()), self._function(each)])

    def read_of(self, what):
        """Of these the names of what judges."""
        key = what if type(what) is str else id(what)
        if key not in self._critical:
            self._critical[key] = frozenset(each for each in self.reads(what) if each in self._having)
        return self._critical[key]

    def is_function(self, value):
        """Whether something is a function of the prompt, and nothing that calls one."""
        return type(value) is types.FunctionType and self._wrote(value)

    def say_nothing(self, name, kind):
        """Whether what the prompt has under a name gives nothing and raises nothing, or is there to be written.

        That is what stands nearest to a class, or all that there is where the class is under none that has it.
        """
        having = self._having[name]
        nearest = self._nearest(name, kind)
        return all(map(self.says_nothing, [nearest] if nearest is not None else having))

    def left_by(self, name, kind):
        """The qualified name of the class over another that leaves a method to be written; "" where none does."""
        value = self._nearest(name, kind) if name in self._having else None
        if value is None or not self.says_nothing(value):
            return ""
        return self._functions([value])[0].__code__.co_qualname.rpartition(".")[0]

    def judge_nothing(self, name):
        """Whether all that the prompt has under a name gives the same whatever is so, or what anybody may put there."""
        return all(self.says_nothing(each) or self._is_made_by(each, is_constant) for each in self._having[name])

    def is_default(self, name, kind):
        """The same of what stands nearest to a class that is under one that has the name, also of fields and texts."""
        value = self._nearest(name, kind)
        return value is not None and (
            self.says_nothing(value) or self._is_made_by(value, is_constant, is_field_of, is_text)
        )

    def _nearest(self, name, kind):
        own = [vars_of(each)[name] for each in bases_of(kind) if name in vars_of(each)]
        return next((each for each in own if any(each is one for one in self._having[name])), None)

    def _is_made_by(self, value, *ways):
        functions = self._functions([value])
        return len(functions) == 1 and any(each(functions[0], self._having.__contains__) for each in ways)

    def says_nothing(self, value):
        """The same of a method or function."""
        if id(value) not in self._silent:  # which is the prompt's, and lives on
            found = self._functions([value])
            is_silent = bool(found) and all(map(_gives_nothing, found))
            self._silent[id(value)] = is_silent and not any(map(is_raising, self._called_by(found)))
        return self._silent[id(value)]

    def _called_by(self, functions):
        """Functions, with those of the prompt that they may call."""
        found, left, names = {}, [*functions], set()
        while left:
            each = left.pop()
            if id(each) not in found:
                found[id(each)] = each
                more = read_by(each.__code__) - names
                names |= more
                for name in more:
                    made = self._kinds.get(name)
                    making = (
                        [vars_of(made)[each] for each in MAKING if each in vars_of(made)] if made is not None else ()
                    )
                    left += self._functions([*self._having.get(name, ()), self._function(name), *making])
        return found.values()

    def _functions(self, values):
        return [each for value in values for each in _functions_of(value) if self._wrote(each)]


def is_pythons_own(kind, name):
    """Whether what a library's class has under a name is the library's: its own code, of that very name."""
    value = vars_of(kind)[name]
    if not is_changeable(kind):
        return True
    functions = _functions_of(value)
    home = hidden.module(str(vars_of(kind).get("__module__")))
    return bool(functions) and all(
        home is not None
        and each.__globals__ is vars(home)
        and each.__code__.co_qualname == f"{type.__dict__['__qualname__'].__get__(kind)}.{name}"
        for each in functions
    )


def is_special(name):
    """Whether a name is one by which Python itself calls."""
    return name[:2] == "__" == name[-2:]


def acts(value):
    """Whether an attribute of a class is a method, or a property that cannot be set, and no field."""
    kind = type(value)
    if kind in METHODS:
        return True
    if kind is property:
        return value.fset is None
    if kind in _OF_FIELDS or kind.__name__ == "_tuplegetter":
        return False
    return _has(kind, "__get__") and not _has(kind, "__set__")


def specials(name):
    """The methods that an operation calls."""
    if name in _OPERATIONS:
        return _OPERATIONS[name]
    plain = name.rstrip("_")
    if name in BINARY:
        return (f"__{plain}__", f"__r{plain}__")
    if name[:1] == "i" and (name[1:] in BINARY or f"{name[1:]}_" in BINARY):
        return (f"__{plain}__", f"__{plain[1:]}__", f"__r{plain[1:]}__")
    return (f"__{plain}__",) if name in _UNARY else ()


def _functions_of(value):
    """The functions of a method or property, with those that decorators have put others around."""
    found, left = [], [value]
    while left:
        each = left.pop()
        if type(each) is types.FunctionType:
            if not any(each is one for one in found):
                found.append(each)
                left += _in_closure(each)
        elif type(each).__module__ in ("builtins", "functools", "abc", "types"):
            left += [one for name in _WITHIN if (one := getattr(each, name, None)) is not None]
    return found


def _in_closure(function):
    found = []
    for cell in function.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:
            continue
        if type(content) is types.FunctionType:
            found.append(content)
    return found


def _gives_nothing(function):
    code = function.__code__
    if code.co_flags & _OTHERWISE:
        return False
    steps = list(dis.get_instructions(code))
    given = [before for before, each in itertools.pairwise(steps) if each.opname == "RETURN_VALUE"]
    given += [each for each in steps if each.opname == "RETURN_CONST"]
    return all(each.opname in ("LOAD_CONST", "RETURN_CONST") and each.argval is None for each in given)


def _has(kind, name):
    return any(name in vars_of(each) for each in bases_of(kind))
