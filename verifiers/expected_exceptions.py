"""Whether an exception is of a type that a test expects, by what the program says of the types that it raised.

Types are known by name here, since none crosses. Built-in ones have aliases: ``IOError`` is ``OSError``.
"""

import builtins
from collections.abc import Iterable

from stillroom.records.execution import Raised


def is_built_in(name: str) -> bool:
    """Whether a name is that of a built-in exception type."""
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def meets(expected: Iterable[str], raised: Raised) -> bool:
    """Whether ``except`` with these types would catch it."""
    names = {getattr(builtins, name).__name__ if is_built_in(name) else name for name in expected}
    return not names.isdisjoint((raised.type_name, *raised.base_names))


def may_be_other_names(expected: Iterable[str]) -> bool:
    """Whether one of these is no built-in type, and so may be the solution's own name for another."""
    return not all(map(is_built_in, expected))
