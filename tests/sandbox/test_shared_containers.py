"""Lists and dictionaries that tests and solution both hold are one, though the two run in processes of their own."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

IN_PROCESS = "import random, copy\n"  # tests that import more than math run in a process of their own
TREE = "class Node:\n    def __init__(self, v): self.v, self.children = v, []\n    def size(self): return 1 + sum(c.size() for c in self.children)\n"
BUS = "class Bus:\n    def __init__(self, log): self.log = log\n    def emit(self, x): self.log.append(x)\n"
CLONE = "class S:\n    def __init__(self, x): self.x = x\ndef clone(s): return S({copied})\n"
SELF_TEST = (
    "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        x = [[1], 2]\n        {assertion}\n"
)

RIGHT = [
    pytest.param("def f(x): return x", SELF_TEST.format(assertion="self.assertIs(f(x), x)"), id="returns-its-argument"),
    pytest.param("def f(x): return [x[0]]", SELF_TEST.format(assertion="self.assertIs(f(x)[0], x[0])"), id="returns-a-part"),
    pytest.param("import copy\ndef f(x): return copy.deepcopy(x)", SELF_TEST.format(assertion="y = f(x); self.assertIsNot(y, x); self.assertIsNot(y[0], x[0]); self.assertEqual(y, x)"), id="deep-copy"),
    pytest.param(CLONE.format(copied="list(s.x)"), "s = S([1])\nt = clone(s)\nt.x.append(2)\nassert s.x == [1] and t.x == [1, 2]", id="clone"),
    pytest.param(TREE, "root = Node(1)\nroot.children.append(Node(2))\nroot.children[0].children.append(Node(3))\nassert root.size() == 3\nassert len(root.children) == 1", id="tree"),
    pytest.param(BUS, "log = []\nb = Bus(log)\nb.emit('x')\nassert log == ['x']\nlog.clear()\nb.emit('y')\nassert log == ['y'] and b.log is log", id="kept-argument"),
    pytest.param("def f(m): m[0].append(9)", "row = [1]\nm = [row]\nf(m)\nassert row == [1, 9] and m[0] is row", id="row-of-an-argument"),
    pytest.param("def f(m): m.append(m[0])", "m = [[1]]\nf(m)\nassert m[1] is m[0]", id="part-in-two-places"),
    pytest.param("def f(m): m[0][0] = 9", "m = [[0]] * 2\nf(m)\nassert m == [[9], [9]]", id="same-row-twice"),
    pytest.param("def f(a, b):\n    a.append(1)\n    return a is b", "x = []\nassert f(x, b=x) and x == [1]", id="same-argument-twice"),
    pytest.param("def f(x):\n    x.sort()\n    raise ValueError", "x = [3, 1]\ntry: f(x)\nexcept ValueError: pass\nassert x == [1, 3]", id="changed-before-it-raises"),
    pytest.param("def f(grid):\n    def go(i):\n        if i < len(grid):\n            grid[i].append(i)\n            go(i + 1)\n    go(0)\n    return [list(r) for r in grid]", "for n in range(300):\n    g = [[] for _ in range(3)]\n    r = f(g)\n    assert g == [[0], [1], [2]] == r\n    r[0].append(5)\n    assert g[0] == [0]", id="closures-that-hold-on"),
    pytest.param("class A:\n    def __init__(self): self.rows = {}\n    def put(self, k, v): self.rows.setdefault(k, []).append(v)", "a = A()\na.put('x', 1)\nrow = a.rows['x']\na.put('x', 2)\nassert row == [1, 2]\nrows = a.rows\na.put('y', 1)\nrows['y'].append(7)\nassert a.rows == {'x': [1, 2], 'y': [1, 7]}", id="made-later"),
    pytest.param("items = []\ndef f(x): items.append(x)", "f(1)\nf(2)\nassert items == [1, 2]\nitems.clear()\nf(3)\nassert items == [3]", id="global-of-the-solution"),
    pytest.param("def f(node):\n    node.seen.append(node.v)\n    for c in node.kids: f(c)", "class N:\n    def __init__(self, v, *kids): self.v, self.kids, self.seen = v, list(kids), []\nn = N(1, N(2))\nf(n)\nassert n.seen == [1] and n.kids[0].seen == [2]", id="attribute-of-the-tests"),
    pytest.param("from collections import deque, OrderedDict, defaultdict, Counter\nclass C:\n    def __init__(self, *a): self.a = a\n    def go(self): self.a[0].append(1); self.a[1]['b'] = 1; self.a[2]['k'].append(3); self.a[3]['z'] += 2; self.a[4].add(5); self.a[5].extend(b'x')", "from collections import deque, OrderedDict, defaultdict, Counter\nd, o, e, c, s, b = deque(), OrderedDict(), defaultdict(list), Counter(), set(), bytearray()\nx = C(d, o, e, c, s, b)\nx.go()\nassert list(d) == [1] and o == {'b': 1} and e == {'k': [3]} and c['z'] == 2 and s == {5} and b == b'x'", id="kinds"),
    pytest.param("def f(g, xs):\n    b = []\n    for x in xs:\n        b.append(x)\n        g(b)\n        b.clear()", "got = []\nf(lambda b: got.append(list(b)), [1, 2])\nassert got == [[1], [2]]\nkept = []\nf(kept.append, [1, 2])\nassert kept == [[], []]", id="given-to-a-callback"),
    pytest.param("def f(n): return [[0] * n for _ in range(n)]", "for _ in range(20):\n    g = f(30)\n    g[0][0] = 1\n    assert sum(map(sum, g)) == 1", id="rows"),
]  # fmt: skip

WRONG = [
    pytest.param("def f(x): return x", SELF_TEST.format(assertion="self.assertIsNot(f(x), x)"), id="no-copy"),
    pytest.param("def f(x): return list(x)", SELF_TEST.format(assertion="self.assertIs(f(x), x)"), id="a-copy"),
    pytest.param("def f(x): return list(x)", SELF_TEST.format(assertion="self.assertIsNot(f(x)[0], x[0])"), id="shallow-copy"),
    pytest.param("def f(x): return list(x)", "x = [[1]]\ny = f(x)\ny[0].append(2)\nassert x == [[1]]", id="shallow-copy-that-is-changed"),
    pytest.param(CLONE.format(copied="s.x"), "s = S([1])\nt = clone(s)\nt.x.append(2)\nassert s.x == [1]", id="shallow-clone"),
    pytest.param("class A:\n    def __init__(self): self._x = []\n    def add(self, v): self._x.append(v)\n    def all(self): return self._x", "a = A()\na.add(1)\na.all().append(2)\nassert a.all() == [1]", id="leaks-its-state"),
    pytest.param("def f(n): return [[0] * n] * n", "g = f(30)\ng[0][0] = 1\nassert sum(map(sum, g)) == 1", id="one-row-many-times"),
    pytest.param("class A:\n    def __init__(self, x): self.x = x\n    def all(self): return list(self.x)", "x = [1]\na = A(x)\nx.append(2)\nassert a.all() == [1]", id="keeps-its-argument"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "tests"), RIGHT)
def test_what_both_hold_is_one(bench, source, tests):
    found = bench.judge(source, IN_PROCESS + tests, "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(("source", "tests"), WRONG)
def test_a_solution_that_shares_what_it_should_copy_fails(bench, source, tests):
    found = bench.judge(source, IN_PROCESS + tests, "f")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found
