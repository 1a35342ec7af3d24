"""Lets a solution's and its tests' template go through what every such pair goes through, each beside the other.

What ``warming.py`` is for programs that run alone. The solution's template and the zygote, which becomes the template
of tests, play their parts at one time, at the two ends of sockets, so that one rehearsal is enough for both.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, RUF100
# pyright: basic
import ctypes
import gc
import os
import random
import sys

import confine
import gathering
import runner
import warming

TIMES = 20  # a function that runs once a time is rewritten at its eighth run, and fits soon after
FIRST = 2  # times in which it is seen what runs: in the second nothing is done for the first time any more
AF_UNIX = SOCK_STREAM = 1
SOLUTION = f"""{warming.SAMPLE}

def add(a, b):
    return a + b


def is_even(number: int) -> bool:
    return number % 2 == 0


def first(items: List[Any]) -> Optional[Any]:
    return items[0] if items else None
"""
TESTS = '''
import math

METADATA = {"author": "sample", "dataset": "test"}


def check(candidate):
    """What tests that are judged by are made of."""
    assert candidate([3, 1, 2, 2], "One two.")["counts"] == {"one": 1, "two.": 1}, "This prints if this assert fails"
    assert candidate([2, 4])["most"] == 16
    assert math.isclose(candidate([1])["ratio"], 0.0, abs_tol=1e-6)
    assert abs(candidate([4])["ratio"] - 1.0) < 1e-6
    assert add(2, 3) == 5 and add(2.5, 3) == 5.5
    assert add("a", "b") == "ab"
    assert add([1], [2, [3]]) == [1, 2, [3]]
    assert add((1,), (2, "3")) == (1, 2, "3")
    assert is_even(2) is True
    assert not is_even(3)
    assert first([]) is None
    assert first(["x", "y"]) == "x"
    for number in range(3):
        assert add(number, 1) == number + 1
    assert True, "This prints if this assert fails"


def test_first():
    assert first([1]) == 1
'''


class Rehearsal:
    """Both parts of it, which begin before the one process is forked from the other."""

    def __init__(self):
        self._pairs = []
        for _ in range(TIMES):
            pair = (ctypes.c_int * 2)()
            confine.call("socketpair", AF_UNIX, SOCK_STREAM, 0, pair)
            self._pairs.append(tuple(pair))

    def as_solution(self):
        """Play the solution, in the process that was forked."""
        self._play(0, _serve)

    def as_tests(self):
        """Play the tests, in the process that it was forked from."""
        self._play(1, _test)

    def _play(self, side, part):
        for pair in self._pairs:
            os.close(pair[1 - side])
        ends = [pair[side] for pair in self._pairs]
        result, joined = runner.RESULT_FD, runner.SOCKET_FD
        runner.RESULT_FD = os.open("/dev/null", os.O_WRONLY)
        ran = gathering.ran_in(lambda: [_at(end, part) for end in ends[:FIRST]])
        gathering.gather(ran)
        for end in ends[FIRST:]:
            _at(end, part)
        os.close(runner.RESULT_FD)
        runner.RESULT_FD, runner.SOCKET_FD = result, joined
        gc.collect()


def _at(end, part):
    runner.SOCKET_FD = end
    part()
    os.close(end)


def _serve():
    import solution_process

    solution_process.serve_solution(SOLUTION)
    del sys.modules["solution"]


def _test():
    """Run the tests; nothing of what they put in place stays."""
    import pytest_shim
    import tests_process

    main = sys.modules["__main__"]
    drawing = {name: getattr(random, name) for name in ("seed", "getstate", "setstate")}
    tests_process.run_tests(TESTS, "sample", 0)
    for name, function in drawing.items():
        setattr(random, name, function)
    sys.meta_path.pop()
    del sys.modules["tests"], sys.modules["pytest"]
    sys.modules["__main__"] = main
    pytest_shim.raises.link = None
