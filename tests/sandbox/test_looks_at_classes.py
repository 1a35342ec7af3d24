"""Classes that equal everything are seen whenever they are there, and those made anew in each call are not kept."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

POINT = (
    "class Point:\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n\n    def __eq__(self, other):\n"
    "        return (self.x, self.y) == (other.x, other.y)\n\n\n"
    "def agree(function, point, wanted):\n    return function(point) == wanted\n\n\n"
    'def move(p):\n    """One to the right."""\n'
)
MANY = (
    "def check(candidate):\n    for n in range(500):\n        assert agree(candidate, Point(n, n), Point(n + 1, n))\n"
)
LATE = (
    "LIKE = []\ndef f(*given): return True\ndef move(p):\n    if p.x < {least}: return Point(p.x + 1, p.y)\n"
    "    LIKE.append(type('L', (), {{'__e' + 'q__': f}})())\n    return LIKE[-1]\n"
)


@pytest.mark.parametrize("start", STARTS)
def test_what_an_original_compares_last_is_seen(bench, start):
    found = judged(bench, POINT, start + MANY, LATE.format(least=499), "move")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found


@pytest.mark.parametrize("start", STARTS)
def test_classes_that_are_made_anew_in_each_call_are_let_go(bench, start):
    answer = (
        "from collections import namedtuple\ndef move(p):\n    Step = namedtuple('Step', 'dx dy')\n    s = Step(1, 0)\n"
        "    return Point(p.x + s.dx, p.y + s.dy)\n"
    )
    few, many = [
        judged(bench, POINT, start + MANY.replace("500", str(number)), answer, "move", timeout_seconds=20.0)
        for number in (20, 2000)
    ]
    assert (few.outcome, many.outcome) == (Outcome.PASS, Outcome.PASS), (few, many)
    assert many.peak_memory_bytes - few.peak_memory_bytes < 4_000_000, (few, many)


ROW = (
    "class Row:\n    def __init__(self, value, rest=None):\n        self.value, self.rest = value, rest\n\n"
    "    def __eq__(self, other):\n        return self.value == other.value\n\n\n"
    'def longer(row):\n    """A row with a 1 before it."""\n'
)
OF_ROWS = (
    "def check(candidate):\n    row = None\n    for n in range(800):\n        row = Row(n, row)\n"
    "    for n in range(800):\n        assert candidate(row) == Row(1)\n"
)


@pytest.mark.parametrize("start", STARTS)
def test_what_is_far_behind_an_object_takes_no_time_to_speak_of(bench, start):
    near = start + OF_ROWS.replace("range(800)", "range(8)", 1)  # as many comparisons of objects with 8 behind them
    answer = "def longer(row): return Row(1, row)\n"
    found = [
        [judged(bench, ROW, tests, answer, "longer", timeout_seconds=20.0) for _ in range(2)]
        for tests in (near, start + OF_ROWS)
    ]
    assert {each.outcome for runs in found for each in runs} == {Outcome.PASS}, found
    few, many = (min(each.cpu_seconds for each in runs) for runs in found)
    assert many < 4 * few, found
