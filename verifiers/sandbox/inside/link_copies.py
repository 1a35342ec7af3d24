"""Makes data of one process anew in the other: containers, values of the standard library, changes in place."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN202
# pyright: basic, reportArgumentType=false
import collections
import importlib
import types

import link_arrays
import link_times
import runner
from link_library_values import VALUES


class Reply(list):
    """What a call answers: its result, and what it did to the streams."""


VIEWS_OF_DICTS = (type({}.keys()), type({}.values()), type({}.items()))
FACTORIES = {kind.__name__: kind for kind in (int, float, str, list, dict, set, tuple, bool)}  # of default dictionaries


def _counter(pairs) -> collections.Counter:
    made = collections.Counter()
    for key, value in pairs:
        made[key] = value
    return made


def container(kind: str, items: list) -> object:
    """A container of this kind, made anew of its items."""
    if kind in ("dict", "counter", "ordered"):
        pairs = zip(items[::2], items[1::2], strict=True)
        return {"dict": dict, "ordered": collections.OrderedDict, "counter": _counter}[kind](pairs)
    if kind == "default":
        factory = FACTORIES.get(items[0]) if type(items[0]) is str else items[0]
        return collections.defaultdict(factory, zip(items[1::2], items[2::2], strict=True))
    makers = {
        "list": list,
        "tuple": tuple,
        "set": set,
        "frozenset": frozenset,
        "deque": lambda found: collections.deque(found[1:], found[0]),
        "reply": Reply,
        "mappingproxy": lambda found: types.MappingProxyType(*found),
        "dict_keys": lambda keys: dict.fromkeys(keys).keys(),
        "dict_values": lambda values: dict(enumerate(values)).values(),
        "dict_items": lambda pairs: dict(pairs).items(),
    }
    return makers[kind](items)


def replace(target, value) -> None:
    """Change an argument in place as the other side changed its copy."""
    kind = type(target)
    if kind is not type(value):
        return
    if kind in (list, bytearray):
        target[:] = value
    elif kind in (dict, set, collections.Counter, collections.OrderedDict, collections.defaultdict):
        target.clear()
        dict.update(target, value) if kind is not set else target.update(value)
    elif kind is collections.deque:
        target.clear()
        target.extend(value)
    else:
        link_arrays.replace(target, value)


def _signature(state):
    import inspect

    given = [
        inspect.Parameter(name, kind, default=default if has else inspect.Parameter.empty)
        for name, kind, has, default in state
    ]
    return inspect.Signature(given)


def _parameters(signature):
    """Names, kinds and plain defaults of a signature."""
    empty = signature.empty
    return tuple(
        (each.name, int(each.kind), each.default is not empty, _plain_or_none(each.default))
        for each in signature.parameters.values()
    )


def _plain_or_none(value):
    try:
        return runner.plain(value)
    except runner.Opaque:
        return None


def _code(state):
    names = ("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags", "co_name", "co_varnames")
    return types.SimpleNamespace(**dict(zip(names, state, strict=True)))


COPIES = {  # by module and type: how a value's state is read (None: it is no data), and how it is made of it again
    ("builtins", "bytearray"): (bytes, bytearray),
    ("builtins", "range"): (lambda value: (value.start, value.stop, value.step), lambda state: range(*state)),
    ("inspect", "Signature"): (_parameters, _signature),
    ("types", "CodeType"): (None, _code),
    ("numpy", "ndarray"): (link_arrays.state, link_arrays.made),
    ("decimal", "Decimal"): (str, lambda state: _made("decimal", "Decimal", state)),
    ("fractions", "Fraction"): (
        lambda value: (value.numerator, value.denominator),
        lambda state: _made("fractions", "Fraction", *state),
    ),
    ("datetime", "datetime"): (link_times.datetime_state, link_times.made_datetime),
    ("datetime", "date"): (
        lambda value: value.isoformat(),
        lambda state: _type("datetime", "date").fromisoformat(state),
    ),
    ("datetime", "time"): (link_times.time_state, link_times.made_time),
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


COPIES.update(VALUES)
