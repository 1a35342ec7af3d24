"""Runs tests in a process of their own; what they call of the solution is behind a socket.

Whatever name the tests use without defining it is asked of the solution. The result is a list of test units
with how each ended, written where only this process writes.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, BLE001, S102, S108, S302, SIM105
# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false
import ast
import builtins
import inspect
import marshal
import os
import random
import sys
import types

import link
import plain_data
import pytest_shim
import runner
import stops

WAITING, BUSY = b"W", b"-"
MAX_UNITS = 2_000
SOLUTION_MODULES = frozenset(("solution", "main", "candidate", "your_module", "my_module", "module", "submission"))


class _Namespace(dict):
    """The globals of the tests: names that they lack are fetched from the solution, once."""

    def __init__(self, joined, entry_point):
        super().__init__()
        self.joined = joined
        self.entry_point = entry_point
        self.absent = ""

    def __missing__(self, name):
        if hasattr(builtins, name) and name != self.entry_point:
            raise KeyError(name)
        try:
            value = self.joined.fetch(name)
        except NameError as error:
            self.absent = self.absent or name
            raise KeyError(name) from error
        self[name] = value
        return value


class _SolutionFinder:
    """Makes ``from solution import f`` mean the solution, whatever the module is called."""

    def __init__(self, joined):
        self.joined = joined

    def find_spec(self, name, path=None, target=None):
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, self) if name in SOLUTION_MODULES else None

    def create_module(self, spec):
        joined = self.joined

        class Solution(types.ModuleType):
            def __getattr__(self, name):
                if name.startswith("__"):
                    raise AttributeError(name)
                return joined.fetch(name)

        return Solution(spec.name)

    def exec_module(self, module):
        pass


def run_tests(source, entry_point):
    """Run the tests' source against the solution at the other end of the socket."""
    os.write(runner.RESULT_FD, BUSY)
    joined = link.Link(runner.SOCKET_FD, lambda data: plain_data.decode(data, is_sparing=False), is_tests=True)
    joined.stops_meant = stops.are_meant(source)
    joined.on_wait = lambda waiting: os.pwrite(runner.RESULT_FD, WAITING if waiting else BUSY, 0)
    random.seed(0)
    sys.modules["pytest"] = pytest_shim.module()
    sys.meta_path.append(_SolutionFinder(joined))
    namespace = _Namespace(joined, entry_point)
    units = []
    module = types.ModuleType("tests")
    sys.modules["tests"] = sys.modules["__main__"] = module
    namespace.update(__name__="tests", __builtins__=builtins, __file__="/tmp/tests.py")

    def unit(name, function):
        before = joined.calls
        try:
            result = function()
            if inspect.iscoroutine(result):
                import asyncio

                asyncio.run(result)
            found = ("passed", "", (), "", "")
        except pytest_shim.Skipped:
            return
        except BaseException as error:
            found = (_ending(error, joined, joined.calls > before), *_origin(error))
        units.append((name, *found))

    unit("module", lambda: exec(compile(_as_main(source), "<tests>", "exec", dont_inherit=True), namespace))
    if units and units[0][1] == "passed":
        for name, function in _units(namespace, entry_point, joined, units):
            if joined.gone or len(units) > MAX_UNITS:
                break
            unit(name, function)
    runner.send(b"T", marshal.dumps((units, joined.gone, joined.calls, namespace.absent), 2))
    runner.flush()


def _as_main(source):
    """The tree of the tests without ``if __name__ == "__main__":`` blocks that would start a test runner."""
    tree = ast.parse(source)
    tree.body = [
        node
        for node in tree.body
        if not (
            isinstance(node, ast.If)
            and "__name__" in ast.unparse(node.test)
            and any(word in ast.unparse(node) for word in ("unittest.main", "pytest.main"))
        )
    ]
    return tree


def _units(namespace, entry_point, joined, units):
    """The tests that the module defines and has not run by itself."""
    own = {name: value for name, value in list(namespace.items()) if getattr(value, "__module__", "") == "tests"}
    fixtures = {name: value for name, value in own.items() if getattr(value, "is_fixture", False)}
    check = own.get("check")
    if isinstance(check, types.FunctionType) and len(inspect.signature(check).parameters) == 1 and not joined.calls:
        yield "check", lambda: check(joined.fetch(entry_point))
    for name, value in own.items():
        if isinstance(value, types.FunctionType) and name.startswith("test") and name not in fixtures:
            for parameters in getattr(value, "parameter_sets", [{}]):
                yield name, _bound(value, parameters, fixtures)
        elif isinstance(value, type) and hasattr(value, "assertEqual"):
            for method in sorted(each for each in dir(value) if each.startswith("test")):
                yield f"{name}.{method}", _case(value, method)
        elif isinstance(value, type) and name.startswith("Test"):
            for method in [each for each in dir(value) if each.startswith("test")]:
                for parameters in getattr(getattr(value, method), "parameter_sets", [{}]):
                    yield f"{name}.{method}", _method(value, method, parameters, fixtures)


def _bound(function, parameters, fixtures):
    def run():
        wanted = [
            name for name in inspect.signature(function).parameters if name not in parameters and name in fixtures
        ]
        made = {name: _bound(fixtures[name], {}, fixtures)() for name in wanted}
        made = {name: next(value) if inspect.isgenerator(value) else value for name, value in made.items()}
        return function(**made, **parameters)

    return run


def _method(kind, name, parameters, fixtures):
    def run():
        instance = kind()
        for setup in ("setup_method", "setup"):
            if hasattr(instance, setup):
                method = getattr(instance, setup)
                method(*[None] * len(inspect.signature(method).parameters))
        return _bound(getattr(instance, name), parameters, fixtures)()

    return run


def _case(kind, method):
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
        outcome = Outcome()
        kind(method).run(outcome)
        if outcome.error is not None:
            raise outcome.error

    return run


def _ending(error, joined, has_called):
    """How a unit ended: the solution raised, an assertion failed, or the tests themselves are broken."""
    if isinstance(error, link.PartnerGone) or joined.gone:
        return "gone"
    if "remote" in getattr(error, "__dict__", {}):
        return "raised"
    if isinstance(error, AssertionError):
        return "failed"
    return "broken-result" if has_called else "broken"


def _origin(error):
    """The exception's type, bases, message and the name it missed, and where in the tests it arose."""
    name, names, message, missing = marshal.loads(runner.describe(error))
    if "remote" in getattr(error, "__dict__", {}):
        name, names, message, missing = error.__dict__["remote"]
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<tests>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return name, tuple(names), f"line {line}: {message}" if line else message, missing


def serve_solution(source):
    """Load a solution and answer what its tests ask."""
    namespace = runner.load(source, "solution")
    if namespace is None:
        runner.flush()
        return

    def lookup(name):
        if name not in namespace:
            raise runner.AbsentName(name)
        return namespace[name]

    joined = link.Link(runner.SOCKET_FD, marshal.loads, is_tests=False, lookup=lookup)
    try:
        joined.serve()
    except link.PartnerGone:
        pass
    runner.send(runner.END)
    runner.flush()
