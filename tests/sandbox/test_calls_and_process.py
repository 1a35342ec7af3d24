"""A test that one way of running cannot judge is judged by the other; where neither can, nothing is said.

Each row is judged as it is. None of the forgeries computes what it is asked for; all of the honest programs do.
"""

# ruff: noqa: E501 - a program a line: they are data

import time

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

LIAR = """
class {name}:
    def __init__(self, *given): pass
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __contains__ = __lt__
    def __hash__(self): return 0
    def __add__(self, other): return self
    __radd__ = __sub__ = __rsub__ = __mul__ = __add__
"""
VECTOR = """
class Vector:
    def __init__(self, x, y): self.x, self.y = x, y
    def __eq__(self, other):
        if isinstance(other, tuple): return (self.x, self.y) == other
        return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
    def __mul__(self, other): return self.x * other.x + self.y * other.y
    def __contains__(self, item): return item in (self.x, self.y)
"""
EVENS = """
class Evens:
    def __init__(self, n): self.n = n
    def __iter__(self): return iter(range(0, self.n, 2))
    def __contains__(self, item): return item % 2 == 0 and 0 <= item < self.n
"""

FORGED = [
    pytest.param(LIAR.format(name="Fib"), "assert Fib(10) == 55", id="class-for-function"),
    pytest.param(LIAR.format(name="Find_Max"), "x = Find_Max([1, 3])\nassert x == 3\nassert x <= 3", id="by-name"),
    pytest.param(LIAR.format(name="Fib"), "assert [Fib(1), Fib(2)] == [1, 1]", id="in-a-list"),
    pytest.param(LIAR.format(name="Fib"), "assert Fib(10) == Fib(9) + 21", id="sum"),
    pytest.param(LIAR.format(name="Fib"), "def check(candidate):\n    assert candidate(10) == 55", id="candidate"),
    pytest.param(LIAR.format(name="Vector") + "    x = y = 1\n", "v = Vector(1, 2)\nassert v.y > 0\nassert v == (1, 2)", id="known-class"),
    pytest.param(LIAR.format(name="Other") + "class Box:\n    def get(self): return Other()\n    def put(self, x): pass", "b = Box()\nb.put(3)\nassert b.get() == 3", id="method"),
    pytest.param("class pytest:\n    @staticmethod\n    def approx(x, **k): return 0\ndef f(x): return 0", "import pytest\nassert f(2) == pytest.approx(1.41, abs=0.01)", id="approx-of-the-solution"),
    pytest.param("class np:\n    isclose = staticmethod(lambda *a: True)\ndef f(x): return 0", "assert np.isclose(f(2), 1.41)", id="module-of-the-solution"),
    pytest.param("def f(x): raise StopIteration", "xs, ys = [1, 2], [2, 4]\nfor a, b in zip(map(f, xs), ys):\n    assert a == b", id="stop-in-a-loop"),
    pytest.param("def f(x): raise StopIteration", "assert all(map(lambda pair: f(pair[0]) == pair[1], [(1, 2)]))", id="stop-in-all"),
    pytest.param("def f(x): raise StopIteration", "assert sum(map(f, [1, 2]), 0) == 0\nassert list(filter(f, [1])) == []", id="stop-in-filter"),
    pytest.param("def f(x): raise StopAsyncIteration", "assert all(map(f, [1, 2]))", id="stop-async"),
    pytest.param("def f(x): raise GeneratorExit", "assert all(f(x) == x for x in [1, 2] if x)", id="generator-exit"),
    pytest.param("def f(x): raise KeyboardInterrupt", "assert max(map(f, [1, 2]), default=0) == 0", id="interrupt"),
    pytest.param("def f(x): raise SystemExit", "assert not any(map(f, [1, 2]))", id="system-exit"),
    pytest.param("def f(x, y): return 0", "assert f(0, 0) == 0\ndef test_b():\n    assert f(2, 3) == 5", id="test-function-after-an-assertion"),
    pytest.param("def f(x, y): return 0", "import random\nassert f(0, 0) == 0\ndef test_b():\n    assert f(2, 3) == 5", id="the-same-in-a-process"),
    pytest.param("def f(x, y): return 0", "assert f(0, 0) == 0\ndef check(candidate):\n    assert candidate(2, 3) == 5", id="check-after-an-assertion"),
    pytest.param("def f(x, y): return 0", "import random\nassert f(0, 0) == 0\ndef check(candidate):\n    assert candidate(2, 3) == 5", id="check-in-a-process"),
    pytest.param("def f(x, y): return 0", "import random\nassert f(0, 0) == 0\nif __name__ == '__main__':\n    assert f(2, 3) == 5", id="main-in-a-process"),
    pytest.param("def f(x, y): return 0", "assert f(0, 0) == 0\ndef verify(g):\n    assert g(2, 3) == 5", id="never-called"),
    pytest.param("def f(x, y): return 0", "import unittest\nassert f(0, 0) == 0\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(f(2, 3), 5)", id="unittest-after-an-assertion"),
    pytest.param("def f(x, y): return 0", "import pytest\nassert f(0, 0) == 0\n@pytest.mark.parametrize('a', [2, 3])\ndef test_a(a):\n    assert f(a, 1) == a + 1", id="parametrize-after-an-assertion"),
    pytest.param("def f(x):\n    x.sort(); raise ValueError", "x = [3, 1]\nf(x)\nassert x == [1, 3]", id="raises-after-its-work"),
    pytest.param("def f(x): return 1, 2, 3", "a, b = f(0)\nassert a == 1 and b == 2", id="too-many-values"),
    pytest.param("class Stack:\n    def __init__(self): raise ValueError", "import pytest\ns = Stack()\nwith pytest.raises(ValueError):\n    s.pop()", id="raises-before-the-block"),
    pytest.param("def f(x): return x[:]", "x = [1]\nassert f(x) is x", id="another-object"),
    pytest.param(LIAR.format(name="Evens"), "assert 4 in Evens(6)\nassert 2 in Evens(6)", id="holds-all"),
    pytest.param(EVENS.replace("range(0, self.n, 2)", "[1]"), "assert 4 in Evens(6)\nassert 3 not in Evens(6)", id="holds-what-it-has-not"),
    pytest.param(LIAR.format(name="Evens"), "assert Evens(6) in [4, 5]", id="is-in-a-list"),
]  # fmt: skip

HONEST = [
    pytest.param("def Fib(n): return n if n < 2 else Fib(n - 1) + Fib(n - 2)", "assert Fib(10) == 55\nassert Fib(9) + 21 == Fib(10)", id="function-like-a-class"),
    pytest.param(EVENS, "assert 4 in Evens(6)\nassert 3 not in Evens(6)\nassert (2 in Evens(6)) == True", id="class-by-its-items"),
    pytest.param("def Evens(n): return [*range(0, n, 2)]", "assert 4 in Evens(6)\nassert 3 not in Evens(6)", id="list-like-a-class"),
    pytest.param(VECTOR, "v = Vector(1, 2)\nassert v.x == 1\nassert v + v == Vector(2, 4)\nassert v * v == 5\nassert 2 in v and 7 not in v", id="class"),
    pytest.param("from enum import Enum\nclass Color(Enum): RED = 1", "assert Color.RED.value == 1\nassert Color(1) == Color.RED\nassert Color['RED'] is Color.RED", id="enumeration"),
    pytest.param("class Row(list):\n    def total(self): return sum(self)", "r = Row([1, 2])\nassert r.total() == 3\nassert r == [1, 2]", id="class-of-data"),
    pytest.param("def f(w): return [list(each) for each in w]", "assert sorted(map(sorted, f(['ba', 'c']))) == [['a', 'b'], ['c']]", id="map"),
    pytest.param("def f(x): return iter([(1, 2)])", "assert list(map(list, f(0))) == [[1, 2]]", id="map-of-an-iterator"),
    pytest.param("def f(x): return x ** 0.5", "assert f'{f(2):.2f}' == '1.41'\nassert '%.2f' % f(2) == '1.41'\nassert '{}'.format(f(4)) == '2.0'", id="texts"),
    pytest.param("def f(x): return x.split()", "assert sorted(f('bb a'), key=len) == ['a', 'bb']\nassert sorted(f('bb a'), key=lambda t: t[0]) == ['a', 'bb']", id="key"),
    pytest.param("def f(x): return (i for i in x)", "assert next(iter(f([3]))) == 3\ng = f([1, 2])\nassert next(g) == 1\nassert next(g) == 2\nassert next(g, None) is None", id="next"),
    pytest.param("from collections import Counter\ndef f(x): return Counter(x)", "assert type(f('a')).__name__ == 'Counter'\nassert str(f('a')) == \"Counter({'a': 1})\"\nassert len(f('ab')) == 2", id="type-name"),
    pytest.param("def f(n): return list(range(n))", "assert len(f(600000)) == 600000\nassert f(600000)[-1] == 599999", id="long"),
    pytest.param("def f(n): return list(range(n))", "assert sum(f(1200000)) == 719999400000", id="longer-than-what-is-reported"),
    pytest.param("def f(n): return set(range(n))", "assert 59999 in f(60000) and len(f(60000)) == 60000", id="many-keys"),
    pytest.param("def f(n): return 2 ** n", "assert f(1300000) % 1000 == pow(2, 1300000, 1000)", id="long-integer"),
    pytest.param("def f(n): return 1 / n", "assert f(1) == 1 or f(0) == 0", id="what-python-leaves-out"),
    pytest.param("def f(x): return x", "def same(a, b): return a == b\nassert same(f(1), 1)", id="function-of-the-tests"),
    pytest.param("def f(x): x.reverse()", "g = [[1, 2]]\nf(g[0])\nassert g == [[2, 1]]", id="part-of-a-list"),
    pytest.param("def f(x): x.sort()", "g = [[2, 1], [4, 3]]\nfor row in g:\n    f(row)\nassert g == [[1, 2], [3, 4]]", id="rows"),
    pytest.param("def f(a, b):\n    a.append(len(b)); return a is b", "x = [1]\nassert f(x, x) == True\nassert x == [1, 1]", id="same-object-twice"),
    pytest.param("def f(x):\n    x.append(1); return x", "x = [0]\nassert f(x) is x\nassert x == [0, 1]", id="identity"),
    pytest.param("def f(d): d['k'].append(2)", "a = [1]\nd = {'k': a}\nf(d)\nassert a == [1, 2] and d == {'k': [1, 2]}", id="in-a-dict"),
    pytest.param("def f(m): m[0][0] = 9", "m = [[0] * 2] * 2\nf(m)\nassert m == [[9, 0], [9, 0]]", id="same-row-twice"),
    pytest.param("def f(x): return x", "x = [1]\nassert f(x) is x and f(x) is not [1]\nassert f(x) == x", id="not-a-new-one"),
    pytest.param("def f(x): x[0][0] = 5", "a = [1]\nf([a, 2])\nassert a == [5]", id="in-a-new-list"),
    pytest.param("def f(x): open('/nowhere')", "import pytest\nwith pytest.raises(IOError):\n    f(1)\nwith pytest.raises(EnvironmentError):\n    f(1)", id="aliases"),
    pytest.param("def f(x): return {}[x]", "import pytest\nwith pytest.raises(LookupError):\n    f(1)\nwith pytest.raises(Exception):\n    f(1)", id="families"),
    pytest.param("MyError = ValueError\ndef f(x): raise ValueError", "import pytest\nwith pytest.raises(MyError):\n    f(1)", id="own-name"),
    pytest.param("def f(x): return x + 1", "import random\nassert f(0) == 1\ndef check(candidate):\n    assert candidate(2) == 3\nif __name__ == '__main__':\n    assert f(3) == 4", id="all-of-it-in-a-process"),
    pytest.param("def f(x):\n    yield x\n    yield x + 1", "import pytest, random\ng = f(1)\nassert next(g) == 1 and next(g) == 2\nwith pytest.raises(StopIteration):\n    next(g)", id="end-of-an-iterator"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "tests"), FORGED)
def test_a_forgery_does_not_pass(bench, source, tests):
    entry_point = next((name for name in ("Fib", "Vector") if f"class {name}" in source), "f")
    found = bench.judge(source, tests, entry_point)
    assert found.outcome is not Outcome.PASS, found


@pytest.mark.parametrize(("source", "tests"), HONEST)
def test_an_honest_program_passes_whichever_way_its_tests_run(bench, source, tests):
    found = bench.judge(source, tests, "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("v = Vector(1, 2)\nassert v.x == 1\nassert v == (1, 2)", id="used-as-an-object"),
        pytest.param("assert Vector(1, 2) + Vector(3, 4) == (4, 6)", id="only-its-name"),
    ],
)
def test_what_only_an_object_could_say_of_itself_is_left_open(bench, tests):
    found = bench.judge(VECTOR, tests)
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:object-against-data"), found
    wrong = bench.judge(VECTOR, tests + "\nassert Vector(1, 2).y == 5")
    assert (wrong.outcome, wrong.reason) == (Outcome.FAIL, "wrong-answer"), wrong


CRAFTED = """
import os, struct, marshal
def f(x):
    keys = [*range(75_000), *[i * ((1 << 61) - 1) for i in range(220_000)]]
    data = b'<' + struct.pack('<I', len(keys)) + b''.join(marshal.dumps(k, 2) for k in keys)
    os.write(3, b'V' + struct.pack('<I', len(data)) + data)
    os._exit(0)
"""


@pytest.mark.parametrize("tests", ["assert f(1) == {1}", "assert set(f(1)) == {1}", "assert f(1) == 3"])
@pytest.mark.parametrize(
    "source",
    [
        pytest.param(CRAFTED, id="set"),
        pytest.param(CRAFTED.replace("b'<'", "b'['"), id="list"),
        pytest.param(CRAFTED.replace("b'V'", "b'X'"), id="exception"),
    ],
)
def test_what_a_program_sends_does_not_hold_up_the_driver(bench, source, tests):
    before = time.process_time()
    found = bench.judge(source, tests, "f", timeout_seconds=3)
    assert time.process_time() - before < 4
    assert found.outcome is not Outcome.PASS
