"""Finds the tests that a module defines and has not run by itself, as pytest and unittest do, with what goes before and
after them.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202
# pyright: basic, reportAttributeAccessIssue=false
import ast
import functools
import inspect
import sys
import types

import pytest_fixtures
import pytest_marks
import pytest_shim
from link_owned import TESTS
from link_proxies import Proxy

MODULE_HOOKS = ("setUpModule", "setup_module")
_NOT_RUN = {  # what a test returns that has only been made, and what such a test is
    types.CoroutineType: "a coroutine",
    types.GeneratorType: "a generator",
    types.AsyncGeneratorType: "an asynchronous generator",
}


def units(namespace, joined, tree):
    """Name, function and whether it is a test, in the order in which they are to be run.

    What the module ran itself is none: the solution may remember. ``check(candidate)`` is the last of them, and is none
    where any of the tests has run it by then.
    """
    own = {
        name: value
        for name, value in list(namespace.items())
        if type(value) is not Proxy and getattr(value, "__module__", "") == TESTS
    }
    fixtures = {**pytest_fixtures.made(joined), **pytest_fixtures.named(own)}
    given, used_at_load = pytest_fixtures.Given(joined), joined.uses + joined.peeks > 0
    yield from _hooks(own, *MODULE_HOOKS)
    for name in _lost(own, namespace, tree):
        yield name, lambda: joined.give_up("what the tests define here was replaced when it was decorated"), True
    for name, value in own.items():
        if isinstance(value, types.FunctionType) and name.startswith("test") and name not in fixtures:
            if joined.asked.has_run(value) and not hasattr(value, "pytestmark"):
                continue
            for case in pytest_marks.cases(namespace, value):
                run = _between(own, given.bound(value, case, fixtures))
                yield name, pytest_marks.held(case, run, joined, used_at_load), True
        elif isinstance(value, type) and hasattr(value, "assertEqual"):
            if getattr(value, "__unittest_skip__", False):
                yield name, _skipped(value, joined, used_at_load), True
            for unit, run, is_test in _cases(name, value, joined):
                yield unit, _as_pytest(unit, run, is_test, namespace, value, fixtures, given, used_at_load), is_test
        elif isinstance(value, type) and name.startswith("Test"):
            for unit, run, case in _methods(name, value, fixtures, namespace, given):
                held = run if case is None else pytest_marks.held(case, run, joined, used_at_load)
                yield unit, held, case is not None
    check = own.get("check")
    joined.asked.load()  # by now also what the tests ran
    if isinstance(check, types.FunctionType) and _count_of_parameters(check) == 1 and not joined.asked.has_run(check):
        yield "check", lambda: check(namespace.candidate()), True
    yield "fixtures", given.end, False
    yield from _hooks(own, "tearDownModule", "teardown_module")


def definitions(node):
    """The functions and classes that a module, or a statement of one, defines; none that are inside of those."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield child
        elif isinstance(child, (ast.stmt, ast.ExceptHandler)):
            yield from definitions(child)


def _lost(own, namespace, tree):
    """What was defined as a test and is none any more: whoever decorates a test decides whether it is run."""
    for node in definitions(tree):
        if isinstance(node, ast.ClassDef):
            tests = {each.name for each in definitions(node) if each.name.startswith("test")}
            kind = own.get(node.name)
            if tests and node.name in namespace and not isinstance(kind, type):
                yield node.name
            elif isinstance(kind, type):
                found = {name: inspect.getattr_static(kind, name, None) for name in tests}
                yield from (f"{node.name}.{name}" for name in sorted(tests) if _is_foreign(found[name]))
        elif node.name in namespace and (node.name.startswith("test") or node.name == "check"):
            yield from [] if isinstance(own.get(node.name), types.FunctionType) else [node.name]


def _is_foreign(method):
    """Whether a method is the solution's, or one that the solution chose."""
    return type(method) is Proxy or isinstance(method, (type, types.BuiltinFunctionType, types.MethodDescriptorType))


def require_run(result, joined, questions):
    """Give up where a test returned what would still have to be run, or its verdict, which no runner looks at.

    What it returns after it has asserted something says no more, unless that is False.

    Args:
        result: what it returned.
        joined: gives up.
        questions: how many there had been before it.

    Raises:
        Undecided: as said.
    """
    if type(result) in _NOT_RUN:
        if not isinstance(result, types.AsyncGeneratorType):
            result.close()
        joined.give_up(f"a test that is {_NOT_RUN[type(result)]} is run by no runner of tests")
    if result is False or (result is not None and joined.asked.count == questions):
        joined.give_up("a test returns what it found instead of asserting it")


def is_skip(error):
    """Whether an exception of the tests says that one is to be left out, as pytest or unittest does."""
    case = sys.modules.get("unittest.case")
    return isinstance(error, pytest_shim.Skipped) or (case is not None and isinstance(error, case.SkipTest))


def _hooks(own, *names):
    for name in names:
        if isinstance(own.get(name), types.FunctionType):
            yield name, _called(own[name]), False


def _called(hook):
    """A hook of pytest or unittest, which may or may not want to be told what it is for."""
    return lambda: hook(*[None] * _count_of_parameters(hook))


def _count_of_parameters(function):
    """How many parameters a function has, as ``inspect`` would say, which takes fifty times as long."""
    if not isinstance(function, types.FunctionType) or vars(function):  # bound to one of them, or standing for another
        return len(inspect.signature(function).parameters)
    code = function.__code__
    of_any_number = (inspect.CO_VARARGS, inspect.CO_VARKEYWORDS)
    return code.co_argcount + code.co_kwonlyargcount + sum(bool(code.co_flags & each) for each in of_any_number)


def _between(own, run):
    before, after = own.get("setup_function"), own.get("teardown_function")

    def run_between():
        if before is not None:
            _called(before)()
        try:
            return run()
        finally:
            if after is not None:
                _called(after)()

    return run_between


def _as_pytest(unit, run, is_test, namespace, kind, fixtures, given, used_at_load):
    """A unit of a unittest case with what pytest does around it: marks, and fixtures that no test asks for."""
    joined = given.joined
    if not is_test:
        return run
    method = getattr(kind, unit.rpartition(".")[2], None)
    (case, *more) = pytest_marks.cases(namespace, kind, method)

    def run_as_pytest():
        if more or case.parameters or pytest_fixtures.in_class(kind, kind):
            joined.give_up("a unittest case with parameters or fixtures of pytest's")
        if getattr(method, "__unittest_skip__", False):
            _skipped(method, joined, used_at_load)()
        return given.bound(run, case, fixtures, kind)()

    return pytest_marks.held(case, run_as_pytest, joined, used_at_load)


def _skipped(owner, joined, used_at_load):
    """Says that a case or a method of one is skipped, unless the solution may have had a part in that."""

    def run():
        if used_at_load:
            joined.give_up("whether a test is skipped may depend on the solution")
        raise pytest_shim.Skipped(str(getattr(owner, "__unittest_skip_why__", "")))

    return run


def _methods(name, kind, fixtures, namespace, given):
    """The tests of a plain class, each with its case, and what goes before and after all of them, without one."""
    if hasattr(kind, "setup_class"):
        yield f"{name}.setup_class", _called(kind.setup_class), None
    for method in _tests_of(kind, given.joined):
        for case in pytest_marks.cases(namespace, kind, getattr(kind, method)):
            yield f"{name}.{method}", _method(kind, method, case, fixtures, given), case
    if hasattr(kind, "teardown_class"):
        yield f"{name}.teardown_class", _called(kind.teardown_class), None


def _method(kind, name, case, fixtures, given):
    def run():
        instance = kind()
        own = pytest_fixtures.in_class(kind, instance)
        for each in ("setup_method", "setup"):
            if hasattr(instance, each) and each not in own:
                _called(getattr(instance, each))()
        try:
            return given.bound(getattr(instance, name), case, {**fixtures, **own}, kind)()
        finally:
            for each in ("teardown_method", "teardown"):
                if hasattr(instance, each):
                    _called(getattr(instance, each))()

    return run


def _tests_of(kind, joined):
    """Names of the methods of a class that are tests, but for those of its own that the module ran."""
    found = [each for each in dir(kind) if each.startswith("test")]
    return [each for each in found if each not in vars(kind) or not joined.asked.has_run(vars(kind)[each])]


def _cases(name, kind, joined):
    """The tests of a unittest case; none of them where its class cannot be set up."""
    tests = _tests_of(kind, joined)
    if getattr(kind, "__unittest_skip__", False) or not tests:
        return
    is_ready = []

    def set_up():
        kind.setUpClass()
        is_ready.append(True)

    yield f"{name}.setUpClass", set_up, False
    if is_ready:
        for method in tests:
            yield f"{name}.{method}", _case(kind, method, joined), True
        yield f"{name}.tearDownClass", kind.tearDownClass, False
    yield f"{name}.doClassCleanups", kind.doClassCleanups, False


def _required(function, joined):
    """A method of a case, whose result unittest drops."""

    @functools.wraps(function)
    def run(*arguments, **keywords):
        questions = joined.asked.count
        require_run(function(*arguments, **keywords), joined, questions)

    return run


def _case(kind, method, joined):
    """Runs one method of a unittest case, and raises its first exception as it was raised."""
    import unittest

    class Outcome(unittest.TestResult):
        error = None

        def note(self, error):
            if self.error is None or is_skip(self.error):  # a part that is skipped hides no failure
                self.error = error

        def addError(self, test, err):
            self.note(err[1])

        addFailure = addError

        def addSubTest(self, test, subtest, err):
            if err is not None:
                self.note(err[1])

        def addExpectedFailure(self, test, err):
            self.note(pytest_shim.Skipped("the test is expected to fail"))

        def addUnexpectedSuccess(self, test):
            self.note(pytest_shim.Skipped("the test is expected to fail"))

        def addSkip(self, test, reason):
            self.note(pytest_shim.Skipped(reason))

    def run():
        outcome, case = Outcome(), kind(method)
        function = getattr(case, method)
        if not (inspect.iscoroutinefunction(function) and isinstance(case, unittest.IsolatedAsyncioTestCase)):
            setattr(case, method, _required(function, joined))
        case.run(outcome)
        if outcome.error is not None:
            raise outcome.error

    return run
