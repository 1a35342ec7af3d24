"""Finds assertions that nothing runs: a verdict that leaves out what a person wrote is none."""

import ast
from collections.abc import Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_DOCTESTS = frozenset(("testmod", "testfile", "DocTestSuite", "DocFileSuite", "DocTestFinder", "DocTestRunner"))
HOOKS = ("setUp", "tearDown", "setup", "teardown")  # what goes before and after tests, for a runner of them to call


def never_run(tree: ast.Module) -> str:
    """The name of a function with assertions that neither the tests nor whoever runs them would call, or ""."""
    used: list[tuple[str, int]] | None = None
    for owner in _owners(tree):
        functions = [*_functions(owner)]
        for position, function in enumerate(functions):
            later = [each.lineno for each in functions[position + 1 :] if each.name == function.name]
            if (not later and _is_collected(function, owner, tree)) or not asserts(function):
                continue
            used = [*_uses(tree)] if used is None else used
            inside = range(function.lineno, (function.end_lineno or function.lineno) + 1)
            until = min(later, default=None)
            if not any(
                name == function.name and line not in inside and (until is None or line < until) for name, line in used
            ):
                return function.name
    return ""


def asserting_functions(tree: ast.Module) -> Iterator[_Function]:
    """The functions that ask something themselves, and not only functions in them."""
    for owner in _owners(tree):
        if isinstance(owner, _Function) and any(map(_is_assertion, _own(owner))):
            yield owner


def rests_on_doctests(tree: ast.Module) -> bool:
    """Whether tests rest on what a runner of doctests finds: it looks where neither they nor the solution are."""
    dropped: set[int] = set()  # calls of which the tests use nothing
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and not _raises_on_error(node.value):
            dropped.add(id(node.value))
    return any(
        isinstance(node, ast.Call)
        and id(node) not in dropped
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in _DOCTESTS
        for node in ast.walk(tree)
    )


def _raises_on_error(call: ast.Call) -> bool:
    return any(each.arg == "raise_on_error" for each in call.keywords)


def _owners(node: ast.AST) -> Iterator[ast.AST]:
    """The module, and all classes and functions in it."""
    if isinstance(node, ast.Module | ast.ClassDef | _Function):
        yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler):
            yield from _owners(child)


def _functions(owner: ast.AST) -> Iterator[_Function]:
    """The functions that are defined right in a module, a class or a function."""
    for child in ast.iter_child_nodes(owner):
        if isinstance(child, _Function):
            yield child
        elif isinstance(child, ast.stmt | ast.ExceptHandler) and not isinstance(child, ast.ClassDef):
            yield from _functions(child)


def _uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names that are read, as variables or attributes, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno


def _is_collected(function: _Function, owner: ast.AST, tree: ast.Module) -> bool:
    """Whether whoever runs tests calls a function by its name or for its decorators."""
    if isinstance(owner, ast.ClassDef):
        is_case = owner in tree.body and (owner.name.startswith("Test") or bool(owner.bases))
        return is_case and (function.name.startswith(("test", *HOOKS)) or bool(function.decorator_list))
    if not isinstance(owner, ast.Module):
        return False
    is_check = function.name == "check" and len(function.args.args) == 1
    return is_check or function.name.startswith(("test", *HOOKS)) or bool(function.decorator_list)


def asserts(node: ast.AST) -> bool:
    """Whether there is an assertion in a node."""
    return any(map(_is_assertion, ast.walk(node)))


def _own(function: ast.AST) -> Iterator[ast.AST]:
    """All that is in a function, but for the functions and classes in it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, _Function | ast.ClassDef):
            yield child
            yield from _own(child)


def _is_assertion(node: ast.AST) -> bool:
    match node:
        case ast.Assert() | ast.Raise(exc=ast.Name(id="AssertionError") | ast.Call(func=ast.Name(id="AssertionError"))):
            return True
        case ast.Attribute(attr=name):
            return name.startswith(("assert", "fail", "raises"))
        case ast.Name(id=name, ctx=ast.Load()):
            return name.startswith("assert") or name in ("fail", "raises")
        case _:
            return False
