"""Knows what of an answer's code decides nothing where tests compare: what is not run, and an order of its own.

``Node.__lt__ = lambda a, b: a.val < b.val`` lets an answer put nodes on a heap. Whether anything else has that run, and
whether the class had an order, its process says (``sandbox/inside/kept_runs.py``).
"""

import ast
import copy
from collections.abc import Iterator, Sequence
from typing import cast

from stillroom.capabilities.python_code.module_names import FUNCTION
from stillroom.capabilities.python_code.source_nodes import nodes, of_kinds, once

_ORDERS = frozenset(["__lt__", "__le__", "__gt__", "__ge__"])


def without_main_blocks(own: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Statements but for those that run only where the module is a script, unless code makes it one."""
    if any("__name__" in _said_in(each) for each in own):
        return [*own]
    return [each for each in own if not _is_main_block(each)]


def without_orders(own: Sequence[ast.stmt], classes: set[str]) -> list[ast.stmt]:
    """Statements that give none of these classes an order by a function of their own; the function is left.

    Args:
        own: an answer's statements that are no copy of the prompt's.
        classes: of the prompt.
    """
    giving = {each for each in own if any(map(_gives_order, of_kinds((ast.Assign, ast.Expr), each)))}
    if not giving:
        return [*own]
    functions = {each.name for each in nodes(*own) if isinstance(each, FUNCTION)}
    said = {name for each in nodes(*own) if not isinstance(each, ast.Constant) for name in _said_by(each)}
    order = _Orders(functions, classes - said)
    try:
        return [cast("ast.stmt", _Left(order).visit(copy.deepcopy(each))) if each in giving else each for each in own]
    except RecursionError:
        return [*own]


class _Orders:
    def __init__(self, functions: set[str], classes: set[str]) -> None:
        self._functions, self._classes = functions, classes

    def of(self, node: ast.AST) -> ast.expr | None:
        """The function of the answer's own that a statement gives one of the classes as an order."""
        kind, value = _order(node)
        if value is None or kind not in self._classes:
            return None
        is_own = isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in self._functions)
        return value if is_own else None


def _gives_order(statement: ast.AST) -> bool:
    return _order(statement)[1] is not None


def _order(statement: ast.AST) -> tuple[str, ast.expr | None]:
    """The name to which a statement gives an order as an attribute, and what it gives; None where it does not."""
    match statement:
        case (
            ast.Assign(targets=[ast.Attribute(value=ast.Name(id=kind), attr=name)], value=value)
            | ast.Expr(
                value=ast.Call(
                    func=ast.Name(id="setattr"),
                    args=[ast.Name(id=kind), ast.Constant(value=str(name)), value],
                    keywords=[],
                )
            )
        ) if name in _ORDERS:
            return kind, value
        case _:
            return "", None


class _Left(ast.NodeTransformer):
    def __init__(self, orders: _Orders) -> None:
        self._orders = orders

    def visit(self, node: ast.AST) -> ast.AST:
        value = self._orders.of(node)
        return self.generic_visit(node) if value is None else ast.copy_location(ast.Expr(value), node)


def _is_main_block(statement: ast.stmt) -> bool:
    match statement:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[right]), orelse=[]):
            return isinstance(right, ast.Constant) and right.value == "__main__"
        case _:
            return False


@once
def _said_in(statement: ast.AST) -> frozenset[str]:
    return frozenset(name for each in nodes(statement) for name in _said_by(each))


def _said_by(node: ast.AST) -> Iterator[str]:
    """Names and texts in one node but those that are only read."""
    match node:
        case ast.Attribute() | ast.Name(ctx=ast.Load()):
            pass
        case ast.Global(names=names):
            yield from names
        case _:
            yield from (value for _, value in ast.iter_fields(node) if isinstance(value, str))
