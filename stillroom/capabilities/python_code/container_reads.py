"""Finds containers of a module that code gets hold of in ways by which it could change them unseen.

``STOCK[name]`` and ``name in STOCK`` change nothing. After ``for row in GRID`` or ``grid = GRID`` a change is of
another name.
"""

import ast
from collections.abc import Iterable, Iterator

from stillroom.capabilities.python_code.module_names import FUNCTION, local, root
from stillroom.capabilities.python_code.pure_code import FILLING, PURE, READING

_INNER = frozenset("keys get count index copy".split())  # noqa: SIM905


def escaping(body: Iterable[ast.stmt]) -> tuple[set[str], set[str]]:
    """The names whose values code gets hold of, and those of which it gets hold of what is in them."""
    whole, items = set[str](), set[str]()
    for statement in body:
        own = local(statement) if isinstance(statement, FUNCTION) else set[str]()
        for parent, node in _pairs(statement):
            if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load) or node.id in own:
                continue
            if not _is_read_only(parent, node):
                whole.add(node.id)
            elif not _is_of_no_item(parent):
                items.add(node.id)
        for parent, node in _pairs(statement):
            if isinstance(node, ast.Subscript) and _is_held(parent, node) and isinstance(node.ctx, ast.Load):
                items |= {root(node)} - own
    return whole, items


def _pairs(statement: ast.stmt) -> Iterator[tuple[ast.AST, ast.AST]]:
    return ((parent, each) for parent in ast.walk(statement) for each in ast.iter_child_nodes(parent))


def _is_read_only(parent: ast.AST, node: ast.Name) -> bool:
    """Whether code that names a container here cannot change it by another name."""
    match parent:
        case ast.Subscript() | ast.Compare() | ast.For() | ast.comprehension() | ast.BinOp() | ast.FormattedValue():
            return True
        case ast.If() | ast.IfExp() | ast.While() | ast.Starred() | ast.Delete() | ast.UnaryOp() | ast.AugAssign():
            return not (isinstance(parent, ast.IfExp) and node is not parent.test)
        case ast.Attribute(attr=name):
            return name in READING | FILLING
        case ast.Call(func=ast.Name(id=name)):
            return node is parent.func or name in PURE
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in READING and node is not parent.func
        case _:
            return False


def _is_of_no_item(parent: ast.AST) -> bool:
    """Whether code does not get hold of what is in a container."""
    match parent:
        case ast.Compare() | ast.Subscript() | ast.FormattedValue() | ast.If() | ast.While() | ast.UnaryOp():
            return True
        case ast.Attribute(attr=name):
            return name in _INNER | FILLING
        case ast.Call(func=ast.Name(id=name)):
            return name in ("len", "str", "repr", "bool")
        case _:
            return False


def _is_held(parent: ast.AST, node: ast.Subscript) -> bool:
    """Whether an item gets another name, or is gone through."""
    match parent:
        case ast.Assign(value=value) | ast.AnnAssign(value=value) | ast.NamedExpr(value=value):
            return node is value
        case ast.For(iter=value) | ast.comprehension(iter=value):
            return node is value
        case ast.Call(func=ast.Name(id=name)):
            return name not in PURE
        case ast.Call(func=function):
            return node is not function
        case _:
            return False
