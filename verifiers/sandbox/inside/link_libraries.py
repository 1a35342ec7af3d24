"""Says what is a library: what tests may mean by the name of a type, and not what runs them."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201
# pyright: basic
import os
import sys

import hidden

_RUNNERS = frozenset(("unittest", "doctest", "bdb", "pdb"))  # which end, skip or pass a test by exceptions of their own


def is_machinery(module):
    """Whether a module runs tests: one of ours, or of a library's for that."""
    if type(module) is not str or module.partition(".")[0] in _RUNNERS:
        return True
    file = getattr(hidden.module(module), "__file__", None)
    return type(file) is str and os.path.dirname(os.path.abspath(file)) == hidden.HOME


def is_library(name: str, module):
    """Whether tests may mean a module's types: it is one of the standard library or was installed."""
    if is_machinery(name):
        return False
    return name.partition(".")[0] in sys.stdlib_module_names or "/site-packages/" in str(
        getattr(module, "__file__", "")
    )


def type_of(module: str, name: str):
    """The type of this name of a library's module that is loaded here; None where there is none."""
    loaded = sys.modules.get(module)
    found = getattr(loaded, "__dict__", {}).get(name)
    is_there = isinstance(found, type) and is_library(module, loaded) and not is_machinery(found.__module__)
    return found if is_there else None
