"""Says what both processes know by one name: types, pure functions and the members of libraries' enumerations."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
import builtins
import enum
import importlib
import types

import link_libraries

# What may cross by its name: types, and functions that only compute, or print.
_FUNCTIONS = frozenset(
    "abs all any ascii bin callable chr divmod filter format hash hex isinstance issubclass iter len max min next oct "  # noqa: SIM905
    "ord pow print repr reversed round sorted sum".split()
)
_NAMED_MODULES = frozenset(
    "abc builtins collections collections.abc datetime decimal enum fractions io math numbers operator pathlib re "  # noqa: SIM905
    "statistics string types typing uuid".split()
)
_UNNAMED_TYPES = {kind.__name__: kind for kind in vars(types).values() if isinstance(kind, type)} | {
    type(each).__name__: type(each)
    for each in ({}.keys(), {}.values(), {}.items(), iter([]), iter(()), iter({}), iter(""))
}


def said(value):
    """Module, name and attribute of something of the standard library that both sides know by them; None of others."""
    module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if (
        module is None
        and isinstance(value, types.MethodDescriptorType)
        and hasattr(builtins, value.__objclass__.__name__)
    ):
        return ("builtins", value.__objclass__.__name__, name)
    module = {"_operator": "operator", "_functools": "functools"}.get(module, module)
    if type(module) is str and type(name) is str and find(module, name) is value:
        return (module, name, "")
    return None


def is_unnamed(kind: type) -> bool:
    """Whether a type is one of Python's own that is there under no name, such as that of generators."""
    return _UNNAMED_TYPES.get(kind.__name__) is kind


def find(module: str, name: str) -> object:
    """A type, or a function that only computes or prints, of the standard library; None for anything else."""
    if module == "builtins" and name in _UNNAMED_TYPES and not hasattr(builtins, name):
        return _UNNAMED_TYPES[name]
    found = getattr(importlib.import_module(module), name, None) if module in _NAMED_MODULES else None
    if isinstance(found, type):
        return None if issubclass(found, BaseException) else found
    is_known = module in ("math", "operator", "statistics") or (module == "builtins" and name in _FUNCTIONS)
    return found if is_known and callable(found) else None


def member_said(value, kind):
    """Module, type and name of a member of a library's enumeration; None of anything else."""
    if not issubclass(kind, enum.Enum) or link_libraries.type_of(kind.__module__, kind.__name__) is not kind:
        return None
    name = value._name_
    return (kind.__module__, kind.__name__, name) if kind.__members__.get(name) is value else None


def member(module, kind, name):
    """The member of this name of a library's enumeration, where that is loaded here; else None."""
    found = link_libraries.type_of(str(module), str(kind))
    return found.__members__.get(str(name)) if found is not None and issubclass(found, enum.Enum) else None
