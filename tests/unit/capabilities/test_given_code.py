"""What a task's prompt defines is the tests' own where they use it, so that no answer can define it anew."""

import pytest

from stillroom.capabilities.python_code.given_code import doubted, with_given_code
from stillroom.records import Answer

ASKED = 'def decode(s):\n    """Undo ``encode``."""\n'
ENCODE = "def encode(s):\n    return s[::-1]\n"
BY_TABLE = "def encode(s):\n    return [CODE[c] for c in s]\n"
TESTS = "assert decode(encode('abc')) == 'abc'\n"


def given(prompt: str, tests: str = TESTS) -> str:
    return with_given_code(tests, prompt, "decode").removesuffix(tests.rstrip("\n")).rstrip("\n")


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        pytest.param(ENCODE + ASKED, ENCODE, id="function"),
        pytest.param("import math\n" + ENCODE + ASKED, ENCODE, id="what-is-not-used-stays"),
        pytest.param(
            "N = 26 * 2\nimport math\ndef encode(s):\n    return math.pow(N, len(s))\n" + ASKED,
            "N = 26 * 2\nimport math\ndef encode(s):\n    return math.pow(N, len(s))\n",
            id="with-what-it-needs",
        ),
        pytest.param(
            "def shift(c):\n    return c\ndef encode(s):\n    return shift(s)\n" + ASKED,
            "def shift(c):\n    return c\ndef encode(s):\n    return shift(s)\n",
            id="helper-of-a-helper",
        ),
        pytest.param(
            "import functools\n@functools.cache\ndef encode(s):\n    return s\n" + ASKED,
            "import functools\n@functools.cache\ndef encode(s):\n    return s\n",
            id="decorated",
        ),
        pytest.param(
            "from typing import List\ndef encode(s: List[str]):\n    return s\n" + ASKED,
            "from typing import List\ndef encode(s: List[str]):\n    return s\n",
            id="annotated",
        ),
        pytest.param(ENCODE + ASKED + "    return s\n", ENCODE, id="whole-prompt"),
        pytest.param(
            "class Node:\n    pass\ndef encode(s):\n    return Node()\n" + ASKED,
            "def encode(s):\n    return Node()\n",
            id="class-stays-with-the-answer",
        ),
        *(
            pytest.param(code + BY_TABLE + ASKED, code + BY_TABLE, id=name)
            for name, code in (
                ("table", 'CODE = {"a": ".-", "b": ("-...", 2)}\n'),
                ("table-by-a-call", "import string\nCODE = dict(zip(string.ascii_lowercase, range(26)))\n"),
                ("table-by-a-comprehension", "CODE = {c: ord(c) + 1 for c in 'abc'}\n"),
                ("table-filled-in-a-loop", "CODE = {}\nfor i, c in enumerate('abc'):\n    CODE[c] = i\n"),
                ("table-filled-by-a-method", "CODE = dict()\nCODE.update(a=1)\n"),
                ("pattern", "import re\nCODE = re.compile('a')\n"),
            )
        ),
        pytest.param("encode = lambda s: s[::-1]\n" + ASKED, "encode = lambda s: s[::-1]", id="lambda"),
        pytest.param(f"Complete this.\n\n```python\n{ENCODE}\n{ASKED}```\nThanks.", ENCODE, id="in-a-fence"),
        pytest.param(
            "1. Given\n\n   ```\n   def encode(s):\n       return s[::-1]\n   ```\n\n```python\ndef decode(s):\n```",
            ENCODE,
            id="in-one-of-two-fences",
        ),
    ],
)
def test_tests_begin_with_what_they_use_of_the_prompt(prompt: str, expected: str) -> None:
    assert given(prompt) == expected.rstrip("\n")


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param(ASKED, id="nothing-there"),
        pytest.param("def encode(s):\n    '''Yours as well.'''\n" + ASKED, id="left-open"),
        pytest.param("def encode(s):\n    raise NotImplementedError\n" + ASKED, id="not-implemented"),
        pytest.param("class encode:\n    def __init__(self, s): self.s = s\n" + ASKED, id="class"),
        pytest.param("seen = []\ndef encode(s):\n    seen.append(s)\n    return s\n" + ASKED, id="that-keeps-things"),
        pytest.param(
            "n = 0\ndef encode(s):\n    global n\n    n += 1\n    return s\n" + ASKED, id="that-counts-its-calls"
        ),
        pytest.param("seen = []\ndef encode(s):\n    return seen\n" + ASKED, id="of-what-is-to-be-kept"),
        pytest.param("CODE = {'a': 1}\ndef f(c): CODE[c] = 2\n" + BY_TABLE + ASKED, id="changed-by-a-call"),
        pytest.param("import random\nCODE = list('abc')\nrandom.shuffle(CODE)\n" + BY_TABLE + ASKED, id="drawn-by-lot"),
        pytest.param("import itertools\nCODE = itertools.count()\n" + BY_TABLE + ASKED, id="iterator"),
        pytest.param("class A: pass\nCODE = [A()]\n" + BY_TABLE + ASKED, id="instances"),
        pytest.param(
            "from collections import namedtuple\nencode = namedtuple('encode', 's')\n" + ASKED, id="made-class"
        ),
        pytest.param("Write `decode`, which undoes `encode`.", id="prose"),
    ],
)
def test_what_the_answer_has_to_define_or_may_change_stays_with_it(prompt: str) -> None:
    assert with_given_code(TESTS, prompt, "decode") == TESTS


def test_tests_that_define_a_name_themselves_keep_their_own() -> None:
    tests = "def encode(s):\n    return s\n" + TESTS

    assert with_given_code(tests, ENCODE + ASKED, "decode") == tests


def test_what_has_to_stand_first_stays_there() -> None:
    tests = "from __future__ import annotations\n" + TESTS

    assert with_given_code(tests, ENCODE + ASKED, "decode").splitlines()[:2] == [
        "from __future__ import annotations",
        "def encode(s):",
    ]


def test_only_ends_of_lines_end_lines() -> None:
    tests = "assert decode(encode('a\u2028b')) == 'a\u2028b'"
    prompt = "A = 'a\u2028\x0cb'\ndef encode(s):\n    return s[::-1]\n" + ASKED

    assert with_given_code(tests, prompt, "decode") == f"def encode(s):\n    return s[::-1]\n\n{tests}"


def test_the_entry_point_is_never_the_tests_own() -> None:
    prompt = ENCODE + ASKED + "    return s[::-1]\n"

    assert "def decode" not in with_given_code(TESTS, prompt, "decode")


def test_a_table_that_an_answer_changes_stays_with_it() -> None:
    prompt, answer = "STOCK = {'a': 3}\n" + ASKED, "def decode(s):\n    STOCK[s] -= 1\n"
    tests = "decode('a')\nassert STOCK == {'a': 2}"

    assert with_given_code(tests, prompt, "decode", answer) == tests
    assert with_given_code(tests, prompt, "decode") != tests


@pytest.mark.parametrize(
    ("prompt", "tests", "answer"),
    [
        pytest.param(
            "import io\nLOG = io.StringIO()\n",
            "decode('a')\nassert LOG.getvalue() == 'a'",
            "def decode(s):\n    print(s, end='', file=LOG)\n",
            id="stream",
        ),
        pytest.param(
            "import queue\nEVENTS = queue.Queue()\n",
            "decode(1)\nassert EVENTS.qsize() == 1",
            "def decode(x):\n    EVENTS.put(x)\n",
            id="queue",
        ),
        pytest.param(
            "import sqlite3\nconn = sqlite3.connect(':memory:')\nconn.execute('CREATE TABLE t (x)')\n",
            "decode(1)\nassert conn.execute('SELECT x FROM t').fetchall() == [(1,)]",
            "def decode(x):\n    conn.execute('INSERT INTO t VALUES (?)', (x,))\n",
            id="connection",
        ),
        pytest.param(
            "GRID = [[0, 0], [0, 0]]\n",
            "decode()\nassert GRID == [[1, 1], [1, 1]]",
            "def decode():\n    for row in GRID:\n        for i in range(2):\n            row[i] = 1\n",
            id="rows-in-a-loop",
        ),
        pytest.param(
            "GRID = [[0, 0], [0, 0]]\n",
            "decode()\nassert GRID[0] == [1, 0]",
            "def decode():\n    row = GRID[0]\n    row[0] = 1\n",
            id="row-by-a-name",
        ),
        pytest.param(
            "GRID = [0, 0]\n",
            "decode()\nassert GRID == [1, 0]",
            "def decode():\n    g = GRID\n    g[0] = 1\n",
            id="another-name",
        ),
        pytest.param(
            "GRID = [0, 0]\n",
            "decode()\nassert GRID == [1, 0]",
            "def fill(g):\n    g[0] = 1\ndef decode():\n    fill(GRID)\n",
            id="as-an-argument",
        ),
        pytest.param(
            "GRID = [[0], [0]]\ndef total():\n    return sum(map(sum, GRID))\n",
            "decode()\nassert total() == 2",
            "def decode():\n    for row in GRID:\n        row[0] = 1\n",
            id="read-by-a-helper",
        ),
        pytest.param(
            "def make():\n    n = 0\n    def count():\n        nonlocal n\n        n += 1\n        return n\n"
            "    return count\ncounter = make()\n",
            "decode()\nassert counter() == 2",
            "def decode():\n    return counter()\n",
            id="closure",
        ),
        pytest.param(
            "def fetch(k):\n    fetch.calls = getattr(fetch, 'calls', 0) + 1\n    return k\n",
            "decode('a')\ndecode('a')\nassert fetch.calls == 1",
            "import functools\n@functools.cache\ndef decode(k):\n    return fetch(k)\n",
            id="on-itself",
        ),
        pytest.param(
            "def log(m, seen=[]):\n    seen.append(m)\n    return seen\n",
            "decode(1)\nassert log(2) == [1, 2]",
            "def decode(m):\n    log(m)\n",
            id="in-a-default",
        ),
        *(
            pytest.param(
                "ACCOUNTS = {'a': {'left': 100}, 'b': {'left': 0}}\n",
                "assert not decode('a')\nassert ACCOUNTS['a']['left'] == 100",
                f"def decode(k):\n{body}    return False\n",
                id=f"within-a-table-{number}",
            )
            for number, body in enumerate(
                (
                    "    one = ACCOUNTS.get(k)\n    one['left'] -= 1\n",
                    "    one, two = ACCOUNTS[k], ACCOUNTS['b']\n    one['left'] -= 1\n",
                    "    one = ACCOUNTS[k] if k in ACCOUNTS else None\n    one['left'] -= 1\n",
                    "    for one in ACCOUNTS.copy().values():\n        one['left'] -= 1\n",
                    "    def find(k):\n        return ACCOUNTS[k]\n    find(k).clear()\n",
                )
            )
        ),
        pytest.param(
            "ROWS = {}\nfor name in 'ab':\n    ROWS[name] = []\n",
            "decode('a')\nassert ROWS['a'] == [1]",
            "def decode(k):\n    ROWS.get(k).append(1)\n",
            id="within-a-table-that-a-loop-fills",
        ),
        pytest.param(
            "STOCK = {'a': 1}\n",
            "STOCK['b'] = 2\nassert decode('b') == 2",
            "def decode(k):\n    return STOCK[k]\n",
            id="filled-by-the-tests",
        ),
    ],
)
def test_what_an_answer_may_fill_in_ways_that_are_not_seen_stays_with_it(prompt: str, tests: str, answer: str) -> None:
    assert with_given_code(tests, prompt + ASKED, "decode", answer) == tests
    assert doubted(Answer(text=answer), tests, prompt + ASKED, "decode").doubt == ""


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("def decode(s):\n    return {v: k for k, v in CODE.items()}[s]\n", id="turned-round"),
        pytest.param("def decode(s):\n    for k in CODE:\n        if CODE[k] == s:\n            return k\n", id="loop"),
        pytest.param("def decode(s):\n    return dict(zip(CODE.values(), CODE))[s]\n", id="by-functions"),
        pytest.param("def decode(s):\n    return s if s in CODE and len(CODE) > 1 else None\n", id="asked"),
        pytest.param("def decode(s):\n    CODE = {}\n    g = CODE\n    g[1] = 1\n", id="name-of-its-own"),
    ],
)
def test_a_table_that_an_answer_only_reads_is_the_tests_own(answer: str) -> None:
    prompt = "CODE = {'a': '.-', 'b': '-...'}\n" + ASKED
    tests = "assert decode(CODE['a']) == 'a'"

    assert with_given_code(tests, prompt, "decode", answer) != tests


TEXT = "    'A point.'\n"
POINT = f"from dataclasses import dataclass\n@dataclass\nclass Point:\n{TEXT}    x: int\n    y: int\n"
MOVE = "def decode(p):\n    return Point(p.x + 1, p.y + 2)\n"
OF_POINTS = "assert decode(Point(1, 2)) == Point(2, 4)"
LOG = "LOG = []\ndef log():\n    return LOG\n"
OF_LOG = "decode(1)\nassert log() == [1]"
NODE = (
    "class Node:\n    def __init__(self, val=0, next=None):\n        self.val = val\n        self.next = next\n"
    "def values(node):\n    return [node.val]\n"
)
OF_NODES = "assert values(decode(Node(2))) == [2]"
TURN = "def decode(node):\n    last = Node()\n    last.next = node\n    node.next, last = last, node\n    return last\n"


@pytest.mark.parametrize(
    ("prompt", "tests", "answer"),
    [
        pytest.param(POINT, OF_POINTS, MOVE, id="only-what-is-asked"),
        pytest.param(POINT, OF_POINTS, POINT + MOVE, id="with-the-class"),
        pytest.param(POINT, OF_POINTS, POINT.replace(TEXT, "") + MOVE, id="without-its-docstring"),
        pytest.param(POINT, OF_POINTS, MOVE + "class Heap:\n    def __lt__(self, other): return 1\n", id="own-class"),
        pytest.param(LOG, OF_LOG, "def decode(x):\n    LOG.append(x)\n", id="keeps-what-it-shall"),
        pytest.param(
            POINT,
            OF_POINTS,
            "def decode(p: 'Point') -> 'Point':\n    return Point(p.x + 1, 4)\n",
            id="quoted-annotations",
        ),
        pytest.param(POINT, OF_POINTS, MOVE + "def f(x):\n    raise TypeError('Point')\n", id="in-a-message"),
        pytest.param(
            POINT, OF_POINTS, MOVE + "KINDS = {'Point': Point}\nmade = KINDS['Point'](1, 2)\n", id="by-a-table"
        ),
        pytest.param(
            POINT, OF_POINTS, "def decode(p):\n    setattr(p, 'x', 2)\n    p.y = 4\n    return p\n", id="setattr"
        ),
        pytest.param(POINT, OF_POINTS, "def decode(p):\n    vars(p).update(x=2, y=4)\n    return p\n", id="vars"),
        pytest.param(
            POINT,
            OF_POINTS,
            "import copy\nfrom typing import *\ndef decode(p):\n    if not isinstance(p, Point):\n"
            "        raise ValueError(type(p).__name__)\n    return type(p)(p.x + 1, p.y + 2)\n",
            id="type-of-an-instance",
        ),
        pytest.param(
            POINT,
            OF_POINTS,
            "class Mover(Base):\n    def __init__(self, p):\n        super().__init__()\n        self.p = p\n"
            "        self.x = 1\ndef decode(p):\n    return Mover(p).p\n",
            id="class-with-a-constructor",
        ),
        pytest.param(
            NODE,
            OF_NODES,
            "class Node:\n    def __init__(self, val: int = 0, next: 'Node | None' = None) -> None:\n"
            "        self.val = val\n        self.next = next\n" + TURN,
            id="class-with-annotations",
        ),
        pytest.param(NODE, OF_NODES, NODE.replace("Node:", "Node(object):") + TURN, id="class-with-object-as-base"),
        pytest.param(
            NODE,
            OF_NODES,
            NODE.partition("def values")[0] + "    def __repr__(self): return ''\n" + TURN,
            id="with-a-repr",
        ),
        pytest.param("N = 0\n", "decode()\nassert N == 1", "def decode():\n    global N\n    N += 1\n", id="counts"),
        pytest.param(
            ENCODE, TESTS, "def encode(s): return s\ndef decode(s): return s[::-1]\n", id="helper-of-the-tests"
        ),
        pytest.param(POINT, OF_POINTS, "class L:\n    def __eq__(*given): return 1\n" + MOVE, id="own-comparison"),
        *(
            pytest.param(POINT, OF_POINTS, f"{code}\n{MOVE}", id=name)
            for name, code in (
                ("order-of-its-own", "Point.__lt__ = lambda a, b: a.x < b.x"),
                ("order-by-setattr", "setattr(Point, '__lt__', lambda a, b: a.x < b.x)"),
                ("order-by-a-function", "def less(a, b): return a.x < b.x\ndef f(): Point.__gt__ = less"),
                (
                    "main-block",
                    "if __name__ == '__main__':\n    import gc\n    from unittest.mock import ANY\n    Point = ANY",
                ),
                ("given-to-a-function", "from itertools import starmap\npoints = list(starmap(Point, [(1, 2)]))"),
                ("given-to-its-own-function", "def make(kind, *of): return kind(*of)\nfirst = make(Point, 1, 2)"),
                ("quoted-annotation", "def f(p: 'list[Point]') -> 'Point | None': return p[0]"),
            )
        ),
    ],
)
def test_there_is_no_doubt_of_an_answer_to_what_was_asked(prompt: str, tests: str, answer: str) -> None:
    assert doubted(Answer(text=answer), tests, prompt + ASKED, "decode").doubt == ""


@pytest.mark.parametrize(
    ("prompt", "tests", "answer"),
    [
        pytest.param(POINT, OF_POINTS, POINT + "    def __eq__(self, other): return True\n" + MOVE, id="another-class"),
        pytest.param(POINT, OF_POINTS, MOVE + "Point.__eq__ = lambda *given: True\n", id="another-method"),
        pytest.param(POINT, OF_POINTS, MOVE + "def f(): Point.x = 1\n", id="another-attribute-by-a-call"),
        pytest.param(POINT, OF_POINTS, "def decode(p):\n    type(p).__eq__ = lambda *given: True\n", id="of-its-type"),
        pytest.param(POINT, OF_POINTS, "from unittest.mock import ANY\ndef decode(p): return ANY\n", id="of-a-library"),
        pytest.param(
            POINT,
            OF_POINTS,
            "L = type('L', (), dict(__eq__=lambda *given: True))\ndef decode(p): return L()\n",
            id="equal-by-a-keyword",
        ),
        pytest.param(
            POINT, OF_POINTS, MOVE + "class L:\n    from operator import is_ as __eq__\n", id="equal-by-an-alias"
        ),
        pytest.param(POINT, OF_POINTS, MOVE + "class L:\n    class __eq__: pass\n", id="equal-by-a-class"),
        *(
            pytest.param(POINT, OF_POINTS, f"{code}\n", id=name)
            for name, code in (
                ("type-under-a-name", "def decode(p):\n    t = type(p)\n    t.x = t.y = 0\n    return p"),
                ("type-at-once", "def decode(p):\n    type(p).x = 0\n    return p"),
                ("type-by-a-loop", "def decode(p):\n    for t in [type(p)]: t.x = 0\n    return p"),
                ("type-by-its-attribute", "def decode(p):\n    p.__class__.x = 0\n    return p"),
                ("type-by-a-function", "def kind(p): return type(p)\ndef decode(p):\n    kind(p).x = 0\n    return p"),
                ("type-as-an-argument", "def put(t): t.x = 0\ndef decode(p):\n    put(type(p))\n    return p"),
                ("type-by-setattr", "def decode(p):\n    setattr(type(p), 'x', 0)\n    return p"),
                (
                    "method-of-it",
                    "def decode(p):\n    f = p.move\n    f.__func__.__code__ = decode.__code__\n    return p",
                ),
                ("type-within-arguments", "def put(*ts): ts[0].x = 0\ndef decode(p):\n    put(type(p))\n    return p"),
                (
                    "type-by-a-keyword",
                    "def put(n, *, to): to.x = n\ndef decode(p):\n    put(0, to=type(p))\n    return p",
                ),
                (
                    "type-by-a-method",
                    "class A:\n    def put(self, t): t.x = 0\ndef decode(p):\n    A().put(type(p))\n    return p",
                ),
                (
                    "type-by-update-wrapper",
                    "import functools\nfunctools.update_wrapper(Point, max)\ndef decode(p): return p",
                ),
                ("type-by-another-name", "from dataclasses import dataclass as d\nd(Point)\ndef decode(p): return p"),
                ("by-an-unknown-function", "put = [max][0]\nput(Point, Point)\ndef decode(p): return p"),
                (
                    "order-of-a-library",
                    "from fractions import Fraction\nFraction.__lt__ = lambda a, b: True\ndef decode(p): return p",
                ),
                (
                    "order-under-its-name",
                    "from fractions import Fraction as Point\nPoint.__lt__ = lambda a, b: 1\ndef decode(p): return p",
                ),
                ("comparison-by-setattr", "setattr(Point, '__eq__', lambda a, b: True)\ndef decode(p): return p"),
                ("order-by-a-method", "Point.__lt__ = max\ndef decode(p): return p"),
                (
                    "script-by-its-own-name",
                    "__name__ = '__main__'\nif __name__ == '__main__':\n    import gc\ndef decode(p): return p",
                ),
                ("module-in-a-module", "import dataclasses\nf = dataclasses.inspect.stack\ndef decode(p): return p"),
                ("system-in-a-module", "from dataclasses import sys\ndef decode(p): return p"),
                (
                    "frames-by-inspect",
                    "import inspect as i\nf = i.getargvalues(i.currentframe())\ndef decode(p): return p",
                ),
                ("inspect-as-a-value", "import inspect\nf = getattr(inspect, 'st' + 'ack')\ndef decode(p): return p"),
                ("module-of-ours", "import kept_code as k\ndef decode(p): return p"),
                ("name-of-a-module-of-ours", "from runner import send\ndef decode(p): return p"),
                ("itself", "import solution\ndef decode(p): return p"),
                ("what-links-an-object", "def decode(p, by): return by._stillroom_state_.link"),
                ("what-links-an-error", "def decode(p, by): return vars(by).get('_stillroom_link_')"),
                ("code-in-an-annotation", "def f(p: 'exec(1)'): pass\ndef decode(p): return p"),
                ("unpickled", "import pickle\nf = pickle.loads(b'cunittest.mock\\nANY\\n.')\ndef decode(p): return p"),
                ("examples-of-a-module", "import doctest\ndoctest.testmod(m)\ndef decode(p): return p"),
                ("mocks", "import unittest\nf = unittest.mock.ANY\ndef decode(p): return p"),
                ("timed-text", "import timeit\ntimeit.timeit('1')\ndef decode(p): return p"),
                ("in-a-class-body", "class L:\n    Point.x = 0\ndef decode(p): return p"),
                ("in-a-default", "def decode(p, q=setattr(Point, 'x', 0)): return p"),
                ("names-of-the-module", "locals().update(Point=1)\ndef decode(p): return p"),
                ("globals-of-a-function", "def decode(p): return p\ndecode.__globals__.update(Point=1)"),
                ("globals-by-a-format", "def decode(p): return '{0.__globals__[sys]}'.format(decode)"),
                ("stack-of-traceback", "import traceback\ndef decode(p): return list(traceback.walk_stack(None))"),
                ("locals-of-traceback", "from traceback import StackSummary as S\ndef decode(p): return S"),
                (
                    "locals-of-an-error",
                    "import traceback as t\ndef decode(p): return t.TE.from_exception(p, capture_locals=True)",
                ),
                ("pattern", "match 1:\n    case Point: pass\ndef decode(p): return p"),
                ("star-pattern", "match [1]:\n    case [*Point]: pass\ndef decode(p): return p"),
                ("exception", "try: 1/0\nexcept Exception as Point: pass\ndef decode(p): return p"),
                ("module", "import sys\nsys.modules[__name__].Point = 1\ndef decode(p): return p"),
                (
                    "modules-by-getattr",
                    "import sys\ngetattr(sys, 'modules')['k'].K.look = max\ndef decode(p): return p",
                ),
                ("modules-by-an-item", "import sys as s\ns.__dict__['modules']['k'].K = max\ndef decode(p): return p"),
                (
                    "modules-by-a-getter",
                    "import os, operator\noperator.attrgetter('sys.modules')(os)['k'].K = max\ndef decode(p): return p",
                ),
            )
        ),
        pytest.param(
            NODE,
            OF_NODES,
            NODE.partition("def values")[0] + "    def __repr__(self): type(self).val = 2\n" + TURN,
            id="a-repr-that-changes-the-class",
        ),
        pytest.param(
            NODE,
            "assert str(decode(Node(2))) == '2' and values(Node(1))",
            NODE.partition("def values")[0] + "    def __repr__(self): return '2'\n" + TURN,
            id="another-repr-that-is-asked",
        ),
        pytest.param(POINT, OF_POINTS, "class L:\n    __eq__ = max\n" + MOVE, id="equal-to-all-by-assignment"),
        pytest.param(POINT, OF_POINTS, MOVE + "globals()['Po' + 'int'] = 1\n", id="by-its-name"),
        pytest.param(LOG, OF_LOG, "def log(): return [1]\ndef decode(x): pass\n", id="another-helper"),
        pytest.param(LOG, OF_LOG, "LOG = [1]\ndef decode(x): pass\n", id="kept-before"),
        pytest.param(LOG, OF_LOG, "LOG.append(1)\ndef decode(x): pass\n", id="kept-at-once"),
        pytest.param(LOG, OF_LOG, "def f(): LOG.append(1)\nf()\ndef decode(x): pass\n", id="kept-by-another-function"),
    ],
)
def test_an_answer_that_replaces_what_only_it_can_have_is_doubted(prompt: str, tests: str, answer: str) -> None:
    assert doubted(Answer(text=answer), tests, prompt + ASKED, "decode").doubt


def test_the_comparison_of_a_class_that_is_asked_for_is_under_test() -> None:
    prompt = "class Shape:\n    pass\nclass Circle(Shape):\n    pass\n"
    tests = "assert isinstance(Circle(1), Shape) and Circle(1) == Circle(1)"
    own = (
        "class Circle(Shape):\n    def __init__(self, r): self.r = r\n"
        "    def __eq__(self, other): return self.r == other.r\n"
    )

    assert doubted(Answer(text=own), tests, prompt, "Circle").doubt == ""
    assert doubted(Answer(text=own), tests, prompt, "decode").doubt


def test_an_answer_that_is_nested_deeply_is_looked_through() -> None:
    prompt = "class Point:\n    pass\ndef decode(p):\n    ...\n"
    answer = "x = " + "0 if a else " * 1500 + "0\ndef decode(p):\n    return p\n"
    assert doubted(Answer(text=answer), "assert decode(Point())", prompt, "decode").doubt == ""
