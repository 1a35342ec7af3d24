"""Counts what tests ask: the assertions they come to, those that did not hold, and the functions that never ran.

A verdict rests on assertions that were asked and held. One that the tests caught when it failed, or when it raised what
they do not name, held for nobody; and where a function with assertions never ran, nobody knows what it would have said.

What they name may be a name of the solution's. If that is ``AssertionError`` under another name, their own failures go
by it, and under ``Exception`` all that they raise themselves. Which types of this process it gave out is known.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204
# pyright: basic, reportAttributeAccessIssue=false
import inspect
import sys
import types

from link_errors import origin
from link_owned import TESTS
from pytest_marks import Failed

_MRO = type.__dict__["__mro__"]
_BROAD = frozenset((Exception, BaseException))


class Asked:
    """What the tests report (``tests_tree.py``).

    Args:
        functions: those of the tests; the first is the module.
        renamed: exceptions that the solution gave out, under names of its own maybe; more are added as it does so.

    Attributes:
        count: assertions that were asked, and exceptions that came where the tests would else have failed.
        is_settled: whether all that the module asked when it was run held.
        is_denied: whether it was denied, since an assertion held, that an object equals data.
    """

    def __init__(self, functions, renamed=frozenset()):
        self.count = 0
        self.is_settled = self.is_denied = False
        self._functions = functions
        self._failed = []  # lines of what did not hold, until it is known that the test did not either
        self._meant = []  # types of what did not hold and was not meant to
        self._renamed = renamed
        self._open = {}  # by line, how many assertions were begun and have not ended
        self._made = set()  # positions of functions
        self._running = {0}
        self._named = set()
        self._ran = set()  # name and first line of what had run when that was asked

    def begun(self, line):
        """An assertion is asked."""
        self.count += 1
        self._open[line] = self._open.get(line, 0) + 1
        return True

    def held(self, value, line):
        """Whether an assertion holds."""
        holds = bool(value)
        self._ended(line)
        if holds:
            self._settle()
        else:
            self._failed.append(line)
        return holds

    def asks(self):
        """A condition is asked under which the tests fail."""
        self.count += 1
        return True

    def raised(self, error, line):
        """The tests raise something."""
        kind = error if isinstance(error, type) else type(error)
        if issubclass(kind, AssertionError) and not _is_of_solution(error):
            self._failed.append(line)
        return error

    def failed(self, line=0):
        """Something failed that is no assertion of the tests' own source."""
        self._failed.append(line)

    def caught(self, is_named, asks):
        """The tests caught an exception, by its type or with any other, where they may have failed without it."""
        is_of_solution = _is_of_solution(sys.exception())
        if is_of_solution or not self._renamed & _BROAD:
            self.count += asks and (is_named or is_of_solution)
            if is_named:
                self._open.clear()
        elif is_named and asks:
            self._failed.append(0)

    def expected(self, error, kinds):
        """An exception came that the tests wait for, by these types."""
        self.count += 1
        self._open.clear()
        if _is_failure(error):
            self._mean(error)
        elif not _is_of_solution(error) and self._is_renamed(error, kinds):
            self._failed.append(0)

    def judging(self, function, line, asks, is_called):
        """An assertion of a library, which says what comes of it; anything else as it is."""
        if type(function) not in (types.FunctionType, types.MethodType) or function.__module__ == TESTS:
            return function
        if asks and is_called:
            self.begun(line)

        def judge(*arguments, **keywords):
            if asks and not is_called:
                self.begun(line)
            try:
                result = function(*arguments, **keywords)
            except AssertionError as error:
                self._ended(line)
                if not _is_of_solution(error):
                    self._failed.append(line)
                raise
            self._ended(line)
            self._settle()
            return result

        return judge

    def made(self, position):
        """A function of the tests is defined."""
        self._made.add(position)

    def started(self, position):
        """A function of the tests has started."""
        self._running.add(position)
        return True

    def named(self, name, value):
        """The tests have come to where they read a function with assertions."""
        self._named.add(name)
        return value

    def unsettled(self):
        """Why what has passed did not hold, or ""; it is forgotten."""
        failed, began, evaded = self._failed[:1], list(self._open)[:1], self._evaded()
        self.forget()
        if failed:
            return "the tests went on after a failure" + (f" in line {failed[0]}" if failed[0] else "")
        if evaded:
            return f"the tests wait for their own {evaded[0].__name__}, if it is the solution that calls it otherwise"
        return f"the tests went on after an exception in the assertion of line {began[0]}" if began else ""

    def forget(self):
        """Forget what did not hold: the test did not either."""
        self._failed.clear()
        self._meant.clear()
        self._open.clear()
        self.is_denied = False
        return ""

    def load(self):
        """Take note of what has run by now."""
        self._ran = {(self._functions[each].name, self._functions[each].line) for each in self._running}

    def has_run(self, function):
        """Whether a function had run when that was noted, and need not run again."""
        if not self.is_settled or type(function) is not types.FunctionType:  # nor is the solution asked
            return False
        code = getattr(inspect.unwrap(function), "__code__", None)
        return code is not None and (code.co_name, code.co_firstlineno) in self._ran

    def unreached(self, skipped):
        """Why something was left out: a function with assertions never ran, though it should have; or "".

        It need not have run where a function that did run calls it only in a case that did not come, such as for
        another type of results.

        Args:
            skipped: names of the tests that were left out.
        """
        left_out = tuple(f"{each}." for each in skipped)
        verdicts = {}
        for position, function in enumerate(self._functions):
            if function.asserts and not self._is_excused(position, left_out, verdicts):
                return f"nothing ran the assertions of {function.path!r}"
        return ""

    def _is_excused(self, position, left_out, verdicts):
        """Whether a function ran, or need not have."""
        if position in self._running:
            return True
        if position not in verdicts:
            verdicts[position] = False  # as long as it is asked for itself
            verdicts[position] = self._need_not_run(position, left_out, verdicts)
        return verdicts[position]

    def _need_not_run(self, position, left_out, verdicts):
        function = self._functions[position]
        if f"{function.path}.".startswith(left_out):
            return True
        if function.parent not in self._running:
            return self._is_excused(function.parent, left_out, verdicts)
        if position not in self._made and not function.name.startswith("<"):
            return True
        return function.name not in self._named and any(
            function.name in each.reads and each is not function and self._is_excused(other, left_out, verdicts)
            for other, each in enumerate(self._functions)
        )

    def _ended(self, line):
        left = self._open.get(line, 0) - 1
        if left > 0:
            self._open[line] = left
        else:
            self._open.pop(line, None)

    def _settle(self):
        """What holds while the failure of another assertion is handled is what the tests accept in its place."""
        self.is_denied = False
        error = sys.exception() if self._failed else None
        while error is not None and self._failed:
            if _is_failure(error):
                self._mean(error)
            error = error.__context__

    def _mean(self, error):
        """The last failure counts as the tests mean it, unless the solution may have said by what name they wait."""
        if self._failed:
            self._failed.pop()
            self._meant.append(type(error))

    def _evaded(self):
        """The types of failures that the tests seemed to mean, and that the solution may have put into their words."""
        return [kind for kind in self._meant if not self._renamed.isdisjoint(_MRO.__get__(kind))]

    def _is_renamed(self, error, kinds):
        """Whether the tests wait for whatever comes, since that is what the solution has under their name for it."""
        broad = self._renamed & _BROAD
        return bool(broad) and all(each in broad for each in _flat(kinds) if isinstance(error, each))


def _flat(kinds):
    return [one for each in kinds for one in _flat(each)] if type(kinds) is tuple else [kinds]


def _is_failure(error):
    return isinstance(error, (AssertionError, Failed)) and not _is_of_solution(error)


def _is_of_solution(error):
    return origin(error) is not None
