"""Knows what compares by the data in it: built-in types, what Python's libraries make of data, what is only itself."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201
# pyright: basic
import gc
import sys
import types
import weakref

from kept_shapes import bases_of, vars_of

COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__")
# Classes by their ids: what asks for a class itself asks its metaclass for a hash.
_ITERATORS = frozenset(map(id, (
    types.GeneratorType, map, filter, zip, enumerate, reversed, *(type(iter(each)) for each in ([], (), set(), {}, "")),
)))  # fmt: skip
_PLAIN = (
    type(None), bool, int, float, complex, str, bytes, bytearray, memoryview, range, type(...), type,
    type(NotImplemented), types.BuiltinFunctionType, types.CodeType, types.FunctionType, types.MethodType,
    types.ModuleType,
)  # fmt: skip
PLAIN = frozenset(map(id, _PLAIN))
_place = object.__hash__  # as ``id``, of each call of which Python tells what listens (audit.c)
_PLACES = frozenset(map(_place, _PLAIN))
ITEMS = frozenset(map(id, (list, tuple, set, frozenset, dict)))
BUILT_IN = frozenset(map(id, (
    object, type, bool, int, float, complex, str, bytes, bytearray, slice, list, tuple, set, frozenset, dict,
    type({}.keys()), type({}.items()), type({}.values()), types.MappingProxyType, types.SimpleNamespace,
    types.GenericAlias, types.UnionType, weakref.ref,
)))  # fmt: skip
OF_DATA = frozenset((
    "_collections_abc", "argparse", "array", "collections", "collections.abc", "datetime", "decimal", "enum",
    "fractions", "ipaddress", "numbers", "pathlib", "re", "time", "typing", "uuid", "zoneinfo",
))  # fmt: skip
"""Modules of Python's whose own classes compare by the data in them."""


def others_in(items):
    """Those of some values, of which there may be thousands, that are not of the plain types."""
    if _PLACES.issuperset(map(_place, map(type, items))):
        return []
    return [each for each in items if _place(type(each)) not in _PLACES]


def is_iterator(value):
    """Whether items come out of a value as they are asked for, by what Python itself has for that."""
    return id(type(value)) in _ITERATORS


def comparing(kind):
    """By which methods a class compares, and the classes that have them."""
    found = []
    for name in COMPARING:
        home = next((each for each in bases_of(kind) if name in vars_of(each)), None)
        if home is not None:
            found.append((home, vars_of(home)[name]))
    return found


def is_by_identity(kind):
    """Whether instances of a class equal nothing but themselves, and have no order and no items to look for."""
    return all(home is object for home, _ in comparing(kind))


def within(value, kind):
    """What an object of a library's compares by."""
    if kind is weakref.ref:
        return [value()]
    if kind.__module__ == "datetime":  # whose zone the collector does not know
        return [getattr(value, "tzinfo", None)]
    if not is_pythons(kind):
        has_objects = kind.__module__ == "numpy" and getattr(getattr(value, "dtype", None), "hasobject", False)
        return value.ravel().tolist() if has_objects else ()
    return () if is_by_identity(kind) else gc.get_referents(value)


def is_pythons(kind):
    """Whether a class is one of Python's own, and not of a library that was put into the image."""
    return str(kind.__module__).partition(".")[0] in sys.stdlib_module_names
