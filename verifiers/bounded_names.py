"""Gives names to values, as an assignment, a loop or a comprehension does."""

import ast
from collections.abc import Iterable
from typing import cast

from verifiers.bounds import Unsupported


def bind(names: dict[str, object], target: ast.expr, value: object) -> None:
    """Assign to a name or unpack into a tuple of names.

    Raises:
        Unsupported: for any other target.
        ValueError: where the number of values differs.
    """
    match target:
        case ast.Name():
            names[target.id] = value
        case ast.Tuple() | ast.List():
            if not isinstance(value, str | list | tuple | range):
                raise Unsupported("unpacking of what has no order")
            items = list(cast("Iterable[object]", value))
            if any(isinstance(each, ast.Starred) for each in target.elts) or len(items) != len(target.elts):
                raise Unsupported("uneven unpacking")
            for each, item in zip(target.elts, items, strict=True):
                bind(names, each, item)
        case _:
            raise Unsupported("assignment to other than names")
