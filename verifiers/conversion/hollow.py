"""Finds assertions that say nothing of an answer: they hold whatever it is, or leave it to the answer to say so."""

import ast
from collections.abc import Collection
from typing import cast

from verifiers.conversion.judging_methods import judging_method
from verifiers.conversion.left_to_answer import left_to_answer
from verifiers.conversion.unreached import asserts

_SHOWN_CHARS = 100
_EXITS = frozenset((("sys", "exit"), ("os", "_exit")))
_TRUTHS = ("assertTrue", "assertFalse", "assert_")


def hollow(tree: ast.Module, entry_point: str, methods: Collection[str] = (), classes: Collection[str] = ()) -> str:
    """What is wrong with the first assertion that says nothing of an answer, or "".

    It may be of what is true whatever is in it, such as ``assert (f(2) == 4, "message")``; come after a return; or be
    left to the answer: ``assert almost_equal(f(2), 4)`` tells what is expected to whatever the answer calls so.

    Args:
        tree: the tests.
        entry_point: what the answer is asked for; without it every name may be.
        methods: of classes that are not the answer's.
        classes: that are not, either.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            if _is_filled(node.test):
                return f"holds whatever the answer: {ast.unparse(node)[:_SHOWN_CHARS]}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TRUTHS:
            if len(node.args) > 1 and _is_no_message(node.args[1]):
                return f"holds whatever the answer: {ast.unparse(node)[:_SHOWN_CHARS]}"
        elif line := _after_end(node):
            return f"nothing comes to the assertion in line {line}"
    if entry_point and (name := left_to_answer(tree, entry_point, classes)):
        return f"nobody defines {name!r}, and it judges the answer"
    if entry_point and (name := judging_method(tree, entry_point, methods)):
        return f"only an object of its own has {name!r}, and it judges the answer"
    return ""


def _after_end(node: ast.AST) -> int:
    """The line of an assertion that comes after a return or what else ends a block, or the tests, in a node's; or 0."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list) and len(cast("list[ast.stmt]", block)) > 1:
            statements = cast("list[ast.stmt]", block)
            for position, each in enumerate(statements[:-1]):
                if isinstance(each, ast.Return | ast.Raise | ast.Continue | ast.Break) or _is_exit(each):
                    return next((late.lineno for late in statements[position + 1 :] if asserts(late)), 0)
    return 0


def _is_exit(node: ast.stmt) -> bool:
    """Whether a statement ends the program: ``sys.exit(0)``."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="exit" | "quit"))):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=attr))):
            return (owner, attr) in _EXITS
        case _:
            return False


def _is_no_message(node: ast.expr) -> bool:
    """Whether a value stands where a message belongs, as if it were compared."""
    return isinstance(node, ast.Constant) and node.value is not None and not isinstance(node.value, str)


def _is_filled(node: ast.expr) -> bool:
    match node:
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return any(not isinstance(each, ast.Starred) for each in items)
        case ast.Dict(keys=keys):
            return any(each is not None for each in keys)
        case ast.Constant(value=str(text)):
            return bool(text)
        case ast.GeneratorExp() | ast.Lambda() | ast.JoinedStr():
            return True
        case _:
            return False
