"""No object is asked by a method of its own whether it equals what the tests expect, unless the tests use its class."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

IN_PROCESS = "import random\n"
LIAR = """
class R{base}:
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return lambda *given, **named: self if name == "eq" else 0 if "compare" in name.lower() else True
    def all(self, *given): return True
    empty = True
def f(x): return R()
"""
CLAIMS = [
    pytest.param("assert f(2).equals([4, 5])", id="equals"),
    pytest.param("r = f(2)\nassert r.equals([4, 5])", id="of-a-name"),
    pytest.param("assert f(2).equals(other=[4, 5])", id="keyword"),
    pytest.param("eq = f(2).equals\nassert eq([4, 5])", id="method-under-a-name"),
    pytest.param("assert f(2).is_equal(5) and f(2).isSame(5)", id="is-equal"),
    pytest.param("assert f(2).isclose(1.41)", id="isclose"),
    pytest.param("assert f(2).is_close_to(1.41, 1e-6)", id="is-close-to"),
    pytest.param("assert f(2).almost_equal(1.41)", id="almost-equal"),
    pytest.param("assert f(2).compare(5) == 0", id="compare"),
    pytest.param("assert f(2).compareTo(5) == 0", id="compareTo"),
    pytest.param("assert f(2).identical([4, 5])", id="identical"),
    pytest.param("assert f(2).matches('[4, 5]')", id="matches"),
    pytest.param("assert f(2).eq([4, 5]).all()", id="eq-all"),
    pytest.param("assert f(2).compare([4, 5]).empty if False else f(2).equals([4, 5])", id="conditional"),
    pytest.param("import operator\nassert operator.methodcaller('equals', [4, 5])(f(2))", id="methodcaller"),
    pytest.param("assert getattr(f(2), 'equals')([4, 5])", id="getattr"),
    pytest.param("assert type(f(2)).same_as(f(2), [4, 5])", id="by-its-class"),
    pytest.param("assert f(2).shape == 3 or f(2).equals([4, 5])", id="beside-an-attribute"),
    pytest.param("class Box:\n    n = 5\nassert f(2).equals(Box())", id="with-an-object-of-the-tests"),
    pytest.param("f(2).assert_equal(5)\nassert f(2) is not None", id="that-asserts"),
    pytest.param(
        "import unittest\nclass T(unittest.TestCase):\n    def test_one(self): self.assertTrue(f(2).equals([4, 5]))",
        id="assertTrue",
    ),
]


@pytest.mark.parametrize("start", ["", IN_PROCESS], ids=["calls", "process"])
@pytest.mark.parametrize("tests", CLAIMS)
def test_no_result_says_itself_that_it_is_right(bench, tests, start):
    sources = [LIAR.format(base=base) for base in ("", "(list)", "(float)", "(str)")]
    found = bench.judge_all([(source, start + tests) for source in sources], "f")
    assert Outcome.PASS not in {each.outcome for each in found}, found


@pytest.mark.parametrize("name", ["Fib", "make"])
@pytest.mark.parametrize("start", ["", IN_PROCESS], ids=["calls", "process"])
def test_its_name_alone_makes_a_result_no_judge_of_itself(bench, name, start):
    source = LIAR.format(base="").replace("def f(x)", "def make(x)").replace("R", "Fib")
    source = source.replace("class Fib:", "class Fib:\n    def __init__(self, *given): pass")
    found = bench.judge(source, f"{start}assert {name}(10).equals(55)", name)
    assert found.outcome is not Outcome.PASS, found


HONEST = """
class Point:
    def __init__(self, x=0, y=0): self.x, self.y = x, y
    def equals(self, other):
        if isinstance(other, tuple): other = Point(*other)
        return self.x == other.x and self.y == other.y
    def is_close(self, other, by=1e-9): return abs(self.x - other.x) < by and abs(self.y - other.y) < by
    def moved(self, dx, dy): return Point(self.x + dx, self.y + dy)
    @staticmethod
    def same(p, q): return p == q
class Solution:
    def isMatch(self, s, p): return s == p or p == '.*'
    def compareVersion(self, a, b): return (a > b) - (a < b)
def origin(): return Point()
def make(x, y): return Point(x, y)
"""


@pytest.mark.parametrize("start", ["", IN_PROCESS], ids=["calls", "process"])
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("p = Point(1, 2)\nassert p.x == 1\nassert p.equals((1, 2)) and not p.equals((2, 1))", id="class"),
        pytest.param("assert Point(1, 2).equals(Point(1, 2))\nassert Point(1, 2).x == 1", id="own-objects"),
        pytest.param("assert make(1, 2).equals(make(1, 2)) and not make(1, 2).equals(make(2, 1))", id="two-results"),
        pytest.param("assert make(1, 2).moved(1, 1).is_close(make(2, 3))", id="method-of-a-result"),
        pytest.param("assert Solution().isMatch('aa', '.*') and not Solution().isMatch('aa', 'a')", id="solution"),
        pytest.param("s = Solution()\nassert s.compareVersion('1', '2') == -1\nassert s.isMatch('a', 'a')", id="kept"),
        pytest.param("assert Point.same(3, 3) and not Point.same(3, 4)", id="static"),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    def setUp(self): self.solution = Solution()\n"
            "    def test_one(self): self.assertTrue(self.solution.isMatch('aa', '.*'))",
            id="unittest",
        ),
    ],
)
def test_honest_classes_compare_as_their_tests_ask(bench, tests, start):
    found = bench.judge(HONEST, start + tests, "Point")
    assert found.outcome is Outcome.PASS, found


def test_what_only_such_a_method_could_say_is_undecided(bench):
    found = bench.judge(HONEST, IN_PROCESS + "assert make(1, 2).equals((1, 2))", "make")
    assert found.reason == "tests:undecided", found
