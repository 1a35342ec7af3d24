"""Lets the bodies of classes of the tests have names of the solution, as functions and the module have them.

Where the body of a class reads a name, Python 3.11 looks it up in its globals as in any dictionary, and does not ask the
tests' own, which know where there are more: ``@log`` above a method was a ``NameError``.
"""

# Stands alone in the container and deals in trees of any kind: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, N802
# pyright: basic, reportAttributeAccessIssue=false
import ast
import builtins
import contextlib

FOUND = "_stillroom_found_"  # the name by which a body asks for another


def asking(tree, nodes):
    """Rewrite a tree in place: names that the bodies of its classes read, and that the tests bind nowhere, are asked for.

    Args:
        tree: of the tests.
        nodes: all that is in it.
    """
    classes = [each for each in nodes if each.__class__ is ast.ClassDef]
    if classes:
        bodies = _Bodies(_bound(nodes))
        for each in classes:
            with contextlib.suppress(RecursionError):  # so deep no name of a decorator stands
                each.body = [bodies.visit(one) for one in each.body]


def finder(namespace):
    """What such a body asks: a name's value, as the tests' globals know it."""

    def found(name):
        try:
            return namespace[name]
        except KeyError:
            raise NameError(f"name {name!r} is not defined", name=name) from None

    return found


class _Bodies(ast.NodeTransformer):
    """Rewrites what is run as the body of a class is, and no functions in it.

    Args:
        bound: names that the tests bind somewhere.
    """

    def __init__(self, bound):
        self._bound = bound

    def visit_Name(self, node):
        is_known = node.id in self._bound or hasattr(builtins, node.id) or node.ctx.__class__ is not ast.Load
        if is_known or node.id.startswith("__"):  # a body has some of its own
            return node
        asked = ast.Call(ast.Name(FOUND, ast.Load()), [ast.Constant(node.id)], [])
        return ast.fix_missing_locations(ast.copy_location(asked, node))

    def visit_FunctionDef(self, node):
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.args = self.visit(node.args)
        node.returns = node.returns and self.visit(node.returns)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        node.args = self.visit(node.args)
        return node

    def visit_ClassDef(self, node):
        """A class in a class; its own body is rewritten for itself."""
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.bases = [self.visit(each) for each in node.bases]
        for each in node.keywords:
            each.value = self.visit(each.value)
        return node


def _bound(nodes):
    found = set()
    for node in nodes:
        kind = node.__class__
        if kind is ast.Name and node.ctx.__class__ is not ast.Load:
            found.add(node.id)
        elif kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar):
            found.add(node.name)
        elif kind is ast.arg:
            found.add(node.arg)
        elif kind is ast.MatchMapping:
            found.add(node.rest)
        elif kind is ast.alias:
            found.add((node.asname or node.name).partition(".")[0])
    return found
