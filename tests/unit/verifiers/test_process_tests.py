"""Tests that run as they are run whole, and keep their lines."""

import pytest

from verifiers.process_tests import for_process


@pytest.mark.parametrize(
    ("tests", "added"),
    [
        pytest.param("assert f(1)\ndef check(candidate):\n    assert candidate(2)", "check(f)", id="check-beside"),
        pytest.param("x = 1\ndef check(candidate):\n    assert candidate(2)", "", id="check-alone"),
        pytest.param("def check(candidate):\n    assert candidate(2)\ncheck(f)", "", id="check-that-is-called"),
        pytest.param("assert f(1)\ndef check():\n    assert f(2)", "", id="check-of-nothing"),
    ],
)
def test_a_check_that_nothing_calls_is_called(tests, added):
    found = for_process(tests, "f")
    assert found.startswith(tests)
    assert found.removeprefix(tests).strip() == added


@pytest.mark.parametrize("test", ["__name__ == '__main__'", '"__main__" == __name__', "__name__=='__main__'"])
def test_what_stands_under_main_is_run(test):
    tests = f"import random\né = 1\nif {test}:  # é\n    assert f(1) == 2"
    assert for_process(tests, "f") == "import random\né = 1\nif True:  # é\n    assert f(1) == 2"


def test_runners_of_tests_are_left_to_who_runs_the_tests():
    tests = "import unittest\nif __name__ == '__main__':\n    unittest.main()"
    assert for_process(tests, "f") == tests
