"""Says which assertions hold of a value where they hold of its data, whatever its type has beside them.

Of a ``Counter`` its data is a dictionary: ``r == {"a": 1}`` and ``r["a"] == 1`` are so of both. ``type(r) == dict`` is
so of the data alone, as are items of a list that begins with 1, and texts of members of an enumeration.
"""

import ast
from collections.abc import Mapping

_FUNCTIONS = frozenset((
    "abs", "all", "any", "bool", "dict", "float", "frozenset", "int", "isinstance", "len", "list", "max", "min",
    "round", "set", "sorted", "sum", "tuple",
))  # fmt: skip
_FORMS = (
    ast.BoolOp | ast.Compare | ast.Constant | ast.Dict | ast.List | ast.Name | ast.Set | ast.Tuple | ast.UnaryOp
    | ast.boolop | ast.cmpop | ast.expr_context | ast.unaryop
)  # fmt: skip


def is_said_by_data(expression: ast.expr, names: Mapping[str, object]) -> bool:
    """Whether an assertion compares values, or what built-in functions make of them, and does nothing else.

    Args:
        expression: what must be true.
        names: the data of its names; items of dictionaries may be compared, too.
    """
    return all(_is_of_data(node, names) for node in ast.walk(expression))


def _is_of_data(node: ast.AST, names: Mapping[str, object]) -> bool:
    match node:
        case ast.Call(func=function):
            return isinstance(function, ast.Name) and function.id in _FUNCTIONS
        case ast.Subscript(value=ast.Name(id=name)):
            return isinstance(names.get(name), dict)
        case _:
            return isinstance(node, _FORMS)
