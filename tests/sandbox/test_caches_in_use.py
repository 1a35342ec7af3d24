"""Functions of a prompt keep what they give, and an answer may have them do so."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

FOR_STEPS = '''\
from dataclasses import dataclass
from functools import lru_cache


@lru_cache(maxsize=None)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


@dataclass(frozen=True)
class Step:
    index: int
    value: int = 0


def steps(n: int) -> list:
    """The first n steps, each with its Fibonacci number as value."""
'''
OF_STEPS = """\
def check(candidate):
    assert candidate(3) == [Step(0, 0), Step(1, 1), Step(2, 1)]
    assert candidate(11)[-1] == Step(10, fib(10))
    assert candidate(0) == []
    assert fib(20) == 6765
"""
FOR_LONGEST = '''\
from functools import lru_cache

FACTORS = {"m": 1, "km": 1000, "cm": 0.01}


@lru_cache(maxsize=64)
def factor(unit, power=1):
    return FACTORS[unit] ** power


class Length:
    def __init__(self, amount, unit="m"):
        self.amount = amount
        self.unit = unit

    def meters(self):
        return self.amount * factor(self.unit, power=1)

    def __eq__(self, other):
        return isinstance(other, Length) and abs(self.meters() - other.meters()) < 1e-9

    def __lt__(self, other):
        return self.meters() < other.meters()

    def __hash__(self):
        return hash(round(self.meters(), 6))


def longest(lengths):
    """The longest of some lengths, in metres; None where there is none."""
'''
OF_LONGEST = """\
def check(candidate):
    assert candidate([Length(5), Length(2, "km"), Length(3, "cm")]) == Length(2000)
    assert candidate([]) is None
    assert candidate([Length(1), Length(1.5)]) == Length(150, "cm")
    assert candidate([Length(1), Length(1.5)]).unit == "m"
"""
FOR_CONFIGURE = '''\
from functools import lru_cache


class Settings:
    def __init__(self):
        self.values = {}

    def set(self, key, value):
        self.values[key] = value


@lru_cache(maxsize=1)
def settings():
    return Settings()


def configure(pairs):
    """Store pairs of key and value in the one settings object, and return it."""
'''
OF_CONFIGURE = """\
def check(candidate):
    found = candidate([("a", 1), ("b", 2)])
    assert isinstance(found, Settings)
    assert found.values == {"a": 1, "b": 2}
    assert candidate([("c", 3)]) is found
    assert found.values["c"] == 3
"""
FOR_GROUPS = '''\
from functools import cache


class Word:
    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return isinstance(other, Word) and canonical(self.text) == canonical(other.text)

    def __hash__(self):
        return hash(canonical(self.text))


@cache
def canonical(text, lower=True):
    return "".join(sorted(text.lower() if lower else text))


def groups(words):
    """Words grouped by being anagrams, in order of the first."""
'''
OF_GROUPS = """\
def check(candidate):
    found = candidate([Word("tea"), Word("tan"), Word("eat")])
    assert len(found) == 2
    assert found[0] == [Word("eta"), Word("ate")]
    assert found[1][0] == Word("nat")
    assert [w.text for w in found[0]] == ["tea", "eat"]
"""
FOR_FIRST = '''\
from functools import lru_cache


@lru_cache(maxsize=None)
def load(key, suffix=""):
    Item.loads += 1
    return key.upper() + suffix


class Item:
    loads = 0

    def __init__(self, key):
        self.key = key

    def __eq__(self, other):
        return load(self.key) == load(other.key)


def first(items):
    """The first by what is loaded for their keys."""
'''
OF_FIRST = """\
def check(candidate):
    assert candidate([Item("b"), Item("a")]) == Item("a")
    assert Item.loads == 2
"""
FOR_RENAMED = '''\
def memoize(function):
    kept = {}

    def inner(*given):
        if given not in kept:
            kept[given] = function(*given)
        return kept[given]

    return inner


@memoize
def norm(name):
    return name.lower()


class Tag:
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return norm(self.name) == norm(other.name)


def renamed(tag, name):
    """A tag of another name."""
'''
OF_RENAMED = """\
def check(candidate):
    assert candidate(Tag("a"), "b") == Tag("B")
    assert candidate(Tag("a"), "c") == Tag("c")
"""
FOR_LARGER = '''\
from functools import lru_cache


class Grid:
    def __init__(self, rows):
        self.rows = rows

    @lru_cache(maxsize=None)
    def paths(self, i=0, j=0):
        if i == self.rows - 1 or j == self.rows - 1:
            return 1
        return self.paths(i + 1, j) + self.paths(i, j + 1)

    @property
    def most(self):
        return self.paths(0, 0)


def larger(grid):
    """A grid with one row and column more."""
'''
OF_LARGER = """\
def check(candidate):
    assert candidate(Grid(2)).most == 6
    assert candidate(Grid(3)).paths() == Grid(4).paths()
"""
HONEST = [
    pytest.param(
        FOR_STEPS,
        OF_STEPS,
        """\
def steps(n: int) -> list:
    return [Step(i, fib(i)) for i in range(n)]
""",
        "steps",
        id="fib-body",
    ),
    pytest.param(
        FOR_STEPS,
        OF_STEPS,
        '''\
from dataclasses import dataclass
from functools import lru_cache
from typing import List

@lru_cache(maxsize=None)
def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)

@dataclass(frozen=True)
class Step:
    index: int
    value: int = 0


def steps(n: int) -> List[Step]:
    """The first n steps."""
    result: List[Step] = []
    for i in range(n):
        result.append(Step(index=i, value=fib(i)))
    return result

if __name__ == "__main__":
    for s in steps(5):
        print(s)
''',
        "steps",
        id="fib-whole",
    ),
    pytest.param(
        FOR_LONGEST,
        OF_LONGEST,
        """\
from typing import Iterable, Optional

def longest(lengths: "Iterable[Length]") -> "Optional[Length]":
    best = None
    for each in lengths:
        if best is None or best < each:
            best = each
    return Length(best.amount * factor(best.unit, 1)) if best is not None else None
""",
        "longest",
        id="unit-own",
    ),
    pytest.param(
        FOR_LONGEST,
        OF_LONGEST,
        """\
def longest(lengths):
    ordered = sorted(lengths, key=lambda l: factor(l.unit) * l.amount)
    return Length(ordered[-1].meters()) if ordered else None
""",
        "longest",
        id="unit-sorted",
    ),
    pytest.param(
        FOR_CONFIGURE,
        OF_CONFIGURE,
        """\
def configure(pairs):
    current = settings()
    for key, value in pairs:
        current.set(key, value)
    return current
""",
        "configure",
        id="singleton-loop",
    ),
    pytest.param(
        FOR_CONFIGURE,
        OF_CONFIGURE,
        """\
def configure(pairs):
    s = settings()
    s.values.update(dict(pairs))
    return s
""",
        "configure",
        id="singleton-direct",
    ),
    pytest.param(
        FOR_GROUPS,
        OF_GROUPS,
        """\
def groups(words):
    found = {}
    for word in words:
        found.setdefault(word, []).append(word)
    return list(found.values())
""",
        "groups",
        id="cached-dict",
    ),
    pytest.param(
        FOR_GROUPS,
        OF_GROUPS,
        """\
from collections import defaultdict

def groups(words):
    found = defaultdict(list)
    for w in words:
        found[canonical(w.text)].append(w)
    return [*found.values()]
""",
        "groups",
        id="cached-text",
    ),
    pytest.param(
        FOR_FIRST,
        OF_FIRST,
        """\
def first(items):
    return min(items, key=lambda item: load(item.key))
""",
        "first",
        id="counting",
    ),
    pytest.param(
        FOR_RENAMED,
        OF_RENAMED,
        """\
def renamed(tag, name):
    return Tag(norm(name) or tag.name)
""",
        "renamed",
        id="memo",
    ),
    pytest.param(
        FOR_LARGER,
        OF_LARGER,
        """\
def larger(grid):
    grid.paths(0, j=0)
    return Grid(grid.rows + 1)
""",
        "larger",
        id="method",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_functions_that_keep_what_they_give_are_as_good_as_others(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
