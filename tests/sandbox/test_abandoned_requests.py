"""A handler of signals may end the wait for an answer, on either side: no later request takes it for its own."""

import pytest

from stillroom.records import Outcome
from stillroom.records.execution import Program

pytestmark = pytest.mark.docker

TIMEOUT = """
import signal
def with_timeout(func, seconds):
    def ring(*_): raise TimeoutError
    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try: return func()
    finally: signal.setitimer(signal.ITIMER_REAL, 0)
def double(x): return 2 * x
"""
CALLING_LATE = "import time\ndef f(cb):\n    time.sleep(0.3)\n    cb(1)\n    return 7\ndef g(x): return x\n"
FILLING_LATE = (
    "import time\ndef f(xs, s):\n    time.sleep(s)\n    xs.append(s)\n    return xs\ndef g(xs): return len(xs)\n"
)
LATE = (
    "import signal, time\nclass Late(Exception): pass\ndef ring(*_): raise Late\n"
    "signal.signal(signal.SIGALRM, ring)\n"
    "def late(f, *given):\n    signal.setitimer(signal.ITIMER_REAL, 0.1)\n    try:\n        f(*given)\n"
    "        return False\n    except Late: return True\n"
)
RIGHT = [
    pytest.param(
        TIMEOUT,
        "import time, pytest\ndef test_late():\n    with pytest.raises(TimeoutError):\n"
        "        with_timeout(lambda: time.sleep(0.4), 0.1)\n    assert with_timeout(lambda: 5, 1) == 5\n"
        "    assert with_timeout(lambda: 6, 1) == 6\n    assert double(4) == 8\n",
        id="of-the-solution",
    ),
    pytest.param(
        TIMEOUT,
        "import time, pytest\ndef slow():\n    time.sleep(0.4)\n    return double(3)\n"
        "def test_late():\n    with pytest.raises(TimeoutError): with_timeout(slow, 0.1)\n"
        "    assert with_timeout(slow, 1) == 6\n    assert double(5) == 10\n",
        id="of-the-solution-that-is-called-meanwhile",
    ),
    pytest.param(
        TIMEOUT,
        "import threading, time, pytest\ndef test_late():\n    with pytest.raises(TimeoutError):\n"
        "        with_timeout(lambda: time.sleep(0.4), 0.1)\n    assert with_timeout(lambda: 5, 1) == 5\n"
        "    assert double(4) == 8\n",
        id="of-the-solution-beside-threads",
    ),
    pytest.param(
        CALLING_LATE,
        LATE + "called = []\nassert g(1) == 1\nassert late(f, called.append)\nassert g(2) == 2\nassert g(3) == 3\n"
        "assert called == [1] and g(4) == 4\n",
        id="of-the-tests-that-are-called-later",
    ),
    pytest.param(
        CALLING_LATE,
        "import threading\n" + LATE + "called = []\nassert g(1) == 1\n"
        "assert [late(f, called.append) for _ in range(3)] == [True] * 3\nassert g(2) == 2 and called == [1, 1, 1]\n",
        id="of-the-tests-several-times-beside-threads",
    ),
    pytest.param(
        FILLING_LATE,
        LATE + "xs = [1]\nassert late(f, xs, 0.3)\nassert g(xs) == 2 and xs == [1, 0.3]\nassert f([], 0) == [0]\n",
        id="list-that-is-filled-later",
    ),
]
WRONG = [
    pytest.param(
        TIMEOUT.replace("return func()", "func()"),
        "import time, pytest\ndef test_late():\n    with pytest.raises(TimeoutError):\n"
        "        with_timeout(lambda: time.sleep(0.4), 0.1)\n    assert with_timeout(lambda: 5, 1) == 5\n",
        id="no-result",
    ),
    pytest.param(
        TIMEOUT.replace("raise TimeoutError", "pass"),
        "import time, pytest\ndef test_late():\n    assert double(4) == 8\n    with pytest.raises(TimeoutError):\n"
        "        with_timeout(lambda: time.sleep(0.4), 0.1)\n",
        id="no-timeout",
    ),
    pytest.param(
        CALLING_LATE.replace("return x", "return x % 3"),
        LATE + "called = []\nassert g(1) == 1\nassert late(f, called.append)\nassert g(2) == 2\nassert g(7) == 7\n",
        id="of-the-tests",
    ),
]


@pytest.mark.parametrize(("solution", "tests"), RIGHT)
def test_right_answers_hold_after_a_wait_that_was_ended(bench, solution, tests):
    judgement = bench.judge(solution, tests)
    assert judgement.outcome is Outcome.PASS, judgement


@pytest.mark.parametrize(("solution", "tests"), WRONG)
def test_wrong_answers_fail_after_a_wait_that_was_ended(bench, solution, tests):
    judgement = bench.judge(solution, tests)
    assert judgement.reason == "wrong-answer", judgement


FIND = "import gc\ndef link(): return next(each for each in gc.get_objects() if type(each).__name__ == 'Link')\n"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param("for n in range(1, 9): link().send(n, 'value', (0, 12))", id="to-all-that-may-be-asked"),
        pytest.param("link().send(9, 'value', (0, 12))", id="before-the-question"),
        pytest.param("link().send(0, 'value', (0, 12))", id="to-nothing"),
        pytest.param("link().send(None, 'value', (0, 12))", id="without-a-number"),
        pytest.param("link().send(1 << 40, 'cannot', 'x')", id="that-cannot-be"),
    ],
)
def test_answers_that_were_not_asked_make_no_pass(bench, sent):
    solution = f"{FIND}def f(x):\n    {sent}\n    return x + 10\n"
    judgement = bench.judge(solution, "import random\nassert f(1) == 11\nassert f(2) == 12\n", "f")
    assert judgement.outcome is Outcome.FAIL, judgement


HELD = """
class Number:
    def __init__(self, x): self.x = x
    def __sub__(self, other): return Number(self.x - other)
seen = set()
def f(x): return Number(x)
def keep(n): seen.add(n)
"""


@pytest.mark.parametrize("beginning", ["import random\n", "import threading\n"])
def test_what_is_no_longer_equal_on_both_sides_leaves_all_later_tests_undecided(bench, beginning):
    """Here a set of the solution comes to hold an object of which the tests may not ask the hash."""
    tests = (
        "held, r = seen, f(2) - 1\ndef test_a(): keep(r)\ndef test_b(): assert len(held) == 0\n"
        "def test_c(): assert len(held) == 1\ndef test_d(): assert f(3).x == 3\n"
    )
    run = bench.run(bench.executor.run(Program(source=HELD, tests=beginning + tests, entry_point="f"))).tests
    endings = {unit.name: unit.ending for unit in run.units}
    assert endings == {
        "module": "passed",
        **dict.fromkeys(("test_a", "test_b", "test_c", "test_d", "fixtures"), "undecided"),
    }
