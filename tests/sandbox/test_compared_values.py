"""Answers that compare with a prompt's objects what is the prompt's, or data, or is asked, pass."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import (
    COUNTS,
    HAS,
    IS,
    MONEY,
    OF_MONEY,
    OF_VERSIONS,
    POINT,
    SETS,
    STARTS,
    VERSION,
    judged,
)

pytestmark = pytest.mark.docker

LINE = POINT.replace(
    'def move(p):\n    """Points."""\n',
    'def connect(p, q):\n    """A Line, which is a dataclass of two points, `start` and `end`."""\n',
)
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
    "def check(candidate):\n"
    "    for value in (1, 'a', None, [1, (2, {3})], deque([1]), Counter('aa'), Decimal('1.5'), Fraction(1, 3),\n"
    "                  datetime(2020, 1, 1, tzinfo=timezone.utc), Path('/tmp'), uuid.UUID(int=5), Colour.RED, "
    "Size.BIG,\n"
    "                  OrderedDict(a=1), defaultdict(list, a=[1]), range(4), {'a': {1: b'x'}}, int, len, 2 + 3j):\n"
    "        assert candidate(value, 0) == Tree(value)\n"
    "        assert candidate(value, 1) == Tree(value, Tree(1), Tree(2, Tree(3)))\n"
    "        assert [candidate(value, 0)] == [Tree(value)] and Tree(value) in [candidate(value, 0)]\n"
)
PLANTED = (
    "import re\nfrom dataclasses import dataclass\n@dataclass\nclass Mine:\n    n: int = 3\n"
    "def planted(value, kind):\n    if kind == 0:\n        found = Tree(value)\n        found.size\n"
    "        return found\n"
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
    "class Path:\n    def __init__(self, points):\n        self.points = points\n"
    "    def end(self): return self.points[-1]\n"
    "    def __eq__(self, other): return isinstance(other, Path) and self.points == other.points\n"
)
SHAPES = (
    "class Shape:\n    def area(self):\n        raise NotImplementedError\n\n    def __eq__(self, other):\n"
    "        return self.area() == other.area()\n\n    def __lt__(self, other):\n"
    "        return self.area() < other.area()\n\n\n"
    "class Square(Shape):\n    def __init__(self, side):\n        self.side = side\n\n    def area(self):\n"
    '        return self.side ** 2\n\n\nclass Box(Shape):\n    """A shape of two sides."""\n'
)
OF_SHAPES = "def check(candidate):\n    assert candidate(2, 2) == Square(2)\n    assert candidate(1, 2) < Square(2)\n"
OWN_SHAPE = (
    "class Box(Shape):\n    def __init__(self, a, b): self.a, self.b = a, b\n"
    "    def area(self): return self.a * self.b\n"
)
SONGS = (
    "class Song:\n    def __init__(self, name):\n        self.name = name\n\n    def __eq__(self, other):\n"
    "        return self.name == other.name\n\n    def __hash__(self):\n        return hash(self.name)\n\n\n"
    'class Playlist:\n    """Songs; has add, remove, plays and `in`."""\n'
)
OF_PLAYLISTS = (
    "def check(candidate):\n    songs = candidate()\n    songs.add(Song('a'))\n    songs.add(Song('b'))\n"
    "    assert Song('a') in songs and Song('c') not in songs and songs.plays(Song('b')) == 1\n"
    "    songs.remove(Song('a'))\n    assert Song('a') not in songs and len(songs) == 1\n"
)
OWN_PLAYLIST = (
    "class Playlist:\n    def __init__(self): self.songs = []\n    def add(self, song): self.songs.append(song)\n"
    "    def remove(self, song): self.songs.remove(song)\n    def plays(self, song): return self.songs.count(song)\n"
    "    def __contains__(self, song): return any(each == song for each in self.songs)\n"
    "    def __len__(self): return len(self.songs)\n"
)
BESIDE = SONGS.replace("class Playlist:", "def first(songs):").replace("has add", "a class Playlist has add")
OF_BOTH = "def check(candidate):\n    assert candidate([Song('a')]) == Song('a')\n" + OF_PLAYLISTS.replace(
    "def check(candidate):\n", ""
).replace("candidate()", "Playlist()")
MADE = SONGS.replace("class Playlist:", "def make_playlist():")
OF_MADE = (
    "def check(candidate):\n    songs = candidate()\n    songs.add(Song('a'))\n    songs.add(Song('b'))\n"
    "    songs.remove(Song('a'))\n    assert len(songs) == 1\n"
)
OWN_MADE = f"{OWN_PLAYLIST}def make_playlist(): return Playlist()\n"
SHELF = (
    "class Shelf:\n    def __init__(self, n):\n        class Good:\n            def __init__(self, n):\n"
    "                self.n = n\n\n            def __eq__(self, other):\n                return self.n == other.n\n\n"
    "        self.goods = [Good(each) for each in range(n)]\n\n    def __eq__(self, other):\n"
    '        return self.goods == other.goods\n\n\ndef shelved(n):\n    """A shelf of n goods."""\n'
)
OF_SHELVES = "def check(candidate):\n    assert candidate(3) == Shelf(3)\n    assert candidate(0) != Shelf(1)\n"
NOTED = (
    "class Cache(dict):\n    def __missing__(self, key): return None\n"
    "def doubled(m):\n    m.cents *= 2\n    m.cache = Cache()\n    return m\n"
)
GROUPS = "def check(candidate):\n    assert candidate(Point(1, 2)) == {1: [Point(1, 2)], 2: [Point(2, 2)]}\n"
OWN_GROUPS = (
    "class Groups(dict):\n    def __missing__(self, key):\n        self[key] = []\n        return self[key]\n"
    "def move(p):\n    found = Groups()\n    for n in (1, 2): found[n].append(Point(n, p.y))\n    return found\n"
)
CALLED = (
    "class Plant:\n    def made(self): return 3\n"
    "def planted(value, kind):\n    found = Tree(value, *[Tree(1), Tree(2, Tree(3))][: 2 * kind])\n"
    "    found.made = Plant().made\n    return found\n"
)
MIDDLE = "def check(candidate):\n    assert list(candidate(Point(1, 2))) == [Point(2, 4), Point(3, 6)]\n"
HONEST = [
    pytest.param(
        POINT, HAS, "def move(p): yield from (Point(0, 0), Point(p.x + 1, p.y + 2))\n", "move", id="generator"
    ),
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
        "def bagged(points):\n    found = Bag(points)\n    if len(points) == 1:\n"
        "        found.hidden = found.depth = 0\n"
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
    pytest.param(MONEY, OF_MONEY, NOTED, "doubled", id="an-object-that-the-prompt-does-not-know"),
    pytest.param(POINT, GROUPS, OWN_GROUPS, "move", id="dict-with-a-factory"),
    pytest.param(TREE, OF_TREES, CALLED, "planted", id="method-in-a-field"),
    pytest.param(SHELF, OF_SHELVES, "def shelved(n): return Shelf(n)\n", "shelved", id="class-made-in-a-method"),
    pytest.param(SONGS, OF_PLAYLISTS, OWN_PLAYLIST, "Playlist", id="own-membership-that-is-asked"),
    pytest.param(
        BESIDE,
        OF_BOTH,
        f"{OWN_PLAYLIST}def first(songs): return songs[0]\n",
        "first",
        id="own-membership-that-tests-name",
    ),
    pytest.param(MADE, OF_MADE, OWN_MADE, "make_playlist", id="own-container-of-a-function"),
    pytest.param(MADE, OF_PLAYLISTS, OWN_MADE, "make_playlist", id="own-membership-of-what-is-used-as-an-object"),
    pytest.param(POINT, SETS, "def move(p): return {Point(p.x + 1, p.y + 2)}\n", "move", id="sets"),
    pytest.param(
        POINT,
        IS,
        "class P(Point):\n    made = 0\n    def __init__(self, x, y):\n        super().__init__(x, y)\n"
        "        P.made += 1\n    def by(self, dx, dy): return P(self.x + dx, self.y + dy)\n"
        "def move(p): return P(p.x, p.y).by(1, 2)\n",
        "move",
        id="subclass-that-adds-nothing",
    ),
    pytest.param(
        POINT,
        IS,
        "class P(Point):\n    def __repr__(self): return f'{self.x}, {self.y}'\n"
        "def move(p): return P(p.x + 1, p.y + 2)\n",
        "move",
        id="subclass-that-shows-itself",
    ),
    pytest.param(
        MONEY,
        OF_MONEY,
        "class P(Money):\n    made = 0\n    def __init__(self, cents):\n        super().__init__(cents)\n"
        "        self.made, self.note = 3, 'doubled'\ndef doubled(m): return P(m.cents * 2)\n",
        "doubled",
        id="subclass-whose-instances-have-their-own",
    ),
    pytest.param(PATH, OF_PATHS, OWN_PATH, "Path", id="class-that-is-asked"),
    pytest.param(SHAPES, OF_SHAPES, OWN_SHAPE, "Box", id="asked-class-under-the-prompts"),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_what_is_the_prompts_or_data_is_compared(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
