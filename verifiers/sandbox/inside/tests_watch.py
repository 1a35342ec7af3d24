"""Sees what tests change or listen to in their own process, where the solution's does neither.

Under such a change a failure says nothing. A warning or a line of a log that was not heard says nothing either way, so
that tests that listen for them are given up.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204
# pyright: basic, reportAttributeAccessIssue=false, reportPrivateUsage=false
import ast
import functools
import sys
import warnings

CARRIED = frozenset(("sys.stdin", "sys.stdout", "sys.stderr", "builtins.input", "builtins.print"))
CHANGERS = frozenset((
    *(f"os.environ.{name}" for name in ("update", "setdefault", "pop", "popitem", "clear")),
    *"os.putenv os.unsetenv os.chdir os.umask time.tzset locale.setlocale sys.setrecursionlimit".split(),  # noqa: SIM905
))  # fmt: skip


_MAY_CHANGE = frozenset((ast.Attribute, ast.Subscript, ast.Call))


def unseen_change(nodes, solution_modules):
    """What of a module the tests change outside of the solution's sight, or "".

    Args:
        nodes: those of the tests.
        solution_modules: what the solution's module may be called.
    """
    names = _imported(nodes, solution_modules)
    if not names:
        return ""
    for node in nodes:
        for target in _changed(node) if node.__class__ in _MAY_CHANGE else ():
            dotted = _dotted(target, names)
            is_deep_in_solution = dotted.partition(".")[0] in solution_modules and dotted.count(".") > 1
            if dotted and dotted not in CARRIED and not is_deep_in_solution:
                return f"the tests change {dotted}, which the solution does not see"
    return ""


def _imported(nodes, solution_modules):
    """What names stand for that were imported; those taken out of the solution are objects of its own."""
    names = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for each in node.names:
                names[each.asname or each.name.partition(".")[0]] = (
                    each.name if each.asname else each.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and node.module not in solution_modules:
            names.update({each.asname or each.name: f"{node.module}.{each.name}" for each in node.names})
    return names


def _changed(node):
    """Expressions that a statement or a call changes: attributes, items, and what is changed by a method."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        yield node
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr") and len(node.args) > 1:
            name = node.args[1].value if isinstance(node.args[1], ast.Constant) else "?"
            yield ast.Attribute(value=node.args[0], attr=str(name), ctx=ast.Store())
        elif isinstance(node.func, (ast.Attribute, ast.Name)):
            yield node


def _dotted(node, names):
    """``os.environ`` for ``environ["X"]``; "" where what is changed is no module's."""
    if isinstance(node, ast.Call):
        called = _path(node.func, names)
        return called if called in CHANGERS else ""
    if isinstance(node, ast.Subscript):
        return _path(node.value, names)
    if isinstance(node.value, ast.Call):  # ``decimal.getcontext().prec``
        made_by = _path(node.value.func, names)
        return f"{made_by}().{node.attr}" if made_by else ""
    return _path(node, names)


def _path(node, names):
    parts = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in names:
        return ""
    return ".".join((names[node.id], *reversed(parts)))


def watch(source, joined):
    """Give up tests that listen for warnings or logs, which arise in the other process; see what they expect.

    Runners of tests are started in vain: the tests are run anyway.
    """

    def unheard(what):
        joined.undecided = joined.undecided or f"the tests listen for {what} of the solution, which are not heard"

    if "unittest" in source:
        import unittest

        unittest.main = unittest.TestProgram = lambda *_, **__: _Started(joined)
    if "assertRaises" in source or "assert_raises" in source:
        from unittest import case

        _before(case._AssertRaisesContext, "__exit__", lambda *given: _expect(joined, *given))
    if "warn" in source.lower():
        _before(warnings.catch_warnings, "__enter__", lambda self: self._record and unheard("warnings"))
        for name in ("simplefilter", "filterwarnings"):
            _before(warnings, name, lambda action, *_, **__: action == "error" and unheard("warnings"))
    if "Logs" in source:
        from unittest import _log

        _before(_log._AssertLogsContext, "__enter__", lambda _: unheard("logs"))
    if "logging" in source:
        import logging

        usual = sys.stderr
        _before(
            logging.Logger,
            "addHandler",
            lambda _, handler: getattr(handler, "stream", None) is usual or unheard("logs"),
        )


class _Started:
    """What comes of a runner of tests, which has not run them."""

    def __init__(self, joined):
        self._joined = joined

    def __getattr__(self, name):
        self._joined.give_up(f"the tests ask a runner of tests for {name!r}")


def _expect(joined, context, kind, error, trace):
    """Take note of the exception that ``assertRaises`` waits for."""
    if kind is not None and issubclass(kind, context.expected):
        joined.asked.expected(error, context.expected)


def _before(owner, name, look):
    """Have a function or a method look at its arguments before it is carried out."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def looked(*arguments, **keywords):
        look(*arguments, **keywords)
        return original(*arguments, **keywords)

    setattr(owner, name, looked)
