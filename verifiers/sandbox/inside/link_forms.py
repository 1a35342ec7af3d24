"""Says in what form a value crosses: a tag, and what belongs to it; exact built-in data needs no form of its own."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001
# pyright: basic
import inspect
import types

import link_arrays
from link_copies import COPIES
from link_failures import Unsendable

MAX_DEPTH = 100  # of a message's nesting; a container with objects in it takes two of it, one of plain data one
MAX_OBJECTS = 200_000  # of either side that the other may name
PLAIN, OBJECT, CONTAINER, COPY, YOURS, NAMED, VIEW, SHARED, SCALAR, MEMBER, STAYS = range(11)
SCALARS = frozenset((type(None), bool, int, float, complex, str, bytes, type(...)))


def is_copied(value) -> bool:
    """Whether a value is data of the standard library or of numpy, which crosses as a copy."""
    kind = type(value)
    return (kind.__module__, kind.__name__) in COPIES or (kind.__module__ == "numpy" and link_arrays.is_scalar(value))


def is_bare(value, depth: int, shared=()) -> bool:
    """Whether a container holds nothing but exact built-in data, and none of what is shared, by identities.

    Raises:
        Unsendable: where it is nested too deeply.
    """
    if depth == 0:
        raise Unsendable("data is nested too deeply to cross")
    items = value if type(value) is not dict else [each for pair in value.items() for each in pair]
    for item in items:
        kind = type(item)
        if kind in SCALARS:
            continue
        if kind not in (list, tuple, dict, set, frozenset) or id(item) in shared:
            return False
        if not is_bare(item, depth - 1, shared):
            return False
    return True


def signature_of_code(code: types.CodeType) -> tuple:
    """What a function's code says of its arguments; nothing of its constants, which may be expected values."""
    rest = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags, code.co_name,
            code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + rest])  # fmt: skip
