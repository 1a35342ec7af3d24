"""Answers to prompts with named tuples, enumerations and intervals, as models write them."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

PIXEL = '''\
from enum import Enum
from typing import NamedTuple


class Color(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3


class Pixel(NamedTuple):
    x: int
    y: int
    color: Color = Color.RED


def recolor(pixels, color):
    """The pixels with another color."""
'''
OF_PIXEL = """\
def check(candidate):
    assert candidate([Pixel(1, 2)], Color.BLUE) == [Pixel(1, 2, Color.BLUE)]
    assert candidate([], Color.RED) == []
    found = candidate([Pixel(0, 0, Color.GREEN), Pixel(3, 4)], Color.GREEN)
    assert [p.color for p in found] == [Color.GREEN] * 2
    assert found[1].x == 3
"""
INTERVAL = '''\
from dataclasses import dataclass, field
from typing import List


@dataclass(order=True)
class Interval:
    start: int
    end: int
    tags: List[str] = field(default_factory=list, compare=False)


def merge(intervals: List[Interval]) -> List[Interval]:
    """Merge overlapping intervals; sorted."""
'''
OF_INTERVAL = """\
def check(candidate):
    assert candidate([Interval(1, 3), Interval(2, 6), Interval(8, 10)]) == [Interval(1, 6), Interval(8, 10)]
    assert candidate([]) == []
    assert candidate([Interval(1, 4), Interval(4, 5)])[0].end == 5
"""
HONEST = [
    pytest.param(
        PIXEL,
        OF_PIXEL,
        """\
def recolor(pixels, color):
    return [p._replace(color=color) for p in pixels]
""",
        "recolor",
        id="pixel-replace",
    ),
    pytest.param(
        PIXEL,
        OF_PIXEL,
        """\
from enum import Enum
from typing import List, NamedTuple


class Color(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3


class Pixel(NamedTuple):
    x: int
    y: int
    color: Color = Color.RED


def recolor(pixels: List[Pixel], color: Color) -> List[Pixel]:
    return [Pixel(p.x, p.y, color) for p in pixels]


if __name__ == "__main__":
    print(recolor([Pixel(1, 2)], Color.BLUE))
""",
        "recolor",
        id="pixel-whole",
    ),
    pytest.param(
        PIXEL,
        OF_PIXEL,
        """\
def recolor(pixels, color):
    out = []
    for x, y, _ in pixels:
        out.append(Pixel(x, y, color))
    return out
""",
        "recolor",
        id="pixel-tuple",
    ),
    pytest.param(
        INTERVAL,
        OF_INTERVAL,
        """\
def merge(intervals: List[Interval]) -> List[Interval]:
    merged = []
    for each in sorted(intervals):
        if merged and each.start <= merged[-1].end:
            merged[-1].end = max(merged[-1].end, each.end)
        else:
            merged.append(Interval(each.start, each.end))
    return merged
""",
        "merge",
        id="interval-body",
    ),
    pytest.param(
        INTERVAL,
        OF_INTERVAL,
        """\
from dataclasses import dataclass, field
from typing import List

@dataclass(order=True)
class Interval:
    start: int
    end: int
    tags: List[str] = field(default_factory=list, compare=False)

def merge(intervals: List[Interval]) -> List[Interval]:
    merged = []
    for each in sorted(intervals):
        if merged and each.start <= merged[-1].end:
            merged[-1].end = max(merged[-1].end, each.end)
        else:
            merged.append(Interval(each.start, each.end))
    return merged

if __name__ == '__main__':
    print(merge([Interval(1, 3), Interval(2, 4)]))
""",
        "merge",
        id="interval-whole",
    ),
    pytest.param(
        INTERVAL,
        OF_INTERVAL,
        """\
from __future__ import annotations
from dataclasses import dataclass, field
import typing
from typing import List

@dataclass(order=True)
class Interval:
    start: int
    end: int
    tags: List[str] = field(default_factory=list, compare=False)

def merge(intervals: list[Interval]) -> list[Interval]:
    merged = []
    for each in sorted(intervals):
        if merged and each.start <= merged[-1].end:
            merged[-1].end = max(merged[-1].end, each.end)
        else:
            merged.append(Interval(each.start, each.end))
    return merged
""",
        "merge",
        id="interval-future",
    ),
    pytest.param(
        INTERVAL,
        OF_INTERVAL,
        """\
from dataclasses import dataclass, field
from typing import List

@dataclass(order=True)
class Interval:
    start: int
    end: int
    tags: List[str] = field(default_factory=list, compare=False)

    def overlaps(self, other: "Interval") -> bool:
        return self.start <= other.end and other.start <= self.end

def merge(intervals):
    result = []
    for each in sorted(intervals, key=lambda i: (i.start, i.end)):
        if result and result[-1].overlaps(each):
            result[-1].end = max(result[-1].end, each.end)
        else:
            result.append(Interval(each.start, each.end, list(each.tags)))
    return result
""",
        "merge",
        id="interval-helper",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_usual_answers_to_prompts_with_records_pass(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
