"""Answers to prompts with matrices and context managers, as models write them."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

MATRIX = '''\
class Matrix:
    def __init__(self, rows):
        self.rows = [list(r) for r in rows]

    def __eq__(self, other):
        return isinstance(other, Matrix) and self.rows == other.rows

    def __getitem__(self, pos):
        i, j = pos
        return self.rows[i][j]

    @property
    def shape(self):
        return len(self.rows), len(self.rows[0]) if self.rows else 0


def multiply(a, b):
    """The product; ValueError if the shapes do not match."""
'''
OF_MATRIX = """\
def check(candidate):
    assert candidate(Matrix([[1, 2], [3, 4]]), Matrix([[1, 0], [0, 1]])) == Matrix([[1, 2], [3, 4]])
    assert candidate(Matrix([[1, 2]]), Matrix([[3], [4]]))[0, 0] == 11
    assert candidate(Matrix([[1, 2]]), Matrix([[3], [4]])).shape == (1, 1)
    try:
        candidate(Matrix([[1]]), Matrix([[1], [2]]))
        assert False
    except ValueError:
        pass
"""
CONTEXT = '''\
class Resource:
    def __init__(self, name):
        self.name = name
        self.log = []

    def open(self):
        self.log.append("open")

    def close(self):
        self.log.append("close")


def managed(resource):
    """A context manager that opens the resource and always closes it."""
'''
OF_CONTEXT = """\
def check(candidate):
    r = Resource("x")
    with candidate(r) as found:
        assert found is r
        assert r.log == ["open"]
    assert r.log == ["open", "close"]
    try:
        with candidate(r):
            raise KeyError("no")
    except KeyError:
        pass
    assert r.log == ["open", "close", "open", "close"]
"""
HONEST = [
    pytest.param(
        MATRIX,
        OF_MATRIX,
        """\
def multiply(a, b):
    if a.shape[1] != b.shape[0]:
        raise ValueError("shapes")
    cols = list(zip(*b.rows))
    return Matrix([[sum(x * y for x, y in zip(r, c)) for c in cols] for r in a.rows])
""",
        "multiply",
        id="matrix-zip",
    ),
    pytest.param(
        MATRIX,
        OF_MATRIX,
        """\
from typing import List

def multiply(a: "Matrix", b: "Matrix") -> "Matrix":
    n, m = a.shape
    k, p = b.shape
    if m != k:
        raise ValueError(f"cannot multiply {a.shape} by {b.shape}")
    rows: List[List[float]] = [[0] * p for _ in range(n)]
    for i in range(n):
        for j in range(p):
            for t in range(m):
                rows[i][j] += a[i, t] * b[t, j]
    return Matrix(rows)
""",
        "multiply",
        id="matrix-idx",
    ),
    pytest.param(
        MATRIX,
        OF_MATRIX,
        """\
import numbers

class Matrix:
    def __init__(self, rows):
        self.rows = [list(r) for r in rows]

    def __eq__(self, other):
        return isinstance(other, Matrix) and self.rows == other.rows

    def __getitem__(self, pos):
        i, j = pos
        return self.rows[i][j]

    @property
    def shape(self):
        return len(self.rows), len(self.rows[0]) if self.rows else 0

    def __repr__(self):
        return f"Matrix({self.rows})"

    @property
    def T(self):
        return Matrix(zip(*self.rows))

    def __matmul__(self, other):
        return multiply(self, other)

def multiply(a, b):
    if a.shape[1] != b.shape[0]:
        raise ValueError
    return Matrix([[sum(x * y for x, y in zip(r, c)) for c in b.T.rows] for r in a.rows])
""",
        "multiply",
        id="matrix-whole",
    ),
    pytest.param(
        CONTEXT,
        OF_CONTEXT,
        """\
from contextlib import contextmanager

@contextmanager
def managed(resource):
    resource.open()
    try:
        yield resource
    finally:
        resource.close()
""",
        "managed",
        id="context-lib",
    ),
    pytest.param(
        CONTEXT,
        OF_CONTEXT,
        """\
class managed:
    def __init__(self, resource):
        self.resource = resource

    def __enter__(self):
        self.resource.open()
        return self.resource

    def __exit__(self, exc_type, exc, tb):
        self.resource.close()
        return False
""",
        "managed",
        id="context-class",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_usual_answers_to_prompts_with_matrices_pass(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
