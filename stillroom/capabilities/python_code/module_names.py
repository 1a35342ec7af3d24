"""Says which names of a module its code binds, and which it changes in place, at once or when it is called."""

import ast
from collections.abc import Iterator, Sequence

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


def bound(statement: ast.stmt) -> set[str]:
    """Names that a statement of a module binds there."""
    if isinstance(statement, FUNCTION | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.If) and "__name__" in variables(statement.test):
        return set()
    found = set[str]()
    for each in ast.walk(statement):
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
    return found


def changed(node: ast.AST) -> set[str]:
    """Names whose values code changes in place, takes items of, or binds from within a function."""
    found = set[str]()
    for each in ast.walk(node):
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
    return found - {""}


def changed_late(body: Sequence[ast.stmt]) -> set[str]:
    """Names of a module that its functions change when they are called."""
    return {name for function in _functions(body) for name in changed(function) - local(function)}


def definers(body: Sequence[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """By name, the statements of a module that bind it, or change it as they are run."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in body:
        is_making = not isinstance(statement, FUNCTION | ast.ClassDef)
        for name in bound(statement) | (changed(statement) if is_making else set[str]()):
            found.setdefault(name, []).append(statement)
    return found


def local(function: ast.AST) -> set[str]:
    """Names that are a function's own."""
    nodes = list(ast.walk(function))
    own = {each.arg for each in nodes if isinstance(each, ast.arg)}
    own |= {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    return own - {name for each in nodes if isinstance(each, ast.Global) for name in each.names}


def root(node: ast.expr) -> str:
    """The name at the beginning of ``X[0].y``; "" of other expressions."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def variables(node: ast.AST) -> set[str]:
    """All names in some code."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _functions(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    return (each for one in body for each in ast.walk(one) if isinstance(each, FUNCTION | ast.Lambda))
