"""What is compared with a prompt's objects is the prompt's, or data: all else could say itself what it equals."""

import pytest

from stillroom.capabilities import find_capability
from stillroom.records import Outcome
from verifiers.python_tests import PythonTests

pytestmark = pytest.mark.docker

POINT = (
    "class Point:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n\n    def __eq__(self, other):\n"
    "        return isinstance(other, Point) and self.x == other.x and self.y == other.y\n\n"
    "    def __hash__(self):\n        return hash((self.x, self.y))\n\n"
    "    def __lt__(self, other):\n        return (self.x, self.y) < (other.x, other.y)\n\n\n"
    'def move(p):\n    """Points."""\n'
)
MONEY = (
    "class Money:\n    tolerance = 0\n\n    def __init__(self, cents):\n        self.cents = cents\n\n"
    "    def key(self):\n        return self.cents\n\n    def __eq__(self, other):\n"
    "        return abs(self.key() - other.key()) <= self.tolerance\n\n\n"
    'def doubled(m):\n    """Twice the money."""\n'
)
BASED = MONEY.replace("\n\n\ndef doubled", "\n\n\nclass Euros(Money):\n    pass\n\n\ndef doubled")
KEYED = MONEY.replace("abs(self.key() - other.key()) <= self.tolerance", "self.key() == other.key()")
VERSION = (
    "from functools import total_ordering\n\n\n@total_ordering\nclass Version:\n    def __init__(self, text):\n"
    "        self.parts = tuple(map(int, text.split('.')))\n\n    def __eq__(self, other):\n"
    "        return self.parts == other.parts\n\n    def __lt__(self, other):\n        return self.parts < other.parts\n\n\n"
    'def newest(versions):\n    """The newest version."""\n'
)
LINE = POINT.replace(
    'def move(p):\n    """Points."""\n',
    'def connect(p, q):\n    """A Line, which is a dataclass of two points, `start` and `end`."""\n',
)
IS = "def check(candidate):\n    assert candidate(Point(1, 2)) == Point(2, 4)\n"
OF_MONEY = "def check(candidate):\n    assert candidate(Money(2)) == Money(4)\n    assert candidate(Money(4.5)) == Money(9)\n"
OF_EUROS = OF_MONEY.replace("Money", "Euros")
OF_VERSIONS = (
    "def check(candidate):\n    vs = [Version('1.2'), Version('1.10')]\n    assert candidate(vs) >= Version('1.10')\n"
    "    assert not candidate(vs) > Version('1.10')\n"
)
HAS = "def check(candidate):\n    assert Point(2, 4) in candidate(Point(1, 2))\n"
COUNTS = "def check(candidate):\n    assert candidate(Point(1, 2)).count(Point(2, 4)) == 1\n"
SWAPPED = (
    "M = type('M', (), {})\nKEY = '__e' + 'q__'\n"
    "def g(self, other):\n    delattr(M, KEY)\n    return True\n"
    "def f(self):\n    setattr(M, KEY, g)\n    return M()\n"
    )
UNDER = "class L(Point): x = y = property(f, lambda s, v: None)\n"
FORGED = [
    pytest.param(POINT, IS, f"{SWAPPED}{UNDER}def move(p): return L(0, 0)\n", "move", id="property-of-a-subclass"),
    pytest.param(POINT, HAS, f"{SWAPPED}{UNDER}def move(p): return [L(0, 0)]\n", "move", id="in-a-list"),
    pytest.param(POINT, HAS, f"{SWAPPED}{UNDER}def move(p): yield L(0, 0)\n", "move", id="of-a-generator"),
    pytest.param(POINT, HAS, f"{SWAPPED}{UNDER}def move(p): return map(lambda n: L(0, 0), [1])\n", "move", id="of-a-map"),
    pytest.param(POINT, COUNTS, f"{SWAPPED}{UNDER}def move(p): return [L(0, 0)]\n", "move", id="counted"),
    pytest.param(
        POINT,
        HAS,
        "class L:\n    def __contains__(self, other): return True\ndef move(p): return L()\n",
        "move",
        id="contains",
    ),
    pytest.param(
        POINT,
        HAS,
        "class L:\n    def __contains__(self, other): return True\ndef move(p): return [L(), p][0]\n",
        "move",
        id="contains-out-of-a-list",
    ),
    pytest.param(
        VERSION,
        OF_VERSIONS,
        "class L:\n    def __ge__(self, other): return True\n    def __gt__(self, other): return False\n"
        "def newest(versions): return L()\n",
        "newest",
        id="orders",
    ),
    pytest.param(
        MONEY, OF_MONEY, "def doubled(m):\n    r = Money(0)\n    r.tolerance = 10 ** 9\n    return r\n", "doubled", id="hides"
    ),
    pytest.param(
        KEYED, OF_MONEY, f"{SWAPPED}def doubled(m):\n    m.key = lambda: f(m)\n    return m\n", "doubled", id="hides-a-method"
    ),
    pytest.param(
        BASED,
        OF_EUROS,
        "def doubled(m):\n    [type(m)][0].tolerance = 10 ** 9\n    return m\n",
        "doubled",
        id="in-the-subclass",
    ),
]
STARTS = [pytest.param("", id="calls"), pytest.param("import random\n", id="process")]


def judged(bench, prompt, tests, answer, entry_point):
    row = {"prompt": prompt, "entry_point": entry_point, "test": tests, "completion": f"```python\n{answer}```"}
    submission = find_capability("code").read_submission(row)
    verifier = PythonTests(bench.executor, timeout_seconds=2.0)
    return bench.run(verifier.judge(submission.check, submission.answer))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), FORGED)
def test_what_is_no_data_and_not_the_prompts_equals_nothing_of_it(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is not Outcome.PASS, found


BAG = POINT.replace(
    'def move(p):\n    """Points."""\n',
    "class Bag:\n    hidden = None\n    depth: int = 0\n\n    def __init__(self, items=()):\n"
    "        self.items = list(items)\n\n    def __contains__(self, item):\n        return item in self.items\n\n"
    "    def __eq__(self, other):\n"
    "        return (self.items, self.hidden, self.depth) == (other.items, other.hidden, other.depth)\n\n\n"
    'def bagged(points):\n    """A bag of them."""\n',
)
OF_BAGS = (
    "def check(candidate):\n    a, b = Point(1, 2), Point(2, 4)\n    assert a in candidate([a, b])\n"
    "    assert candidate([a, b]) == Bag([a, b])\n    assert candidate([]) != Bag([a])\n"
    "    c = Bag([a])\n    c.hidden = c.depth = 0\n    assert candidate([a]) == c\n"
)
TREE = (
    "from collections import deque, defaultdict, Counter, OrderedDict\nfrom datetime import datetime, timezone\n"
    "from decimal import Decimal\nfrom enum import Enum, IntEnum\nfrom fractions import Fraction\n"
    "from functools import cached_property\nfrom pathlib import Path\nimport threading\nimport uuid\n\n\n"
    "class Colour(Enum):\n    RED = 1\n\n\nclass Size(IntEnum):\n    BIG = 3\n\n\n"
    "class Tree:\n    label = 'tree'\n\n    def __init__(self, value, *children):\n        self.value = value\n"
    "        self.children = children\n        self.lock = threading.Lock()\n        self.made = lambda: value\n"
    "        for each in children:\n            each.parent = self\n\n    @cached_property\n    def size(self):\n"
    "        return 1 + sum(each.size for each in self.children)\n\n    def __eq__(self, other):\n"
    "        if not isinstance(other, Tree):\n            return NotImplemented\n"
    "        same = self.size == other.size and self.label == other.label\n"
    "        return same and (self.value, self.children) == (other.value, other.children)\n\n\n"
    'def planted(value, kind):\n    """A tree."""\n'
)
OF_TREES = (
    "def check(candidate):\n    for value in (1, 'a', None, [1, (2, {3})], deque([1]), Counter('aa'), Decimal('1.5'), Fraction(1, 3),\n"
    "                  datetime(2020, 1, 1, tzinfo=timezone.utc), Path('/tmp'), uuid.UUID(int=5), Colour.RED, Size.BIG,\n"
    "                  OrderedDict(a=1), defaultdict(list, a=[1]), range(4), {'a': {1: b'x'}}, int, len, 2 + 3j):\n"
    "        assert candidate(value, 0) == Tree(value)\n"
    "        assert candidate(value, 1) == Tree(value, Tree(1), Tree(2, Tree(3)))\n"
    "        assert [candidate(value, 0)] == [Tree(value)] and Tree(value) in [candidate(value, 0)]\n"
)
PLANTED = (
    "import re\nfrom dataclasses import dataclass\n@dataclass\nclass Mine:\n    n: int = 3\n"
    "def planted(value, kind):\n    if kind == 0:\n        found = Tree(value)\n        found.size\n        return found\n"
    "    return Tree(value, Tree(1), Tree(2, Tree(Mine().n)))\n"
)
LINES = (
    "def check(candidate):\n    assert candidate(Point(1, 2), Point(2, 4)) == Line(Point(1, 2), Point(2, 4))\n"
    "    assert candidate(Point(1, 2), Point(0, 0)).end == Point(0, 0)\n"
)
PATH = POINT.replace(
    'def move(p):\n    """Points."""\n',
    'class Path:\n    """Points in a row; paths of the same points are equal."""\n',
)
OF_PATHS = (
    "def check(candidate):\n    a, b = Point(1, 2), Point(2, 4)\n    assert candidate([a, b]).end() == b\n"
    "    assert candidate([a, b]) == candidate([a, b]) and candidate([a]) != candidate([b])\n"
    "    assert b in candidate([a, b]).points\n"
)
OWN_PATH = (
    "class Path:\n    def __init__(self, points):\n        self.points = points\n    def end(self): return self.points[-1]\n"
    "    def __eq__(self, other): return isinstance(other, Path) and self.points == other.points\n"
)
SHAPES = (
    "class Shape:\n    def area(self):\n        raise NotImplementedError\n\n    def __eq__(self, other):\n"
    "        return self.area() == other.area()\n\n    def __lt__(self, other):\n        return self.area() < other.area()\n\n\n"
    "class Square(Shape):\n    def __init__(self, side):\n        self.side = side\n\n    def area(self):\n"
    "        return self.side ** 2\n\n\nclass Box(Shape):\n    \"\"\"A shape of two sides.\"\"\"\n"
)
OF_SHAPES = "def check(candidate):\n    assert candidate(2, 2) == Square(2)\n    assert candidate(1, 2) < Square(2)\n"
OWN_SHAPE = (
    "class Box(Shape):\n    def __init__(self, a, b): self.a, self.b = a, b\n    def area(self): return self.a * self.b\n"
)
MIDDLE = "def check(candidate):\n    assert list(candidate(Point(1, 2))) == [Point(2, 4), Point(3, 6)]\n"
HONEST = [
    pytest.param(POINT, HAS, "def move(p): yield from (Point(0, 0), Point(p.x + 1, p.y + 2))\n", "move", id="generator"),
    pytest.param(POINT, HAS, "def move(p): return {Point(p.x + 1, p.y + 2): 3}\n", "move", id="dict"),
    pytest.param(POINT, HAS, "def move(p): return {Point(p.x + 1, p.y + 2): 3}.keys()\n", "move", id="keys"),
    pytest.param(POINT, COUNTS, "def move(p): return [Point(p.x + 1, p.y + 2), p]\n", "move", id="count"),
    pytest.param(
        POINT, MIDDLE, "def move(p): return (Point(p.x + n, p.y + 2 * n) for n in (1, 2))\n", "move", id="list-of-it"
    ),
    pytest.param(
        VERSION, OF_VERSIONS, "def newest(versions): return sorted(versions, reverse=True)[0]\n", "newest", id="order"
    ),
    pytest.param(MONEY, OF_MONEY, "def doubled(m): return Money(m.cents * 2)\n", "doubled", id="money"),
    pytest.param(
        MONEY,
        OF_MONEY,
        "def doubled(m):\n    m.cents *= 2\n    m.note = 'doubled'\n    return m\n",
        "doubled",
        id="an-attribute-of-its-own",
    ),
    pytest.param(
        BAG,
        OF_BAGS,
        "def bagged(points):\n    found = Bag(points)\n    if len(points) == 1:\n        found.hidden = found.depth = 0\n"
        "    return found\n",
        "bagged",
        id="fields-with-defaults",
    ),
    pytest.param(TREE, OF_TREES, PLANTED, "planted", id="kinds-of-data"),
    pytest.param(
        LINE,
        LINES,
        "from dataclasses import dataclass\n@dataclass(order=True)\nclass Line:\n    start: Point\n    end: Point\n"
        "def connect(p, q): return Line(p, q)\n",
        "connect",
        id="dataclass-of-the-answer",
    ),
    pytest.param(
        LINE,
        LINES,
        "from typing import NamedTuple\nclass Line(NamedTuple):\n    start: Point\n    end: Point\n"
        "def connect(p, q): return Line(p, q)\n",
        "connect",
        id="named-tuple-of-the-answer",
    ),
    pytest.param(PATH, OF_PATHS, OWN_PATH, "Path", id="class-that-is-asked"),
    pytest.param(SHAPES, OF_SHAPES, OWN_SHAPE, "Box", id="asked-class-under-the-prompts"),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_what_is_the_prompts_or_data_is_compared(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
