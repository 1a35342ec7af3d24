"""Runs tests as their author would have: beside the solution, in one process, where its objects are no proxies.

A library that looks at the type of a proxy says "no" without a word, in ways that no list holds. So a solution that
fails its tests over the link is tried here. What comes of it is the solution's claim, since it shares this process: it
may excuse a failure, and passes nothing.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, BLE001, S102, S108, S302
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
import ast
import builtins
import marshal
import sys
import types

import known_names
import pytest_shim
import runner
import tests_asked
import tests_bodies
import tests_files
import tests_kinds
import tests_tree
import tests_units
import tree_nodes
from link_owned import TESTS
from link_standing import Undecided

SOLUTION = "solution"


class _Beside:
    """What stands in for the link where there is none: nothing crosses, and nothing is unseen."""

    gone = streams = None
    calls = uses = peeks = 0
    undecided = unsure = ""

    def __init__(self, asked):
        self.asked = asked

    def give_up(self, why):
        """Say that the tests cannot be judged here.

        Raises:
            Undecided: always.
        """
        raise Undecided(why)

    def note_patch(self, target, name):
        """A patch is seen."""

    def folder(self):
        """The path of a new folder."""
        return tests_files.made()


class _Namespace(dict):
    """The globals of the tests; names that they lack are the solution's."""

    def __init__(self, solution, entry_point):
        super().__init__()
        self._solution = solution
        self._entry_point = entry_point

    def __missing__(self, name):
        if hasattr(builtins, name) and name != self._entry_point:
            raise KeyError(name)
        return self._solution[name]

    def candidate(self):
        """What ``check`` is called with."""
        return self._solution[self._entry_point]


class _Finder:
    """Makes every module that the tests import and that is not there the solution."""

    def __init__(self, nodes):
        self._names = set()
        for node in nodes:
            if isinstance(node, ast.Import):
                self._names |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom):
                self._names.add(node.module)

    def find_spec(self, name, path=None, target=None):
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self) if name in self._names else None

    def create_module(self, spec):
        return sys.modules[SOLUTION]

    def exec_module(self, module):
        pass


def run():
    """Run what stands on stdin: a token, the solution, its tests and their entry point; tell the token if all hold."""
    token, source, tests, entry_point = marshal.loads(sys.stdin.buffer.read())
    solution = sys.modules[SOLUTION] = types.ModuleType(SOLUTION)
    solution.__file__ = f"/tmp/{SOLUTION}.py"
    exec(compile(source, f"<{SOLUTION}>", "exec", dont_inherit=True), solution.__dict__)
    if _all_hold(tests, solution.__dict__, entry_point):
        runner.send(runner.VALUE, token)


def _all_hold(source, solution, entry_point):
    tree = ast.parse(source)
    nodes = tree_nodes.nodes_of(tree)
    known_names.name_main(nodes)
    asked = tests_asked.Asked(tests_tree.reporting(tree))
    beside = _Beside(asked)
    sys.modules["pytest"] = pytest_shim.module(beside)
    sys.meta_path.append(_Finder(nodes))
    if "unittest" in source:
        import unittest

        unittest.main = unittest.TestProgram = lambda *_, **__: None
    namespace = _Namespace(solution, entry_point)
    tests_bodies.asking(tree, nodes)
    namespace.update({tests_tree.ASKED: asked, tests_kinds.SPECIAL: getattr, **tests_bodies.names(namespace)})
    sys.modules["tests"] = sys.modules[TESTS] = types.ModuleType(TESTS)
    namespace.update(__name__=TESTS, __builtins__=builtins, __file__="/tmp/tests.py")
    if not _holds(lambda: exec(compile(tree, "<tests>", "exec", dont_inherit=True), namespace), asked):
        return False
    asked.is_settled = True
    asked.load()
    return all(_holds(function, asked) for _, function, _ in tests_units.units(namespace, beside, tree))


def _holds(function, asked):
    """Whether a test ends without an exception, and passed over none; of one that is left out nothing is said."""
    try:
        result = function()
        if type(result) is types.CoroutineType:
            import asyncio

            asyncio.run(result)
    except BaseException as error:
        if _is_of_solution(error):  # whatever it is called
            return False
        is_end = isinstance(error, SystemExit) and error.code in (None, 0)
        return is_end or isinstance(error, Undecided) or tests_units.is_skip(error)
    return not asked.unsettled()


def _is_of_solution(error):
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == f"<{SOLUTION}>":
            return True
        trace = trace.tb_next
    return False
