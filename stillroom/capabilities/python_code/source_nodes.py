"""The nodes of a piece of source, walked through once for all who ask, and how many there are to look at.

Whether an answer changes what its prompt defines is asked in a dozen ways, each about every node. So what is found out
about a piece is kept for as long as its tree is there, and a source that is too large for all of that is not begun.
"""

import ast
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

_Found = TypeVar("_Found")
_Kind = TypeVar("_Kind", bound=ast.AST)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class TooMuchCode(Exception):
    """A source asks for more steps than are taken to find out what it does."""


def once(find: Callable[[ast.AST], _Found]) -> Callable[[ast.AST], _Found]:
    """A function of a piece of source that is asked once for each piece.

    Args:
        find: what it is. What it gives may hold what is below the piece but never the piece, which would stay for good.
    """
    known = WeakKeyDictionary[ast.AST, _Found]()

    @wraps(find)
    def found(piece: ast.AST) -> _Found:
        try:
            return known[piece]
        except KeyError:
            result = known[piece] = find(piece)
            return result

    return found


def nodes(*pieces: ast.AST) -> list[ast.AST]:
    """Pieces of source and all that is in them, each in the order of ``ast.walk``."""
    found = list[ast.AST]()
    for piece in pieces:
        found.append(piece)
        found += _below(piece)
    return found


def of_kind(kind: type[_Kind], *pieces: ast.AST) -> list[_Kind]:
    """The nodes of one kind in pieces of source, with these."""
    found = list[_Kind]()
    for piece in pieces:
        if type(piece) is kind:
            found.append(piece)
        found += cast("Sequence[_Kind]", _kinds(piece).get(kind, ()))
    return found


def of_kinds(kinds: Iterable[type[ast.AST]], *pieces: ast.AST) -> list[ast.AST]:
    """The nodes of several kinds in pieces of source, kind by kind."""
    return [each for kind in kinds for each in of_kind(kind, *pieces)]


def weight(body: Iterable[ast.stmt], most: int) -> int:
    """How many nodes there are to look at: one counts once more for each function and class that it is in.

    Args:
        body: statements of a module.
        most: beyond which nobody wants to know.
    """
    weighed = 0
    for statement in body:
        for each in (statement, *of_kinds(_SCOPES, statement)):
            weighed += 1 + len(_below(each))
            if weighed > most:
                return weighed
    return weighed


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below one, as ``ast.iter_child_nodes`` gives them."""
    found = list[ast.AST]()
    for field in node._fields:
        value = cast("object", getattr(node, field, None))
        if isinstance(value, list):
            found += [each for each in cast("list[object]", value) if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


@once
def _below(piece: ast.AST) -> Sequence[ast.AST]:
    found = children(piece)
    for node in found:  # which grows meanwhile
        found += children(node)
    return found


@once
def _kinds(piece: ast.AST) -> dict[type[ast.AST], list[ast.AST]]:
    found = dict[type[ast.AST], list[ast.AST]]()
    for node in _below(piece):
        found.setdefault(type(node), []).append(node)
    return found
