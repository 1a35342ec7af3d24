"""Finds capabilities: ours by name, others' through the entry-point group ``stillroom.capabilities``."""

from importlib.metadata import entry_points
from typing import cast

from stillroom.capabilities.base import Capability
from stillroom.capabilities.python_code import PythonCode
from stillroom.errors import RecipeError
from stillroom.nearest import meant

_OURS: dict[str, type[Capability]] = {"code": PythonCode}


def find_capability(name: str) -> Capability:
    """The capability of this name.

    Raises:
        RecipeError: there is none; the message lists what there is, and names the nearest.
    """
    if name in _OURS:
        return _OURS[name]()
    others = entry_points(group="stillroom.capabilities")
    if name in others.names:
        return cast("type[Capability]", others[name].load())()
    known = sorted({*_OURS, *others.names})
    raise RecipeError(f"there is no capability {name!r}; there are: {', '.join(known)}.{meant(name, known)}")
