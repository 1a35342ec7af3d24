"""Carries functions that look at an object's type to where the object is: ``asdict(point)``, ``callable(found)``."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202
# pyright: basic
import dataclasses
import functools
import importlib
import inspect

import link_compared
from link_proxies import Proxy, of, operate

_CARRIED = {
    "dataclasses": ("asdict", "astuple", "fields", "is_dataclass", "replace"),
    "inspect": ("signature",),
}


def _there(usual):
    """A function as it is called from the other side: with lists of what else it is given."""
    return lambda value, arguments, keywords: usual(value, *arguments, **keywords)


OPERATIONS = {
    "compared": link_compared.state,
    "callable": callable,
    "hasattr": hasattr,
    **{f"dataclasses.{name}": _there(getattr(dataclasses, name)) for name in _CARRIED["dataclasses"]},
    "inspect.signature": _there(inspect.signature),
}
"""What the tests' side may ask for beside the operators."""


def watch(source):
    """Have the tests' own functions ask the other side where they are given an object of it."""
    for module, names in _CARRIED.items():
        if module in source:
            loaded = importlib.import_module(module)
            for name in names:
                setattr(loaded, name, _carried(f"{module}.{name}", getattr(loaded, name)))


def _carried(name, usual):
    @functools.wraps(usual)
    def carried(*arguments, **keywords):
        if not arguments or not _is_carried(name, arguments[0]):
            return usual(*arguments, **keywords)
        proxy, *others = arguments
        found = operate(name, proxy, others, keywords)
        if name == "dataclasses.replace" and type(found) is not Proxy:  # it was told data, which could be the answer
            of(proxy).link.give_up("what replace() gives is no object: only the object itself could say")
        return found

    return carried


def _is_carried(name, value):
    """Whether an object is looked at where it is; a function is read here, with all that its signature says."""
    return type(value) is Proxy and (name != "inspect.signature" or issubclass(value.__class__, type))
