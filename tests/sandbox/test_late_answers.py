"""What an object is as data is said when it arrives: no answer is made of what its solution is told or asked later."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

IN_PROCESS = "import random\n"  # so that the tests run in a process of their own

PATCHES = """
import sys, types
serving = sys.modules["link_serving"].Serving
underneath = sys.modules.get("link_underneath", types.SimpleNamespace())
told, asked = [], []
class L{base}: pass
def number(*given):
    asked.append(given)
    return float("-inf") if len(asked) % 2 else float("inf")
"""
BY_METHOD = """
def plain(self, number, method="__ge__"):
    value = float("inf") if method in ("__gt__", "__ge__") else float("-inf")
    return (0, (True, True, value))
serving._plain = plain
underneath.told = lambda value, **named: ("float", [], [], False)
"""
BY_COUNT = """
underneath.told = lambda value, **named: ("{kind}", [{value}], [], False)
serving._plain = lambda self, number: (0, ("{kind}", [{value}], [], False, None))
"""
AS_TRUTH = """
serving._plain = lambda self, *given: (0, (True, True, number()))
underneath.told = lambda value, **named: (True, True, number())
"""
AS_OWN = """
underneath.told = lambda value, **named: ("float", [number()], ["__ge__", "__gt__"], False)
L.__ge__ = L.__gt__ = lambda self, other: True
"""
NEVER_TOLD = """
underneath.said = lambda value, *given, **named: False
serving._plain = lambda self, number: (0, ("{kind}", [{value}], [], False, None))
"""
AS_PACKED = """
underneath.said = lambda value, *given, **named: ("tuple", [], [], False, (0, (number(),)))
serving._plain = lambda self, number: (0, ("tuple", [], [], False, (0, (number(),))))
"""
OTHER_DATA = """
import runner
plain = runner.plain
runner.plain = lambda value, *rest: [number()] if type(value) is L else plain(value, *rest)
"""
LIARS = {
    "by-method": PATCHES.format(base="") + BY_METHOD,
    "by-count-of-a-number": PATCHES.format(base="") + BY_COUNT.format(kind="float", value="number()"),
    "by-count-of-a-list": PATCHES.format(base="") + BY_COUNT.format(kind="list", value="[number()]"),
    "never-told": PATCHES.format(base="") + NEVER_TOLD.format(kind="float", value="number()"),
    "never-told-of-a-subclass": PATCHES.format(base="(tuple)") + NEVER_TOLD.format(kind="tuple", value="(number(),)"),
    "as-packed": PATCHES.format(base="") + AS_PACKED,
    "as-a-truth": PATCHES.format(base="") + AS_TRUTH,
    "with-an-order-of-its-own": PATCHES.format(base="") + AS_OWN,
    "of-a-subclass": PATCHES.format(base="(list)") + OTHER_DATA,
    "of-a-number": PATCHES.format(base="(float)") + OTHER_DATA,
}
ORDERS = [
    pytest.param("assert {low} < f(2) < {high}", id="chained"),
    pytest.param("r = f(2)\nassert r >= {low}\nassert r <= {high}", id="two-assertions"),
    pytest.param("r = f(2)\nassert {low} <= r\nassert isinstance(r, object)\nassert {high} >= r", id="asked-between"),
    pytest.param("assert min(max(f(2), {low}), {high}) not in ({low}, {high})", id="clamped"),
    pytest.param("r = f(2)\nassert sorted([{high}, r, {low}]) == [{low}, r, {high}]", id="sorted"),
    pytest.param(
        "import unittest\nclass T(unittest.TestCase):\n    def test_one(self):\n        r = f(2)\n"
        "        self.assertGreater(r, {low})\n        self.assertLess(r, {high})\n",
        id="unittest",
    ),
]


@pytest.mark.parametrize("tests", ORDERS)
@pytest.mark.parametrize("liar", LIARS)
def test_no_object_has_one_number_for_each_comparison(bench, tests, liar):
    source = LIARS[liar] + "def f(x): return L()\n"
    rows = [
        (source, IN_PROCESS + tests.format(low=low, high=high))
        for low, high in (("1.41", "1.42"), ("[1.41]", "[1.42]"), ("(1.41,)", "(1.42,)"))
    ]
    found = bench.judge_all(rows, "f")
    assert Outcome.PASS not in {each.outcome for each in found}, found


LATE = """
import sys, types
serving = sys.modules["link_serving"].Serving
underneath = sys.modules.get("link_underneath", types.SimpleNamespace())
told = []
class L{base}: pass
def claim(value, **named):
    return ({kind!r}, {data}, [], False)
underneath.told = claim
serving._plain = lambda self, *given: (0, (*claim(None), None))
def encode(s): told.append(s); return {made}
def decode(s): told.append(s); return {made}
"""
TOLD_LATE = [
    pytest.param(LATE.format(base="", kind="str", data="[told[-1]]", made="L()"), id="text"),
    pytest.param(LATE.format(base="", kind="str", data="[]", made="L()"), id="text-that-is-not-told"),
    pytest.param(LATE.format(base="", kind="list", data="[told[-1]]", made="L()"), id="text-for-a-list"),
    pytest.param(
        LATE.format(base="", kind="str", data="[told[-1]]", made="L()")
        + "serving._plain = lambda self, *given: (0, (True, True, told[-1]))\n",
        id="text-when-asked",
    ),
    pytest.param(
        LATE.format(base="", kind="str", data="[told[-1]]", made="L()") + "underneath.said = lambda *a, **b: False\n",
        id="text-that-was-never-told",
    ),
    pytest.param(LATE.format(base="(str)", kind="str", data="[told[-1]]", made="L(s)"), id="subclass"),
    pytest.param(LATE.format(base="", kind="str", data="[told[-1]]", made="one") + "one = L()\n", id="one-object"),
]
SHIFTED = [
    pytest.param("a = encode('hello')\nb = decode('khoor')\nassert a == 'khoor'", id="one-by-one"),
    pytest.param("a, b = encode('hello'), decode('khoor')\nassert 'khoor' == a", id="together"),
    pytest.param("a = encode('hello')\ndecode('khoor')\nassert a in ['khoor', 'khoos']", id="one-of"),
    pytest.param("a = [encode('hello')]\ndecode('khoor')\nassert a == ['khoor']", id="in-a-list"),
    pytest.param(
        "import unittest\nclass T(unittest.TestCase):\n    def test_one(self):\n        a = encode('hello')\n"
        "        decode('khoor')\n        self.assertEqual(a, 'khoor')\n",
        id="unittest",
    ),
]


@pytest.mark.parametrize("tests", SHIFTED)
@pytest.mark.parametrize("source", TOLD_LATE)
def test_no_object_becomes_what_a_later_call_is_given(bench, tests, source):
    found = bench.judge(source, IN_PROCESS + tests, "encode")
    assert found.outcome is not Outcome.PASS, found


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert parse('1,2') == [1, 2]\nassert add(([1, 2], [3])) == [1, 2, 3]", id="in-a-tuple"),
        pytest.param("assert parse('1,2') == [1, 2]\nassert add({'of': [1, 2]}) == [1, 2]", id="in-a-dictionary"),
        pytest.param("assert parse('1,2') == 'ab'\nassert add([['ab']]) == [1, 2]", id="nested"),
    ],
)
def test_no_part_of_a_later_argument_is_there_to_be_found(bench, tests):
    """In calls all arguments are in the solution's process when its first line runs."""
    source = (
        "import sys\ndef steps():\n    frame = sys._getframe()\n"
        "    while frame and 'steps' not in frame.f_locals: frame = frame.f_back\n"
        "    return frame.f_locals['steps'] if frame else []\n"
        "def items(value):\n    yield value\n    if isinstance(value, dict): value = value.values()\n"
        "    for each in value if isinstance(value, (list, tuple, type({}.values()))) else (): yield from items(each)\n"
        "def parse(text):\n    return next((each for each in items(steps()) if each in ([1, 2], 'ab')), None)\n"
        "def add(x): return [1, 2, 3] if type(x) is tuple else [1, 2]\n"
    )
    found = bench.judge(source, tests, "parse")
    assert found.outcome is not Outcome.PASS, found


def test_a_list_that_a_callback_got_is_what_it_became(bench):
    source = "class Log(list): pass\ndef run(seen):\n    log = Log([1])\n    seen(log)\n    log.append(2)\n"
    tests = "kept = []\nrun(lambda log: kept.append((log, log == [1])))\nassert kept[0][1] and kept[0][0] == [1, 2]"
    found = bench.judge(source, IN_PROCESS + tests, "run")
    assert found.outcome is Outcome.PASS, found


GRID = """
import functools
class Grid(list):
    def push(self, x):
        self.append(x)
        return self
class Poly(tuple):
    def degree(self): return len(self) - 1
class Celsius(float): pass
@functools.total_ordering
class Version:
    def __init__(self, text): self.parts = tuple(map(int, text.split('.')))
    def __eq__(self, other): return self.parts == other.parts
    def __lt__(self, other): return self.parts < other.parts
    def bump(self): return Version('.'.join(map(str, (*self.parts[:-1], self.parts[-1] + 1))))
class Money(int):
    def __lt__(self, other): return int(self) < int(other)
    def __add__(self, other): return Money(int(self) + int(other))
def grid(n): return Grid(range(n))
def rows(n): return Grid([i] for i in range(n))
def warm(n): return Celsius(n)
def poly(n): return Poly(range(n))
"""


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("r = grid(3)\nassert r == [0, 1, 2]\nr.push(7)\nassert r == [0, 1, 2, 7]", id="changed-list"),
        pytest.param("r = grid(3)\nassert [0, 1] <= r < [0, 1, 3]\nr.append(1)\nassert r > [0, 1, 2]", id="order"),
        pytest.param("r = grid(3)\nr[0] = 5\nassert r == [5, 1, 2]\ndel r[0]\nassert r == [1, 2]", id="items"),
        pytest.param("r = rows(2)\nr[0].append(4)\nassert r == [[0, 4], [1]]", id="nested-lists"),
        pytest.param("r = grid(2) + [5]\nr.append(6)\nassert grid(2) == [0, 1] and r == [0, 1, 5, 6]", id="sum"),
        pytest.param("r = rows(1)\ns = r + [[5]]\ns[0].append(9)\nassert r == [[0]] and s[1:] == [[5]]", id="apart"),
        pytest.param("p = Poly([1, 2])\nassert p.degree() == 1\nassert p == (1, 2) and p < (1, 3)", id="tuple-class"),
        pytest.param("assert poly(3) == (0, 1, 2) and (0, 1) < poly(3)\nassert poly(3).degree() == 2", id="tuple"),
        pytest.param("assert 1.4 < warm(1.41) < 1.42\nassert abs(warm(2) - 2) < 1e-9", id="number"),
        pytest.param("c = Celsius(20)\nassert c == 20 and 19 < c < 21", id="number-class"),
        pytest.param("v = Version('1.2')\nassert v < v.bump() > v and max(v, v.bump()) == v.bump()", id="ordered"),
        pytest.param("g = Grid(range(40000))\nassert g == list(range(40000)) and len(g.push(1)) == 40001", id="large"),
        pytest.param("g = Grid(range(40000))\ng.push(1)\nassert g == [*range(40000), 1]", id="large-and-changed"),
    ],
)  # fmt: skip
def test_honest_objects_are_compared_by_their_data(bench, tests):
    found = bench.judge(GRID, IN_PROCESS + tests, "grid")
    assert found.outcome is Outcome.PASS, found


def test_many_objects_of_data_are_judged_in_time(bench):
    tests = "for i in range(3000):\n    g = Grid([i])\n    g.push(i)\n    assert g == [i, i]"
    found = bench.judge(GRID, IN_PROCESS + tests, "Grid")
    assert found.outcome is Outcome.PASS, found
