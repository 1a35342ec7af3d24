"""Prompts that define classes, tests that compare their instances, and what judges an answer to them."""

import pytest

from stillroom.capabilities import find_capability
from verifiers.python_tests import PythonTests

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
KEYED = MONEY.replace("abs(self.key() - other.key()) <= self.tolerance", "self.key() == other.key()")
VERSION = (
    "from functools import total_ordering\n\n\n@total_ordering\nclass Version:\n    def __init__(self, text):\n"
    "        self.parts = tuple(map(int, text.split('.')))\n\n    def __eq__(self, other):\n"
    "        return self.parts == other.parts\n\n    def __lt__(self, other):\n"
    "        return self.parts < other.parts\n\n\n"
    'def newest(versions):\n    """The newest version."""\n'
)
IS = "def check(candidate):\n    assert candidate(Point(1, 2)) == Point(2, 4)\n"
OF_MONEY = (
    "def check(candidate):\n    assert candidate(Money(2)) == Money(4)\n    assert candidate(Money(4.5)) == Money(9)\n"
)
OF_VERSIONS = (
    "def check(candidate):\n    vs = [Version('1.2'), Version('1.10')]\n    assert candidate(vs) >= Version('1.10')\n"
    "    assert not candidate(vs) > Version('1.10')\n"
)
HAS = "def check(candidate):\n    assert Point(2, 4) in candidate(Point(1, 2))\n"
COUNTS = "def check(candidate):\n    assert candidate(Point(1, 2)).count(Point(2, 4)) == 1\n"
SETS = (
    "def check(candidate):\n    found = candidate(Point(1, 2))\n    assert found & {Point(2, 4)}\n"
    "    assert not found - {Point(2, 4)} and found.issuperset({Point(2, 4)})\n"
)
STARTS = [pytest.param("", id="calls"), pytest.param("import random\n", id="process")]


def judged(bench, prompt, tests, answer, entry_point, *, timeout_seconds=2.0):
    row = {"prompt": prompt, "entry_point": entry_point, "test": tests, "completion": f"```python\n{answer}```"}
    submission = find_capability("code").read_submission(row)
    verifier = PythonTests(bench.executor, timeout_seconds=timeout_seconds)
    return bench.run(verifier.judge(submission.check, submission.answer))
