"""A class that a prompt defines stays as it was, however an answer spells what would change it."""

import pytest

from stillroom.capabilities import find_capability
from stillroom.records import Outcome
from verifiers.python_tests import PythonTests

pytestmark = pytest.mark.docker

POINT = "from dataclasses import dataclass\n\n\n@dataclass\nclass Point:\n    x: int\n    y: int\n\n\n"
MOVE = 'def move(p: Point) -> Point:\n    """Move a point one to the right and two up."""\n'
TESTS = (
    "def check(candidate):\n    assert candidate(Point(1, 2)) == Point(2, 4)\n"
    "    assert candidate(Point(0, 0)) == Point(1, 2)\n"
)
FENCED = f"Complete the code below.\n\n```python\n{POINT}{MOVE}```\n"
Q = "Q = property(lambda s: 0, lambda s, v: None)\n"
PUT = "def put(t): t.x = t.y = Q\n"
LIKE = "def f(*given): return True\n"
KEY = "'__e' + 'q__'"
CHANGED = [
    pytest.param(
        f"{Q}class H:\n    def put(self, t): t.x = t.y = Q\ndef move(p):\n    H().put(type(p))\n    return p",
        id="method",
    ),
    pytest.param(
        f"import functools\n{Q}class L: x = y = Q\ndef move(p):\n"
        "    functools.update_wrapper(type(p), L, ('x', 'y'), ())\n    return p",
        id="update-wrapper",
    ),
    pytest.param(f"{Q}{PUT}def move(p):\n    list(map(put, [type(p)]))\n    return p", id="map"),
    pytest.param(f"{Q}{PUT}def move(p):\n    sorted([type(p)], key=put)\n    return p", id="sorted"),
    pytest.param(f"{Q}def move(p):\n    [type(p)][0].x = Q\n    [type(p)][0].y = Q\n    return p", id="display"),
    pytest.param(f"{Q}def move(p):\n    t = next(map(type, [p]))\n    t.x = t.y = Q\n    return p", id="next"),
    pytest.param(f"{Q}def move(p):\n    type(p).mro()[0].x = Q\n    type(p).mro()[0].y = Q\n    return p", id="mro"),
    pytest.param(f"{Q}def move(p):\n    match type(p):\n        case t: t.x = t.y = Q\n    return p", id="match"),
    pytest.param(f"{LIKE}L = type('L', (), {{{KEY}: f}})\ndef move(p): return L()", id="type-of-three"),
    pytest.param(f"{LIKE}class L: pass\nsetattr(L, {KEY}, f)\ndef move(p): return L()", id="setattr"),
    pytest.param(
        f"{LIKE}from dataclasses import make_dataclass\nL = make_dataclass('L', (), namespace={{{KEY}: f}})\n"
        "def move(p): return L()",
        id="make-dataclass",
    ),
    pytest.param(f"{LIKE}def move(p):\n    return type('L', (), {{{KEY}: f}})()", id="made-in-the-call"),
    pytest.param(
        f"{LIKE}class L: pass\nsetattr(L, {KEY}, f)\ndef move(p):\n    p.x = p.y = L()\n    return p",
        id="in-its-fields",
    ),
    pytest.param(
        f"{LIKE}from queue import Queue\nt = Queue\nsetattr(t, {KEY}, f)\ndef move(p): return t()",
        id="class-of-a-library",
    ),
    pytest.param(
        f"import logging\nclass L: nlen = 0\nsetattr(L, {KEY}, logging.Filter.filter)\ndef move(p): return L()",
        id="method-of-a-library",
    ),
    pytest.param("NotImplemented = True\nclass L: pass\ndef move(p): return L()", id="built-in-name"),
    pytest.param(
        f"{LIKE}def move(p):\n    for t in (type(p),): setattr(t, {KEY}, f)\n    return p", id="its-comparison"
    ),
    pytest.param(
        "def move(p):\n    q = type(p)(0, 0)\n    f = lambda s, *given: q\n    t, *_ = [type(p)]\n"
        "    setattr(t, '__ne' + 'w__', f)\n    return q",
        id="one-instance",
    ),
    pytest.param(
        f"{Q}def move(p):\n    for t in [type(p)]: pass\n    f = getattr(t, '__e' + 'q__')\n"
        "    setattr(f, '__co' + 'de__', (lambda self, other: True).__code__)\n    return p",
        id="code-of-its-comparison",
    ),
    pytest.param(
        f"{LIKE}first = [True]\ndef move(p):\n    class L: pass\n    setattr(L, {KEY}, f)\n"
        f"    p.x = p.y = L()\n    return p",
        id="anew-in-each-call",
    ),
]
STARTS = [pytest.param("", id="calls"), pytest.param("import random\n", id="process")]


def judged(bench, prompt, tests, answer, entry_point="move", *, timeout_seconds=2.0):
    row = {"prompt": prompt, "entry_point": entry_point, "test": tests, "completion": answer}
    submission = find_capability("code").read_submission(row)
    verifier = PythonTests(bench.executor, timeout_seconds=timeout_seconds)
    return bench.run(verifier.judge(submission.check, submission.answer))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("prompt", [POINT + MOVE, FENCED], ids=["code", "fenced"])
@pytest.mark.parametrize("answer", CHANGED)
def test_what_changes_a_class_of_the_prompt_or_equals_everything_does_not_pass(bench, answer, prompt, start):
    for text in (answer, f"```python\n{POINT}{answer}\n```"):
        found = judged(bench, prompt, start + TESTS, text)
        assert found.outcome is not Outcome.PASS, text


RIGHT = "def move(p):\n    return Point(p.x + 1, p.y + 2)\n"
HONEST = [
    pytest.param(RIGHT, id="plain"),
    pytest.param(f"```python\n{POINT}{RIGHT}```", id="repeated"),
    pytest.param("def move(p):\n    p.x += 1\n    p.y += 2\n    return p\n", id="in-place"),
    pytest.param(
        "import copy\ndef move(p):\n    q = copy.copy(p)\n    q.x += 1\n    q.y += 2\n    return q\n", id="copy"
    ),
    pytest.param(
        "from dataclasses import replace\ndef move(p): return replace(p, x=p.x + 1, y=p.y + 2)\n", id="replace"
    ),
    pytest.param("def move(p):\n    return type(p)(*[p.x + 1, p.y + 2])\n", id="by-its-type"),
    pytest.param(
        "from dataclasses import dataclass\n@dataclass(order=True)\nclass Step:\n    dx: int = 1\n    dy: int = 2\n"
        "def move(p):\n    s = Step()\n    assert s == Step(1, 2) and s < Step(2)\n"
        "    return Point(p.x + s.dx, p.y + s.dy)\n",
        id="own-dataclass",
    ),
    pytest.param(
        "from collections import namedtuple\nfrom enum import Enum\nfrom typing import NamedTuple\n"
        "class D(NamedTuple):\n    x: int\nclass Way(Enum):\n    UP = 2\nPair = namedtuple('Pair', 'a b')\n"
        "def move(p):\n    s = Pair(D(1).x, Way.UP.value)\n    return Point(p.x + s.a, p.y + s.b)\n",
        id="own-kinds-of-the-library",
    ),
    pytest.param(
        "import asyncio, decimal, fractions, json, logging, uuid, datetime, functools\n"
        "@functools.total_ordering\nclass Key:\n    def __lt__(self, other): return False\n"
        "def move(p):\n    import statistics, concurrent.futures\n"
        "    n = fractions.Fraction(1) + int(decimal.Decimal(0))\n    return Point(p.x + int(n), p.y + 2)\n",
        id="libraries",
    ),
    pytest.param(
        "class Mover:\n    made = 0\n    def __init__(self, p):\n        self.p = p\n        Mover.made += 1\n"
        "    def __call__(self): return Point(self.p.x + 1, self.p.y + 2)\n\ndef move(p): return Mover(p)()\n",
        id="own-class",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("prompt", [POINT + MOVE, FENCED], ids=["code", "fenced"])
@pytest.mark.parametrize("answer", HONEST)
def test_an_honest_answer_passes_with_a_class_of_its_prompt(bench, answer, prompt, start):
    fenced = answer if "```" in answer else f"```python\n{answer}```"
    for text in (answer, fenced):
        found = judged(bench, prompt, start + TESTS, text)
        assert found.outcome is Outcome.PASS, found


COUNTING = (
    "class Account:\n    made = 0\n    rate = 0.5\n    _first = None\n    registry = {}\n    names = []\n\n"
    "    def __init__(self, owner):\n        self.owner = owner\n        Account.made += 1\n"
    "        type(self).registry[owner] = self\n        self.names.append(owner)\n"
    "        if Account._first is None:\n            Account._first = self\n\n"
    "    @classmethod\n    def first(cls):\n        return cls._first\n\n"
    "    def __eq__(self, other):\n        return isinstance(other, Account) and self.owner == other.owner\n\n\n"
    'def opened(name):\n    """Open an account."""\n'
)
OF_ACCOUNTS = (
    "def check(candidate):\n    for name in 'abc':\n        assert candidate(name) == Account(name)\n"
    "    assert Account.made == 6 and Account.first().owner == 'a' and len(Account.names) == 6\n"
)


@pytest.mark.parametrize("start", STARTS)
def test_what_a_class_counts_and_keeps_may_change(bench, start):
    found = judged(bench, COUNTING, start + OF_ACCOUNTS, "    return Account(name)\n", "opened")
    assert found.outcome is Outcome.PASS, found


MONEY = (
    "EPS = 0.01\n\n\ndef close(a, b):\n    return abs(a - b) < EPS\n\n\n"
    "class Money:\n    slack = 1\n\n    def __init__(self, n):\n        self.n = n\n\n"
    "    def __eq__(self, other):\n        return close(self.n, other.n / self.slack)\n\n\n"
    'def doubled(m):\n    """Twice the money."""\n'
)
OF_MONEY = (
    "def check(candidate):\n    assert candidate(Money(2)) == Money(4)\n    assert candidate(Money(5)) == Money(10)\n"
)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("def close(a, b): return True\ndef doubled(m): return m\n", id="helper"),
        pytest.param("abs = lambda n: 0\ndef doubled(m): return m\n", id="built-in-function"),
        pytest.param("EPS = 1000\ndef doubled(m): return m\n", id="constant"),
        pytest.param("def doubled(m):\n    [type(m)][0].slack = 1e99\n    m.n = 0\n    return m\n", id="attribute"),
    ],
)
def test_what_its_comparison_reads_stays_as_it_was(bench, answer, start):
    honest = judged(bench, MONEY, start + OF_MONEY, "def doubled(m): return Money(m.n * 2)\n", "doubled")
    found = judged(bench, MONEY, start + OF_MONEY, answer, "doubled")
    assert (honest.outcome, found.outcome) == (Outcome.PASS, Outcome.ABSTAIN), (honest, found)


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param(POINT.replace("@dataclass", "@dataclass(slots=True, order=True)"), id="slots"),
        pytest.param(
            POINT.replace("@dataclass", "@dataclass(slots=True)").rstrip()
            + "\n\n    def __eq__(self, other):\n        return (self.x, self.y) == (other.x, other.y)\n\n\n",
            id="slots-and-a-comparison-of-its-own",
        ),
        pytest.param(
            "from typing import NamedTuple\n\n\nclass Point(NamedTuple):\n    x: int\n    y: int\n\n\n",
            id="named-tuple",
        ),
        pytest.param(
            "from abc import ABC, abstractmethod\nfrom functools import total_ordering\n\n\nclass Base(ABC):\n"
            "    @abstractmethod\n    def key(self): ...\n\n    def __eq__(self, other):\n"
            "        return self.key() == other.key()\n\n    def __lt__(self, other):\n"
            "        return self.key() < other.key()\n\n\n@total_ordering\nclass Point(Base):\n"
            "    def __init__(self, x, y):\n        self.x, self.y = x, y\n\n    def key(self):\n"
            "        return self.x, self.y\n\n\n",
            id="abstract-base",
        ),
        pytest.param(
            "from typing import Generic, TypeVar\n\nT = TypeVar('T')\n\n\nclass Point(Generic[T]):\n"
            "    def __init__(self, x: T, y: T):\n        self.x, self.y = x, y\n\n    def __eq__(self, other):\n"
            "        return vars(self) == vars(other)\n\n\n",
            id="generic",
        ),
    ],
)
@pytest.mark.parametrize("start", STARTS)
def test_kinds_of_classes_that_prompts_define(bench, prompt, start):
    fenced = f"Complete the code below.\n\n```python\n{prompt}{MOVE}```\n"
    for asked, text in ((prompt + MOVE, RIGHT), (fenced, f"```python\n{prompt}{RIGHT}```"), (fenced, RIGHT)):
        found = judged(bench, asked, start + TESTS, text)
        assert found.outcome is Outcome.PASS, found


def test_objects_of_the_tests_may_be_asked_for_their_class(bench):
    tests = (
        "class By:\n    x, y = 1, 2\n    def __eq__(self, other): return self is other\n"
        "    def __bool__(self): return True\ndef check(candidate):\n    for n in range(3):\n"
        "        assert candidate(Point(n, 2), By()) == Point(n + 1, 4)\n"
    )
    prompt = POINT + 'def move(p, by):\n    """Move a point."""\n'
    answer = "    assert not isinstance(by, (int, list, Point)) and by\n    return Point(p.x + by.x, p.y + by.y)\n"
    found = judged(bench, prompt, tests, answer)
    assert found.outcome is Outcome.PASS, found


TREE = (
    "class Tree:\n    def __init__(self):\n        self.items = []\n\n    def insert(self, n):\n"
    "        self.items.append(n)\n        return self\n\n"
    "    def __eq__(self, other):\n        return self.items == other.items\n\n\n"
    'def turned(tree):\n    """The same tree with its items the other way round."""\n'
)
OF_TREES = (
    "def check(candidate):\n    tree, other = Tree(), Tree()\n    for n in range(1500):\n        tree.insert(n)\n"
    "        other.insert(1499 - n)\n    for _ in range(300):\n        assert candidate(candidate(tree)) == tree\n"
    "    assert candidate(tree) == other\n"
)


@pytest.mark.parametrize("start", STARTS)
def test_what_is_made_while_it_is_compared_is_seen(bench, start):
    tests = "def check(candidate):\n    assert candidate(Tree()) == Tree().insert(1)\n"
    answer = (
        f"{LIKE}class X:\n    @property\n    def items(self): return type('L', (), {{{KEY}: f}})()\n"
        "def turned(tree): return X()\n"
    )
    found = judged(bench, TREE, start + tests, answer, "turned")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found


@pytest.mark.parametrize("start", STARTS)
def test_looking_takes_no_time_to_speak_of(bench, start):
    right = "    found = Tree()\n    found.items = tree.items[::-1]\n    return found\n"
    few = start + OF_TREES.replace("1500", "15").replace("1499", "14")
    seconds = [least_seconds(bench, tests, right) for tests in (few, start + OF_TREES)]
    assert seconds[1] < 7 * seconds[0], seconds  # a hundred times as many values in each comparison


def least_seconds(bench, tests, answer):
    """CPU seconds of the faster of two runs that pass: a bound in seconds would measure the machine."""
    found = [judged(bench, TREE, tests, answer, "turned", timeout_seconds=20.0) for _ in range(2)]
    assert [each.outcome for each in found] == [Outcome.PASS] * 2, found
    return min(each.cpu_seconds for each in found)
