"""Lets the bodies of classes of the tests have names of the solution, and its decorators make methods there.

Where the body of a class reads a name, Python 3.11 looks it up in its globals as in any dictionary, and does not ask
the tests' own, which know where there are more: ``@log`` above a method was a ``NameError``. What such a
decorator returns stands for a function, and is made one, so that it is bound to the instance.
"""

# Stands alone in the container and deals in trees of any kind: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204
# pyright: basic, reportAttributeAccessIssue=false
import ast
import builtins
import contextlib
import functools
import types

from link_proxies import Proxy

FOUND = "_stillroom_found_"  # the name by which a body asks for another
METHOD = "_stillroom_method_"  # and that by which it has a decorator make a method
_OF_RUNNERS = ("test", "setUp", "tearDown", "setup", "teardown")  # who decorates these decides whether they are run


def asking(tree, nodes):
    """Rewrite a tree in place: names that bodies of its classes read, and that the tests bind nowhere, are asked for.

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
                for one in each.body:
                    if one.__class__ is ast.FunctionDef and not one.name.startswith(_OF_RUNNERS):
                        one.decorator_list = [_called(METHOD, decorator) for decorator in one.decorator_list]


def names(namespace):
    """What such bodies use, by name; they ask for the value of a name as the tests' globals know it."""

    def found(name):
        try:
            return namespace[name]
        except KeyError:
            raise NameError(f"name {name!r} is not defined", name=name) from None

    return {FOUND: found, METHOD: _method}


def _method(decorator):
    """A decorator whose result is a function of the tests where it stands for one of the solution."""

    def decorated(function):
        result = decorator(function)
        if type(result) is not Proxy or not isinstance(result, types.FunctionType):
            return result

        @functools.wraps(function)
        def bound(*given, **named):
            return result(*given, **named)

        return bound

    return decorated


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
        return _called(FOUND, ast.copy_location(ast.Constant(node.id), node))

    def visit_FunctionDef(self, node):
        return self._outside_of(node)

    def _outside_of(self, node):
        """A function whose own code stays as it is."""
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        node.args = self.visit(node.args)
        node.returns = node.returns and self.visit(node.returns)
        return node

    def visit_AsyncFunctionDef(self, node):
        return self._outside_of(node)

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


def _called(name, given):
    call = ast.Call(ast.Name(name, ast.Load()), [given], [])
    return ast.fix_missing_locations(ast.copy_location(call, given))


def _bound(nodes):
    found = set()
    for node in nodes:
        kind = node.__class__
        if kind is ast.Name and node.ctx.__class__ is not ast.Load:
            found.add(node.id)
        elif kind in (
            ast.FunctionDef,
            ast.AsyncFunctionDef,
            ast.ClassDef,
            ast.ExceptHandler,
            ast.MatchAs,
            ast.MatchStar,
        ):
            found.add(node.name)
        elif kind is ast.arg:
            found.add(node.arg)
        elif kind is ast.MatchMapping:
            found.add(node.rest)
        elif kind is ast.alias:
            found.add((node.asname or node.name).partition(".")[0])
    return found
