"""Finds names that tests take for a value and nothing else: where nobody defines one, it is the tests that are wrong.

A function that is called, or a class, is what a solution is asked for; ``assert f(3) == expectd`` is a slip of a pen.
"""

import ast
from collections.abc import Iterator


def only_read(tree: ast.Module, entry_point: str) -> frozenset[str]:
    """Names of which the tests only read the value, and which they neither bind nor import.

    Args:
        tree: the tests.
        entry_point: what the solution is asked for, whatever the tests do with it; nothing is known without it.
    """
    if not entry_point:
        return frozenset()
    read: set[str] = set()
    other = {entry_point}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                read.add(name)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                other.add(name)
            case ast.Import() | ast.ImportFrom():
                other |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            case _:
                pass
        other |= {each.id for each in _asked_for(node) if isinstance(each, ast.Name)}
    return frozenset(read - other)


def _asked_for(node: ast.AST) -> Iterator[ast.AST]:
    """What is used as a function, a class or an object, or handed on, so that it may be."""
    match node:
        case ast.Call():
            yield from (node.func, *node.args, *(each.value for each in node.keywords))
            yield from (part for each in node.args for part in ast.iter_child_nodes(each))  # tuples of classes
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            yield value
        case ast.ClassDef(bases=bases, decorator_list=decorators):
            yield from (*bases, *decorators)
        case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
            yield from decorators
        case ast.ExceptHandler(type=ast.expr() as kind):
            yield from ast.walk(kind)
        case _:
            pass
