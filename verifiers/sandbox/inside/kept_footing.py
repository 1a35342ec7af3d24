"""Holds that what our own code runs on is as it was: the parts of Python's modules that it uses, and its own.

A program that puts another function into ``os`` or ``types`` would have our code compute with it.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202
# pyright: basic
import sys
import types
from operator import is_

import hidden
from kept_names import codes_in

_WRAPPED = (property, staticmethod, classmethod)
_taken = []  # of each module: its namespace, the names in it, what they stood for


def take():
    """Take down what the modules of ours that are loaded by now use, once, before any program is there."""
    home = f"{hidden.HOME}/"
    ours = [each for each in list(sys.modules.values()) if str(getattr(each, "__file__", "")).startswith(home)]
    used, others = set(), {}
    for module in ours:
        for value in vars(module).values():
            if type(value) is types.ModuleType and value not in ours:
                others[id(value)] = value
            used.update(name for code in _codes(value) for each in codes_in(code) for name in each.co_names)
    _taken[:] = [
        *(_space(vars(each), [name for name in vars(each) if not name.startswith("__")]) for each in ours),
        *(_space(vars(kind), _methods(kind)) for each in ours for kind in _classes(each)),
        *(_space(vars(each), _callables(used & vars(each).keys(), each)) for each in others.values()),
    ]


def change():
    """What is another now, or ""."""
    for own, names, values in _taken:
        if not all(map(is_, map(own.get, names), values)):
            name = next(name for name, then in zip(names, values, strict=True) if own.get(name) is not then)
            return f"{name} of {own.get('__name__') or own.get('__module__')}, which runs the program"
    return ""


def _codes(value):
    if type(value) is types.FunctionType:
        yield value.__code__
    elif isinstance(value, type):
        for each in vars(value).values():
            function = getattr(each, "__func__", None) or getattr(each, "fget", None) or each
            if type(function) is types.FunctionType:
                yield function.__code__


def _classes(module):
    return [
        each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__
    ]


def _methods(kind):
    return [name for name, value in vars(kind).items() if isinstance(value, (types.FunctionType, *_WRAPPED))]


def _callables(names, module):
    return [name for name in sorted(names) if callable(getattr(module, name))]


def _space(own, names):
    return own, tuple(names), tuple(own[name] for name in names)
