"""Looks after the data that a prompt's comparisons read: tables, defaults, settings, and what is in a closure.

``SCALE["m"] = 0`` makes two lengths equal that are compared in metres. A cache, which some line of the prompt fills,
may fill. A table of a class that only other methods read may get more, and keeps what it has.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# pyright: basic
import collections
import gc
import types

from kept_changing import Changing
from kept_data import PLAIN
from kept_names import read_by
from kept_reach import ABSENT, cells_of
from kept_scopes import MAKING, keys_of, related
from kept_shapes import bases_of, functions_in, is_same, vars_of
from kept_stores import dictionary_of, is_hiding

ROOM = 20_000  # values that are taken down: of larger tables the rest is not looked after
_ITEMS = {
    id(dict): lambda value: [*dict.keys(value), *dict.values(value)],
    id(list): lambda value: [*list.__iter__(value)],
    id(set): lambda value: [*set.__iter__(value)],
    id(collections.deque): lambda value: [*collections.deque.__iter__(value)],
    id(bytearray): lambda value: [bytes(value)],
}
"""By the ids of classes: what is in their instances, and those of classes under them."""
_ARRAYS, _MOST_BYTES = (("array", "array"), ("numpy", "ndarray")), 1 << 20
_NO_OPERATORS = MAKING | {"__class_getitem__", "__del__", "__init_subclass__", "__repr__", "__set_name__", "__str__"}
_MADE_EMPTY = (bool, int, float, str, list, dict, set)


class Tables:
    """Data that a prompt's comparisons read, as it was.

    Args:
        stores: the ``kept_stores.Stores`` of the prompt.
        compared: the ``kept_compared.Compared`` of the solution.

    Attributes:
        changing: what its code changes.
    """

    def __init__(self, stores, compared):
        self._stores, self._compared, self.changing = stores, compared, Changing()
        self._held, self._functions, self._room = {}, {}, ROOM

    def note(self, statement, left_out=()):
        """Note one of the prompt's statements, as a tree: what it changes, may change, methods of some names apart."""
        self.changing.add(statement, left_out)

    def take(self, names, kinds, given):
        """Take down what comparisons read that was not there before.

        Args:
            names: that the prompt's comparisons read.
            kinds: its classes.
            given: what it has by names.

        Returns:
            The libraries' objects that are under its names.
        """
        read, functions = _read_in(names, kinds, given) if names else (frozenset(), ())
        for name in read & given.keys():
            self._add(name, given[name], kinds, {name})
        for kind in kinds:
            others = related(kind, kinds)
            for name, value in vars_of(kind).items():
                if type(value) is not types.FunctionType:
                    is_read = name in read or (name == "_member_map_" and bool(read))
                    keys = {f".{name}", *keys_of(name, others)}
                    self._add(name, value, kinds, keys, is_compared=is_read)
        for each in functions:
            code, defaults = each.__code__, each.__defaults__ or ()
            named = [*zip(code.co_varnames[code.co_argcount - len(defaults) :], defaults, strict=False)]
            for name, value in [*named, *(each.__kwdefaults__ or {}).items(), *cells_of(each).items()]:
                self._add(name, value, kinds, {f":{name}"})
        return _objects_of([*given.values(), *(value for each in kinds for value in vars_of(each).values())], kinds)

    def renew(self):
        """Take all of it down once more, since the prompt itself may have changed it."""
        for key, (name, keys, value, holder, _, is_compared) in self._held.items():
            self._held[key] = (name, keys, value, holder, _items(holder), is_compared)

    def _add(self, name, value, kinds, keys, *, is_compared=True):
        left = [value]
        while left and self._room > 0:
            each = left.pop()
            if type(each) is tuple or type(each) is frozenset:
                left += each
            elif type(each) is types.MappingProxyType:
                left += gc.get_referents(each)
            elif id(each) in self._held:
                if is_compared and not self._held[id(each)][-1]:
                    self._held[id(each)] = (*self._held[id(each)][:-1], True)
                    left += self._held[id(each)][-2]
            elif (holder := _holder(each, kinds)) is not None:
                items = _items(holder)
                self._held[id(each)] = (name, keys, each, holder, items, is_compared)
                self._room -= 1 + len(items)
                left += items
                if type(each) is types.FunctionType:
                    self._functions.setdefault(id(each), (name, each, each.__code__))

    def change(self):
        """The name whose data is another now, or ""."""
        for name, function, code in self._functions.values():
            if function.__code__ is not code:
                return name
        for key, (name, keys, value, holder, then, is_compared) in self._held.items():
            now = _items(holder)
            if len(now) != len(then) or not all(map(is_same, now, then)):
                is_its = self.changing.has(keys) or self._may_be(value, holder, now, then)
                if is_its and is_compared and isinstance(holder, dict) and not self._has_keys(now, then):
                    return name
                if is_its:
                    self._held[key] = (name, keys, value, holder, now, is_compared)
                elif is_compared or (self._stores.knows(name) and not _is_more(holder, now, then)):
                    return name
        return ""

    def _has_keys(self, now, then):
        """Whether what has come into a dictionary that the prompt fills is found by nothing but its like."""
        before = {*map(id, then)}
        come = [each for each in now[: len(now) // 2] if id(each) not in before and id(type(each)) not in PLAIN]
        return all(map(self._compared.may_be_key, come))

    def _may_be(self, value, holder, now, then):
        """Whether an object has only what the prompt or the tests store, and a dictionary only what reading put in."""
        is_object = holder is not value
        if not is_object and type(value) is not collections.defaultdict:
            return False
        half, size = len(then) // 2, len(now) // 2
        before = {id(key): each for key, each in zip(then[:half], then[half:], strict=True)}
        after = {id(key): each for key, each in zip(now[:size], now[size:], strict=True)}
        if not is_object:
            come = [after[key] for key in after.keys() - before.keys()]
            is_read = all(_is_made(each, value.default_factory) for each in come)
            return is_read and all(is_same(after.get(key, ABSENT), each) for key, each in before.items())
        others = [key for key in then[:half] if not is_same(after.get(id(key), ABSENT), before[id(key)])]
        others += [key for key in now[:size] if id(key) not in before and is_hiding(key, type(value))]
        return all(
            type(key) is str and (self._may_store(type(value), key) or self._stores.allows(key)) for key in others
        )

    def _may_store(self, kind, name):
        return self.changing.stores({f".{name}", *keys_of(name, bases_of(kind))})


def _holder(value, kinds):
    """What of a value can be filled: itself, or the dictionary of what is no data; None where nothing can."""
    kind = type(value)
    if any(id(each) in _ITEMS for each in bases_of(kind)):
        return value
    if (kind.__module__, kind.__name__) in _ARRAYS:
        size = value.nbytes if kind.__name__ == "ndarray" else len(value) * value.itemsize
        return value if size <= _MOST_BYTES else None
    if kind is types.FunctionType or kind is types.SimpleNamespace:
        return value.__dict__
    if any(kind is each for each in kinds):
        slot = next((each for each in map(dictionary_of, bases_of(kind)) if each is not None), None)
        return slot.__get__(value) if slot is not None else None
    return None


def _items(value):
    found = [_ITEMS[id(each)](value) for each in bases_of(type(value)) if id(each) in _ITEMS]
    return found[0] if found else [value.tobytes()]


def _objects_of(values, kinds):
    """Those of some values that are objects of libraries and no data."""
    found = []
    for each in values:
        kind = type(each)
        is_data = any(id(base) in _ITEMS for base in bases_of(kind)) or kind is types.SimpleNamespace
        is_data = is_data or (kind.__module__, kind.__name__) in _ARRAYS
        if not (is_data or type in bases_of(kind) or any(kind is one for one in (*kinds, types.FunctionType))):
            found.append(each)
    return found


def _is_more(holder, now, then):
    """Whether nothing is another that was there."""
    if isinstance(holder, dict):
        after = {id(key): value for key, value in zip(now[: len(now) // 2], now[len(now) // 2 :], strict=True)}
        before = zip(then[: len(then) // 2], then[len(then) // 2 :], strict=True)
        return all(is_same(after.get(id(key), ABSENT), value) for key, value in before)
    if isinstance(holder, set):
        return {*map(id, then)} <= {*map(id, now)}
    return len(now) >= len(then) and all(map(is_same, now, then))


def _is_made(value, factory):
    """Whether a value is what a ``defaultdict`` makes where it has none."""
    return any(factory is each for each in _MADE_EMPTY) and type(value) is factory and not value


def _read_in(names, kinds, given):
    """Names that comparisons read, also through operators and in what they call or ask of objects; the functions."""
    named = {}
    for kind in kinds:
        for name, value in vars_of(kind).items():
            named.setdefault(name, []).append(value)
    found = {*names, *(name for name in named if name[:2] == "__" and name not in _NO_OPERATORS)}
    left, functions = [*found], {}
    while left:
        name = left.pop()
        value = given.get(name)
        made = [vars_of(value)[each] for each in MAKING if each in vars_of(value)] if isinstance(value, type) else ()
        for each in (*named.get(name, ()), value, *made):
            for function in [each] if type(each) is types.FunctionType else functions_in(each):
                if id(function) not in functions:
                    functions[id(function)] = function
                    more = read_by(function.__code__) - found
                    found |= more
                    left += more
    return found, [each for each in functions.values() if each.__code__.co_name not in MAKING]
