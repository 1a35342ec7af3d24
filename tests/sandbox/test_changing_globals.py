"""A global of the solution is what it is when the tests look at it, whichever way they run."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

WAYS = [pytest.param("", id="calls"), pytest.param("import random\n", id="process")]
COUNTER = "counter = 0\ndef f():\n    global counter\n    counter += 1\n"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("source", "tests"),
    [
        pytest.param(COUNTER, "f()\nassert counter == 1\nf()\nassert counter == 2", id="number"),
        pytest.param(COUNTER, "before = counter\nf()\nassert before == 0 and counter == 1", id="under-a-name"),
        pytest.param(COUNTER, "g = f\nassert counter == 0\ng()\nassert counter == 1", id="function-under-a-name"),
        pytest.param(
            "items = []\ndef f(x):\n    global items\n    items = [*items, x]\n",
            "f(1)\nassert items == [1]\nf(2)\nassert items == [1, 2]",
            id="list",
        ),
        pytest.param(
            "class C:\n    n = 0\nstate = C()\ndef f():\n    global state\n    last, state = state, C()\n"
            "    state.n = last.n + 1\n",
            "f()\nassert state.n == 1\nf()\nassert state.n == 2",
            id="object",
        ),
    ],
)
def test_globals_that_change_are_looked_at_afresh(bench, way, source, tests):
    found = bench.judge(source, way + tests, "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize("way", WAYS)
def test_a_global_that_does_not_change_fails(bench, way):
    found = bench.judge("counter = 1\ndef f(): pass", way + "f()\nassert counter == 1\nf()\nassert counter == 2", "f")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert f('hello world') == list(set('hello world'))", id="list"),
        pytest.param("assert ''.join(f('hello world')) == ''.join(set('hello world'))", id="text"),
        pytest.param("assert str(f('hello')) == str(list(set('hello')))", id="shown"),
    ],
)
def test_the_order_of_sets_is_that_of_the_solution(bench, tests):
    found = bench.judge("def f(x): return list(set(x))", tests, "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize("way", WAYS)
def test_a_slip_in_the_tests_fails_no_answer_and_passes_none(bench, way):
    found = bench.judge("def f(x): return 2 * x", way + "assert f(3) == expectd", "f")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:unusable"), found
    caught = bench.judge(
        "def f(x): return 2 * x", way + "try:\n    assert f(3) == expectd\nexcept NameError: pass", "f"
    )
    assert caught.outcome is Outcome.ABSTAIN, caught
