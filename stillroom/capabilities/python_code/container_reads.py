"""Finds containers of a module that code gets hold of in ways by which it could change them unseen.

``STOCK[name]`` and ``name in STOCK`` change nothing of a container of fixed values. After ``stock = STOCK`` a change is
of another name.
"""

import ast
from collections.abc import Iterable

from stillroom.capabilities.python_code.module_names import FUNCTION, local
from stillroom.capabilities.python_code.pure_code import FILLING, PURE, READING
from stillroom.capabilities.python_code.source_nodes import children, nodes, once


def escaping(body: Iterable[ast.stmt]) -> set[str]:
    """The names whose values code gets hold of."""
    return set[str]().union(*map(_escaping, body))


@once
def _escaping(statement: ast.AST) -> frozenset[str]:
    own = local(statement) if isinstance(statement, FUNCTION) else frozenset[str]()
    found = set[str]()
    for parent in nodes(statement):
        for node in children(parent):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in found:
                found |= set() if _is_read_only(parent, node) else {node.id}
    return frozenset(found - own)


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
