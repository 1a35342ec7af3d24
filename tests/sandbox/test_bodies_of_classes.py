"""The body of a class of the tests may use names of the solution, as functions of the tests do."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

SOLUTION = (
    "LIMIT = 3\ndef log(f):\n    def inner(*given): return f(*given)\n    return inner\n"
    "def tag(n):\n    def with_tag(f):\n        return lambda *given: f(*given) * n\n    return with_tag\n"
)
ONE = "    def m(self, x): return x + 1\n"


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(f"class A:\n    @log\n{ONE}assert A().m(2) == 3\n", id="decorator"),
        pytest.param(f"class A:\n    @tag(3)\n{ONE}assert A().m(2) == 9 and log(len)([1]) == 1\n", id="call"),
        pytest.param(
            f"def check(candidate):\n    class A:\n        @log\n    {ONE}    assert A().m(2) == 3\n", id="local-class"
        ),
        pytest.param(
            "from solution import log\nclass A:\n    @property\n    @log\n"
            "    def n(self): return 3\nassert A().n == 3\n",
            id="under-a-property",
        ),
        pytest.param("class A:\n    class B:\n        f = log(len)\nassert A.B.f([1]) == 1\n", id="class-in-a-class"),
        pytest.param(
            "class A:\n    n = LIMIT\n    def m(self, x=LIMIT): return x\nassert A.n == A().m() == 3\n"
            "assert log(len)([1]) == 1\n",
            id="value",
        ),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    made = staticmethod(log(len))\n"
            "    def test_made(self):\n        self.assertEqual(self.made([1]), 1)\n"
            "        assert __name__ and self.__class__.__qualname__ == 'T'\n",
            id="case",
        ),
    ],
)
def test_a_body_uses_names_of_the_solution(bench, tests):
    found = bench.judge(SOLUTION, tests, "log")
    assert found.outcome is Outcome.PASS, found


def test_a_name_that_nobody_defines_is_the_tests_own_mistake(bench):
    found = bench.judge(SOLUTION, f"class A:\n    @logg\n{ONE}assert A().m(2) == 3\nassert log(len)([1]) == 1\n", "log")
    assert found.outcome is Outcome.ABSTAIN, found
