"""Tests on which no verdict could rest are told from those that may be slow, odd, or run as they are."""

import pytest

from stillroom.records import Check
from verifiers.usability import problem_of

NAMES = ("python-tests",)


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert f(1) == 2", id="an assertion"),
        pytest.param("def check(candidate):\n    assert candidate(1) == 2", id="check"),
        pytest.param("def test_it():\n    assert f(1) == 2", id="a test function"),
        pytest.param("result = f([1])\nresult.sort()\nassert result == [1]", id="by way of a variable"),
        pytest.param("import random\nassert f(random.random()) < 1", id="in a process of its own"),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    def test_f(self): self.assertEqual(f(1), 2)",
            id="unittest",
        ),
        pytest.param("import random\ndef check(candidate):\n    assert candidate(random.random()) < 1", id="own check"),
        pytest.param('[{"stdin": "1", "stdout": "2"}]', id="pairs"),
    ],
)
def test_tests_that_call_the_entry_point_and_assert_are_fine(tests: str) -> None:
    assert problem_of(Check(tests=tests, entry_point="f"), NAMES) == ""


@pytest.mark.parametrize(
    ("tests", "problem"),
    [
        pytest.param(
            "assert f(1) == 2\nassert f(1) ==", "invalid syntax in line 2 of them: assert f(1) ==", id="syntax"
        ),
        pytest.param("assert f(1) == '\x00'", "can judge no answer", id="null byte"),
        pytest.param("print(f(1))", "assert nothing", id="no assertion"),
        pytest.param("assert 1 + 1 == 2", "no assertion calls", id="no call"),
        pytest.param("if False:\n    assert f(1) == 2", "no assertion is reached", id="never reached"),
        pytest.param("assert g(1) == 2", "never call the entry point `f`", id="another name"),
        pytest.param(
            "import random\nassert g(random.random()) < 1", "never call the entry point `f`", id="own process"
        ),
        pytest.param('[{"stdin": 1}]', "no pairs of stdin and stdout", id="broken pairs"),
        pytest.param("x = 1\n" * 200_000, "200", id="too long"),
    ],
)
def test_tests_that_can_judge_nothing_are_told_why(tests: str, problem: str) -> None:
    assert problem in problem_of(Check(tests=tests, entry_point="f"), NAMES)


def test_a_verifier_that_is_not_ours_is_not_spoken_for() -> None:
    assert problem_of(Check(tests="assert f(1) ==", entry_point="f"), ("others-tests",)) == ""


def test_without_an_entry_point_any_call_will_do() -> None:
    assert problem_of(Check(tests="assert g(1) == 2"), NAMES) == ""
