"""Objects that a library's comparison finds equal to everything, and ways to our own modules, make no pass."""

import pytest

from stillroom.capabilities import find_capability
from stillroom.records import Outcome
from verifiers.python_tests import PythonTests

pytestmark = pytest.mark.docker

POINT = (
    "from dataclasses import dataclass\n\n\n@dataclass\nclass Point:\n    x: float\n    y: float\n\n\n"
    'def move(p):\n    """Double the point."""\n'
)
TESTS = (
    "def check(candidate):\n    assert candidate(Point(1.0, 2.5)) == Point(2.0, 5.0)\n"
    "    assert candidate(Point(3.0, 2.5)) == Point(6.0, 5.0)\n"
)
CAST = "from collections import UserList\nclass U(UserList):\n    def _UserList__cast(self, other): return self.data\n"
FORGED = [
    pytest.param(f"{CAST}def move(p): return U()\n", id="list"),
    pytest.param(f"{CAST}def move(p): return Point(U(), U())\n", id="in-its-fields"),
    pytest.param(
        "from fractions import Fraction\nclass F(Fraction):\n    def from_float(self, b): return self\n"
        "def move(p): return Point(F(), F())\n",
        id="fraction",
    ),
    pytest.param(
        "from collections import UserList\ndef cast(self, other): return self.data\n"
        "UserList._UserList__cast = cast\ndef move(p): return UserList()\n",
        id="the-librarys-own",
    ),
    pytest.param(
        "import sys\nK = getattr(sys, 'modules')['kept_code'].Kept\nK.look = lambda self, when: None\n"
        "L = type('L', (), {'__e' + 'q__': lambda *a: True})\ndef move(p): return L()\n",
        id="our-modules",
    ),
    pytest.param("import operator\noperator.eq = lambda a, b: True\ndef move(p): return Point(0, 0)\n", id="operator"),
]
HONEST = [
    pytest.param("def move(p): return Point(p.x * 2, p.y * 2)\n", id="plain"),
    pytest.param(
        "import sys\nsys.setrecursionlimit(9000)\nmodules = ['a']\n"
        "from collections import UserDict, OrderedDict, deque\n"
        "from fractions import Fraction\nfrom dataclasses import dataclass\nimport statistics, decimal, uuid\n"
        "@dataclass\nclass Two:\n    n: int = 2\nclass Three(Two): pass\nclass D(dict): pass\nclass Q(deque): pass\n"
        "def move(p):\n    k = Fraction(2)\n    assert Three() == Three() and D(a=1) == {'a': 1} and Q() == Q()\n"
        "    return Point(float(p.x * k), float(p.y * Three().n))\n",
        id="library",
    ),
]
STARTS = [pytest.param("", id="calls"), pytest.param("import random\n", id="process")]


def judged(bench, tests, answer):
    row = {"prompt": POINT, "entry_point": "move", "test": tests, "completion": f"```python\n{answer}```"}
    submission = find_capability("code").read_submission(row)
    verifier = PythonTests(bench.executor, timeout_seconds=2.0)
    return bench.run(verifier.judge(submission.check, submission.answer))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("answer", FORGED)
def test_what_equals_everything_by_a_librarys_comparison_does_not_pass(bench, answer, start):
    found = judged(bench, start + TESTS, answer)
    assert found.outcome is not Outcome.PASS, found


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("answer", HONEST)
def test_classes_of_libraries_are_no_doubt(bench, answer, start):
    found = judged(bench, start + TESTS, answer)
    assert found.outcome is Outcome.PASS, found
