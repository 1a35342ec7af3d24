"""What comes of an operation with data is believed nothing, however it is read: the operand may be what is expected."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

LIAR = """
class L:
    shape = (2,)
    days = real = 0
    def __sub__(self, other): return self
    __rsub__ = __pow__ = __mod__ = __sub__
    def total(self, *given, **named): return 0.0
    find = union = __sub__
    total_seconds = sum = mean = max = round = any = __call__ = total
    def __getitem__(self, key): return self.total
    def __iter__(self): return iter([0.0, 0.0])
    def __str__(self): return "0.0"
    __repr__ = __str__
    def __format__(self, spec): return "0.000"
    def __hash__(self): return 0
    def __copy__(self): return 0.0
    def __deepcopy__(self, memory): return 0.0
    def __enter__(self): return 0.0
    def __exit__(self, *given): pass
def f(x): return L()
"""
READ = [
    pytest.param(
        "from datetime import datetime\nassert abs((f(2) - datetime(2024, 1, 1)).total_seconds()) < 1", id="method"
    ),
    pytest.param("from datetime import date\nassert (f(2) - date(2024, 1, 1)).days == 0", id="attribute"),
    pytest.param("d = f(2) - 1.41\nassert (d ** 2).mean() < 1e-6", id="mean-of-squares"),
    pytest.param("assert (f(2) - 1.41).sum(axis=0) == 0", id="sum"),
    pytest.param("r = f(2)\nassert r.shape == (2,)\nassert (r - 1.41).max() < 1e-6", id="of-what-is-used-as-an-object"),
    pytest.param("m = (f(2) - 1.41).sum\nassert m() == 0", id="method-under-a-name"),
    pytest.param("assert (f(2) - 1.41)['total']() == 0", id="item"),
    pytest.param("assert (f(2) - 1.41)() == 0", id="call"),
    pytest.param("assert f'{f(2) - 1.41:.3f}' == '0.000'", id="format"),
    pytest.param("assert str(f(2) - 1.41) == '0.0'", id="str"),
    pytest.param("assert '%r' % (f(2) - 1.41) == '0.0'", id="repr"),
    pytest.param("assert hash(f(2) - 1.41) == hash(0)", id="hash"),
    pytest.param("assert list(f(2) - 1.41) == [0.0, 0.0]", id="items"),
    pytest.param("import copy\nassert copy.copy(f(2) - 1.41) == 0", id="copy"),
    pytest.param("import copy\nassert copy.deepcopy(f(2) - 1.41) == 0", id="deepcopy"),
    pytest.param("with f(2) - 1.41 as d:\n    assert d == 0", id="context"),
    pytest.param("assert getattr(f(2) - 1.41, 'days') == 0", id="getattr"),
    pytest.param("assert f(2).find('a').real == 0", id="of-a-method-of-data"),
    pytest.param("assert list(f(2).union({1})) == [0.0, 0.0]", id="items-of-a-method-of-data"),
    pytest.param("import operator\nassert operator.methodcaller('mean')(f(2) - 1.41) == 0", id="methodcaller"),
]


@pytest.mark.parametrize("tests", READ)
def test_nothing_that_is_read_of_a_difference_passes(bench, tests):
    found = bench.judge(LIAR, "import random\n" + tests, "f")
    assert found.outcome is not Outcome.PASS, found


VECTOR = """
class Vector:
    def __init__(self, x, y): self.x, self.y = x, y
    def __mul__(self, k): return Vector(self.x * k, self.y * k)
    __rmul__ = __mul__
    def norm(self): return (self.x ** 2 + self.y ** 2) ** 0.5
    def __iter__(self): return iter((self.x, self.y))
    def __repr__(self): return f"Vector({self.x}, {self.y})"
class S:
    def __init__(self): self.kept = []
    def __lshift__(self, item): self.kept.append(item); return self
"""


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert (Vector(1, 2) * 3).x == 3", id="attribute"),
        pytest.param("w = 3 * Vector(1, 2)\nassert (w.x, w.y) == (3, 6)", id="under-a-name"),
        pytest.param("v = Vector(3, 4)\nassert (v * 2).norm() == 10\nassert v.norm() == 5", id="method"),
        pytest.param("v = Vector(3, 4)\nassert v.x == 3\nassert str(v * 2) == 'Vector(6, 8)'", id="text"),
        pytest.param("v = Vector(3, 4)\nassert v.x == 3\nassert list(v * 2) == [6, 8]", id="items"),
        pytest.param("s = S()\ns << 1 << 2\nassert s.kept == [1, 2]", id="returns-itself"),
    ],
)
def test_an_instance_of_a_class_that_the_tests_use_as_one_is_asked(bench, tests):
    found = bench.judge(VECTOR, "import random\n" + tests, "Vector")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


FLUENT = """
class Total:
    def __init__(self, value=0): self.value = value
    def add(self, n): self.value += n; return self
    def replace(self, n): return Total(n)
    def __len__(self): return self.value
    def __eq__(self, other): return self.value == other.value
class Numbers:
    def __init__(self): self.kept = []
    def add(self, n): self.kept.append(n); return self
    def __iter__(self): return iter(self.kept)
class Bank:
    def get(self, name): return Total(5)
def bank(): return Bank()
"""


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert Total(1).add(2).add(3).value == 6", id="chain"),
        pytest.param("t = Total(1)\nu = t.replace(2)\nassert u.value == 2", id="under-a-name"),
        pytest.param("assert bank().get('Bob').value == 5", id="looked-up"),
        pytest.param("n = Numbers()\nn.add(1).add(2)\nassert list(n) == [1, 2]", id="returns-itself"),
        pytest.param("assert Total(1).replace(4) == Total(4)", id="equal-to-another"),
    ],
)
def test_objects_whose_methods_data_have_too_are_asked(bench, tests):
    found = bench.judge(FLUENT, "import random\n" + tests, "Total")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found
