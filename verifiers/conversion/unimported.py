"""Finds modules that tests use and do not import: the solution's module of that name must not answer for them.

``assert np.isclose(f(2), 1.4142)`` would show what is expected to whatever the solution calls ``np``, and
``assert_equal(f(2), 4)`` would leave it to say whether that is so.
"""

import ast

MODULES = frozenset(
    "cmath collections copy datetime decimal fractions functools heapq itertools json math np numpy operator os pandas"  # noqa: SIM905
    " pd pytest random re scipy statistics string sympy sys torch unittest".split()
)


def unimported(tree: ast.Module, entry_point: str) -> frozenset[str]:
    """Names of well-known modules of which the tests use an attribute, and of assertions, which they define nowhere.

    Args:
        tree: the tests.
        entry_point: the function that is under test, whatever it is called.
    """
    used: set[str] = set()
    asserting: set[str] = set()
    bound = {entry_point}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name)):
                used.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                bound.add(name)
            case ast.Name(id=name, ctx=ast.Load()) if name.startswith("assert"):
                asserting.add(name)
            case ast.Import() | ast.ImportFrom():
                bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case _:
                pass
    if "*" in bound:  # of which nobody knows what it brings
        asserting.clear()
    return frozenset((used & MODULES | asserting) - bound)
