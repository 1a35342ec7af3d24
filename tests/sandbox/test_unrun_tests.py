"""Tests of which nothing runs the assertions pass nobody: what is left out is said, and the verdict is open."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

IN_PROCESS = "import random\n"  # so that the tests run in a process of their own
FIRST = "assert f(0) == 1\n"  # so that the solution is called and something passes


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    async def test_a(self): self.assertEqual(f(1), 3)\n",
            id="coroutine-in-a-plain-case",
        ),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        yield\n"
            "        self.assertEqual(f(1), 3)\n",
            id="generator-in-a-case",
        ),
        pytest.param("def test_a():\n    yield\n    assert f(1) == 3\n", id="generator"),
        pytest.param("class TestA:\n    def test_a(self):\n        yield\n        assert f(1) == 3\n", id="in-a-class"),
        pytest.param("async def test_a():\n    yield\n    assert f(1) == 3\n", id="asynchronous-generator"),
        pytest.param(
            "import pytest\n@pytest.mark.parametrize('n', range(12_000))\ndef test_a(n): assert n < 11_000 or f(n) < 0",
            id="very-many",
        ),
    ],
)
def test_what_is_not_run_leaves_the_verdict_open(bench, tests):
    found = bench.judge("def f(x): return x + 1", IN_PROCESS + FIRST + tests, "f", timeout_seconds=6.0)
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found


def test_what_fails_still_decides_where_another_test_is_not_run(bench):
    tests = "def test_a(): yield\ndef test_b(): assert f(1) == 3\n"
    found = bench.judge("def f(x): return x + 1", IN_PROCESS + FIRST + tests, "f")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found


@pytest.mark.parametrize(
    ("value", "outcome"), [pytest.param("3", Outcome.FAIL, id="finite"), pytest.param("inf", Outcome.PASS, id="same")]
)
def test_no_finite_number_is_about_infinity(bench, value, outcome):
    tests = "import pytest\nassert f(0) == pytest.approx(float('inf'))\nassert f(0) != pytest.approx(float('-inf'))\n"
    found = bench.judge(f"def f(x): return float('{value}')", IN_PROCESS + tests, "f")
    assert found.outcome is outcome, found


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(
            "import unittest\nclass T(unittest.IsolatedAsyncioTestCase):\n"
            "    async def test_a(self): self.assertEqual(f(1), {})\n"
            "    def test_b(self): self.assertEqual(f(2), 3)\n",
            id="case",
        ),
        pytest.param("async def test_a(): assert f(1) == {}\n", id="function"),
    ],
)
def test_coroutines_that_a_runner_would_await_are_run(bench, tests):
    found = [bench.judge("def f(x): return x + 1", IN_PROCESS + tests.format(right), "f") for right in (2, 3)]
    assert [each.outcome for each in found] == [Outcome.PASS, Outcome.FAIL], found
