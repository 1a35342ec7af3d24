"""Makes data of one process anew in the other: containers, values of the standard library, changes in place."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN202, SIM114
# pyright: basic, reportArgumentType=false
import collections
import importlib
import marshal

import runner


class Reply(list):
    """What a call answers: its result, whether it made an object, and the arguments that it changed."""


class _Named(tuple):
    """A named tuple of the other side: equal to a tuple, with its fields as attributes."""

    def __getattr__(self, name: str) -> object:
        fields = type(self).__dict__.get("_fields", ())
        if name in fields:
            return self[fields.index(name)]
        raise AttributeError(name)


def _named(fields: object, items: list) -> tuple:
    kind = type("Named", (_Named,), {"_fields": tuple(str(each) for each in fields)})  # type: ignore[attr-defined]
    return kind(items)


def container(kind: str, items: list) -> object:
    """A container of this kind, made anew of its items."""
    if kind == "named":
        return _named(items[0], items[1:])
    if kind == "dict":
        return dict(zip(items[::2], items[1::2], strict=True))
    makers = {
        "list": list,
        "tuple": tuple,
        "set": set,
        "frozenset": frozenset,
        "deque": collections.deque,
        "reply": Reply,
    }
    return makers[kind](items)


class _Items(list):
    """What a container held that is no plain data: equal where it holds the very same objects."""

    def __eq__(self, other: list) -> bool:
        return len(self) == len(other) and all(one is each for one, each in zip(self, other, strict=True))

    __hash__ = None


def snapshot(value: object) -> object:
    """The state of a mutable argument, to see by ``==`` whether a call changed it; None where it cannot change."""
    if type(value) is bytearray:
        return bytes(value)
    if type(value) not in (list, dict, set, collections.deque):
        return None
    try:
        return marshal.dumps(runner.plain(list(value) if type(value) is collections.deque else value), runner.FORMAT)
    except (runner.Opaque, ValueError, RecursionError):
        return _Items([*value.keys(), *value.values()] if type(value) is dict else value)


def replace(target: object, value: object) -> None:
    """Change an argument in place as the other side changed its copy."""
    if type(target) is list and type(value) is list:
        target[:] = value
    elif type(target) is bytearray and type(value) is bytearray:
        target[:] = value
    elif (type(target) is dict and type(value) is dict) or (type(target) is set and type(value) is set):
        target.clear()
        target.update(value)
    elif type(target) is collections.deque and type(value) is collections.deque:
        target.clear()
        target.extend(value)


COPIES = {  # by module and type: how a value's state is read, and how it is made of it again
    ("builtins", "bytearray"): (bytes, bytearray),
    ("builtins", "range"): (lambda value: (value.start, value.stop, value.step), lambda state: range(*state)),
    ("decimal", "Decimal"): (str, lambda state: _made("decimal", "Decimal", state)),
    ("fractions", "Fraction"): (
        lambda value: (value.numerator, value.denominator),
        lambda state: _made("fractions", "Fraction", *state),
    ),
    ("datetime", "datetime"): (
        lambda value: value.isoformat(),
        lambda state: _type("datetime", "datetime").fromisoformat(state),
    ),
    ("datetime", "date"): (
        lambda value: value.isoformat(),
        lambda state: _type("datetime", "date").fromisoformat(state),
    ),
    ("datetime", "time"): (
        lambda value: value.isoformat(),
        lambda state: _type("datetime", "time").fromisoformat(state),
    ),
    ("datetime", "timedelta"): (
        lambda value: (value.days, value.seconds, value.microseconds),
        lambda state: _made("datetime", "timedelta", *state),
    ),
}


def _type(module, name):
    """A type of the standard library; loaded only where a value of it crosses, since few do."""
    return getattr(importlib.import_module(module), name)


def _made(module, name, *state):
    return _type(module, name)(*state)
