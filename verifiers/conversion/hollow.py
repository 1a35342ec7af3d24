"""Finds assertions that say nothing of an answer: they hold whatever it is, or leave it to the answer to say so."""

import ast
import builtins
from collections.abc import Iterator

from verifiers.sandbox.inside.known_names import HOMES

_SHOWN_CHARS = 100


def always_true(tree: ast.Module) -> str:
    """The first assertion of what is true whatever is in it, such as ``assert (f(2) == 4, "message")``; or ""."""
    for node in ast.walk(tree):
        match node:
            case ast.Assert(test=test) if _is_filled(test):
                return ast.unparse(node)[:_SHOWN_CHARS]
            case ast.Call(func=ast.Attribute(attr="assertTrue" | "assert_"), args=[_, ast.Constant(value=value)]):
                if value is not None and not isinstance(value, str):  # where a message belongs, as if it were compared
                    return ast.unparse(node)[:_SHOWN_CHARS]
            case _:
                pass
    return ""


def left_to_answer(tree: ast.Module, entry_point: str) -> str:
    """The name of a function that nobody but the answer defines and that says whether its own result is right; or "".

    ``assert almost_equal(f(2), 4)`` would tell what is expected to whatever the answer calls ``almost_equal``. Where
    the tests compare what it returns with data, it is under test itself.

    Args:
        tree: the tests.
        entry_point: what the answer is asked for; without it every name may be.
    """
    if not entry_point:
        return ""
    known = {entry_point, *_bound(tree), *dir(builtins), *HOMES}  # whose names count only where they are the libraries'
    results = _results(tree, entry_point)
    for test in _tests(tree):
        for call in _deciding(test):
            if not isinstance(call.func, ast.Name) or call.func.id in known:
                continue
            given = [*call.args, *(each.value for each in call.keywords)]
            is_judging = any(not results.isdisjoint(_names(each)) for each in given)
            if is_judging and not all(_is_result(each, results) for each in given):
                return call.func.id
    return ""


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


def _tests(tree: ast.Module) -> Iterator[ast.expr]:
    """What is asserted to be true or false."""
    for node in ast.walk(tree):
        match node:
            case ast.Assert(test=test):
                yield test
            case ast.Call(func=ast.Attribute(attr="assertTrue" | "assertFalse" | "assert_"), args=[test, *_]):
                yield test
            case _:
                pass


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
