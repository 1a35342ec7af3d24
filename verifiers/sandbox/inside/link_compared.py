"""Compares objects of the solution with those of the standard library whose comparison would look at a proxy's type.

They stay where they are, since they can change or lead to files. To be compared, what one of them is made of comes
here; of what it is compared with the solution is told nothing. What no one can change, such as a path, is told when it
arrives, so that it is no answer to what the solution was given since; what can change is asked for again where the
solution's code has run since.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic, reportAttributeAccessIssue=false
import functools
import sys

from link_library_values import PATHS, STAYING, VALUES
from link_proxies import Proxy, of, operate

_CHANGING = {
    ("types", "SimpleNamespace"): vars,
    ("argparse", "Namespace"): vars,
    ("array", "array"): list,
}
"""By module and type: what says what an object is made of."""


def _named(value):
    return type(value).__module__, type(value).__name__


def state(value):
    """Module and type of an object that can change, and what it is made of; None where it is not one of these."""
    named = _named(value)
    is_one = named in _CHANGING and getattr(sys.modules.get(named[0]), named[1], None) is type(value)
    return (*named, _CHANGING[named](value)) if is_one else None


def path(own):
    """The path that an object of the solution stands for; None where that is another value."""
    named, made_of = own.link.values.received.made_of[own.number]
    return VALUES[named][1](made_of) if named in PATHS else None


def equal(proxy, value):
    """Whether an object of the solution equals one that is no data; ``NotImplemented`` where that may say itself."""
    own, named = of(proxy), _named(value)
    if named not in STAYING and named not in _CHANGING:
        return NotImplemented
    if own.taint:
        return own.decline("whether the result of an operation with data equals a value")
    if named in _CHANGING:
        return _made_of_now(proxy) == (*named, _CHANGING[named](value))
    told, made_of = own.link.values.received.made_of.get(own.number, ("", None))
    if named in PATHS and told in PATHS:
        return path(own) == value
    return told == named and made_of == VALUES[named][0](value)


def _made_of_now(proxy):
    """What an object that can change is made of: asked for again only where the solution's code has run since."""
    own, link = of(proxy), of(proxy).link
    asked_at, found = link.values.received.last_made_of.get(own.number, (-1, None))
    if asked_at != link.runs:
        found = operate("compared", proxy)
        link.values.received.last_made_of[own.number] = (link.runs, found)
    return found


def watch(source):
    """Have paths leave it to proxies to compare themselves: they would look at what no proxy has."""
    if "pathlib" in source:
        import pathlib

        usual = pathlib.PurePath.__eq__

        @functools.wraps(usual)
        def equal_paths(path, other):
            return NotImplemented if type(other) is Proxy else usual(path, other)

        pathlib.PurePath.__eq__ = equal_paths
