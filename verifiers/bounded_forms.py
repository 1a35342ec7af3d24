"""Says of an expression, before there are values, what in it the bounded evaluator will not evaluate."""

import ast
from collections.abc import Container

from verifiers.vocabulary import BINARY, FUNCTIONS, MATH, METHOD_NAMES, TYPES

_KNOWN = (
    *(ast.Constant, ast.Name, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Starred, ast.Subscript, ast.Slice),
    *(ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword, ast.Attribute),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension),
    *(ast.JoinedStr, ast.FormattedValue),
    *(ast.expr_context, ast.unaryop, ast.operator, ast.boolop, ast.cmpop),
)


def unknown_in(expression: ast.expr, names: Container[str]) -> str:
    """What the evaluator does not know in an expression, or "".

    Args:
        expression: to be evaluated with values later; names of readings begin with ``@``.
        names: what will be known by name.
    """
    bound = {
        each.id
        for part in ast.walk(expression)
        if isinstance(part, ast.comprehension)
        for each in ast.walk(part.target)
        if isinstance(each, ast.Name)
    }
    functions: set[int] = set()  # the nodes that name a function where one is called or given
    for part in ast.walk(expression):
        if not isinstance(part, _KNOWN):
            return type(part).__name__
        if isinstance(part, ast.BinOp) and type(part.op) not in BINARY:
            return type(part.op).__name__
        if isinstance(part, ast.Call):
            for each in _functions(part):
                if not _is_function(each, names):
                    return ast.unparse(each)
                functions.add(id(each))
        elif isinstance(part, ast.Attribute) and id(part) not in functions:
            if part.attr != "__name__" and not _is_math(part):
                return ast.unparse(part)
        elif isinstance(part, ast.Name) and id(part) not in functions and not _is_known(part.id, names, bound):
            return f"name {part.id}"
    return ""


def _is_known(name: str, names: Container[str], bound: Container[str]) -> bool:
    return name.startswith("@") or name == "math" or name in names or name in TYPES or name in bound


def _functions(call: ast.Call) -> list[ast.expr]:
    """What a call calls, and what it gives to be called."""
    given = [each.value for each in call.keywords if each.arg == "key"]
    if isinstance(call.func, ast.Name) and call.func.id == "map":
        given += call.args[:1]
    return [call.func, *given]


def _is_function(node: ast.expr, names: Container[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in FUNCTIONS or name in ("map", "type") or name in names
        case ast.Attribute():
            return _is_math(node) or node.attr in METHOD_NAMES
        case _:
            return False


def _is_math(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "math" and node.attr in MATH
