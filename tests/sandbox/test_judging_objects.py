"""What a prompt's classes say of an answer's objects is believed where the prompt's own code says it."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

BOARD = (
    "class Board:\n    def __init__(self, cells):\n        self.cells = cells\n\n    def rows(self):\n"
    "        return [sorted(each) for each in self.cells]\n\n    def is_solved(self):\n"
    "        return all(each == [1, 2, 3] for each in self.rows())\n\n    def put(self, row, cells):\n"
    "        self.cells[row] = cells\n\n\n"
    'def solve(board):\n    """A solved board."""\n'
)
SOLVED = (
    "def check(candidate):\n    assert candidate(Board([[1, 0, 3], [0, 2, 1]])).is_solved()\n"
    "    assert candidate(Board([[1, 0, 0], [0, 2, 1]])).is_solved()\n"
)
UNNAMED = "def check(candidate):\n    assert candidate([[1, 0, 3], [0, 2, 1]]).is_solved()\n"
SOLVE = (
    "def solve(board):\n    for row in board.cells:\n        left = [n for n in (1, 2, 3) if n not in row]\n"
    "        row[:] = [n or left.pop() for n in row]\n    return board\n"
)
FENCED = f"Use this class.\n\n```python\n{BOARD.partition('def solve')[0].rstrip()}\n```\n\nWrite `solve(cells)`."
RECT = (
    "class Rect:\n    slack = 0\n\n    def __init__(self, w, h):\n        self.w, self.h = w, h\n\n    @property\n"
    "    def is_square(self):\n        return abs(self.w - self.h) <= self.slack\n\n\n"
    'def squared(r):\n    """A square of the same area."""\n'
)
SQUARE = (
    "def check(candidate):\n    s = candidate(Rect(1, 4))\n    assert s.is_square\n    assert isinstance(s, Rect)\n"
)
STACK = (
    "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, x):\n"
    "        self.items.append(x)\n\n    def is_sorted(self):\n"
    "        return all(a <= b for a, b in zip(self.items, self.items[1:]))\n\n\n"
    'def sort_stack(s):\n    """Sort it."""\n'
)
SORTED = (
    "def check(candidate):\n    s = Stack()\n    for x in (3, 1, 2):\n        s.push(x)\n    s = candidate(s) or s\n"
    "    assert s.is_sorted()\n    assert len(s.items) == 3\n"
)
MATRIX = (
    "from dataclasses import dataclass\n\n\n@dataclass\nclass Matrix:\n    rows: list\n\n    def is_identity(self):\n"
    "        n = len(self.rows)\n"
    "        return all(self.rows[i][j] == (i == j) for i in range(n) for j in range(n))\n\n"
    "    def __matmul__(self, other):\n        if not hasattr(other, 'rows'):\n            return NotImplemented\n"
    "        return Matrix([[sum(a * b for a, b in zip(r, c)) for c in zip(*other.rows)] for r in self.rows])\n\n\n"
    'def inverse(m):\n    """The inverse."""\n'
)
INVERSE = (
    "def check(candidate):\n    m = Matrix([[2, 0], [0, 4]])\n    assert (m @ candidate(m)).is_identity()\n"
    "    assert (candidate(m) @ m).is_identity()\n"
)
GRAPH = (
    "class Graph:\n    def __init__(self):\n        self.edges = {}\n\n    def add(self, a, b):\n"
    "        self.edges.setdefault(a, set()).add(b)\n        self.edges.setdefault(b, set()).add(a)\n\n"
    "    def connected(self, a, b):\n        return b in self.edges.get(a, ())\n\n\n"
    'def complete(names):\n    """The graph in which all are connected."""\n'
)
CONNECTED = (
    "def check(candidate):\n    g = candidate(['a', 'b', 'c'])\n"
    "    assert g.connected('a', 'b') and g.connected('b', 'c') and g.connected('c', 'a')\n"
    "    assert not g.connected('a', 'z')\n"
)
TREE = (
    "class Node:\n    def __init__(self, value, left=None, right=None):\n"
    "        self.value, self.left, self.right = value, left, right\n\n    def height(self):\n"
    "        return 1 + max(each.height() if each else 0 for each in (self.left, self.right))\n\n\n"
    "class Tree:\n    def __init__(self, root):\n        self.root = root\n\n    def is_balanced(self):\n"
    "        sides = [each.height() if each else 0 for each in (self.root.left, self.root.right)]\n"
    "        return abs(sides[0] - sides[1]) <= 1\n\n    def __len__(self):\n        return self.root.height()\n\n\n"
    'def build(values):\n    """A balanced tree of these."""\n'
)
BALANCED = "def check(candidate):\n    assert Tree(Node(1)).is_balanced() and candidate([1, 2, 3, 4]).is_balanced()\n"
BUILD = (
    "def made(values):\n    if not values:\n        return None\n    at = len(values) // 2\n"
    "    return Node(values[at], made(values[:at]), made(values[at + 1:]))\n"
    "def build(values): return Tree(made(values))\n"
)
POINTS = (
    "class P:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n\n    def distance_to(self, other):\n"
    "        return ((self.x - other.x) ** 2 + (self.y - other.y) ** 2) ** 0.5\n\n\n"
    'def middle(a, b):\n    """The point between."""\n'
)
NEAR = "def check(candidate):\n    assert candidate(P(0, 0), P(2, 2)).distance_to(P(1, 1)) < 1e-9\n"
TEAM = (
    "class Team:\n    def __init__(self, name, points):\n        self.name, self.points = name, points\n\n"
    "    def beats(self, other):\n        return self.points > other.points\n\n\n"
    "def beaten(a, b):\n    return isinstance(b, Team) and a.beats(b)\n\n\n"
    'def best(teams):\n    """The best team."""\n'
)
BEATS = (
    "def check(candidate):\n    a, b = Team('a', 1), Team('b', 2)\n    assert candidate([a, b]).beats(a)\n"
    "    assert not a.beats(candidate([a, b]))\n"
)
BEATEN = "def check(candidate):\n    a, b = Team('a', 1), Team('b', 2)\n    assert beaten(candidate([a, b]), a)\n"
ACCOUNT = (
    "class Account:\n    def __init__(self, balance=0):\n        self.balance = balance\n\n"
    "    def deposit(self, amount):\n        self.balance += amount\n\n    def is_empty(self):\n"
    "        return self.balance == 0\n\n\n"
    'def logged():\n    """An account that keeps in `log` what is deposited."""\n'
)
LOG = (
    "def check(candidate):\n    a = candidate()\n    assert isinstance(a, Account) and a.is_empty()\n    a.deposit(5)\n"
    "    a.deposit(2)\n    assert a.log == [5, 2] and a.balance == 7 and not a.is_empty()\n"
)
SHAPE = (
    "from abc import ABC, abstractmethod\n\n\nclass Shape(ABC):\n    @abstractmethod\n    def area(self):\n"
    '        """How much it covers."""\n\n    def sides(self):\n        raise NotImplementedError\n\n\n'
    'def make(kind, *sizes):\n    """A shape: "box" of two sizes."""\n'
)
AREA = (
    "def check(candidate):\n    assert isinstance(candidate('box', 2, 3), Shape)\n"
    "    assert candidate('box', 2, 3).area() == 6 and candidate('box', 1, 2).sides() == 4\n"
)
BUS = (
    "class Bus:\n    def __init__(self):\n        self.handlers = []\n\n    def on(self, handler):\n"
    "        self.handlers.append(handler)\n\n    def emit(self, x):\n"
    "        return [each(x) for each in self.handlers]\n\n\n"
    'def attach(bus):\n    """Attach a handler that doubles."""\n'
)
SAYS = "    def is_solved(self):\n        return True\n"
FORGED = [
    pytest.param(
        BOARD, SOLVED, "def solve(board):\n    board.is_solved = lambda: True\n    return board\n", "solve", id="hides"
    ),
    pytest.param(
        BOARD,
        SOLVED,
        "def solve(board):\n    board.rows = lambda: [[1, 2, 3]]\n    return board\n",
        "solve",
        id="hides-what-that-reads",
    ),
    pytest.param(
        BOARD.replace("all(each", "bool(vars(self)) and all(each"),
        SOLVED,
        "def solve(board):\n    board.is_solved = lambda: True\n    return board\n",
        "solve",
        id="hides-where-names-are-not-said",
    ),
    pytest.param(BOARD, SOLVED, f"class S:\n{SAYS}def solve(board): return S()\n", "solve", id="own"),
    pytest.param(
        BOARD,
        SOLVED,
        "class S:\n    is_solved = staticmethod(lambda: True)\ndef solve(board): return S\n",
        "solve",
        id="own-class",
    ),
    pytest.param(
        BOARD,
        SOLVED,
        "class S:\n    def __getattr__(self, name): return lambda: True\ndef solve(board): return S()\n",
        "solve",
        id="own-by-any-name",
    ),
    pytest.param(
        BOARD,
        SOLVED,
        "from types import SimpleNamespace\ndef solve(board): return SimpleNamespace(is_solved=lambda: True)\n",
        "solve",
        id="namespace",
    ),
    pytest.param(
        BOARD,
        SOLVED,
        "def found(): pass\nfound.is_solved = lambda: True\ndef solve(board): return found\n",
        "solve",
        id="function",
    ),
    pytest.param(
        BOARD,
        SOLVED,
        "from collections import namedtuple\nS = namedtuple('S', 'is_solved')\n"
        "def solve(board): return S(lambda: True)\n",
        "solve",
        id="named-tuple",
    ),
    pytest.param(
        BOARD,
        SOLVED,
        "from collections import Counter\nCounter.is_solved = lambda self: True\ndef solve(board): return Counter()\n",
        "solve",
        id="library-class",
    ),
    pytest.param(
        BOARD,
        SOLVED,
        "from collections import UserList\nUserList.is_solved = UserList.__len__\n"
        "def solve(board): return UserList([1])\n",
        "solve",
        id="library-class-by-its-own",
    ),
    pytest.param(BOARD, SOLVED, f"class S(Board):\n{SAYS}def solve(board): return S([])\n", "solve", id="subclass"),
    pytest.param(
        BOARD,
        SOLVED,
        "class S(Board):\n    def rows(self): return []\ndef solve(board): return S([[]])\n",
        "solve",
        id="subclass-of-what-that-reads",
    ),
    pytest.param(
        BOARD,
        SOLVED,
        "class S(Board):\n    def __getattribute__(self, name): return lambda: True\n"
        "def solve(board): return S([[]])\n",
        "solve",
        id="subclass-by-any-name",
    ),
    pytest.param(BOARD, UNNAMED, f"class S:\n{SAYS}def solve(board): return S()\n", "solve", id="class-is-not-named"),
    pytest.param(FENCED, UNNAMED, f"class S:\n{SAYS}def solve(board): return S()\n", "solve", id="class-in-a-fence"),
    pytest.param(
        BOARD,
        UNNAMED,
        f"class Board:\n{SAYS}def solve(board): return Board()\n",
        "solve",
        id="class-that-is-not-named-anew",
    ),
    pytest.param(
        RECT, SQUARE, "class S(Rect):\n    is_square = True\ndef squared(r): return S(1, 2)\n", "squared", id="property"
    ),
    pytest.param(
        RECT,
        SQUARE,
        "def squared(r):\n    r.slack = 10 ** 9\n    return r\n",
        "squared",
        id="data-of-its-class",
    ),
    pytest.param(
        RECT,
        SQUARE,
        "class S(Rect):\n    slack = 10 ** 9\ndef squared(r): return S(1, 2)\n",
        "squared",
        id="data-of-a-subclass",
    ),
    pytest.param(
        STACK, SORTED, "def sort_stack(s):\n    s.is_sorted = lambda: True\n    return s\n", "sort_stack", id="given"
    ),
    pytest.param(STACK, SORTED, "def sort_stack(s):\n    s.is_sorted = lambda: True\n", "sort_stack", id="in-place"),
    pytest.param(
        STACK,
        SORTED,
        "class L:\n    def __le__(self, other): return True\n"
        "def sort_stack(s):\n    s.items = [L(), L(), L()]\n    return s\n",
        "sort_stack",
        id="in-what-it-holds",
    ),
    pytest.param(
        MATRIX,
        INVERSE,
        "def inverse(m):\n    class I(Matrix):\n        def __matmul__(self, other): return self\n"
        "        def __rmatmul__(self, other): return self\n        def is_identity(self): return True\n"
        "    return I([])\n",
        "inverse",
        id="operator",
    ),
    pytest.param(
        MATRIX,
        INVERSE,
        "class I:\n    def __matmul__(self, other): return Matrix([])\n    __rmatmul__ = __matmul__\n"
        "def inverse(m): return I()\n",
        "inverse",
        id="operator-that-gives-the-prompts",
    ),
    pytest.param(
        MATRIX,
        INVERSE.replace("    assert (candidate(m) @ m).is_identity()\n", ""),
        "class I(Matrix):\n    def __rmatmul__(self, other): return Matrix([])\ndef inverse(m): return I([])\n",
        "inverse",
        id="operator-from-the-right",
    ),
    pytest.param(
        GRAPH,
        CONNECTED,
        "def complete(names):\n    g = Graph()\n    g.connected = lambda a, b: b != 'z'\n    return g\n",
        "complete",
        id="with-arguments",
    ),
    pytest.param(
        GRAPH,
        CONNECTED,
        "class Net:\n    def connected(self, a, b): return b != 'z'\ndef complete(names): return Net()\n",
        "complete",
        id="own-with-arguments",
    ),
    pytest.param(
        TREE,
        BALANCED,
        "class Flat(Node):\n    def height(self): return 1\n"
        "def build(values): return Tree(Node(1, Flat(2, Node(3))))\n",
        "build",
        id="within",
    ),
    pytest.param(
        TREE,
        BALANCED,
        "class Flat:\n    left = right = None\n    def height(self): return 1\n"
        "def build(values): return Tree(Node(1, Flat(), Node(2)))\n",
        "build",
        id="own-within",
    ),
    pytest.param(
        TREE,
        "def check(candidate):\n    assert Tree(Node(1)) and len(candidate([1, 2, 3, 4])) == 3\n",
        "class T(Tree):\n    def __len__(self): return 3\ndef build(values): return T(None)\n",
        "build",
        id="length",
    ),
    pytest.param(
        BOARD.replace("is_solved", "__bool__"),
        "def check(candidate):\n    assert candidate(Board([[1, 0, 3]]))\n",
        "def solve(board): return object()\n",
        "solve",
        id="truth",
    ),
    pytest.param(
        POINTS,
        NEAR,
        "class Q(P):\n    def distance_to(self, other): return 0.0\ndef middle(a, b): return Q(0, 0)\n",
        "middle",
        id="near",
    ),
    pytest.param(
        POINTS,
        NEAR,
        "def middle(a, b):\n    a.distance_to = lambda other: 0.0\n    return a\n",
        "middle",
        id="near-hid",
    ),
    pytest.param(
        POINTS,
        NEAR,
        "class Q:\n    def distance_to(self, other): return 0.0\ndef middle(a, b): return Q()\n",
        "middle",
        id="near-own",
    ),
    pytest.param(
        TEAM,
        BEATS,
        "class T(Team):\n    def __init__(self): self.n = 0\n    @property\n    def points(self):\n"
        "        self.n += 1\n        return 10 * self.n\n"
        "def best(teams): return T()\n",
        "best",
        id="property-of-what-it-is-given",
    ),
    pytest.param(
        TEAM,
        BEATEN,
        "def best(teams):\n    t = teams[0]\n    t.beats = lambda b: True\n    return t\n",
        "best",
        id="by",
    ),
    pytest.param(
        ACCOUNT,
        LOG,
        "class A(Account):\n    log = [5, 2]\n    def __init__(self): self.n = 0\n"
        "    def deposit(self, amount): self.balance = 7\n    def is_empty(self):\n        self.n += 1\n"
        "        return self.n < 2\ndef logged(): return A()\n",
        "logged",
        id="beside-one-that-gives-nothing",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), FORGED)
def test_no_object_judges_itself_by_what_it_puts_before_the_prompts(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found


HONEST = [
    pytest.param(BOARD, SOLVED, SOLVE, "solve", id="method"),
    pytest.param(
        BOARD,
        SOLVED,
        "class S(Board):\n    '''A solved one.'''\n    def shown(self): return str(self.cells)\n"
        "def solve(board): return S([[1, 2, 3] for _ in board.cells])\n",
        "solve",
        id="subclass-that-adds",
    ),
    pytest.param(BOARD, UNNAMED, "def solve(cells): return Board([[3, 2, 1]])\n", "solve", id="class-is-not-named"),
    pytest.param(FENCED, UNNAMED, "def solve(cells): return Board([[3, 2, 1]])\n", "solve", id="class-in-a-fence"),
    pytest.param(
        BOARD.replace("is_solved", "__bool__"),
        "def check(candidate):\n    assert candidate(Board([[1, 0, 3], [0, 2, 1]]))\n    assert not Board([[1]])\n",
        SOLVE,
        "solve",
        id="truth",
    ),
    pytest.param(
        FENCED.replace("class Board:", "class Board(Shown):"),
        UNNAMED,
        "class Solved:\n    def __init__(self, cells): self.cells = cells\n"
        "    def is_solved(self): return [1, 0, 3] in self.cells\ndef solve(cells): return Solved(cells)\n",
        "solve",
        id="class-that-cannot-be-made",
    ),
    pytest.param(RECT, SQUARE, "def squared(r): return Rect(2, 2)\n", "squared", id="property"),
    pytest.param(STACK, SORTED, "def sort_stack(s):\n    s.items.sort()\n    return s\n", "sort_stack", id="given"),
    pytest.param(STACK, SORTED, "def sort_stack(s):\n    s.items = sorted(s.items)\n", "sort_stack", id="in-place"),
    pytest.param(
        MATRIX,
        INVERSE,
        "def inverse(m):\n    (a, b), (c, d) = m.rows\n    n = a * d - b * c\n"
        "    return Matrix([[d / n, -b / n], [-c / n, a / n]])\n",
        "inverse",
        id="operator",
    ),
    pytest.param(
        GRAPH,
        CONNECTED,
        "from itertools import combinations\ndef complete(names):\n    g = Graph()\n"
        "    for a, b in combinations(names, 2): g.add(a, b)\n    return g\n",
        "complete",
        id="with-arguments",
    ),
    pytest.param(TREE, BALANCED, BUILD, "build", id="within"),
    pytest.param(POINTS, NEAR, "def middle(a, b): return P((a.x + b.x) / 2, (a.y + b.y) / 2)\n", "middle", id="near"),
    pytest.param(TEAM, BEATS, "def best(teams): return max(teams, key=lambda t: t.points)\n", "best", id="beats"),
    pytest.param(TEAM, BEATEN, "def best(teams): return max(teams, key=lambda t: t.points)\n", "best", id="by"),
    pytest.param(
        ACCOUNT,
        LOG,
        "class Logged(Account):\n    def __init__(self):\n        super().__init__()\n        self.log = []\n"
        "    def deposit(self, amount):\n        super().deposit(amount)\n        self.log.append(amount)\n"
        "def logged(): return Logged()\n",
        "logged",
        id="one-that-gives-nothing",
    ),
    pytest.param(
        SHAPE,
        AREA,
        "class Box(Shape):\n    def __init__(self, a, b): self.a, self.b = a, b\n"
        "    def area(self): return self.a * self.b\n    def sides(self): return 4\n"
        "def make(kind, *sizes): return Box(*sizes)\n",
        "make",
        id="one-that-is-to-be-written",
    ),
    pytest.param(
        BUS,
        "def check(candidate):\n    bus = Bus()\n    candidate(bus)\n    assert bus.emit(2) == [4]\n",
        "class Handler:\n    def __call__(self, x): return 2 * x\ndef attach(bus): bus.on(Handler())\n",
        "attach",
        id="calls-what-it-is-given",
    ),
    pytest.param(
        BOARD.partition("def solve")[0] + 'class Solver:\n    """Has `is_solved(cells)`, whether that is solved."""\n',
        "def check(candidate):\n    assert candidate().is_solved(Board([[1, 2, 3]]))\n"
        "    assert not candidate().is_solved(Board([[1, 1, 3]]))\n",
        "class Solver:\n    def is_solved(self, board): return board.is_solved()\n",
        "Solver",
        id="under-test",
    ),
    pytest.param(
        STACK.replace("is_sorted", "most_common"),
        "def check(candidate):\n    s = Stack()\n    s.push('a')\n"
        "    assert candidate(s).most_common(1) == [('a', 1)] and s.most_common()\n",
        "from collections import Counter\ndef sort_stack(s): return Counter(s.items)\n",
        "sort_stack",
        id="what-a-library-has",
    ),
    pytest.param(
        STACK,
        "def check(candidate):\n    s = Stack()\n    s.push(2)\n    assert candidate(s) == [2]\n"
        "    assert candidate(s).index(2) == 0 and s.is_sorted()\n",
        "def sort_stack(s): return sorted(s.items)\n",
        "sort_stack",
        id="data",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_the_prompts_own_methods_are_believed(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found


@pytest.mark.parametrize("start", STARTS)
def test_an_object_that_the_prompts_method_denies_fails(bench, start):
    found = judged(bench, BOARD, start + SOLVED, "def solve(board): return board\n", "solve")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found
    found = judged(bench, POINTS, start + NEAR, "def middle(a, b): return a\n", "middle")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found
