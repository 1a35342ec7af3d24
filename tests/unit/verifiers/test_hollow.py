"""Tests that say nothing of an answer are refused, whatever mode they would run in; honest forms are not."""

import pytest

from verifiers.plan import Unconvertible, convert

MODES = [pytest.param("", id="calls"), pytest.param("import random\n", id="process")]


@pytest.mark.parametrize("start", MODES)
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert (f(2) == 4, 'f(2) is 4')", id="tuple"),
        pytest.param("assert [f(x) == 2 * x for x in (1, 2)], [f(2) == 4]\nassert [f(2) == 4]", id="list"),
        pytest.param("assert (f(x) == 2 * x for x in (1, 2))", id="generator"),
        pytest.param("assert lambda: f(2) == 4", id="lambda"),
        pytest.param("assert 'f(2) == 4'\nassert f(0) == 0", id="text"),
        pytest.param("assert f'{f(2)} is 4'", id="formatted-text"),
        pytest.param("assert {'got': f(2)}", id="dictionary"),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertTrue(f(2), 4)",
            id="assertTrue",
        ),
        pytest.param("assert f(0) == 0\ndef test_two():\n    return\n    assert f(2) == 4", id="after-a-return"),
        pytest.param("assert f(0) == 0\nfor x in (1, 2):\n    continue\n    assert f(x) == 4", id="after-a-continue"),
    ],
)
def test_an_assertion_that_holds_whatever_the_answer_makes_tests_unusable(start, tests):
    found = convert(start + tests, "f")
    assert isinstance(found, Unconvertible), found
    assert found.reason == "tests:unusable", found


@pytest.mark.parametrize("start", MODES)
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert almost_equal(f(2), 4)", id="call"),
        pytest.param("assert not differs(f(2), 4)", id="not"),
        pytest.param("assert same(f(2), b=4) is True", id="is-true"),
        pytest.param("for x, y in [(1, 2)]:\n    assert equal(f(x), y)", id="loop"),
        pytest.param("r = f(2)\ns = [r]\nassert same(s, [4])", id="by-another-name"),
        pytest.param("def check(candidate):\n    assert same(candidate(2), 4)", id="candidate"),
        pytest.param("assert all(close(a, b) for a, b in zip(f(2), [4]))", id="of-all"),
        pytest.param("assert f(0) == 0 and same(f(2), 4)", id="and"),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertTrue(same(f(2), 4))",
            id="case",
        ),
    ],
)
def test_no_answer_says_itself_whether_its_result_is_the_expected_one(start, tests):
    found = convert(start + tests, "f")
    assert isinstance(found, Unconvertible), found
    assert found.reason == "tests:unusable", found


@pytest.mark.parametrize("start", MODES)
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert f(2) == 4, ('not', 4)", id="message"),
        pytest.param("assert [*f(2)]", id="items"),
        pytest.param("def same(a, b):\n    return a == b\nassert same(f(2), 4)", id="defined"),
        pytest.param("from solution import f, same\nassert same(f(2), 4)", id="imported-from-the-solution"),
        pytest.param("from math import isclose\nassert isclose(f(2), 4)", id="imported"),
        pytest.param("assert merge(f(2), [4]) == [2, 4]", id="compared-with-data"),
        pytest.param("assert is_prime(7) and f(2) == 3", id="under-test-itself"),
        pytest.param("assert same(f(2), f(2))", id="of-results-alone"),
        pytest.param("assert isinstance(f(2), int)", id="built-in"),
        pytest.param("assert f(f(2), 4)", id="entry-point"),
    ],
)
def test_honest_forms_are_usable(start, tests):
    found = convert(start + tests, "f")
    assert not isinstance(found, Unconvertible) or found.is_usable, found


def test_without_an_entry_point_every_name_may_be_under_test():
    found = convert("assert same(f(2), 4)", "")
    assert not isinstance(found, Unconvertible), found
