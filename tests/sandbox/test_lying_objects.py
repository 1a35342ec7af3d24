"""No object of a solution passes by what it says of expected values: data is compared where the solution is not."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

LIAR = """
class {name}{base}:
    def __init__(self, *given): pass
    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return lambda *given: True
    def __sub__(self, other): return {difference}
    __rsub__ = __isub__ = __sub__
    def __truediv__(self, other): return {ratio}
    def __mod__(self, other): return {difference}
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __eq__ = __lt__
    __ne__ = lambda self, other: False
    def __abs__(self): return 0.0
    __float__ = __abs__
    def __round__(self, *digits): return 0
    __int__ = __len__ = __index__ = __round__
    __hash__ = None
    def startswith(self, text): return {told}
    endswith = issubset = count = find = index = get = replace = add = startswith
    def difference(self, other): return {none}
    symmetric_difference = difference
"""
PLAIN = {"difference": "0.0", "ratio": "1.0", "base": "", "told": "True", "none": "set()"}
OBJECTS = {**PLAIN, "difference": "type(self)()", "ratio": "type(self)()"}
TOLD = {**PLAIN, "told": "self", "none": "type('Empty', (set,), {})()"}  # any object is true, and unequal to -1
SILENT = {**PLAIN, "told": "None", "none": "None"}
LISTS = {**OBJECTS, "base": "(list)"}
NUMBERS = {**PLAIN, "base": "(float)"}
NUMBERS_THAT_GIVE_OBJECTS = {**TOLD, "base": "(float)"}
KINDS = (PLAIN, OBJECTS, LISTS, NUMBERS, TOLD, SILENT, NUMBERS_THAT_GIVE_OBJECTS)

TESTS = [
    pytest.param("assert abs({call} - 1.41) < 1e-6", id="tolerance"),
    pytest.param("assert abs(1.41 - {call}) < 1e-6", id="tolerance-swapped"),
    pytest.param("assert {call} - 1.41 == 0", id="difference"),
    pytest.param("assert round({call} - 1.41, 6) == 0", id="rounded-difference"),
    pytest.param("r = {call}\nr -= 1.41\nassert abs(r) < 1e-6", id="difference-in-place"),
    pytest.param("assert abs({call} / 1.41 - 1) < 1e-6", id="ratio"),
    pytest.param("assert 1.40 <= {call} <= 1.42", id="range"),
    pytest.param("assert {call} == 1.41", id="equal"),
    pytest.param("assert not {call} != 1.41", id="not-unequal"),
    pytest.param("assert [{call}] == [1.41]", id="equal-in-a-list"),
    pytest.param("assert {call} in (1.41, 2)", id="one-of"),
    pytest.param("assert 'Hi' in {call}", id="membership"),
    pytest.param("assert {call}.startswith('Hi')", id="startswith"),
    pytest.param("assert {call}.count('a')", id="count"),
    pytest.param("assert {call}.find('a') >= 0", id="find"),
    pytest.param("assert {call}.issubset({{1, 2}})", id="issubset"),
    pytest.param("assert not {call}.issubset({{1, 2}})", id="not-issubset"),
    pytest.param("assert {call}.find('a') != -1", id="found"),
    pytest.param("assert {call}.index(3)", id="index"),
    pytest.param("assert {call}.add(3)", id="add"),
    pytest.param("r = {call}\nassert r.add(3).add(4)", id="add-twice"),
    pytest.param("assert {call}.get('Bob') is not None", id="get"),
    pytest.param("assert {call}.replace('expected', '') == ''", id="replace"),
    pytest.param("assert {call}.symmetric_difference({{1, 2}}) == set()", id="symmetric-difference-is-empty"),
    pytest.param("assert len({call}.difference({{1, 2}})) == 0", id="length-of-difference"),
    pytest.param(
        "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertSetEqual({call}, {{1, 2}})",
        id="assertSetEqual",
    ),
    pytest.param("d = {call} - 1.41\nassert abs(d) < 1e-6", id="difference-under-a-name"),
    pytest.param("assert not {call}.symmetric_difference({{1, 2}})", id="symmetric-difference"),
    pytest.param("assert {call}.__eq__(1.41)", id="operator-by-its-method"),
    pytest.param("assert not {call} - {{1, 2}}", id="set-difference"),
    pytest.param("assert len({call} - {{1, 2}}) == 0", id="length-of-set-difference"),
    pytest.param("import math\nassert math.isclose({call}, 1.41)", id="isclose"),
    pytest.param("import pytest\nassert {call} == pytest.approx(1.41)", id="approx"),
    pytest.param("import pytest\nassert pytest.approx(1.41) == {call}", id="approx-first"),
    pytest.param(
        "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertAlmostEqual({call}, 1.41)",
        id="assertAlmostEqual",
    ),
    pytest.param(
        "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertGreaterEqual({call}, 1.41)",
        id="assertGreaterEqual",
    ),
    pytest.param(
        "try:\n    right = abs({call} - 1.41) < 1e-6\nexcept Exception:\n    right = True\nassert right",
        id="what-is-raised-is-caught",
    ),
    pytest.param(
        "try:\n    right = abs({call} - 1.41) < 1e-6\nexcept BaseException:\n    right = True\nassert right",
        id="all-that-is-raised-is-caught",
    ),
]
IN_PROCESS = "import random\n"  # so that the tests run in a process of their own


@pytest.mark.parametrize("tests", TESTS)
def test_no_object_that_a_function_returns_passes_where_data_is_expected(bench, tests):
    rows = []
    for kind in KINDS:
        source = LIAR.format(name="Liar", **kind) + "def f(x): return Liar()\n"
        rows.append((source, IN_PROCESS + tests.format(call="f(2)")))
    assert {found.outcome for found in bench.judge_all(rows, "f")} <= {Outcome.FAIL, Outcome.ABSTAIN}


@pytest.mark.parametrize("tests", TESTS)
def test_no_object_passes_where_tests_become_calls_either(bench, tests):
    rows = []
    for kind in KINDS:
        lying = LIAR.format(name="Liar", **kind)
        rows.append((lying + "def f(x): return Liar()\n", tests.format(call="f(2)")))
        rows.append((lying.replace("Liar", "Fib"), tests.format(call="Fib(10)")))
    found = bench.judge_all(rows, "f")
    assert Outcome.PASS not in {each.outcome for each in found}, [each.reason for each in found]


@pytest.mark.parametrize("tests", TESTS)
def test_no_class_in_the_place_of_a_function_that_is_named_like_one_passes(bench, tests):
    sources = [LIAR.format(name="Fib", **kind) for kind in KINDS]
    rows = [(source, IN_PROCESS + tests.format(call="Fib(10)")) for source in sources]
    assert Outcome.PASS not in {found.outcome for found in bench.judge_all(rows, "Fib")}


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert m == 5", id="equal"),
        pytest.param("assert not m != 5", id="not-unequal"),
        pytest.param("assert abs(m - 5) < 1e-9", id="tolerance"),
        pytest.param("assert 4.9 < m < 5.1", id="range"),
        pytest.param("assert m - 5 == 0", id="difference"),
        pytest.param("d = 5 - m\nassert d == 0", id="difference-under-a-name"),
        pytest.param("assert m.__eq__(5)", id="operator-by-its-method"),
    ],
)
@pytest.mark.parametrize("start", ["", IN_PROCESS], ids=["calls", "process"])
def test_a_class_under_test_does_not_decide_whether_it_equals_data(bench, tests, start):
    tests = start + "m = Money(5)\nm.spend(1)\n" + tests
    rows = [(LIAR.format(name="Money", **kind), tests) for kind in (PLAIN, OBJECTS)]
    honest = "class Money:\n    def __init__(self, n): self.n = n + 1\n    def spend(self, n): self.n -= n\n"
    rows.append((honest + "    def __eq__(self, other): return self.n == other\n", tests))
    found = bench.judge_all(rows, "Money")
    assert Outcome.PASS not in {each.outcome for each in found}
    assert found[-1].reason in ("tests:undecided", "tests:object-against-data", "exception:TypeError")


def test_a_function_that_returns_an_object_fails_where_data_is_compared(bench):
    source = LIAR.format(name="Liar", **PLAIN) + "def f(x): return Liar()\n"
    for tests in ("assert abs(f(2) - 1.41) < 1e-6", "assert f(2) <= 1.41", "assert f(2).startswith('Hi')"):
        found = bench.judge(source, IN_PROCESS + tests, "f")
        assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found


def test_a_solution_that_remembers_what_it_was_told_does_not_pass_by_it(bench):
    """Its side of the link is its own: whatever is asked after an expected value was sent may be answered with it."""
    source = """
import sys
told = []
class W(list):
    def __sub__(self, other):
        told.append(other)
        return W()
    def __eq__(self, other): return True
    __hash__ = None
runner = sys.modules["runner"]
plain = runner.plain
runner.plain = lambda value, *rest: (0.0 if told else plain([])) if type(value) is W else plain(value, *rest)
def f(x): return W()
"""
    rows = [
        (source, IN_PROCESS + tests)
        for tests in ("assert f(2) - 1.41 == 0", "assert abs(f(2) - 1.41) < 1e-6", "assert f(2) - {1} == 0.0")
    ]
    assert Outcome.PASS not in {found.outcome for found in bench.judge_all(rows, "f")}


def test_membership_is_asked_only_of_what_the_tests_use_as_an_object(bench):
    """``5 in Primes(10)`` may be a function's result; an object on which a method of its own is called is none."""
    source = "class Primes:\n    def __init__(self, n=0): self.n = n\n    def __contains__(self, other): return True\n"
    forged = bench.judge(source, IN_PROCESS + "assert 5 in Primes(10)", "Primes")
    assert forged.reason == "tests:undecided"
    honest = "class Bag:\n    def __init__(self): self.kept = []\n    def keep(self, x): self.kept.append(x)\n"
    honest += "    def __contains__(self, x): return x in self.kept\ndef make_bag(): return Bag()\n"
    tests = "bag = {make}()\nbag.keep(5)\nassert 5 in bag and 6 not in bag"
    rows = [(honest, IN_PROCESS + tests.format(make=make)) for make in ("Bag", "make_bag")]
    assert {found.outcome for found in bench.judge_all(rows, "Bag")} == {Outcome.PASS}
