"""Finds what an answer makes of names that a prompt defines and the tests use, where it is no copy of the prompt's.

A class of the prompt whose ``__eq__`` is always true, or a helper that is the identity, would say itself that the
answer is right. Source cannot show all of that; what it does not show is left as it is.
"""

import ast
from collections import deque
from collections.abc import Iterable, Sequence
from typing import cast

from stillroom.capabilities.python_code.module_names import FUNCTION, bound, changed, changed_late, variables

_COMPARING = frozenset("__eq__ __ne__ __bool__ __class__".split())  # noqa: SIM905
_REACHING = frozenset("globals exec setattr vars __import__".split())  # noqa: SIM905
"""Built-in functions by which names and attributes are bound that the source does not show."""


def redefined(
    answer: ast.Module, given: Sequence[ast.stmt], names: set[str], *, kept: set[str], entry_point: str
) -> str:
    """The first of these names of which an answer makes something else than the prompt does, or "".

    Args:
        answer: its source.
        given: the statements of the prompt.
        names: what the tests use of it.
        kept: those of them whose values the entry point may change, since that is what the tests look at.
        entry_point: what is asked for.
    """
    known = set(map(_form, given))
    own = [each for each in answer.body if _form(each) not in known]
    at_once = [each for each in own if not isinstance(each, FUNCTION | ast.ClassDef)]
    asked = [each for each in own if entry_point in bound(each)]
    others = [each for each in own if each not in asked]
    made = (changed_late(asked) - kept).union(changed_late(others), *map(bound, own), *map(changed, at_once))
    classes = {each.name for each in given if isinstance(each, ast.ClassDef)} & names
    texts = {each.value for each in _nodes(own) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    is_reaching = any(not _REACHING.isdisjoint(variables(each)) for each in own)
    for name in sorted(names):
        if name in made or name in texts or is_reaching or (name in classes and _compares(own, texts)):
            return name
    return ""


def _compares(statements: Sequence[ast.stmt], texts: set[str]) -> bool:
    """Whether objects have something to say when they are compared, which those of the prompt may be with."""
    return not texts.isdisjoint(_COMPARING) or any(
        (isinstance(each, FUNCTION) and each.name in _COMPARING)
        or (
            isinstance(each, ast.Name | ast.Attribute) and _name(each) in _COMPARING and isinstance(each.ctx, ast.Store)
        )
        for each in _nodes(statements)
    )


def _name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _nodes(statements: Iterable[ast.stmt]) -> Iterable[ast.AST]:
    return (each for one in statements for each in ast.walk(one))


def _form(statement: ast.stmt) -> tuple[object, ...]:
    """A statement as it can be compared: node by node, without its docstrings, on which nothing depends."""
    found, left = list[object](), deque[ast.AST]([statement])
    while left:
        node = left.popleft()
        found.append(type(node))
        for name, value in cast("Iterable[tuple[str, object]]", ast.iter_fields(node)):
            parts = cast("list[object]", value) if isinstance(value, list) else [value]
            if isinstance(node, FUNCTION | ast.ClassDef) and name == "body" and _is_docstring(parts[0]):
                parts = parts[1:]
            left += [each for each in parts if isinstance(each, ast.AST)]
            found += [len(parts), *((type(each), each) for each in parts if not isinstance(each, ast.AST))]
    return tuple(found)


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
