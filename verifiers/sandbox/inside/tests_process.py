"""Runs tests in a process of their own; what they call of the solution is behind a socket.

Whatever name the tests use without defining it is asked of the solution. The result is a list of test units
with how each ended, written where only this process writes.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204, BLE001, S102, S108, S302
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
import ast
import builtins
import functools
import marshal
import os
import random
import sys
import types

import known_names
import link
import link_carried
import link_compared
import link_replies
import pytest_shim
import runner
import stops
import tests_asked
import tests_bodies
import tests_files
import tests_kinds
import tests_tree
import tests_units
import tests_watch
import tree_nodes
from link_errors import origin
from link_failures import PartnerGone, TooMuchSent
from link_kinds import is_of_link
from link_owned import TESTS
from link_proxies import Proxy, of
from link_standing import Refused, Standings
from link_streams import Streams
from pytest_marks import Failed
from stand_ins import Quitter

WAITING, BUSY = b"W", b"-"
MAX_UNITS = 10_000
REFUSED = ("Refused", (), "data was expected, and the solution returned an object", "")
TOLD = "what is compared may say itself what it equals"
_QUITTERS = ("exit", "quit")


class _Namespace(dict):
    """The globals of the tests: names that they lack are fetched from the solution, what can be called only once.

    Args:
        joined: the link to the solution.
        entry_point: what ``check`` is called with.
        unimported: names by which the tests mean a library's, as far as they can know.
    """

    def __init__(self, joined, entry_point, unimported):
        super().__init__()
        self.joined = joined
        self.entry_point = entry_point
        self.absent = ""
        self._unimported = unimported

    def __missing__(self, name):
        if hasattr(builtins, name) and name != self.entry_point:
            raise KeyError(name)
        try:
            value = self._fetched(name)
        except NameError as error:
            if name in _QUITTERS and name != self.entry_point:
                return Quitter(name)
            raise KeyError(name) from error
        if _is_callable(value):
            self[name] = value
        return value

    def candidate(self):
        """What ``check`` is called with, where the tests leave that to whoever runs them."""
        if not self.entry_point:
            self.joined.give_up("check(candidate) without an entry point")
        return self._fetched(self.entry_point)

    def _fetched(self, name):
        try:
            value = self.joined.fetch(name)
        except NameError:
            self.absent = self.absent or (name if name not in _QUITTERS else "")
            raise
        if name in self._unimported and not known_names.is_genuine(name, value):
            self.joined.give_up(f"the tests do not import {name!r}, and the solution has one of its own")
        if type(value) is not Proxy and not _is_function(value):
            self.joined.uses += 1  # data is used by being read
        return _counted(self.joined, value)


def _is_function(value):
    return callable(value) and type(value) is not Proxy and not isinstance(value, type)


def _counted(joined, value):
    """A function of a library that is the solution under another name: calling it is a use of the solution."""
    if not _is_function(value):
        return value

    @functools.wraps(value)
    def called(*arguments, **keywords):
        joined.uses += 1
        return value(*arguments, **keywords)

    return called


def _is_callable(value):
    """Whether a value is a function or a class; of what is the solution's, this was told with its name."""
    return of(value).is_callable if type(value) is Proxy else callable(value)


class _SolutionFinder:
    """Makes ``from solution import f`` mean the solution, whatever the module is called."""

    def __init__(self, joined):
        self.joined = joined

    def find_spec(self, name, path=None, target=None):
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self, is_package=True) if name in self.joined.modules else None

    def create_module(self, spec):
        joined = self.joined

        class Solution(types.ModuleType):
            def __getattr__(self, name):
                if name.startswith("__"):
                    raise AttributeError(name)
                try:
                    return _counted(joined, joined.fetch(name))
                except NameError as error:  # as of any module, so that tests may look whether there is one
                    raise AttributeError(f"the solution defines no {name!r}") from error

        return Solution(spec.name)

    def exec_module(self, module):
        pass


def run_tests(source, entry_point, draws_seed, watch=None):
    """Run the tests' source against the solution at the other end of the socket.

    Its random numbers begin otherwise than the solution's, which could draw what is expected of it.

    Args:
        source: of the tests.
        entry_point: what they are about.
        draws_seed: of their random numbers.
        watch: holds the marks of what the solution's process answers against it, where there are such.
    """
    os.write(runner.RESULT_FD, BUSY)
    tree = ast.parse(source)
    modules = known_names.SOLUTION_MODULES
    nodes = tree_nodes.nodes_of(tree)
    if "import" in source:
        known_names.name_main(nodes)
        modules = known_names.solution_modules(nodes, entry_point)
    standings = Standings(nodes, entry_point)
    joined = link.Link(runner.SOCKET_FD, link_replies.loads, standings=standings)
    joined.marks = watch
    joined.modules = modules
    if "thread" in source.lower() or "concurrent" in source:
        joined.lanes.begin()
    joined.stops_meant = stops.are_meant(source)
    joined.on_wait = lambda waiting: os.pwrite(runner.RESULT_FD, WAITING if waiting else BUSY, 0)
    random.seed(draws_seed)
    joined.streams = Streams(joined)
    if "mock" in source:
        joined.streams.watch_patches()
    for each in (link_carried, link_compared, tests_kinds):
        each.watch(source)
    tests_watch.watch(source, joined)
    joined.are_files_the_solutions = "tmp_path" in source and tests_files.look_at_none(nodes, joined.modules)
    unseen = tests_watch.unseen_change(nodes, joined.modules)
    sys.modules["pytest"] = pytest_shim.module(joined)
    sys.meta_path.append(_SolutionFinder(joined))
    namespace = _Namespace(joined, entry_point, known_names.stand_ins(nodes, entry_point))
    units = []
    asked = joined.asked = tests_asked.Asked(tests_tree.reporting(tree), joined.values.errors.named)
    tests_bodies.asking(tree, nodes)
    namespace.update({tests_tree.ASKED: asked, **tests_bodies.names(namespace)})
    sys.modules["tests"] = sys.modules[TESTS] = types.ModuleType(TESTS)
    namespace.update(__name__=TESTS, __builtins__=builtins, __file__="/tmp/tests.py")
    namespace.update(tests_kinds.questions(nodes if "class" in source else ()))

    def unit(name, function, is_test=True):
        """Run a test, or what goes before or after some; returns whether it held, as far as it came."""
        calls, used, questions = joined.calls, joined.uses + joined.peeks, asked.count
        joined.missed = joined.undecided = ""
        joined.unsure = unseen
        joined.is_refused = False
        try:
            result = function()
            if type(result) is types.CoroutineType:
                import asyncio

                result = asyncio.run(result)
            if is_test:
                tests_units.require_run(result, joined, questions)
            found = ("passed", "", (), "", "")
        except BaseException as error:
            if isinstance(error, (NameError, ImportError, AttributeError)):
                namespace.absent = namespace.absent or joined.missed
            found = (_ending(error, joined, joined.uses + joined.peeks > used), *_origin(error))
            if found[0] == "skipped" and (joined.calls > calls or name in tests_units.MODULE_HOOKS):
                joined.undecided = f"a test is skipped after the solution was called: {error}"
            if found[0] in ("passed", "skipped"):
                found = (found[0], "", (), "", "")
        is_denied = asked.is_denied
        unsettled = asked.unsettled() if found[0] == "passed" else asked.forget()
        if why := joined.undecided or joined.stale:
            found = ("undecided", "", (), why, "")
        elif joined.is_refused and found[0] == "passed":
            found = ("failed", *REFUSED)
        elif unsettled:
            found = ("undecided", "", (), unsettled, "")
        elif joined.unsure and found[0] in ("failed", "raised", "broken-result"):
            found = ("undecided", *found[1:3], f"{joined.unsure}; {found[3]}", "")
        elif is_denied and found[0] == "failed":
            found = ("failed", *REFUSED)
        if entry_point in joined.misses:  # also where the tests have something else in its place
            namespace.absent = entry_point
        if is_test or found[0] != "passed":
            units.append((name, *found))
        return found[0] == "passed" or bool(unsettled)

    if unit("module", lambda: exec(compile(tree, "<tests>", "exec", dont_inherit=True), namespace)):
        asked.is_settled = units[0][1] == "passed"
        asked.load()
        for one in tests_units.units(namespace, joined, tree):
            if joined.gone:
                break
            if len(units) >= MAX_UNITS:
                units.append(("tests", "undecided", "", (), f"more than {MAX_UNITS} tests are not run", ""))
                break
            unit(*one)
        skipped = [each[0].removesuffix(".setUpClass") for each in units if each[1] == "skipped"]
        if why := asked.unsettled() or asked.unreached(skipped):
            units.append(("tests", "undecided", "", (), why, ""))
    if joined.marks is not None and joined.marks.is_told:
        runner.send(b"C", marshal.dumps(TOLD, 2))
    found = units, joined.gone is not None, joined.uses, namespace.absent, asked.count
    runner.send(b"T", marshal.dumps(found, 2))
    runner.flush()


def _ending(error, joined, has_used):
    """How a unit ended: the solution raised, an assertion failed, or nothing can be said of it.

    Args:
        error: what ended it.
        joined: the link to the solution.
        has_used: whether the unit used the solution.
    """
    if isinstance(joined.gone, TooMuchSent):
        return "too-much"
    if joined.gone:
        return "gone"
    if origin(error) is not None:
        return "raised"
    if isinstance(error, TooMuchSent):
        return "too-much"
    if isinstance(error, PartnerGone):
        return "gone"
    if tests_units.is_skip(error):
        return "skipped"
    if isinstance(error, SystemExit) and error.code in (None, 0):  # as a script that has run well
        return "passed"
    if isinstance(error, (AssertionError, Failed, Refused, SystemExit)):
        return "failed" if joined.uses + joined.peeks else "broken"  # before that they speak of themselves
    module = str(error.name).partition(".")[0] if isinstance(error, ImportError) else "solution"
    if not has_used or module not in joined.modules:
        return "broken"
    if isinstance(error, OSError) or (why := is_of_link(error)):
        joined.undecided = why if not isinstance(error, OSError) else f"the tests read files: {error}"
    return "broken-result"


def _origin(error):
    """The exception's type, bases, message and the name it missed, and where in the tests it arose."""
    name, names, message, missing = origin(error) or marshal.loads(runner.describe(error))
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<tests>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return name, tuple(names), f"line {line}: {message}" if line else message, missing
