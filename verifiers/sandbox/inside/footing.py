"""Takes down what our own code runs on: our modules and classes, and what of Python's modules they use.

A program that puts another function into ``os`` or ``types`` would have our code compute with it. ``footing.c`` holds
what is there against this before anything is marked.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic
import gc
import os
import sys
import types

import hidden
import seal

_REBOUND = frozenset(("input", "print", "exit", "quit"))  # by honest programs, and by what runs them


def taken():
    """What our modules are and use that are loaded by now.

    Returns:
        Of our modules and classes the namespace and its values, and of Python's modules the namespace, names in it, and
        what they stand for.
    """
    ours = [each for each in list(sys.modules.values()) if _is_ours(each)]
    kinds = [kind for each in ours for kind in vars(each).values() if _is_kind_of(kind, each)]
    spaces = [*map(vars, ours), *(gc.get_referents(vars(each))[0] for each in kinds)]
    names, others = set(), {}
    for space in spaces:
        for value in list(space.values()):
            if type(value) is types.ModuleType and value not in ours:
                others[id(value)] = vars(value)
            names.update(_names(value))
    used = []
    for space in others.values():
        keys = tuple(sorted(name for name in names & space.keys() - _REBOUND if callable(space[name])))
        used.append((space, keys, tuple(space[each] for each in keys)))
    return [(space, (*space.values(),)) for space in spaces], used


def take():
    """Have it held against what is there with each mark, from now on."""
    seal.compiled().footing_take(*taken())


def _is_ours(module):
    return os.path.dirname(str(getattr(module, "__file__", ""))) == hidden.HOME


def _is_kind_of(value, module):
    return isinstance(value, type) and value.__module__ == module.__name__


def _names(value):
    """The names in the code of a function, and in that of those in it."""
    function = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
    left, found = [function.__code__] if type(function) is types.FunctionType else [], set()
    while left:
        code = left.pop()
        found.update(code.co_names)
        left += [each for each in code.co_consts if type(each) is types.CodeType]
    return found
