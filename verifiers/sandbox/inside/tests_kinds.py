"""Answers what tests ask of an object's type: ``isinstance``, ``issubclass``, ``type``, ``callable`` and ``hasattr``.

A proxy has every method, and a type of its own; so the tests get functions that ask after the object's. Libraries get
none of it: one that took a proxy for an object of its own type would go on to ask it for more, and believe that.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204
# pyright: basic, reportArgumentType=false
import abc
import ast
import functools
import types

import link_kinds
from link_claims import MEMORY_CLAIMS
from link_owned import TESTS
from link_proxies import Proxy, is_of_partner, of, operate
from link_views import state_of

SPECIAL = "_stillroom_special_"  # the name by which the tests read attributes such as ``__hash__``
_USUAL_CHECKS = (type.__instancecheck__, abc.ABCMeta.__instancecheck__)
_OF_ANY_CLASS = frozenset(("__module__", "__doc__", "__slots__", "__hash__", "__subclasscheck__", "__instancecheck__"))


class _TypeOf(type):
    """Makes ``type(x)`` the solution's class where ``x`` is an object of the solution."""

    def __call__(cls, *arguments, **keywords):
        if len(arguments) == 1 and type(arguments[0]) is Proxy:
            own = of(arguments[0])
            found = own.link.ask("attr", own.number, "__class__", standing=own.standing)
            known = own.link.kind(own.number, link_kinds.type_in_library) if type(found) is Proxy else None
            return known or found
        if len(arguments) == 3 and type(arguments[2]) is dict:  # else the new class would seem to be defined here
            arguments = (*arguments[:2], {"__module__": TESTS, **arguments[2]})
        return type(*arguments, **keywords)

    def __instancecheck__(cls, value):
        return isinstance(value, type)

    def __subclasscheck__(cls, kind):
        return issubclass(kind, type)


class _type(metaclass=_TypeOf):
    pass


def is_instance(value, kinds):
    """``isinstance``, also of an object of the solution and a type of a library."""
    if type(value) is Proxy:
        return any(_is_one(value, kind) for kind in _flat(kinds)) or _is_of(value, kinds)
    return isinstance(value, kinds) or (is_of_partner(value) and _is_of(value, kinds))


def _is_one(proxy, kind):
    """``isinstance`` by what the object is like, not by the methods that all proxies have."""
    if type(kind) is Proxy:
        return isinstance(proxy, kind)
    if type(kind).__instancecheck__ in _USUAL_CHECKS:
        return issubclass(proxy.__class__, kind)
    return isinstance(proxy, kind) and all(has_attribute(proxy, name) for name in _asked_by(kind))


def _asked_by(kind):
    """The methods of a protocol that all proxies have."""
    protocols = [each for each in getattr(kind, "__mro__", ()) if each.__dict__.get("_is_protocol")]
    names = {name for each in protocols for name in each.__dict__ if name in Proxy.__dict__}
    return names - _OF_ANY_CLASS


def is_subclass(kind, bases):
    """``issubclass``, also of a class of the solution under one of this process."""
    if type(kind) is not Proxy:
        return issubclass(kind, bases)
    for each in _flat(bases):
        like = kind if type(each) is Proxy else of(kind).link.kind(of(kind).number, of_itself=True)
        if issubclass(like, each):
            return True
    return _is_of(kind, bases, of_itself=True)


def is_callable(value):
    """``callable``; a proxy is what its object is."""
    return operate("callable", value) is True if type(value) is Proxy else callable(value)


def has_attribute(value, name):
    """``hasattr``; of the methods that all proxies have, an object has some."""
    if type(value) is not Proxy or not hasattr(Proxy, name) or name in MEMORY_CLAIMS:
        return hasattr(value, name)
    return operate("hasattr", value, name) is True


def special(value, name):
    """``value.__hash__`` and the like: what all proxies have is there where the object has it."""
    if type(value) is not Proxy or name == "__doc__":
        return getattr(value, name)
    found = Proxy.__getattr__(value, name)
    if found is None or not callable(Proxy.__dict__.get(name)):
        return found
    method = getattr(value, name)  # which knows what an object may answer
    return _by_its_name(method, of(value).link.asked) if name in ("__eq__", "__ne__") else method


def _by_its_name(method, asked):
    """A comparison that may well give ``NotImplemented``, so that it is no denial that it does not hold."""

    @functools.wraps(method)
    def compare(*arguments):
        found = method(*arguments)
        asked.is_denied = False
        return found

    return compare


def questions(nodes):
    """What the tests get under the names of built-ins, and what reads an attribute for them.

    Args:
        nodes: those of the tests, or at least the classes that they define.
    """
    found = {
        "isinstance": is_instance,
        "issubclass": is_subclass,
        "callable": is_callable,
        "hasattr": has_attribute,
        SPECIAL: special,
    }
    return found if _have_metaclasses(nodes) else {**found, "type": _type}


def watch(source):
    """Have ``assertIsInstance`` ask as the tests do."""
    if "unittest" in source:
        from unittest import case

        case.isinstance = is_instance  # pyright: ignore[reportAttributeAccessIssue]


def _is_of(value, kinds, *, of_itself=False):
    """Whether a library's type is among these that is also one of an object of the solution, or of a class of it."""
    link, number = (of(value).link, of(value).number) if type(value) is Proxy else state_of(value)
    known = link.kind(number, link_kinds.types_in_library, of_itself=of_itself)
    return any(issubclass(each, kind) for kind in _flat(kinds) if type(kind) is not Proxy for each in known)


def _flat(kinds):
    """The types of a type, a tuple of types, or a union; those that ``typing`` has other names for, under their own."""
    if type(kinds) is tuple:
        return [each for kind in kinds for each in _flat(kind)]
    if type(kinds) is types.UnionType:
        return list(kinds.__args__)
    return [kinds.__origin__ if type(kinds).__name__ == "_SpecialGenericAlias" else kinds]


def _have_metaclasses(nodes):
    classes = [node for node in nodes if node.__class__ is ast.ClassDef]
    return any(isinstance(base, ast.Name) and base.id == "type" for each in classes for base in each.bases)
