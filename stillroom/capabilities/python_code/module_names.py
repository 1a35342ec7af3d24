"""Says which names of a module its code binds, and which it changes in place, at once or when it is called."""

import ast
from collections.abc import Sequence

from stillroom.capabilities.python_code.source_nodes import of_kind, of_kinds, once

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
_CHANGING = frozenset((
    "add", "append", "appendleft", "clear", "difference_update", "discard", "extend", "extendleft", "insert",
    "intersection_update", "pop", "popitem", "popleft", "remove", "reverse", "rotate", "setdefault", "sort",
    "symmetric_difference_update", "update", "write", "writelines",
))  # fmt: skip

_TAKING = frozenset(
    ["next", "setattr", "delattr", "shuffle", "heappush", "heappop", "heapify", "heapreplace", "insort"]
)
"""Functions that change what they are given first."""
_BINDING = (
    ast.Name, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.alias, ast.MatchAs, ast.MatchStar,
    ast.MatchMapping, ast.ExceptHandler,
)  # fmt: skip


@once
def bound(statement: ast.AST) -> frozenset[str]:
    """Names that a statement of a module binds there."""
    if isinstance(statement, FUNCTION | ast.ClassDef):
        return frozenset([statement.name])
    if isinstance(statement, ast.If) and "__name__" in variables(statement.test):
        return frozenset()
    found = set[str]()
    for each in of_kinds(_BINDING, statement):
        match each:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias():
                found.add((each.asname or each.name).partition(".")[0])
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                found.add(name)
            case ast.ExceptHandler(name=str(name)):
                found.add(name)
            case _:
                pass
    return frozenset(found)


@once
def changed(node: ast.AST) -> frozenset[str]:
    """Names whose values code changes in place, takes items of, or binds from within a function."""
    found = set[str]()
    for each in of_kinds((ast.Subscript, ast.Attribute, ast.Call, ast.Global), node):
        match each:
            case (
                ast.Subscript(value=owner, ctx=ast.Store() | ast.Del())
                | ast.Attribute(value=owner, ctx=ast.Store() | ast.Del())
            ):
                found.add(root(owner))
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if attr in _CHANGING:
                found.add(root(owner))
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[owner, *_]) if name in _TAKING:
                found.add(root(owner))
            case ast.Global(names=names):
                found.update(names)
            case _:
                pass
    return frozenset(found - {""})


def changed_late(body: Sequence[ast.stmt]) -> set[str]:
    """Names of a module that its functions change when they are called."""
    return set[str]().union(*map(_changed_late, body))


@once
def _changed_late(statement: ast.AST) -> frozenset[str]:
    functions = of_kinds((ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda), statement)
    found = ((changed(each), each) for each in functions)
    return frozenset(name for names, each in found if names for name in names - local(each))


def definers(body: Sequence[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """By name, the statements of a module that bind it, or change it as they are run."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in body:
        is_making = not isinstance(statement, FUNCTION | ast.ClassDef)
        for name in bound(statement) | (changed(statement) if is_making else frozenset[str]()):
            found.setdefault(name, []).append(statement)
    return found


@once
def local(function: ast.AST) -> frozenset[str]:
    """Names that are a function's own."""
    own = {each.arg for each in of_kind(ast.arg, function)}
    own |= {each.id for each in of_kind(ast.Name, function) if isinstance(each.ctx, ast.Store)}
    return frozenset(own.difference(*(each.names for each in of_kind(ast.Global, function))))


def root(node: ast.expr) -> str:
    """The name at the beginning of ``X[0].y``; "" of other expressions."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


@once
def variables(node: ast.AST) -> frozenset[str]:
    """All names in some code."""
    return frozenset(each.id for each in of_kind(ast.Name, node))
