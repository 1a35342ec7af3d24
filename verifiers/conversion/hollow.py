"""Finds assertions that say nothing of an answer: they hold whatever it is, or leave it to the answer to say so."""

import ast
import builtins
from collections.abc import Iterator
from typing import cast

from verifiers.conversion.unreached import asserts
from verifiers.sandbox.inside.known_names import HOMES

_SHOWN_CHARS = 100
_TRUTHS = ("assertTrue", "assertFalse", "assert_")


def hollow(tree: ast.Module, entry_point: str) -> str:
    """What is wrong with the first assertion that says nothing of an answer, or "".

    It may be of what is true whatever is in it, such as ``assert (f(2) == 4, "message")``; come after a return; or be
    left to the answer: ``assert almost_equal(f(2), 4)`` tells what is expected to whatever the answer calls so.

    Args:
        tree: the tests.
        entry_point: what the answer is asked for; without it every name may be.
    """
    judges: list[ast.Call] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            if _is_filled(node.test):
                return f"holds whatever the answer: {ast.unparse(node)[:_SHOWN_CHARS]}"
            judges += _deciding(node.test)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TRUTHS:
            if len(node.args) > 1 and _is_no_message(node.args[1]):
                return f"holds whatever the answer: {ast.unparse(node)[:_SHOWN_CHARS]}"
            judges += _deciding(node.args[0]) if node.args else ()
        elif line := _after_end(node):
            return f"nothing comes to the assertion in line {line}"
    if entry_point and (name := _left_to_answer(judges, tree, entry_point)):
        return f"nobody defines {name!r}, and it judges the answer"
    return ""


def _left_to_answer(judges: list[ast.Call], tree: ast.Module, entry_point: str) -> str:
    """The name of a function that nobody but the answer defines and that says whether its own result is right; or "".

    Where the tests compare what it returns with data, it is under test itself.
    """
    known = {entry_point, *HOMES}  # whose names count only where they are the libraries'
    judges = [
        call
        for call in judges
        if isinstance(call.func, ast.Name) and call.func.id not in known and not hasattr(builtins, call.func.id)
    ]
    if not judges:
        return ""
    bound, results = frozenset(_bound(tree)), _results(tree, entry_point)
    for call in judges:
        name = cast("ast.Name", call.func).id
        given = [*call.args, *(each.value for each in call.keywords)]
        is_judging = name not in bound and any(not results.isdisjoint(_names(each)) for each in given)
        if is_judging and not all(_is_result(each, results) for each in given):
            return name
    return ""


def _after_end(node: ast.AST) -> int:
    """The line of an assertion that comes after a return, or whatever else ends a block, in one of a node's; or 0."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list) and len(cast("list[ast.stmt]", block)) > 1:
            statements = cast("list[ast.stmt]", block)
            for position, each in enumerate(statements[:-1]):
                if isinstance(each, ast.Return | ast.Raise | ast.Continue | ast.Break):
                    return next((late.lineno for late in statements[position + 1 :] if asserts(late)), 0)
    return 0


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


def _deciding(test: ast.expr) -> Iterator[ast.Call]:
    """The calls on whose truth an assertion hangs."""
    match test:
        case ast.Call(func=ast.Name(id="bool" | "all" | "any"), args=[inner]):
            yield from _deciding(inner)
        case ast.Call():
            yield test
        case ast.GeneratorExp(elt=inner) | ast.ListComp(elt=inner) | ast.UnaryOp(op=ast.Not(), operand=inner):
            yield from _deciding(inner)
        case ast.BoolOp(values=values):
            for each in values:
                yield from _deciding(each)
        case ast.Compare(left=inner, ops=[_], comparators=[ast.Constant(value=bool() | None)]):
            yield from _deciding(inner)
        case _:
            pass


def _results(tree: ast.Module, entry_point: str) -> set[str]:
    """Names of what the answer is asked for, and of all that is computed from it."""
    found = {entry_point}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "check" and len(node.args.args) == 1:
            found.add(node.args.args[0].arg)
    before = -1
    while before < len(found):
        before = len(found)
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=targets, value=value) if not found.isdisjoint(_names(value)):
                    found.update(name for each in targets for name in _names(each))
                case (
                    ast.For(target=target, iter=value)
                    | ast.comprehension(target=target, iter=value)
                    | ast.AnnAssign(target=target, value=ast.expr() as value)
                    | ast.NamedExpr(target=target, value=value)
                ) if not found.isdisjoint(_names(value)):
                    found.update(_names(target))
                case _:
                    pass
    return found


def _is_result(node: ast.expr, results: set[str]) -> bool:
    """Whether a value is what the answer returned, as it was returned, with no data of the tests beside it."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in results


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _bound(tree: ast.Module) -> Iterator[str]:
    """Names that the tests define, or import from elsewhere or the answer."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (each.asname or each.name.partition(".")[0] for each in names)
            case _:
                pass
