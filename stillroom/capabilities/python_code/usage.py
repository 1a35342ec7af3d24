"""Tells a solution from the examples of its use that a model writes below it, and from what sets the solution up.

``print(add(1, 2))`` below ``add`` is no part of the answer, and would fail it where the example is wrong.
``MEMO.update({0: 0})`` and ``sys.setrecursionlimit(10**5)`` are: without them a right answer fails.
"""

import ast
import builtins
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

from stillroom.capabilities.python_code.kept_trees import parsed

TEST_MODULES = frozenset({"doctest", "pytest", "unittest"})  # whatever is called in them runs tests
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_MAY_BE_EXAMPLES = (ast.Expr, ast.Assert, ast.If)
_Item = TypeVar("_Item")


def without_usage(source: str, entry_point: str) -> str:
    """``source`` without top-level statements that only use ``entry_point`` or print; lines are kept as written.

    These are asserts, a main block, ``print(...)``, calls of ``entry_point``, also through a function of the source,
    within another expression or as an argument of a function, and method calls on what ``entry_point`` gave; and
    assignments of what ``input`` reads, and of what is made of that, where nothing but these reads it. Source that
    cannot be parsed, or that would be left empty, stays as it is.
    """
    body = statements(source)
    if not any(isinstance(node, _MAY_BE_EXAMPLES) for node in body) and "input(" not in source:  # as most answers:
        return source  # spares the walk through it
    names = _names_in(body, entry_point)
    examples = {node for node in body if _is_example(node, names)}
    examples |= _typed(body, examples)
    if not examples or len(examples) == len(body):
        return source
    lines: list[str | None] = list(source.split("\n"))
    shared = {line for node in body if node not in examples for line in _lines_of(node)}
    for node in examples:
        for line in _lines_of(node):
            if line not in shared:  # two statements on one line stay together
                lines[line] = None
    return "\n".join(line for line in lines if line is not None).rstrip()


def defines(source: str, name: str = "") -> bool:
    """Whether ``source`` is Python that defines a function or class at its top level, with ``name`` one so named."""
    return any(isinstance(node, _DEFINITIONS) and name in ("", node.name) for node in statements(source))


def calls(source: str) -> bool:
    """Whether ``source`` is Python that calls anything, as whoever reads stdin or prints does."""
    return any(isinstance(node, ast.Call) for statement in statements(source) for node in ast.walk(statement))


def bound(source: str) -> frozenset[str]:
    """The names that ``source`` defines, imports or assigns at its top level."""
    return frozenset(name for node in statements(source) for name in _bound_by(node))


def missing(source: str) -> frozenset[str]:
    """The names that ``source`` reads and binds nowhere, built-in ones apart."""
    nodes = [node for statement in statements(source) for node in ast.walk(statement)]
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    given = {name for node in nodes for name in _bound_by(node)}
    given |= {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    given |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    named = (node for node in nodes if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar))
    given |= {node.name for node in named if node.name}
    return frozenset(read - given - set(dir(builtins)))


def statements(source: str) -> Sequence[ast.stmt]:
    """The top-level statements; none where it cannot be parsed."""
    tree = parsed(source)
    return [] if tree is None else tree.body


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """What names at the top level mean.

    Attributes:
        users: the entry point, and the functions and classes that call it.
        results: what a call of one of these was assigned to.
        imported: modules, and what was taken out of them.
    """

    users: frozenset[str]
    results: frozenset[str]
    imported: frozenset[str]


def _names_in(body: Sequence[ast.stmt], entry_point: str) -> _Names:
    called = {node.name: _called_in(node) for node in body if isinstance(node, _DEFINITIONS)}
    # Where the source does not say which of its functions is meant, each may be.
    users = {entry_point} if entry_point in called else set(called)
    callers = _by_name((each, node) for node, names in called.items() for each in names)
    left = [*users]
    while left:
        more = callers.get(left.pop(), set()) - users
        users |= more
        left += more
    assigned = [node for node in body if isinstance(node, ast.Assign)]
    return _Names(
        users=frozenset(users),
        results=frozenset(
            target.id
            for node in assigned
            if isinstance(node.value, ast.Call) and _name_of(node.value.func) in users
            for target in node.targets
            if isinstance(target, ast.Name)
        ),
        imported=frozenset(
            name for node in body if isinstance(node, ast.Import | ast.ImportFrom) for name in _bound_by(node)
        ),
    )


def _is_example(node: ast.stmt, names: _Names) -> bool:
    if isinstance(node, ast.Expr):
        is_print = isinstance(node.value, ast.Call) and _name_of(node.value.func) == "print"
        return is_print or _uses(node.value, names)
    return isinstance(node, ast.Assert) or _is_main_block(node)


def _typed(body: Sequence[ast.stmt], examples: Set[ast.stmt]) -> set[ast.stmt]:
    """Assignments of what somebody is to type, or of what is made of it, that are there for the examples alone."""
    found: set[ast.stmt] = set()
    names = {"input"}
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and _read_in([node.value]) & names:
            found.add(node)
            names.update(_bound_by(node))
    makers = _by_name((name, node) for node in found for name in _bound_by(node))
    left = [*_read_in([node for node in body if node not in examples and node not in found])]
    while left:
        needed = makers.pop(left.pop(), set()) & found
        found -= needed
        left += _read_in([*needed])
    return found


def _by_name(pairs: Iterable[tuple[str, _Item]]) -> dict[str, set[_Item]]:
    found: dict[str, set[_Item]] = {}
    for name, item in pairs:
        found.setdefault(name, set()).add(item)
    return found


def _read_in(nodes: Sequence[ast.AST]) -> set[str]:
    """The names that these read, without what a definition among them binds for itself."""
    return {name for node in nodes for name in _free_names(node)}


def _free_names(node: ast.AST) -> set[str]:
    parts = list(ast.walk(node))
    read = {each.id for each in parts if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
    if not isinstance(node, _DEFINITIONS):
        return read
    own = {each.id for each in parts if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    own |= {each.arg for each in parts if isinstance(each, ast.arg)}
    return read - own | {name for each in parts if isinstance(each, ast.Global) for name in each.names}


def _uses(expression: ast.expr, names: _Names) -> bool:
    """Whether the entry point is called in it for its own sake; what an object of the source is given sets that up."""
    open_: list[ast.AST] = [expression]  # no recursion: `1 + 1 + ...` is as deep as it is long
    while open_:
        node = open_.pop()
        if isinstance(node, ast.Call):
            if _name_of(node.func) in names.users:
                return True
            owner = _name_of(_innermost(node.func)) if isinstance(node.func, ast.Attribute) else ""
            if owner in names.results or owner in TEST_MODULES:
                return True
            if owner and owner not in names.imported:
                continue
        open_ += ast.iter_child_nodes(node)
    return False


def _innermost(node: ast.expr) -> ast.expr:
    """``MEMO`` of ``MEMO[0].values``."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def _bound_by(node: ast.AST) -> list[str]:
    """The names that a definition, an import or an assignment binds."""
    if isinstance(node, _DEFINITIONS):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _called_in(definition: ast.AST) -> set[str]:
    return {_name_of(node.func) for node in ast.walk(definition) if isinstance(node, ast.Call)} - {""}


def _lines_of(node: ast.stmt) -> range:
    return range(node.lineno - 1, node.end_lineno or node.lineno)


def _is_main_block(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.dump(node.test)
