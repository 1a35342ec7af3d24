import pytest

from verifiers.plan import Converted, Unconvertible, convert


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert f(1) == 2", id="literal"),
        pytest.param("assert f([0] * 1000, -1) == float('inf')", id="constant-expressions"),
        pytest.param("assert f(set(), frozenset({1}), b'x', 1j) == {}", id="kinds-of-data"),
        pytest.param("assert abs(f(1.5) - 2.25) < 1e-6", id="predicate"),
        pytest.param("import math\nassert math.isclose(f(2), 1.4142135, rel_tol=1e-6)", id="math"),
        pytest.param("for x, y in [(1, 2), (2, 3)]:\n    assert f(x) == y", id="loop"),
        pytest.param("def check(candidate):\n    assert candidate(1) == 2", id="check"),
        pytest.param("def test_a():\n    assert f(1) == 2\ndef test_b():\n    assert f(2) == 3", id="functions"),
        pytest.param("x = [3, 1]\nf(x)\nassert x == [1, 3]", id="in-place"),
        pytest.param("s = Stack()\ns.push(1)\nassert s.pop() == 1\nassert len(s) == 0", id="class"),
        pytest.param("try:\n    f(-1)\n    assert False\nexcept ValueError:\n    pass", id="try"),
        pytest.param("import pytest\nwith pytest.raises((ValueError, TypeError)):\n    f(-1)", id="raises"),
        pytest.param("from solution import f\nassert f(1) == 2", id="import"),
        pytest.param("assert f(g(1)) == 2", id="nested-calls"),
        pytest.param("assert all(isinstance(x, int) for x in f(3))", id="comprehension"),
        pytest.param("assert sorted(f(3)) == [1] and f(4)[0] in (1, 2) and not f(5)", id="several"),
        pytest.param("a, b = f(1)\nassert a < b", id="unpacking"),
    ],
)
def test_tests_that_models_write_convert_to_calls(tests):
    found = convert(tests, "f")
    assert isinstance(found, Converted), found
    assert found.questions


@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        pytest.param("assert f(1) ==", "tests:syntax", id="syntax"),
        pytest.param("\0", "tests:syntax", id="nul"),
        pytest.param("f(1)", "tests:no-assert", id="no-assert"),
        pytest.param("", "tests:no-assert", id="empty"),
        pytest.param("assert 1 == 1", "tests:no-call", id="constant"),
        pytest.param("x = 1  #" + "x" * 300_000, "tests:too-long", id="long"),
        pytest.param("assert " + "(" * 5000 + "1", "tests:syntax", id="nested"),
        pytest.param("def check(candidate):\n    assert candidate(1) == 2", "tests:unusable", id="no-entry-point"),
    ],
)
def test_unusable_tests_say_why(tests, reason):
    found = convert(tests, "")
    assert isinstance(found, Unconvertible)
    assert (found.reason, found.is_usable) == (reason, False)


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("import random\nassert f(random.random()) >= 0", id="random"),
        pytest.param("assert f(lambda x: x) == 1", id="callback"),
        pytest.param("class Node:\n    pass\nassert f(Node()) == 1", id="own-class"),
        pytest.param("while True:\n    assert f(1)", id="while"),
        pytest.param("assert f('a' * 10**9) == 1", id="too-much"),
    ],
)
def test_what_needs_a_process_is_still_usable(tests):
    found = convert(tests, "f")
    assert isinstance(found, Unconvertible)
    assert found.is_usable


def test_expected_values_are_in_no_step():
    found = convert("assert f(1) == 987654321", "f")
    assert isinstance(found, Converted)
    assert "987654321" not in repr(found.steps)


def test_a_name_that_was_moved_is_read_where_it_is_asserted():
    found = convert("x = [1]\nassert f(x) is None\nassert x == [2]\ny = [1]\nassert f(y) == x", "f")
    assert isinstance(found, Converted)
    assert [question.readings for question in found.questions] == [(0,), (1,), (2, 3)]
