"""Finds the tests that a module defines and has not run by itself, as pytest and unittest do, with what goes before and
after them.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202
# pyright: basic, reportAttributeAccessIssue=false
import ast
import functools
import inspect
import types

import pytest_fixtures
import pytest_shim
from link_proxies import Proxy

_NOT_RUN = {  # what a test returns that has only been made, and what such a test is
    types.CoroutineType: "a coroutine",
    types.GeneratorType: "a generator",
    types.AsyncGeneratorType: "an asynchronous generator",
}


def units(namespace, joined, tree):
    """Name, function and whether it is a test, in the order in which they are to be run.

    ``check(candidate)`` is the last of them, and is none where the tests have run it themselves by then.
    """
    own = {
        name: value
        for name, value in list(namespace.items())
        if type(value) is not Proxy and getattr(value, "__module__", "") == "tests"
    }
    fixtures = {name: value for name, value in own.items() if getattr(value, "is_fixture", False)}
    fixtures = {**pytest_fixtures.made(joined), **fixtures}
    yield from _hooks(own, "setUpModule", "setup_module")
    for name in _lost(own, namespace, tree):
        yield name, lambda: joined.give_up("what the tests define here was replaced when it was decorated"), True
    for name, value in own.items():
        if isinstance(value, types.FunctionType) and name.startswith("test") and name not in fixtures:
            for parameters in getattr(value, "parameter_sets", [{}]):
                yield name, _between(own, _bound(value, parameters, fixtures)), True
        elif isinstance(value, type) and hasattr(value, "assertEqual"):
            yield from _cases(name, value, joined)
        elif isinstance(value, type) and name.startswith("Test"):
            yield from _methods(name, value, fixtures)
    check = own.get("check")
    if (
        isinstance(check, types.FunctionType)
        and len(inspect.signature(check).parameters) == 1
        and not namespace.has_checked
    ):
        yield "check", lambda: check(namespace.candidate()), True
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


def require_run(result, joined):
    """Give up where a test returned what would still have to be run: none of its assertions was reached.

    Raises:
        Undecided: as said.
    """
    if type(result) in _NOT_RUN:
        if not isinstance(result, types.AsyncGeneratorType):
            result.close()
        joined.give_up(f"a test that is {_NOT_RUN[type(result)]} is run by no runner of tests")


def _hooks(own, *names):
    for name in names:
        if isinstance(own.get(name), types.FunctionType):
            yield name, _called(own[name]), False


def _called(hook):
    """A hook of pytest or unittest, which may or may not want to be told what it is for."""
    return lambda: hook(*[None] * len(inspect.signature(hook).parameters))


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


def _bound(function, parameters, fixtures):
    """A test with its parameters and its fixtures, each of which is made once for it and ended after it."""

    def run():
        made, ends = {}, []
        try:
            given = _fixtures_of(function, parameters, fixtures, made, ends)
            return function(**given, **parameters)
        finally:
            for end in reversed(ends):
                next(end, None)

    return run


def _fixtures_of(function, parameters, fixtures, made, ends):
    wanted = [name for name in inspect.signature(function).parameters if name not in parameters and name in fixtures]
    for name in wanted:
        if name not in made:
            value = fixtures[name](**_fixtures_of(fixtures[name], {}, fixtures, made, ends))
            if inspect.isgeneratorfunction(fixtures[name]):
                ends.append(value)
                value = next(value)
            made[name] = value
    return {name: made[name] for name in wanted}


def _methods(name, kind, fixtures):
    """The tests of a plain class."""
    if hasattr(kind, "setup_class"):
        yield f"{name}.setup_class", _called(kind.setup_class), False
    for method in [each for each in dir(kind) if each.startswith("test")]:
        for parameters in getattr(getattr(kind, method), "parameter_sets", [{}]):
            yield f"{name}.{method}", _method(kind, method, parameters, fixtures), True
    if hasattr(kind, "teardown_class"):
        yield f"{name}.teardown_class", _called(kind.teardown_class), False


def _method(kind, name, parameters, fixtures):
    def run():
        instance = kind()
        own = {each: getattr(instance, each) for each in dir(kind) if getattr(getattr(kind, each), "is_fixture", False)}
        for each in ("setup_method", "setup"):
            if hasattr(instance, each) and each not in own:
                _called(getattr(instance, each))()
        try:
            return _bound(getattr(instance, name), parameters, {**fixtures, **own})()
        finally:
            for each in ("teardown_method", "teardown"):
                if hasattr(instance, each):
                    _called(getattr(instance, each))()

    return run


def _cases(name, kind, joined):
    """The tests of a unittest case; none of them where its class cannot be set up."""
    if getattr(kind, "__unittest_skip__", False):
        return
    is_ready = []

    def set_up():
        kind.setUpClass()
        is_ready.append(True)

    yield f"{name}.setUpClass", set_up, False
    if is_ready:
        for method in sorted(each for each in dir(kind) if each.startswith("test")):
            yield f"{name}.{method}", _case(kind, method, joined), True
        yield f"{name}.tearDownClass", kind.tearDownClass, False
    yield f"{name}.doClassCleanups", kind.doClassCleanups, False


def _required(function, joined):
    """A method of a case, whose result unittest drops."""

    @functools.wraps(function)
    def run(*arguments, **keywords):
        require_run(function(*arguments, **keywords), joined)

    return run


def _case(kind, method, joined):
    """Runs one method of a unittest case, and raises its first exception as it was raised."""
    import unittest

    class Outcome(unittest.TestResult):
        error = None

        def addError(self, test, err):
            self.error = self.error or err[1]

        addFailure = addError

        def addSubTest(self, test, subtest, err):
            if err is not None:
                self.error = self.error or err[1]

        def addSkip(self, test, reason):
            self.error = self.error or pytest_shim.Skipped(reason)

    def run():
        outcome, case = Outcome(), kind(method)
        function = getattr(case, method)
        if not (inspect.iscoroutinefunction(function) and isinstance(case, unittest.IsolatedAsyncioTestCase)):
            setattr(case, method, _required(function, joined))
        case.run(outcome)
        if outcome.error is not None:
            raise outcome.error

    return run
