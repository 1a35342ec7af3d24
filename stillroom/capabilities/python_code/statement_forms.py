"""Says whether two statements are the same but for what changes nothing of what they do."""

import ast
from collections.abc import Sequence
from typing import cast

from stillroom.capabilities.python_code.source_nodes import nodes, of_kind, of_kinds, once

SHOWING = ("__repr__", "__str__")
_PLAIN = (
    ast.Attribute | ast.BinOp | ast.BitOr | ast.Constant | ast.List | ast.Load | ast.Name | ast.Subscript | ast.Tuple
)  # fmt: skip

_OF_PARTS_LEFT_OUT = frozenset((ast.arg, ast.AsyncFunctionDef, ast.ClassDef, ast.FunctionDef))
_ABSENT = object()
_DATA = frozenset(("dict", "float", "frozenset", "int", "list", "set", "tuple"))


def form(statement: ast.stmt, *, is_shown: bool) -> tuple[object, ...]:
    """A statement as it can be compared: node by node, without what nothing depends on.

    That is docstrings, annotations of arguments and results, ``object`` as a base, and, unless somebody looks at
    objects as texts, the methods that make these.

    Args:
        statement: of some source.
        is_shown: whether objects are looked at as texts.
    """
    is_same = is_shown or not of_kind(ast.ClassDef, statement)
    return _shown_form(statement) if is_same else _plain_form(statement)


@once
def _shown_form(statement: ast.AST) -> tuple[object, ...]:
    return _form(statement, is_shown=True)


@once
def _plain_form(statement: ast.AST) -> tuple[object, ...]:
    return _form(statement, is_shown=False)


def _form(statement: ast.AST, *, is_shown: bool) -> tuple[object, ...]:
    found, left = list[object](), [statement]
    for node in left:  # which grows meanwhile
        kind = type(node)
        found.append(kind)
        for name in kind._fields:
            value = cast("object", getattr(node, name, _ABSENT))
            if value is _ABSENT:
                continue
            parts = cast("Sequence[object]", value) if isinstance(value, list) else (value,)
            if kind in _OF_PARTS_LEFT_OUT or name == "type_comment":
                parts = [each for each in parts if not _is_left_out(node, name, each, is_shown=is_shown)]
            found.append(len(parts))
            for each in parts:
                if isinstance(each, ast.AST):
                    left.append(each)
                else:
                    found.append((type(each), each))
    return tuple(found)


def _is_left_out(node: ast.AST, field: str, value: object, *, is_shown: bool) -> bool:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if field == "body":
            match value:
                case ast.Expr(value=ast.Constant(value=str())):
                    return value is node.body[0]
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in SHOWING:
                    return isinstance(node, ast.ClassDef) and not is_shown and is_plain_as_made(value)
                case _:
                    return False
        case ast.ClassDef() if field == "bases":
            return isinstance(value, ast.Name) and value.id == "object"
        case ast.arg() if field == "annotation":
            return is_plain(value)
        case ast.FunctionDef() | ast.AsyncFunctionDef() if field == "returns":
            return is_plain(value)
        case _:
            return field == "type_comment"


def is_plain(annotation: object) -> bool:
    """Whether an annotation does nothing as it is made."""
    return annotation is None or (
        isinstance(annotation, ast.AST) and all(isinstance(each, _PLAIN) for each in nodes(annotation))
    )


def is_plain_as_made(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method binds nothing in its class but its own name, and calls nothing but for data, as it is made."""
    given = function.args
    every = [
        *given.posonlyargs,
        *given.args,
        *given.kwonlyargs,
        *(each for each in (given.vararg, given.kwarg) if each),
    ]
    said = [function.returns, *(each.annotation for each in every), *function.decorator_list]
    defaults = [each for each in (*given.defaults, *given.kw_defaults) if each is not None]
    acting = of_kinds((ast.NamedExpr, ast.Call), *defaults)
    return all(map(is_plain, said)) and all(isinstance(each, ast.Call) and _is_data(each) for each in acting)


def _is_data(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id in _DATA
