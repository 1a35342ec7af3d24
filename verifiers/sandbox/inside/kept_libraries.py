"""Looks after the parts of libraries that a prompt's code runs through, whose names nobody says.

``Counter.update = ...`` decides what two hands of cards are that are compared as counters, ``re._compile = ...`` what
two titles are. So what such code reaches is taken down before the solution's code has run: what is called, and the
libraries' own data beside it. Caches may fill, and a library may count.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, BLE001
# pyright: basic
import builtins
import importlib
import itertools
import sys
import types
import weakref
from operator import attrgetter, is_, itemgetter

from kept_ambient import Decimals, Patterns
from kept_caches import caches_of, clear
from kept_names import codes_in, imported_by, stored_by
from kept_reach import ABSENT, Reach, cells_of
from kept_shapes import bases_of, is_same, vars_of
from kept_stores import is_hiding

_FREE = frozenset((
    "__abstractmethods__", "__annotations__", "__doc__", "__firstlineno__", "__slotnames__", "__static_attributes__",
))  # fmt: skip
"""Attributes of a class that are made later, or decide nothing."""
_MAKING = frozenset(("__init__", "__new__", "__post_init__"))
_OF_TESTS = frozenset(("exit", "input", "print", "quit"))  # which tests may have anew, and which a program is given
_BUILTINS = [(name, value) for name, value in vars(builtins).items() if callable(value) and name not in _OF_TESTS]
"""What this is written with itself, too."""
_PARTS = {name: attrgetter(name) for name in ("__code__", "__defaults__", "__kwdefaults__")}


class Libraries:
    """What a prompt's code reaches in libraries, as it was.

    Args:
        own: the namespace of the solution.
    """

    def __init__(self, own):
        self._own, self._reach, self._imported = own, Reach(own), {}
        self._functions, self._parts, self._cells = [], {name: [] for name in _PARTS}, []
        self._spaces, self._classes, self._holders, self._ambient = [], {}, {}, {}
        self._caches = []

    def read(self, body, codes):
        """Take down what a prompt's statements reach.

        Args:
            body: all statements of the solution.
            codes: of those that are the prompt's, compiled.
        """
        self._imported |= imported_by(body)
        named = {name for code in codes for each in codes_in(code) for name in each.co_names}
        for code in codes:
            self._reach.read(code, self._imported)
        if any(_home(self._imported[each]) == "decimal" for each in named & self._imported.keys()):
            self._ambient["decimal"] = Decimals()
        self._reach.add(())
        self._take()

    def add(self, values):
        """Take down what some values reach."""
        before = self._reach.size()
        self._reach.add(values)
        if self._reach.size() != before:
            self._take()

    def add_only(self, kinds):
        """Take down classes, and what the names stand for by which they compare."""
        self._reach.add_only(kinds)
        self._take()

    def renew(self):
        """Take all of it down once more where the prompt itself has changed it, as ``@key.register`` does."""
        if not self.change():
            return
        self._functions, self._parts, self._cells = [], {name: [] for name in _PARTS}, []
        self._classes, self._holders = {}, {}
        for space, names in self._reach.spaces.values():
            names.update({name: space.get(name, ABSENT) for name in names})
        self._reach.again()
        self._take()

    def _take(self):
        reach = self._reach
        reach.spaces.pop(id(self._imported), None)
        for each in itertools.islice(reach.functions.values(), len(self._functions), None):
            self._functions.append(each)
            for name, part in _PARTS.items():
                self._parts[name].append(part(each))
            self._cells += [(each, *one) for one in cells_of(each).items() if callable(one[1])]
            if each.__kwdefaults__:
                reach.holders[id(each.__kwdefaults__)] = (each.__kwdefaults__, types.FunctionType)
        for key, each in reach.classes.items():
            self._classes.setdefault(key, (each, (*vars_of(each),), (*vars_of(each).values(),)))
        for key, (held, kind) in reach.holders.items():
            self._holders.setdefault(key, (held, kind, (*dict.keys(held),), (*dict.values(held),)))
        self._spaces = [_Space(*each) for each in reach.spaces.values()]
        self._caches = caches_of(reach.reached(), self._own)
        if "re" not in self._ambient and "re" in sys.modules and reach.has(sys.modules["re"]._compile):
            self._ambient["re"] = Patterns()

    def change(self):
        """What is another now, or ""."""
        now = vars(builtins)
        for name, value in _BUILTINS:
            if now.get(name) is not value:
                return name
        for name, part in _PARTS.items():
            if not all(map(is_, map(part, self._functions), self._parts[name])):
                others = zip(self._functions, self._parts[name], strict=True)
                return next(f"{name} of {each.__name__}" for each, then in others if part(each) is not then)
        for function, name, then in self._cells:
            if cells_of(function).get(name) is not then:
                return f"{name} of {function.__name__}"
        for each in self._caches:
            clear(each)
        for each in (*self._spaces, *self._ambient.values()):
            if what := each.change():
                return what
        for kind, names, values in self._classes.values():
            own = vars_of(kind)
            is_as_before = all(map(is_, own.values(), values)) and (*own,) == names
            if not is_as_before and (what := _changed_class(kind, own, dict(zip(names, values, strict=True)))):
                return what
        for held, kind, keys, values in self._holders.values():
            is_as_before = dict.__len__(held) == len(keys) and all(map(is_, dict.values(held), values))
            if not is_as_before and (what := self._changed_items(held, kind, keys, values)):
                return what
        return ""

    def _changed_items(self, held, kind, keys, values):
        """What is another of the attributes of an object, or of the items of what a module has."""
        is_object = type(held) is dict and kind is not dict
        own = _name(kind)
        now, first = {id(key): value for key, value in dict.items(held)}, {*map(id, keys)}
        for key, then in zip(keys, values, strict=True):
            value = now.get(id(key), ABSENT)
            if value is then or is_same(value, then) or (value is ABSENT and not is_object):  # caches lose items
                continue
            if not (is_object and _is_alike(value, then) and key in _stored_in(kind)):
                return f"{key if type(key) is str else 'an item'} of {own}"
        for key, value in dict.items(held):
            if id(key) in first:
                continue
            if is_object:
                if is_hiding(key, kind) and key not in _stored_in(kind):
                    return f"{key if type(key) is str else 'an item'} of {own}"
            elif not (_is_data(value) or self._reach.has(value)):
                return f"an item of {own}"
        return ""


def loaded(name):
    """A module; None where it cannot be imported."""
    try:
        return importlib.import_module(name)
    except BaseException:  # which the solution will meet itself
        return None


class _Space:
    """Names of a namespace, and what they stood for.

    Args:
        space: the namespace.
        then: by name; ``ABSENT`` where a built-in name was read.
    """

    def __init__(self, space, then):
        self._space = space
        self._names = [name for name, value in then.items() if value is not ABSENT]
        self._values = [then[name] for name in self._names]
        self._absent = then.keys() - {*self._names}
        self._now = itemgetter(*self._names, *self._names[:1]) if self._names else lambda _: ()

    def change(self):
        """The name that stands for something else, or ""."""
        own = self._space.get("__name__")
        for name in self._absent & self._space.keys() if not self._absent.isdisjoint(self._space) else ():
            return f"{name} of {own}"
        try:
            if all(map(is_, self._now(self._space), self._values)):
                return ""
        except KeyError:
            pass
        for place, (name, then) in enumerate(zip(self._names, self._values, strict=True)):
            now = self._space.get(name, ABSENT)
            if now is not then and not is_same(now, then) and not self._may_be(name, now, then):
                return f"{name} of {own}"
            self._values[place] = now
        return ""

    def _may_be(self, name, now, then):
        """Whether data is another because the library itself binds its name anew, or whoever redirects a stream."""
        held = [*self._space.values()]
        classes = [each for each in held if isinstance(each, type) and each.__module__ == self._space.get("__name__")]
        held += [one for each in classes for one in vars_of(each).values()]
        is_its = self._space is vars(sys) and _is_data(now) and _is_data(then)
        return is_its or (_is_alike(now, then) and name in stored_by(_functions(held), "STORE_GLOBAL"))


def _changed_class(kind, own, before):
    for name in {**before, **own}:
        now, then = own.get(name, ABSENT), before.get(name, ABSENT)
        if now is then or name in _FREE or is_same(now, then):
            continue
        if then is ABSENT:
            is_free = _is_data(now) and not any(name in vars_of(each) for each in bases_of(kind)[1:])
        else:
            is_free = _is_alike(now, then) and name in _stored_in(kind)
        if not is_free:
            return f"{name} of {_name(kind)}"
    return ""


def _stored_in(kind):
    """Attributes that a class gives its objects, or itself, after these were made."""
    held = [item for each in bases_of(kind) for item in vars_of(each).items()]
    return stored_by(_functions(each for name, each in held if name not in _MAKING), "STORE_ATTR")


def _functions(values):
    return [each for each in values if type(each) is types.FunctionType]


def _is_alike(now, then):
    """Whether data stands where such data was, or none."""
    return _is_data(now) and _is_data(then) and (type(now) is type(then) or now is None or then is None)


def _is_data(value):
    """Whether a value is none that is called, nor what answers for the attribute that it is."""
    if value is ABSENT:
        return False
    is_acting = callable(value) or any("__get__" in vars_of(each) for each in bases_of(type(value)))
    return isinstance(value, weakref.ref) or not (is_acting or type(value) is types.ModuleType)


def _home(value):
    return value.__name__ if type(value) is types.ModuleType else getattr(value, "__module__", "")


def _name(kind):
    return type.__dict__["__name__"].__get__(kind)
