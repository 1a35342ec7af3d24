"""Says values of the standard library that nobody can change as data: identifiers, addresses, slices, paths.

Some stay objects where they are the solution's, and are only compared here (``link_compared.py``), while those of the
tests are data for the solution.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN202
# pyright: basic
import importlib
import re


def _maker(module, name):
    """Makes a value of its text; the type is loaded only where a value of it crosses, since few do."""
    return lambda state: getattr(importlib.import_module(module), name)(str(state))


def _slice(value):
    state = (value.start, value.stop, value.step)
    return state if all(each is None or type(each) is int for each in state) else None


_BY_TEXT = {
    "ipaddress": ("IPv4Address", "IPv4Interface", "IPv4Network", "IPv6Address", "IPv6Interface", "IPv6Network"),
    "uuid": ("UUID",),
}
PATHS = tuple(("pathlib", name) for name in ("PosixPath", "PurePosixPath", "PureWindowsPath"))
PATTERN = ("re", "Pattern")
STAYING = (*PATHS, PATTERN)
"""Of the solution these stay objects there: a path leads to its files, and how long a pattern takes is its doing."""
VALUES = {
    **{(module, name): (str, _maker(module, name)) for module, names in _BY_TEXT.items() for name in names},
    **{named: (str, _maker(*named)) for named in PATHS},
    PATTERN: (lambda value: (value.pattern, value.flags), lambda state: re.compile(*state)),
    ("builtins", "slice"): (_slice, lambda state: slice(*state)),
}
"""By module and type: how a value's state is read (None: it is no data), and how it is made of it again."""
