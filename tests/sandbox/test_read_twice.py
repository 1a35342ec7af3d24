"""What is read twice is one value: a name of the solution, and a result that its own process reports."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

IN_PROCESS = "import random\n"  # so that the tests run in a process of their own


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert ANSWER > 1.41\nassert ANSWER < 1.42", id="two-assertions"),
        pytest.param("assert 1.41 < ANSWER and ANSWER < 1.42", id="both"),
        pytest.param("import solution\nassert solution.ANSWER > 1.41\nassert solution.ANSWER < 1.42", id="module"),
    ],
)
@pytest.mark.parametrize("made", ["(9e9, -9e9)[len(asked) % 2]", "L((9e9, -9e9)[len(asked) % 2])"])
def test_no_name_stands_for_another_value_each_time_it_is_read(bench, tests, made):
    source = (
        "import sys\nserving = sys.modules['link_serving'].Serving\nname = serving._name\nasked = []\n"
        "class L(float): pass\ndef answered(self, wanted):\n    asked.append(1)\n"
        f"    self._lookup = lambda _: {made}\n    return name(self, wanted)\nserving._name = answered\nANSWER = 0.0\n"
    )
    found = bench.judge(source, IN_PROCESS + tests, "ANSWER")
    assert found.outcome is not Outcome.PASS, found


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("r = f(2)\nassert r >= {low}\nassert r <= {high}", id="two-assertions"),
        pytest.param("r = f(2)\nassert r > {low} and r < {high}", id="both"),
        pytest.param("r = f(2)\nassert r > {low}\nassert f(3) is not None\nassert r < {high}", id="call-between"),
        pytest.param("assert ANSWER >= {low}\nassert ANSWER <= {high}", id="name"),
    ],
)
@pytest.mark.parametrize(
    ("base", "lie", "low", "high"),
    [
        pytest.param("float", "(9e9, -9e9)", "1.41", "1.42", id="number"),
        pytest.param("str", "('z', 'a')", "'hi'", "'hj'", id="text"),
        pytest.param("tuple", "((9,), (0,))", "(1,)", "(2,)", id="tuple"),
        pytest.param("list", "([9], [0])", "[1]", "[2]", id="list"),
    ],
)
def test_no_result_is_read_as_another_in_calls(bench, tests, base, lie, low, high):
    """There the solution's own process reports it, once for each assertion."""
    source = (
        f"import sys\nrunner = sys.modules['runner']\nplain, asked = runner.plain, []\nclass W({base}): pass\n"
        "def lie(value, *rest):\n    if type(value) is not W: return plain(value, *rest)\n    asked.append(1)\n"
        f"    return {lie}[len(asked) % 2 == 0]\nrunner.plain = lie\ndef f(x): return W()\nANSWER = W()\n"
    )
    is_list_that_may_change = base == "list" and "f(3)" in tests  # as one that the solution has kept could in Python
    found = bench.judge(source, tests.format(low=low, high=high), "f")
    assert is_list_that_may_change or found.outcome is not Outcome.PASS, found


def test_what_a_name_stands_for_is_what_the_solution_has_made_of_it(bench):
    source = (
        "import threading, time\ncount = 0\ndone = False\ndef add():\n    global count\n    count += 1\n"
        "def start():\n    def work():\n        global done\n        time.sleep(0.2)\n        done = True\n"
        "    threading.Thread(target=work).start()\n"
    )
    tests = "import time, solution\nassert count == 0\nadd()\nassert 1 == count == solution.count\nadd()\n"
    tests += "assert count == 2\nstart()\nassert not done\nwhile not done:\n    time.sleep(0.05)\nassert done"
    found = bench.judge(source, tests, "add")
    assert found.outcome is Outcome.PASS, found
