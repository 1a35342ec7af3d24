"""Tests that run as they are run whole, and keep their lines."""

import pytest

from verifiers.process_tests import for_process


@pytest.mark.parametrize("test", ["__name__ == '__main__'", '"__main__" == __name__', "__name__=='__main__'"])
def test_what_stands_under_main_is_run(test):
    tests = f"import random\né = 1\nif {test}:  # é\n    assert f(1) == 2"
    assert for_process(tests) == "import random\né = 1\nif True:  # é\n    assert f(1) == 2"


def test_runners_of_tests_are_left_to_who_runs_the_tests():
    tests = "import unittest\nif __name__ == '__main__':\n    unittest.main()"
    assert for_process(tests) == tests
