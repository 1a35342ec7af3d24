"""What operators, subscripts and calls make of a solution's own objects is judged where it is compared with such."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

VECTOR = """
class Vector:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
    def __neg__(self): return Vector(-self.x, -self.y)
    def __mul__(self, other): return Vector(self.x * other.x, self.y * other.x)
    def __getitem__(self, at): return Vector((self.x, self.y)[at], 0)
    def __call__(self, k): return Vector(self.x + k, self.y)
    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
    def __repr__(self): return f"Vector({self.x}, {self.y})"
"""
WRONG = [
    ("self.y + other.y", "self.y - other.y"),
    ("Vector(-self.x, -self.y)", "Vector(-self.x, self.y)"),
    ("self.y * other.x", "self.y"),
    ("[at], 0", "[at], 1"),
    ("self.x + k", "self.x - k"),
]
TESTS = [
    ("assert Vector(1, 2) + Vector(3, 4) == Vector(4, 6)", 0),
    ("a, b = Vector(1, 2), Vector(3, 4)\nassert a + b == Vector(4, 6)", 0),
    ("assert Vector(4, 7) == Vector(1, 2) + Vector(3, 4) + Vector(0, 1)", 0),
    ("assert Vector(1, 2) + Vector(3, 4) == Vector(4, 6)\nassert repr(Vector(1, 2)) == 'Vector(1, 2)'", 0),
    ("def test_add():\n    a = Vector(1, 2)\n    assert a + a != a\n    assert a + Vector(0, 3) == Vector(1, 5)", 0),
    ("assert -Vector(1, 2) == Vector(-1, -2)", 1),
    ("assert -Vector(1, 2) == -Vector(1, 2) and -Vector(1, 2) == Vector(-1, -2)", 1),
    ("assert Vector(1, 2) * Vector(2, 0) == Vector(2, 4)", 2),
    ("assert Vector(1, 2)[0] == Vector(1, 0)", 3),
    ("assert Vector(1, 2)(3) == Vector(4, 2)", 4),
    ("assert (Vector(1, 2) + Vector(0, 1) == Vector(1, 3)) == (Vector(1, 2) == Vector(1, 2))", 0),
]  # fmt: skip


@pytest.mark.parametrize("entry_point", ["Vector", ""])
def test_operators_between_own_objects_are_judged(bench, entry_point):
    rows = [(VECTOR, tests) for tests, _ in TESTS]
    rows += [(VECTOR.replace(*WRONG[number]), tests) for tests, number in TESTS]
    found = bench.judge_all(rows, entry_point)
    outcomes = [each.outcome for each in found]
    assert outcomes == [Outcome.PASS] * len(TESTS) + [Outcome.FAIL] * len(TESTS), found


LIAR = """
class Fib:
    def __init__(self, *given): pass
    def __eq__(self, other): return True
    def __add__(self, other): return self
    __sub__ = __rsub__ = __mul__ = __getitem__ = __call__ = __radd__ = __add__
    def __neg__(self): return self
"""


@pytest.mark.parametrize(
    "tests",
    [
        "assert Fib(10) - 55 == 0",
        "assert -Fib(10) == -55",
        "assert Fib(9) + Fib(8) == 55",
        "assert Fib(9) + 21 == Fib(10)",
        "assert Fib(10) == 5 * Fib(5) + 30",
        "assert Fib(9)[0] == 34",
        "assert (Fib(9) == 34) == (Fib(8) == 21)",
        "assert Fib(9) + Fib(8) in [55]",
    ],
)
def test_what_is_compared_with_data_is_no_judge_of_itself(bench, tests):
    assert bench.judge(LIAR, tests, "Fib").outcome is not Outcome.PASS
