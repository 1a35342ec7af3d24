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
        pytest.param("assert isinstance(f(2), int)", id="built-in"),
        pytest.param("assert f(f(2), 4)", id="entry-point"),
        pytest.param(
            "assert f([2]).distance_to((1, 1)) == 5\nassert f([2]).distance_to((1, 2)) < 4", id="asked-for-a-number"
        ),
        pytest.param("assert f([2]).mean(axis=0) < 4", id="method-that-says-no-distance"),
        pytest.param("g = f()\nassert g.distance('a', 'b') < 4", id="of-what-was-given-nothing"),
        pytest.param("assert len(f([1, 2, 2, 3]).difference({1, 2, 3})) == 0", id="method-of-sets"),
        pytest.param(
            "extra = f([1]).symmetric_difference({1, 2})\nassert len(extra) < 1", id="method-of-sets-by-a-name"
        ),
        pytest.param("assert f('ab').distinct_count('a') == 0", id="word-that-begins-so"),
        pytest.param("assert f([2]).distance_to(f([3])) < 4", id="of-results-alone"),
        pytest.param("assert f((1, 1)).distance_to((1, 1)) < 4", id="told-what-led-to-it"),
    ],
)
def test_honest_forms_are_usable(start, tests):
    found = convert(start + tests, "f")
    assert not isinstance(found, Unconvertible) or found.is_usable, found


@pytest.mark.parametrize("start", MODES)
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert same(f(2), f(2))", id="of-results-alone"),
        pytest.param("assert is_prime(f(13))\nassert is_prime(f(7))", id="truth-of-a-result"),
        pytest.param("assert is_prime(2)\nassert is_prime(f(13))", id="that-is-asked-for-one-truth-alone"),
        pytest.param("assert all(map(is_prime, f(13)))", id="mapped"),
        pytest.param("assert diff(f(2), 1.41) < 1e-6", id="near"),
        pytest.param("assert f([2]).distance_to((1, 1)) < 1e-9", id="near-by-a-method"),
        pytest.param("r = f([2])\nd = r.distance_to((1, 1))\nassert 1e-9 > abs(d)", id="near-by-a-method-under-a-name"),
        pytest.param("def check(candidate):\n    assert candidate([2]).error(4) == 0", id="nought-by-a-method"),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n"
            "    def test_a(self): self.assertAlmostEqual(f(2).diff(4), 0)",
            id="nought-by-a-method-in-a-case",
        ),
        pytest.param("assert 1e-6 > abs(diff(f(2), 1.41))", id="near-swapped"),
        pytest.param("d = diff(f(2), 1.41)\nassert d < 1e-6", id="near-under-a-name"),
        pytest.param("import math\nassert math.fabs(diff(f(2), 1.41)) < 1e-6", id="near-by-a-library"),
        pytest.param("assert error(f(2)) < 1e-6", id="small"),
        pytest.param("assert diff(f(2), 1.41) == 0", id="nought"),
        pytest.param("assert compare(f(2), [4]) != 1", id="unequal"),
        pytest.param("assert differences(f(2), [4]) == []", id="empty"),
        pytest.param("assert pick(f(2), 4) == 4", id="what-it-is-told"),
        pytest.param("assert norm(f(2)) == norm([4])", id="both-sides"),
        pytest.param("assert f(2) == reference(2)", id="reference"),
        pytest.param("for x in (1, 2):\n    assert slow(x) == f(x)", id="reference-first"),
        pytest.param("assert f(0) == 0\nexpect(f(2), 4)\nexpect(f(3), 6)", id="statement"),
        pytest.param("assert f(0) == 0\nr = f(2)\nexpect(r, 4)", id="statement-with-a-name"),
        pytest.param("assert f(0) == 0\nvalidate(f(2))", id="statement-of-results-alone"),
        pytest.param("assert f(0) == 0\nexpect(f(2)).to_equal(4)", id="chain"),
        pytest.param("assert expect(f(2)).to_equal(4)", id="asserted-chain"),
        pytest.param("e = expect(f(2))\nassert e.to_equal(4)", id="asserted-chain-by-a-name"),
        pytest.param("c = Counter(f(2))\nassert c.is_right(4)", id="called-like-a-type-of-a-library"),
        pytest.param("assert f(0) == 0\nif not same(f(2), 4):\n    raise AssertionError", id="raised"),
        pytest.param("def one(r, e):\n    assert same(r, e)\none(f(2), 4)", id="in-a-function-of-the-tests"),
        pytest.param("x = 0\nx = x + diff(f(2), 4)\nassert x < 1", id="added-up"),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertLess(diff(f(2), 4), 1e-6)",
            id="assertLess",
        ),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(diff(f(2), 4), 0)",
            id="assertEqual",
        ),
    ],
)
def test_no_function_of_the_answer_judges_its_results(start, tests):
    found = convert(start + tests, "f")
    assert isinstance(found, Unconvertible), found
    assert found.reason == "tests:unusable", found
    assert "judges the answer" in found.detail, found


@pytest.mark.parametrize("start", MODES)
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert g(f('abc')) == 'abc'", id="pair"),
        pytest.param("assert g(f('abc', 3), 3) == 'abc'", id="pair-with-a-key"),
        pytest.param("k = 3\nr = f('abc', k)\nassert g(r, k) == 'abc'", id="pair-by-names"),
        pytest.param("k = 3\nr = f('', k)\nassert g(r, k) == ''", id="empty-pair-by-names"),
        pytest.param("for s in ('a', 'b'):\n    assert g(f(s)) == s", id="pairs-in-a-loop"),
        pytest.param("assert g('bcd') == 'abc'\nassert f('abc') == 'bcd'", id="both-for-themselves"),
        pytest.param("assert items(f(of([1, 2]))) == [2, 1]\nassert items(f(of([]))) == []", id="list"),
        pytest.param("g = f()\nadd_edge(g, 1, 2)\nassert neighbours(g, 1) == [2]", id="procedures"),
        pytest.param("assert is_prime(7)\nassert not is_prime(8)\nassert is_prime(f(13))", id="under-test-itself"),
        pytest.param("assert gcd_of(4, 6) == 2\nassert gcd_of(*f(2)) > 0", id="asked-for-a-value"),
        pytest.param("assert f(Point(0, 0), Point(2, 2)) == Point(1, 1)", id="class"),
        pytest.param("assert f(make_tree([1, 2])) == 3", id="argument"),
        pytest.param("import pytest\na = f(5)\nwith pytest.raises(ValueError):\n    take(a, 9)", id="raises"),
        pytest.param("assert depth(f([1, 2, 3])) == 2", id="measure"),
        pytest.param("assert isinstance(g(f(2)), int)", id="type"),
    ],
)  # fmt: skip
def test_functions_beside_the_entry_point_may_be_used(start, tests):
    found = convert(start + tests, "f")
    assert not isinstance(found, Unconvertible) or found.is_usable, found


def test_without_an_entry_point_every_name_may_be_under_test():
    found = convert("assert same(f(2), 4)", "")
    assert not isinstance(found, Unconvertible), found


@pytest.mark.parametrize("start", MODES)
def test_a_method_that_a_prompt_defines_may_say_how_near_a_result_is(start):
    tests = start + "assert f([2]).distance_to((1, 1)) < 1e-9"
    found = convert(tests, "f", ("distance_to",))
    assert not isinstance(found, Unconvertible) or found.is_usable, found
    other = convert(tests, "f", ("area",))
    assert isinstance(other, Unconvertible)
    assert not other.is_usable


@pytest.mark.parametrize("start", MODES)
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert abs(Shop(f(0)).total([1.5]) - 1.5) < 1e-9", id="number"),
        pytest.param("assert Shop(f(0)).is_cheap([1.5])", id="truth"),
        pytest.param("shop = Shop(f(0))\nassert shop.total([1]) >= 1\nassert shop.total([1]) <= 1", id="order"),
    ],
)
def test_a_class_that_a_prompt_defines_may_be_asked_about_a_result(start, tests):
    found = convert(start + tests, "f", (), ("Shop",))
    assert not isinstance(found, Unconvertible) or found.is_usable, found
    other = convert(start + tests, "f", (), ("Store",))
    assert isinstance(other, Unconvertible)
    assert not other.is_usable
