"""Looks after what a prompt's functions keep of what they gave, by ``lru_cache`` and ``cache``.

A text that is no text but equals one, or a table that is another for a while, has such a function keep what it would
never give, and its comparison says that ever after. So what has come into a cache has keys of data that compare as
data do, and is what the function gives now.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, BLE001
# pyright: basic
import functools
import gc
import marshal
import types

from kept_data import PLAIN
from kept_names import read_by, stored_by
from kept_reach import cells_of
from kept_scopes import MAKING, keys_of
from kept_shapes import bases_of, functions_in, vars_of
from kept_stores import dictionary_of

WRAPPER = type(functools.lru_cache(lambda: None))
_INFO, _CLEAR = WRAPPER.cache_info, WRAPPER.cache_clear
_LIMITED = functools.lru_cache(maxsize=1)(lambda _: None)
_LIMITED(0)
_LINK = gc.get_referents(_LIMITED)[3]
"""The class of what a cache of a limited size has for each entry."""
_WITHIN = ("fget", "fset", "fdel", "__func__", "func")
_OF_PYTHON = ("builtins", "functools")
ROOM, CALLS = 2_000_000, 50_000
"""Entries that are gone through in all looks, and of these those that are computed once more."""
_DOING = frozenset((
    "choice", "datetime", "input", "next", "now", "open", "perf_counter", "print", "randint", "random", "randrange",
    "sample", "send", "shuffle", "sleep", "time", "today", "uniform", "uuid4", "write",
))  # fmt: skip
"""Names of what does more than to compute."""


class Caches:
    """The caches of a prompt's functions.

    Args:
        compared: the ``kept_compared.Compared`` of the solution.
        changing: the ``kept_changing.Changing`` of the prompt.
        namespace: the solution's.
    """

    def __init__(self, compared, changing, namespace):
        self._compared, self._changing, self._namespace = compared, changing, namespace
        self._caches, self._kinds, self._room, self._calls = {}, [], ROOM, CALLS

    def add(self, value):
        """Note the caches of what a statement of the prompt has made: a function, a class, or what stands for these."""
        left, seen = [value], set()
        while left:
            each = left.pop()
            kind = type(each)
            if id(each) in seen:
                continue
            seen.add(id(each))
            if kind is WRAPPER:
                self._caches.setdefault(id(each), _Cache(each))
            elif kind is types.FunctionType:
                left += cells_of(each).values()
            elif isinstance(each, type):
                self._kinds.append(each)
                left += vars_of(each).values()
            elif kind.__module__ in _OF_PYTHON:
                left += [getattr(each, name) for name in _WITHIN if hasattr(kind, name)]

    def change(self):
        """The function whose cache has what it would not give, told as a reason; else ""."""
        for each in self._caches.values():
            come = each.come()
            self._room -= len(each.known) + len(come)
            if come and (self._room < 0 or not all(self._is_sound(each, *entry) for entry in come)):
                return f"what {getattr(each.function, '__name__', 'a function')} has kept is another than it gives"
        return ""

    def _is_sound(self, cache, key, result):
        given = [*key] if type(key) is tuple else [key]
        values = [each for each in given if each is not cache.mark]
        if not all(id(type(each)) in PLAIN or self._compared.may_be_key(each) for each in values):
            return False
        is_data = self._plain(result) is not None and all(self._plain(each) is not None for each in values)
        if not is_data or not self._is_pure(cache):
            return True
        asked = [given]
        if any(one is not other for one, other in zip(given, map(_number, given), strict=True)):
            asked.append([*map(_number, given)])  # who asks with the one gets what was kept for the other
        self._calls -= len(asked)
        try:
            return self._calls >= 0 and all(self._is_alike(cache.call(each), result) for each in asked)
        except Exception:  # whatever the function raises now, it is not what was kept
            return False

    def _is_alike(self, now, then):
        """Whether data is what it was; a number may be of another type."""
        one, other = self._plain(now), self._plain(then)
        return one == other or (type(one) is type(other) is bytes and now == then)

    def _plain(self, value):
        """A value in bytes, which are equal where it is; None of what holds objects.

        Of an object of the prompt's that is what it holds, but for what the prompt's code changes in such.
        """
        kind = type(value)
        slot = next(filter(None, map(dictionary_of, bases_of(kind))), None) if self._compared.is_prompts(kind) else None
        held = dict.items(slot.__get__(value)) if slot is not None else ()
        left = [item for item in held if not self._is_changing(item[0], kind)]
        try:
            return (id(kind), marshal.dumps(left, 2)) if slot is not None else marshal.dumps(value, 2)
        except ValueError:
            return None

    def _is_changing(self, name, kind):
        """Whether the prompt's code changes what an object of a class has under a name, or stores another."""
        keys = {f".{name}", *keys_of(name, bases_of(kind))}
        return self._changing.has(keys) or self._changing.stores(keys)

    def _is_pure(self, cache):
        """Whether a function only computes, so that nobody sees that it is called once more."""
        if cache.is_pure is None:
            cache.is_pure = self._computes(cache.function)
        return cache.is_pure

    def _computes(self, function):
        left, seen, read = [function], set(), set()
        while left:
            each = left.pop()
            if type(each) is WRAPPER:
                left += [one for one in gc.get_referents(each) if type(one) is types.FunctionType]
            elif type(each) is not types.FunctionType:
                left += functions_in(each)
            elif id(each) not in seen:
                seen.add(id(each))
                if _is_storing(each):
                    return False
                more = read_by(each.__code__) - read
                read |= more
                left += [self._namespace[name] for name in more if name in self._namespace]
                left += [vars_of(kind)[name] for kind in self._kinds for name in more if name in vars_of(kind)]
        return read.isdisjoint(_DOING) and not self._changing.has(read & self._namespace.keys())


class _Cache:
    """What one function has kept.

    Args:
        wrapper: the function with its cache.

    Attributes:
        function: that computes what is kept.
        mark: what stands in a key before what was given by names.
        known: by id of the key, the key and what was kept, which was looked at.
        is_pure: whether the function only computes; None where nobody has looked.
    """

    def __init__(self, wrapper):
        self._wrapper, self.known, self.is_pure = wrapper, {}, None
        self._is_typed = wrapper.__dict__["cache_parameters"]()["typed"]
        _, (_, self.function, self.mark, *_) = _parts(wrapper)

    def come(self):
        """The keys, and what was kept, that have come since this was last asked."""
        entries, (table, *_) = _parts(self._wrapper)
        now = {id(key): (key, result) for key, result in entries or dict.items(table)}
        known, self.known = self.known, now
        return [each for at, each in now.items() if at not in known or known[at][1] is not each[1]]

    def call(self, given):
        """What the function gives for what is in a key."""
        at = next((place for place, each in enumerate(given) if each is self.mark), None)
        if at is None:
            return self.function(*given[: len(given) // 2 if self._is_typed else None])
        rest = given[at + 1 :]
        count = (len(rest) - at) // 3 if self._is_typed else len(rest) // 2
        return self.function(*given[:at], **dict(zip(rest[: 2 * count : 2], rest[1 : 2 * count : 2], strict=True)))


def _parts(wrapper):
    """What a cache of a limited size has kept, as keys and results, and what else it holds, its table first."""
    held, at = gc.get_referents(wrapper), 1
    while len(held) > at + 2 and held[at + 2] is _LINK:
        at += 3
    return [*zip(held[1:at:3], held[2:at:3], strict=True)], held[at:]


def caches_of(values, own):
    """The caches among some values of which the functions are not written in a namespace."""
    found = [each for each in values if type(each) is WRAPPER]
    return [each for each in found if getattr(_parts(each)[1][1], "__globals__", None) is not own]


def clear(wrapper):
    """Empty a cache of a library's, which nobody counts on."""
    if _INFO(wrapper).currsize:
        _CLEAR(wrapper)


def _number(value):
    """The integer that a number equals, so that it is one with it as a key; else the value."""
    is_other = type(value) is bool or (type(value) is float and value.is_integer())
    return int(value) if is_other else value


def _is_storing(function):
    """Whether a function binds what is not its own."""
    if function.__code__.co_name in MAKING:
        return False
    is_nonlocal = not stored_by([function], "STORE_DEREF").isdisjoint(function.__code__.co_freevars)
    return is_nonlocal or any(stored_by([function], each) for each in ("STORE_GLOBAL", "STORE_ATTR", "DELETE_ATTR"))
