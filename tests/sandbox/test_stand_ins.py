"""What a solution calls like a library's function never answers for it."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

STARTS = pytest.mark.parametrize("start", ["", "import random\n"], ids=["calls", "process"])


@STARTS
@pytest.mark.parametrize(
    ("source", "tests"),
    [
        pytest.param("def isclose(*a): return True", "assert isclose(f(2), 1.41)", id="function"),
        pytest.param("def isclose(*a): return True", "r = f(2)\nassert isclose(r, 1.41)", id="of-a-variable"),
        pytest.param(
            "class Counter(dict):\n    __init__ = lambda s, *a: None",
            "assert Counter(f('aa')) == Counter('aa')",
            id="class",
        ),
        pytest.param("def Counter(x): return 0", "assert Counter(f('aa')) == Counter('aa')", id="function-for-class"),
        pytest.param("def factorial(n): return 0", "assert f(4) == factorial(4)", id="what-is-expected"),
        pytest.param("pi = 0", "assert f(4) == pi", id="constant"),
        pytest.param(
            "def isclose(*a): return True", "from solution import f\nassert isclose(f(2), 1.41)", id="imported-solution"
        ),
        pytest.param("def approx(*a): return 0", "assert f(2) == approx(1.41)", id="approx"),
        pytest.param("def assert_equal(*a): pass", "assert f(1) == 0\nassert_equal(f(2), 1.41)", id="assertion"),
    ],
)
def test_a_librarys_name_that_the_tests_do_not_import_is_not_the_solutions(bench, source, tests, start):
    found = bench.judge(source + "\ndef f(x): return 0", start + tests, "f")
    assert found.outcome is Outcome.ABSTAIN, found


@STARTS
@pytest.mark.parametrize(
    ("source", "tests"),
    [
        pytest.param(
            "from math import isclose, sqrt\ndef f(x): return sqrt(x)", "assert isclose(f(4), 2.0)", id="function"
        ),
        pytest.param(
            "from collections import Counter\ndef f(x): return Counter(x)",
            "assert Counter(f('aa')) == Counter('aa')",
            id="class",
        ),
        pytest.param("from math import pi\ndef f(x): return pi", "assert f(4) == pi", id="constant"),
        pytest.param(
            "from statistics import mean\ndef f(x): return mean(x) + 1",
            "assert f([1, 3]) == mean([1, 3]) + 1",
            id="mean",
        ),
        pytest.param(
            "def gcd(a, b):\n    while b: a, b = b, a % b\n    return a\ndef f(a, b): return a * b // gcd(a, b)",
            "assert gcd(4, 6) == 2\nassert f(4, 6) * gcd(4, 6) == 24",
            id="under-test-too",
        ),
    ],
)
def test_where_the_solution_has_it_of_the_library_too_an_honest_answer_passes(bench, source, tests, start):
    found = bench.judge(source, start + tests, "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


def test_without_an_entry_point_a_function_that_is_called_like_a_librarys_is_under_test(bench):
    source = "def gcd(a, b):\n    while b: a, b = b, a % b\n    return a"
    tests = "for a, b, g in [(4, 6, 2)]:\n    assert gcd(a, b) == g"
    assert bench.judge(source, tests).outcome is Outcome.PASS
    assert bench.judge("def gcd(a, b): return 1", tests).outcome is Outcome.FAIL


@STARTS
def test_what_neither_imports_says_that_the_tests_do_not(bench, start):
    found = bench.judge("def f(x): return x ** 0.5", start + "assert isclose(f(4), 2.0)", "f")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:unusable"), found


COUNTER = (
    "class Counter:\n    def __init__(self, n=0): self.n = n\n    def inc(self): self.n += {}; return self.n\n"
    "    def is_right(self, x): return True\n    def __eq__(self, other): return True\n"
    "def f(x): return 0\n"
)
OF_COUNTERS = [
    pytest.param("c = Counter()\nc.inc()\nassert c.n == 1\nassert f(1) == 0", id="variable"),
    pytest.param("assert Counter().inc() == 1\nassert f(1) == 0", id="at-once"),
    pytest.param(
        "import unittest\nclass T(unittest.TestCase):\n    def setUp(self): self.c = Counter()\n"
        "    def test_a(self):\n        self.c.inc()\n        self.assertEqual((self.c.n, f(1)), (1, 0))",
        id="attribute",
    ),
    pytest.param(
        "import pytest\n@pytest.fixture\ndef counter():\n    return Counter()\n"
        "def test_a(counter):\n    counter.inc()\n    assert (counter.n, f(1)) == (1, 0)",
        id="fixture",
    ),
]


@STARTS
@pytest.mark.parametrize("entry_point", ["", "f"])
@pytest.mark.parametrize("tests", OF_COUNTERS)
def test_what_is_used_as_no_librarys_can_be_is_the_solutions(bench, tests, entry_point, start):
    assert bench.judge(COUNTER.format(1), start + tests, entry_point).outcome is Outcome.PASS
    wrong = bench.judge(COUNTER.format(2), start + tests, entry_point)
    assert (wrong.outcome, wrong.reason) == (Outcome.FAIL, "wrong-answer"), wrong


@STARTS
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(
            "c = Counter(f('a'))\nc.label = 1\nassert c.label == 1\nassert c == Counter('aa')", id="set-there"
        ),
        pytest.param(
            "class S:\n    def inc(self): return 1\nc = Counter(f('a'))\nc = S()\nassert c.inc() == 1\n"
            "assert Counter(f('aa')) == Counter('aa')",
            id="another-of-that-name",
        ),
        pytest.param("assert Counter(f('aa')).is_right(3)", id="a-judge"),
        pytest.param("c = Counter(f('aa'))\nassert c.is_right(3)\nassert f(1) == 0", id="a-judge-under-a-name"),
    ],
)
def test_no_use_of_another_thing_and_no_judge_makes_it_the_solutions(bench, tests, start):
    found = bench.judge(COUNTER.format(1), start + tests, "f")
    assert found.outcome is Outcome.ABSTAIN, found
