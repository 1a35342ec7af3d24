"""Answers to prompts with heaps, decimals and dataclasses in fences, as models write them."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

HEAP = '''\
import heapq
from dataclasses import dataclass


@dataclass
class Task:
    name: str
    priority: int


def order(tasks):
    """The names by priority, the most urgent (lowest) first; ties by name."""
'''
OF_HEAP = """\
def check(candidate):
    assert candidate([Task("b", 2), Task("a", 2), Task("c", 1)]) == ["c", "a", "b"]
    assert candidate([]) == []
"""
SPLIT = '''\
from fractions import Fraction
from decimal import Decimal


class Money:
    def __init__(self, amount, currency="EUR"):
        self.amount = Decimal(amount)
        self.currency = currency

    def __eq__(self, other):
        return isinstance(other, Money) and (self.amount, self.currency) == (other.amount, other.currency)

    def __hash__(self):
        return hash((self.amount, self.currency))

    def __add__(self, other):
        if self.currency != other.currency:
            raise ValueError("currencies")
        return Money(self.amount + other.amount, self.currency)


def split(money, parts):
    """Split an amount into parts of whole cents that add up to it; the first get what is left."""
'''
OF_SPLIT = """\
def check(candidate):
    found = candidate(Money("10.00"), 3)
    assert found == [Money("3.34"), Money("3.33"), Money("3.33")]
    assert found[0] + found[1] + found[2] == Money("10")
    assert len({Money("1.0"), Money("1.00")}) == 1
"""
FENCE = """\
Write a function `area_sum(shapes)` that adds up the areas.

```python
@dataclass
class Rect:
    w: float
    h: float = 1.0

    @property
    def area(self) -> float:
        return self.w * self.h
```
"""
OF_FENCE = """\
assert area_sum([Rect(2, 3), Rect(4)]) == 10
assert area_sum([]) == 0
assert Rect(2).area == 2
"""
HONEST = [
    pytest.param(
        HEAP,
        OF_HEAP,
        """\
import heapq
from dataclasses import dataclass, field

@dataclass(order=True)
class _Entry:
    priority: int
    name: str
    task: "Task" = field(compare=False)

def order(tasks):
    heap = [_Entry(t.priority, t.name, t) for t in tasks]
    heapq.heapify(heap)
    return [heapq.heappop(heap).name for _ in range(len(heap))]
""",
        "order",
        id="heap-wrapper",
    ),
    pytest.param(
        HEAP,
        OF_HEAP,
        """\
class Item:
    def __init__(self, task):
        self.task = task
    def __lt__(self, other):
        return (self.task.priority, self.task.name) < (other.task.priority, other.task.name)

def order(tasks):
    heap = []
    for t in tasks:
        heapq.heappush(heap, Item(t))
    result = []
    while heap:
        result.append(heapq.heappop(heap).task.name)
    return result
""",
        "order",
        id="heap-lt",
    ),
    pytest.param(
        HEAP,
        OF_HEAP,
        """\
import heapq
from dataclasses import dataclass

@dataclass
class Task:
    name: str
    priority: int

    def __lt__(self, other):
        return (self.priority, self.name) < (other.priority, other.name)

def order(tasks):
    heap = list(tasks)
    heapq.heapify(heap)
    return [heapq.heappop(heap).name for _ in tasks]
""",
        "order",
        id="heap-own-lt",
    ),
    pytest.param(
        SPLIT,
        OF_SPLIT,
        """\
def split(money, parts):
    cents = int(money.amount * 100)
    base, left = divmod(cents, parts)
    return [Money(Decimal(base + (1 if i < left else 0)) / 100, money.currency) for i in range(parts)]
""",
        "split",
        id="split-cents",
    ),
    pytest.param(
        SPLIT,
        OF_SPLIT,
        """\
from decimal import Decimal, ROUND_DOWN, getcontext

def split(money, parts):
    getcontext().prec = 28
    cent = Decimal("0.01")
    base = (money.amount / parts).quantize(cent, rounding=ROUND_DOWN)
    shares = [base] * parts
    left = money.amount - base * parts
    i = 0
    while left > 0:
        shares[i] += cent
        left -= cent
        i += 1
    return [Money(str(s), money.currency) for s in shares]
""",
        "split",
        id="split-quantize",
    ),
    pytest.param(
        FENCE,
        OF_FENCE,
        """\
from dataclasses import dataclass
from typing import Iterable

@dataclass
class Rect:
    w: float
    h: float = 1.0

    @property
    def area(self) -> float:
        return self.w * self.h

def area_sum(shapes: Iterable[Rect]) -> float:
    return sum(s.area for s in shapes)
""",
        "area_sum",
        id="fence-whole",
    ),
    pytest.param(
        FENCE,
        OF_FENCE,
        '''\
import dataclasses
from dataclasses import dataclass, field

@dataclass
class Rect:
    """A rectangle."""
    w: float
    h: float = 1.0

    @property
    def area(self):
        return self.w * self.h

    def scaled(self, k: float) -> "Rect":
        return dataclasses.replace(self, w=self.w * k, h=self.h * k)

def area_sum(shapes):
    total = 0
    for s in shapes:
        total += s.area
    return total

if __name__ == "__main__":
    print(area_sum([Rect(1, 2)]))
''',
        "area_sum",
        id="fence-dc",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_usual_answers_to_prompts_with_dataclasses_pass(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
