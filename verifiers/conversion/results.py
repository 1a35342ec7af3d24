"""Finds the names in tests that stand for what the answer returned, and those that tests bind themselves."""

import ast
from collections.abc import Iterator


def results(tree: ast.Module, entry_point: str) -> set[str]:
    """Names of what the answer is asked for, and of all that is computed from it."""
    nodes = list(ast.walk(tree))
    functions = {
        node.name: [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
        for node in nodes
        if isinstance(node, ast.FunctionDef)
    }
    found = {entry_point}
    for node in nodes:
        if isinstance(node, ast.FunctionDef) and node.name == "check" and len(node.args.args) == 1:
            found.add(node.args.args[0].arg)
    before = -1
    while before < len(found):
        before = len(found)
        for node in nodes:
            match node:
                case ast.Assign(targets=targets, value=value) if not found.isdisjoint(names(value)):
                    found.update(name for each in targets for name in names(each))
                case (
                    ast.For(target=target, iter=value)
                    | ast.comprehension(target=target, iter=value)
                    | ast.AnnAssign(target=target, value=ast.expr() as value)
                    | ast.NamedExpr(target=target, value=value)
                ) if not found.isdisjoint(names(value)):
                    found.update(names(target))
                case ast.Call(func=ast.Name(id=name), args=given, keywords=keywords) if name in functions:
                    pairs = [
                        *zip(functions[name], given, strict=False),
                        *((each.arg or "", each.value) for each in keywords),
                    ]
                    found.update(to for to, value in pairs if to and not found.isdisjoint(names(value)))
                case _:
                    pass
    return found


def names(node: ast.AST) -> set[str]:
    """All names that stand in a piece of source."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def bound(tree: ast.Module) -> Iterator[str]:
    """Names that the tests define, or import from elsewhere or the answer."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=imported) | ast.ImportFrom(names=imported):
                yield from (each.asname or each.name.partition(".")[0] for each in imported)
            case _:
                pass
