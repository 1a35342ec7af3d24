"""An answer compares its own objects as it likes, as long as nobody else has these comparisons run."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import COUNTS, HAS, IS, POINT, SETS, STARTS, judged

pytestmark = pytest.mark.docker

NODE = (
    "from dataclasses import dataclass\nfrom functools import partial\nfrom typing import Optional\n\n\n"
    '@dataclass\nclass Node:\n    val: int\n    next: Optional["Node"] = None\n\n\n'
    'def merge(lists):\n    """Merge sorted lists."""\n'
)
OF_NODES = (
    "def check(candidate):\n    found = candidate([Node(1, Node(4)), Node(2)])\n"
    "    assert [found.val, found.next.val, found.next.next.val] == [1, 2, 4]\n"
    "    assert candidate([Node(3), Node(2)]) == Node(2, Node(3))\n"
)
ENTRY = (
    "import heapq\nclass Entry:\n    def __init__(self, node): self.node = node\n"
    "    def __lt__(self, other): return self.node.val < other.node.val\n"
    "    def __eq__(self, other): return self.node.val == other.node.val\n"
)
HEAP = (
    "    heap = [{each} for each in lists if each]\n    heapq.heapify(heap)\n    head = tail = Node(0)\n"
    "    while heap:\n"
    "        tail.next = node = heapq.heappop(heap){node}\n        tail = node\n"
    "        if node.next: heapq.heappush(heap, {next})\n    return head.next\n"
)
WRAPPED = HEAP.format(each="Entry(each)", node=".node", next="Entry(node.next)")
BARE = HEAP.format(each="each", node="", next="node.next")
MADE = (
    "    made = {maker}\n    found = sorted(n for each in lists for n in of(each))\n    return chained(made, found)\n"
)
PARTS = (
    "def of(node):\n    while node:\n        yield node.val\n        node = node.next\n"
    "def chained(make, values):\n    head = None\n    for each in reversed(values): head = make(each, head)\n"
    "    return head\n"
)
CARD = (
    "from enum import Enum\n\n\nclass Suit(Enum):\n    HEARTS = 1\n    SPADES = 2\n\n\n"
    'class Deck:\n    """Cards, which are `Card(suit, rank)` and equal by both; has add and draw."""\n'
)
OF_CARDS = (
    "def check(candidate):\n    deck = candidate()\n    deck.add(Card(Suit.HEARTS, 3))\n"
    "    assert deck.draw() == Card(Suit.HEARTS, 3) and Card(Suit.HEARTS, 3) != Card(Suit.SPADES, 3)\n"
)
OWN_CARD = (
    "class Card:\n    def __init__(self, suit, rank): self.suit, self.rank = suit, rank\n"
    "    def __eq__(self, other): return (self.suit, self.rank) == (other.suit, other.rank)\n"
    "    def __hash__(self): return hash((self.suit, self.rank))\n"
    "class Deck:\n    def __init__(self): self.cards = []\n    def add(self, card): self.cards.append(card)\n"
    "    def draw(self): return self.cards.pop()\n"
)
SONGS = (
    "class Song:\n    def __init__(self, name):\n        self.name = name\n\n    def __eq__(self, other):\n"
    "        return isinstance(other, Song) and self.name == other.name\n\n    def __hash__(self):\n"
    "        return hash(self.name)\n\n\n"
    'def make_playlist():\n    """An empty playlist, with add and `in`."""\n'
)
OF_SONGS = (
    "def check(candidate):\n    songs = candidate()\n    songs.add(Song('a'))\n    assert Song('a') in songs\n"
    "    songs.add(Song('b'))\n    assert Song('b') in songs and Song('c') not in songs\n"
)
PLAYLIST = (
    "class Playlist:\n    def __init__(self): self.songs = {songs}\n"
    "    def add(self, song): self.songs.{add}(song)\n"
    "    def __contains__(self, song): return {has}\ndef make_playlist(): return Playlist()\n"
)
MOVE = "def move(p): return Point(p.x + 1, p.y + 2)\n"
HONEST = [
    pytest.param(NODE, OF_NODES, f"{ENTRY}def merge(lists):\n{WRAPPED}", "merge", id="entries-of-a-heap"),
    pytest.param(
        NODE,
        OF_NODES,
        f"import heapq\nNode.__lt__ = lambda a, b: a.val < b.val\ndef merge(lists):\n{BARE}",
        "merge",
        id="order-of-its-own",
    ),
    pytest.param(
        NODE,
        OF_NODES,
        f"import heapq\ndef less(a, b): return a.val < b.val\ndef merge(lists):\n    Node.__lt__ = less\n{BARE}",
        "merge",
        id="order-that-is-given-in-the-call",
    ),
    *(
        pytest.param(NODE, OF_NODES, f"{code}{PARTS}def merge(lists):\n{MADE.format(maker=maker)}", "merge", id=name)
        for name, code, maker in (
            ("partial", "", "partial(Node)"),
            ("own-function", "def same(kind): return kind\n", "same(Node)"),
            ("map", "from itertools import starmap\nfirst = list(starmap(Node, [(1, None)]))\n", "Node"),
            ("reduce", "from functools import reduce\nfirst = reduce(Node, [1, None])\n", "Node"),
        )
    ),
    pytest.param(CARD, OF_CARDS, OWN_CARD, "Deck", id="class-that-tests-name-beside-what-is-asked"),
    pytest.param(
        SONGS,
        OF_SONGS,
        PLAYLIST.format(songs="[]", add="append", has="any(each == song for each in self.songs)"),
        "make_playlist",
        id="container-that-holds-it",
    ),
    pytest.param(
        SONGS,
        OF_SONGS,
        PLAYLIST.format(songs="{}", add="setdefault", has="song in self.songs"),
        "make_playlist",
        id="container-that-holds-it-as-a-key",
    ),
    *(
        pytest.param(POINT, IS, f"{code}{MOVE}", "move", id=f"imports-{name}")
        for name, code in (
            (
                "what-tells-of-data",
                "import graphlib, unicodedata, traceback, difflib, pprint, html, urllib.parse, ipaddress, zoneinfo\n"
                "import fnmatch, tempfile, xml.etree.ElementTree, sqlite3, argparse, shutil\n",
            ),
            (
                "what-tells-of-functions",
                "import inspect, timeit\nfrom inspect import signature\n"
                "count = len(inspect.signature(max if 0 else len).parameters)\nbegun = timeit.default_timer()\n",
            ),
            ("a-way-to-copy", "import pickle\ndef copied(p): return pickle.loads(pickle.dumps(p))\n"),
            (
                "tests-of-its-own",
                "import unittest, doctest\nclass Tests(unittest.TestCase):\n    def setUp(self): self.p = Point(0, 0)\n"
                "    def test_move(self): self.assertEqual(move(self.p), Point(1, 2))\n"
                "if __name__ == '__main__':\n    import gc\n    unittest.main()\n",
            ),
            (
                "pytest",
                "import pytest\nfrom pytest import approx, mark\n@pytest.fixture\ndef p(): return Point(0, 0)\n"
                "@pytest.fixture(scope='module')\ndef q(): return Point(0, 0)\n"
                "@mark.parametrize('n', [1, pytest.param(2, marks=mark.slow)])\n@pytest.mark.slow\n"
                "def test_move(p, n):\n    assert move(p).x == approx(1)\n    with pytest.raises(TypeError): move()\n",
            ),
        )
    ),
    pytest.param(
        POINT,
        IS,
        "def move(p):\n    class State:\n        def __init__(self, n): self.n = n\n"
        "        def __eq__(self, other): return self.n == other.n\n"
        "        def __hash__(self): return hash(self.n)\n"
        "    seen = {State(0), State(1)}\n    assert State(0) in seen and State(2) not in seen\n"
        "    return Point(p.x + len(seen) - 1, p.y + [State(5), State(6)].index(State(6)) + 1)\n",
        "move",
        id="made-anew-in-each-call",
    ),
    pytest.param(
        POINT,
        HAS,
        f"{ENTRY}def move(p):\n    heap = [Entry(type('N', (), dict(val=n))) for n in (2, 1)]\n"
        "    heapq.heapify(heap)\n    while heap:\n        n = heapq.heappop(heap).node.val\n"
        "        yield Point(p.x + n, p.y + 2 * n)\n",
        "move",
        id="in-a-generator",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_what_only_the_answer_compares_is_its_own(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found


ALWAYS = (
    "class L:\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n"
    "    def __hash__(self): return hash((2, 4))\n    def __lt__(self, other): return False\n"
)
BOARD = (
    "class Board:\n    def __init__(self, cells):\n        self.cells = cells\n\n    def is_solved(self):\n"
    "        return all(each == n for n, each in enumerate(self.cells))\n\n    def is_sorted(self):\n"
    "        return all(a <= b for a, b in zip(self.cells, self.cells[1:]))\n\n    def has(self, cell):\n"
    "        return cell in self.cells\n\n\nclass Cell:\n    def __init__(self, n):\n        self.n = n\n\n\n"
    'def solve(board):\n    """A solved board."""\n'
)
SOLVED = "def check(candidate):\n    assert candidate(Board([2, 1, 0])).is_solved()\n"
SORTED = "def check(candidate):\n    assert candidate(Board([Cell(2), Cell(1)])).is_sorted()\n"
LAZY = (
    "class Lazy:\n    def __init__(self, make):\n        self.make = make\n\n    def __eq__(self, other):\n"
    '        return self.make() == other.make()\n\n\ndef twice(n):\n    """2 * n, later."""\n'
)
OF_LAZY = "def check(candidate):\n    assert candidate(2) == Lazy(lambda: 4)\n"
LEAST = "def check(candidate):\n    assert {least}.n == 1\n    assert candidate(Board([])).cells == []\n"
FORGED = [
    pytest.param(POINT, IS, f"{ALWAYS}def move(p): return L()\n", "move", id="returned"),
    pytest.param(POINT, IS, f"{ALWAYS}def move(p): return Point(L(), L())\n", "move", id="in-fields"),
    pytest.param(POINT, HAS, f"{ALWAYS}def move(p): return [L()]\n", "move", id="in-a-list"),
    pytest.param(POINT, COUNTS, f"{ALWAYS}def move(p): return [L()]\n", "move", id="counted"),
    pytest.param(POINT, SETS, f"{ALWAYS}def move(p): return {{L()}}\n", "move", id="in-a-set"),
    pytest.param(
        POINT,
        IS,
        "class L(Point):\n    def __eq__(self, other): return True\ndef move(p): return L(0, 0)\n",
        "move",
        id="under-the-prompts",
    ),
    pytest.param(
        POINT,
        IS,
        "def move(p):\n    class L:\n        def __eq__(self, other): return True\n    p.x = p.y = L()\n    return p\n",
        "move",
        id="made-anew-in-each-call",
    ),
    pytest.param(
        POINT,
        "def check(candidate):\n    assert candidate(Point(1, 2)) == candidate(Point(2, 4))\n"
        "    assert Point(1, 2) != Point(2, 1)\n",
        f"{ALWAYS}def move(p): return L()\n",
        "move",
        id="of-both-sides",
    ),
    pytest.param(
        POINT,
        IS,
        "import unittest\nclass L(unittest.TestCase):\n    _testMethodName = 'runTest'\n    def runTest(self): pass\n"
        "def move(p): return Point(L(), L())\n",
        "move",
        id="case",
    ),
    pytest.param(
        BOARD,
        SOLVED,
        f"{ALWAYS}def solve(board):\n    board.cells = [L()] * 3\n    return board\n",
        "solve",
        id="by-a-method-of-the-prompts",
    ),
    pytest.param(
        BOARD,
        "def check(candidate):\n    assert candidate(Board([2])).has(0)\n",
        f"{ALWAYS}def solve(board):\n    board.cells = [L()] * 3\n    return board\n",
        "solve",
        id="looked-for-by-a-method-of-the-prompts",
    ),
    pytest.param(
        LAZY, OF_LAZY, f"{ALWAYS}def twice(n): return Lazy(lambda: L())\n", "twice", id="made-as-it-is-compared"
    ),
    pytest.param(LAZY, OF_LAZY, f"{ALWAYS}def twice(n): return Lazy(L)\n", "twice", id="made-by-its-class"),
    pytest.param(
        BOARD,
        SORTED,
        "Cell.__le__ = lambda a, b: True\ndef solve(board): return board\n",
        "solve",
        id="order-that-a-method-of-the-prompts-runs",
    ),
    pytest.param(
        BOARD,
        LEAST.format(least="min(candidate(Board([Cell(2), Cell(1)])).cells)"),
        "Cell.__lt__ = lambda a, b: a.n > b.n\ndef solve(board): return board\n",
        "solve",
        id="order-that-the-tests-run",
    ),
    pytest.param(
        BOARD,
        LEAST.format(least="sorted(candidate(Board([Cell(2), Cell(1)])).cells)[1]"),
        "def more(a, b): return a.n > b.n\ndef solve(board):\n    Cell.__lt__ = more\n    return board\n",
        "solve",
        id="order-that-sorts-for-the-tests",
    ),
    pytest.param(
        POINT,
        "def check(candidate):\n    assert candidate(Point(1, 2)) < Point(0, 0)\n",
        "Point.__lt__ = lambda a, b: True\ndef move(p): return p\n",
        "move",
        id="another-order",
    ),
    pytest.param(
        CARD.replace(
            "class Deck",
            "class Hand:\n    def __init__(self, cards):\n        self.cards = cards\n\n"
            "    def __eq__(self, other):\n        return self.cards == other.cards\n\n\nclass Deck",
        ),
        "def check(candidate):\n    deck = candidate()\n    deck.add(Card(Suit.HEARTS, 3))\n"
        "    assert deck.hand() == Hand([1])\n",
        OWN_CARD.replace("return (self.suit", "return True or (self.suit")
        + "    def hand(self): return Hand([Card(0, 0)])\n",
        "Deck",
        id="named-by-the-tests-and-in-a-field",
    ),
    *(
        pytest.param(SONGS, OF_SONGS, PLAYLIST.format(songs=songs, add=add, has=has), "make_playlist", id=name)
        for name, songs, add, has in (("container-that-has-nothing", "[]", "__contains__", "song.name != 'c'"),)
    ),
    pytest.param(
        SONGS,
        "def check(candidate):\n    songs = candidate()\n    songs.add(Song('a'))\n    assert Song('a') not in songs\n",
        PLAYLIST.format(songs="[]", add="append", has="False"),
        "make_playlist",
        id="container-that-denies-it",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), FORGED)
def test_what_anything_else_has_run_is_no_pass(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is not Outcome.PASS, found
