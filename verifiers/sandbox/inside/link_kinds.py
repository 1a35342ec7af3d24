"""Says what kind of object is on the other side, so that ``isinstance`` and ``issubclass`` answer as they should.

A type crosses as the names of its bases and of what it defines; what is known here of those names becomes the bases of
a type of this side.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN401
# pyright: basic, reportArgumentType=false, reportCallIssue=false
import os
import re
import sys
from typing import Any

import hidden
import link_libraries
from link_failures import is_noted
from link_named import find, is_unnamed
from link_standing import Undecided

MAX_BASES = 64
_ASKED = (
    "__iter__", "__next__", "__len__", "__contains__", "__getitem__", "__setitem__", "__delitem__", "__call__",
    "__hash__", "__reversed__", "__await__", "__aiter__", "__anext__", "__enter__", "__exit__", "__aenter__",
    "__aexit__", "__int__", "__float__", "__complex__", "__index__", "__abs__", "__round__", "__bytes__", "send",
    "throw", "close", "keys", "values", "items", "get", "__eq__", "__ne__", "index", "count",
)  # fmt: skip
_MRO = type.__dict__["__mro__"]
_LINK_FILES = frozenset(
    f"link_{name}.py"
    for name in (
        "proxies",
        "views",
        "values",
        "received",
        "forms",
        "errors",
        "copies",
        "arrays",
        "streams",
        "kinds",
        "shared",
        "containers",
        "tasks",
        "underneath",
        "named",
        "compared",
        "carried",
        "awaited",
    )
)
_types: dict[tuple, type] = {}


def described(kind: type) -> tuple:
    """The names of a type and its bases, each with its module, and which methods of the usual ones it has.

    A module is told only of what is there under that name: a class that gives itself another's name is not that.
    """
    bases = _MRO.__get__(kind)[:MAX_BASES]
    has = [name for name in _ASKED if any(each.__dict__.get(name) is not None for each in bases if each is not object)]
    return [(_home(each), str(each.__name__)) for each in bases], has


def _home(kind: type) -> str:
    module, name = str(kind.__module__), str(kind.__name__)
    return module if getattr(hidden.module(module), name, None) is kind or is_unnamed(kind) else ""


def made(description: Any) -> type:
    """A type of this side for a type that the other describes."""
    names, has = description
    key = (*names, *has)
    if key not in _types:
        known = [found if isinstance(found, type) else None for found in (_known(*each) for each in names)]
        if known[0] is not None:
            return known[0]
        bases = [each for each in known[1:] if each is not None and each is not object]
        own = dict.fromkeys(has, _there)
        _types[key] = _new(str(names[0][1]), [each for each in bases if not _is_below(each, bases)], own)
    return _types[key]


def types_in_library(description: Any) -> list:
    """The libraries' types, as far as those are loaded here, among a described type and its bases."""
    names = description[0][:MAX_BASES]
    found = [link_libraries.type_of(str(module), str(name)) for module, name in names]
    return [each for each in found if each is not None]


def type_in_library(description: Any) -> type | None:
    """The described type itself, where it is a library's that is loaded here."""
    module, name = description[0][0]
    return link_libraries.type_of(str(module), str(name))


def is_of_library(kind: type) -> bool:
    """Whether a type of this side is a library's, or under one of a library's: a mapping, say."""
    modules = [_home(each) for each in _MRO.__get__(kind)[:MAX_BASES]]
    found = [modules[0], *(each for each in modules[1:] if each != "builtins")]
    return any(link_libraries.is_library(each, sys.modules.get(each)) for each in found)


def _known(module: str, name: str) -> object:
    import builtins

    found = getattr(builtins, name, None) if module == "builtins" else None
    return found if isinstance(found, type) else find(module, name)


def _is_below(kind: type, others: list) -> bool:
    return any(each is not kind and issubclass(each, kind) for each in others)


def _there(*_: object) -> None:
    """Stands for a method that the other side has."""


def _new(name: str, bases: list, own: dict) -> type:
    try:
        return type(bases[0])(name, tuple(bases), own) if bases else type(name, (), own)
    except (TypeError, AttributeError, ValueError):
        return type(name, (), own)


def is_of_link(error: BaseException) -> str:
    """Why an exception is the doing of what joins the two processes; "" where it is not."""
    if isinstance(error, Undecided):
        return str(error)
    if isinstance(error, StopIteration | StopAsyncIteration):
        return ""
    trace, file = error.__traceback__, ""
    while trace is not None:
        file, trace = trace.tb_frame.f_code.co_filename, trace.tb_next
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the solution's own
        text = ""
    is_about_proxies = isinstance(error, TypeError | AttributeError) and re.search(r"\bProxy\b|_View", text)
    if (
        isinstance(error, RuntimeError) and text == "can't start new thread"
    ):  # the other process's threads have some here
        return "tests and solution have more threads than can run here"
    if is_about_proxies or is_noted(error) or os.path.basename(file) in _LINK_FILES:
        return f"an object of the other process was used as it cannot be: {type(error).__name__}: {text}"
    return ""
