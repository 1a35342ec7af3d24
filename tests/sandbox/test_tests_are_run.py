"""Whatever a person defines as a test is run, or nothing is said: no answer passes by tests that never ran."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

RIGHT = "def f(x): return x * 2"
WRONG = "def f(x): return None"
CHECK = "def check(candidate):\n    assert candidate(2) == 4\n"
CASE = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, 2)\n"


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("import random\nfrom solution import f\n" + CHECK, id="beside-an-import"),
        pytest.param("import random\ng = f\n" + CHECK, id="beside-a-name"),
        pytest.param(
            "import random\nfrom solution import f\n" + CHECK + "def main():\n    check(f)\n", id="unused-main"
        ),
        pytest.param("import random\nrandom.seed(3)\n" + CHECK, id="beside-a-seed"),
        pytest.param("import random\nassert f(0) in (0, None)\n" + CHECK, id="beside-an-assertion"),
        pytest.param("import random\nfrom solution import f\n" + CHECK + "check(f)\n", id="called"),
        pytest.param("import random\n" + CHECK + "def test_all(): check(f)\n", id="called-by-a-test"),
        pytest.param(
            "import random\nif True:\n    def check(candidate):\n        assert candidate(2) == 4\n", id="in-an-if"
        ),
    ],
)
def test_check_is_run_unless_the_tests_run_it(bench, tests):
    right, wrong = bench.judge_all([(RIGHT, tests), (WRONG, tests)], "f")
    assert (right.outcome, right.reason) == (Outcome.PASS, ""), right
    assert (wrong.outcome, wrong.reason) == (Outcome.FAIL, "wrong-answer"), wrong


def test_check_is_run_once(bench):
    tests = "import random\nran = []\ndef check(candidate):\n    ran.append(candidate(2))\n    assert len(ran) == 1\n"
    for more in ("", "check(f)\n", "def test_it(): check(f)\n"):
        found = bench.judge(RIGHT, tests + more, "f")
        assert (found.outcome, found.reason) == (Outcome.PASS, ""), (more, found)


def test_check_without_an_entry_point_says_nothing_of_the_answer(bench):
    found = bench.judge(RIGHT, "import random\nfrom solution import f\n" + CHECK)
    assert found.outcome is Outcome.ABSTAIN, found


def test_a_solution_without_the_name_that_check_asks_for_has_a_wrong_name(bench):
    found = bench.judge("def g(x): return x * 2", "import random\n" + CHECK, "f")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "harness:wrong-name"), found


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(test): return lambda *given: None", id="another-function"),
        pytest.param("def f(test): return 3", id="data"),
        pytest.param("def f(test): return print", id="a-built-in-function"),
        pytest.param("def f(test): return test", id="itself"),
        pytest.param("def f(test):\n    def run(*given): return test(*given)\n    return run", id="honest"),
    ],
)
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("@f\ndef test_it():\n    assert f(len)([1]) == 2\n", id="function"),
        pytest.param(
            CASE.replace("    def", "    @f\n    def"),
            id="method",
        ),
        pytest.param(
            CASE.replace("class", "@f\nclass"),
            id="class",
        ),
        pytest.param("@f\ndef check(candidate):\n    assert candidate(len)([1]) == 2\n", id="check"),
    ],
)
def test_a_solution_that_decorates_a_test_does_not_pass_by_not_running_it(bench, source, tests):
    found = bench.judge(source, "import random\n" + tests, "f")
    assert found.outcome is not Outcome.PASS, found


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        pytest.param("def f(x): return x", Outcome.ABSTAIN, id="function"),
        pytest.param("f = len", Outcome.ABSTAIN, id="function-of-a-library"),
        pytest.param("f = dict", Outcome.ABSTAIN, id="type-of-a-library"),
        pytest.param("f = 3", Outcome.ABSTAIN, id="data"),
    ],
)
def test_to_ask_for_a_name_is_no_call(bench, source, outcome):
    found = bench.judge(source, "import random\nfrom solution import f\nassert random.random() < 1\n", "f")
    assert (found.outcome, found.reason) == (outcome, "tests:no-call"), found


def test_a_function_of_a_library_may_be_the_solution(bench):
    rows = [
        ("from math import gcd as f", "import random\nassert f(4, 6) == 2"),
        ("from math import gcd as f", "import random\nfrom solution import f\nassert f(4, 6) == 2"),
        ("f = sorted", "import random\ndef check(candidate):\n    assert candidate([2, 1]) == [1, 2]\n"),
        ("f = {'a': 1}", "import random\nassert f['a'] == 1"),
    ]
    assert [each.outcome for each in bench.judge_all(rows, "f")] == [Outcome.PASS] * len(rows)
