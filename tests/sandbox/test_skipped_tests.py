"""No solution has its tests skipped or ended, whatever it raises; tests that skip themselves say nothing of it."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

IN_PROCESS = "import random\n"  # so that the tests run in a process of their own
PLAIN = IN_PROCESS + "assert f(2) == 4\n"
UNITTEST = "import unittest\nclass T(unittest.TestCase):\n    def test_f(self): self.assertEqual(f(2), 4)\n"
PYTEST = "import pytest\ndef test_f(): assert f(2) == 4\n"
ASYNC = """
import asyncio
async def ask(): assert f(2) == 4
async def test_f():
    async with asyncio.TaskGroup() as group: group.create_task(ask())
"""
ALL = (PLAIN, UNITTEST, PYTEST, ASYNC)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class Skipped(Exception): pass\ndef f(x): raise Skipped()", id="skipped"),
        pytest.param("class Skipped(Exception): pass\nclass Other(Skipped): pass\ndef f(x): raise Other()", id="under"),
        pytest.param("class SkipTest(Exception): pass\ndef f(x): raise SkipTest('no')", id="skip-test"),
        pytest.param("import unittest\ndef f(x): raise unittest.SkipTest('no')", id="unittests-skip-test"),
        pytest.param("class _ShouldStop(Exception): pass\ndef f(x): raise _ShouldStop()", id="should-stop"),
        pytest.param("class PartnerGone(BaseException): pass\ndef f(x): raise PartnerGone()", id="partner-gone"),
        pytest.param("class Refused(Exception): pass\ndef f(x): raise Refused()", id="refused"),
        pytest.param("class TooMuchSent(BaseException): pass\ndef f(x): raise TooMuchSent()", id="too-much-sent"),
        pytest.param("class Unserved(AttributeError): pass\ndef f(x): raise Unserved()", id="unserved"),
        pytest.param("import asyncio\ndef f(x): raise asyncio.CancelledError()", id="cancelled"),
        pytest.param(
            "class CancelledError(BaseException): pass\ndef f(x): raise CancelledError()", id="named-cancelled"
        ),
        pytest.param("def f(x): raise SystemExit(0)", id="system-exit"),
        pytest.param("def f(x): raise GeneratorExit", id="generator-exit"),
    ],
)
def test_what_a_solution_raises_fails_it_whatever_it_is_called(bench, source):
    found = bench.judge_all([(source, tests) for tests in ALL], "f")
    assert [each.outcome for each in found] == [Outcome.FAIL] * len(ALL), found


def test_a_solution_that_asks_for_another_process_cannot_skip_there(bench):
    """It knows by its descriptors that its tests are beside it."""
    source = """
import os, stat
class Skipped(Exception): pass
def f(x):
    if any(stat.S_ISSOCK(os.fstat(each).st_mode) for each in range(3, 10) if _is_open(each)): raise Skipped()
    return object()
def _is_open(descriptor):
    try:
        return bool(os.fstat(descriptor))
    except OSError:
        return False
"""
    found = bench.judge(source, "assert f(2) == 4", "f")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "exception:Skipped"), found


@pytest.mark.parametrize(
    ("tests", "outcome", "reason"),
    [
        pytest.param(
            "import pytest\ndef test_a():\n    f(1)\n    pytest.skip()\n    assert f(1) == 2\n",
            Outcome.ABSTAIN,
            "tests:undecided",
            id="after-a-call",
        ),
        pytest.param(
            "import pytest\ndef test_a():\n    try: right = f(1) == 2\n    except Exception: pytest.skip()\n"
            "    assert right\n",
            Outcome.PASS,
            "",
            id="where-it-raises",
        ),
        pytest.param(
            "import pytest, sys\ndef test_a(): pytest.skip('elsewhere')\ndef test_b(): assert f(1) == 2\n",
            Outcome.PASS,
            "",
            id="another-test-is-left",
        ),
        pytest.param(
            "import pytest\nassert f(1)\ndef test_a(): pytest.skip('elsewhere')\n",
            Outcome.ABSTAIN,
            "tests:skipped",
            id="none-is-left",
        ),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n"
            "    def test_a(self):\n        if f(1): self.skipTest('no')\n        self.assertEqual(f(1), 2)\n",
            Outcome.ABSTAIN,
            "tests:undecided",
            id="unittest-after-a-call",
        ),
    ],
)
def test_tests_that_skip_themselves_pass_nothing(bench, tests, outcome, reason):
    found = bench.judge("def f(x): return x + 1", IN_PROCESS + tests, "f")
    assert (found.outcome, found.reason) == (outcome, reason), found


def test_a_test_that_skips_where_the_solution_raises_does_not_pass_it(bench):
    tests = "import pytest\ndef test_a():\n    try: f(1)\n    except Exception: pytest.skip()\n"
    assert bench.judge("def f(x): raise ValueError", IN_PROCESS + tests, "f").outcome is Outcome.ABSTAIN


def test_libraries_errors_are_still_told_by_their_types(bench):
    source = "import json\ndef f(x): return json.loads('{')\n"
    tests = "import json, pytest\ndef test_f():\n    with pytest.raises(json.JSONDecodeError): f(1)\n"
    assert bench.judge(source, IN_PROCESS + tests, "f").outcome is Outcome.PASS
