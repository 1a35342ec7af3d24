"""Tests are measured by wrong programs that really run: weak ones are found weak, strong ones strong."""

from collections.abc import Sequence
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.records import Check, Origin, Outcome, Prompt
from stillroom.records.execution import Limits
from tests.sandbox.conftest import Bench
from verifiers.agreement import Written, agree
from verifiers.behaviour import MIN_EQUAL_INPUTS, observe, same_effect
from verifiers.code_tests import CodeTests, Strength
from verifiers.generated_inputs import Input
from verifiers.python_tests import PythonTests

pytestmark = pytest.mark.docker

CLAMP = """
def clamp(value, low, high):
    if value < low:
        return low
    if value > high:
        return high
    return value
"""
CLAMP_TASK = "Write `clamp(value, low, high)`: the value, but at least low and at most high. `clamp(5, 1, 3)` gives 3."


def measure(bench: Bench, solution: str, tests: Sequence[str], task: str = "Write the function.") -> Strength:
    name = solution.partition("def ")[2].partition("(")[0]
    check = Check(tests="\n".join(tests), entry_point=name)
    prompt = Prompt(
        capability="code", task=task, check=check, origin=Origin.USER, topic="", difficulty_asked="", form=""
    )
    trivial = find_capability("code").trivial_answers(prompt)
    return bench.run(CodeTests(bench.executor, timeout_seconds=2.0).measure(check, solution, trivial))


def test_weak_tests_are_found_weak(bench: Bench) -> None:
    found = measure(bench, CLAMP, ["assert clamp(2, 1, 3) == 2", "assert clamp(9, 1, 3) == 3"])

    assert found.value is not None
    assert found.value < 0.8
    assert "line 3" in {f"line {one.line}" for one in found.survivors}
    assert found.problem == ""


STRONG = [
    *("assert clamp(2, 1, 3) == 2", "assert clamp(9, 1, 3) == 3", "assert clamp(-4, 1, 3) == 1"),
    *("assert clamp(1, 1, 3) == 1", "assert clamp(3, 1, 3) == 3", "assert clamp(-2, -5, -1) == -2"),
]


def test_strong_tests_kill_what_can_be_killed(bench: Bench) -> None:
    found = measure(bench, CLAMP, STRONG)

    assert found.value is not None
    assert found.value >= 0.8
    assert found.trivial_passes == ()
    assert found.killed + found.set_aside + len(found.survivors) == found.mutants > 8


def test_equivalent_mutants_are_set_aside_and_counted(bench: Bench) -> None:
    # At the boundary both sides are the same, so `<=` for `<` is no mistake.
    tests = ["assert larger(1, 2) == 2", "assert larger(2, 1) == 2", "assert larger(-3, -3) == -3"]
    found = measure(bench, "def larger(a, b):\n    if a < b:\n        return b\n    return a\n", tests)

    assert found.set_aside >= 1
    assert found.inputs >= MIN_EQUAL_INPUTS
    assert all(one.operator != "boundary" for one in found.survivors)
    assert found.value == 1.0


def test_mutant_that_differs_on_some_input_is_not_set_aside(bench: Bench) -> None:
    found = measure(bench, CLAMP, ["assert clamp(2, 1, 3) == 2", "assert clamp(9, 1, 3) == 3"])

    assert any(one.operator in ("comparison", "negated-condition", "deleted-statement") for one in found.survivors)


def test_change_of_an_argument_is_behaviour(bench: Bench) -> None:
    solution = "def push(items, item):\n    items.append(item)\n"
    found = measure(bench, solution, ["assert push([], 1) is None", "assert push([1], 2) is None"])

    assert found.value == 0.0  # `return None` passes these tests
    assert found.trivial_passes != ()
    assert any(one.operator == "deleted-statement" for one in found.survivors)


@pytest.mark.parametrize(
    ("task", "tests"),
    [
        pytest.param("Write it.", ["assert clamp(7, 1, 3) == 3", "assert clamp(4, 1, 3) == 3"], id="constant"),
        pytest.param("Write it.", ["assert clamp(2, 1, 3) == 2", "assert clamp(0, -1, 3) == 0"], id="echo"),
        pytest.param("Write it.", ["assert clamp(5, 1, 3) == 3", "assert clamp(9, 0, 4) == 4"], id="echo of the third"),
        pytest.param(
            CLAMP_TASK + " For example clamp(0, 1, 3) == 1.",
            ["assert clamp(5, 1, 3) == 3", "assert clamp(0, 1, 3) == 1"],
            id="hard-coded examples of the task",
        ),
    ],
)
def test_solution_that_understands_nothing_is_caught(bench: Bench, task: str, tests: list[str]) -> None:
    found = measure(bench, CLAMP, tests, task)

    assert found.trivial_passes != ()
    assert found.value == 0.0


def test_examples_of_the_task_are_no_matter_where_other_tests_stand_beside_them(bench: Bench) -> None:
    tests = ["assert clamp(5, 1, 3) == 3", "assert clamp(0, 1, 3) == 1", "assert clamp(2, 1, 3) == 2"]

    assert measure(bench, CLAMP, tests, CLAMP_TASK).trivial_passes == ()


@pytest.mark.parametrize(
    ("solution", "problem"),
    [
        pytest.param("def f(x):\n    return x", "solution:wrong-answer", id="fails its tests"),
        pytest.param("def f(x):\n    return (", "solution:syntax", id="no Python"),
    ],
)
def test_nothing_is_measured_with_a_wrong_solution(bench: Bench, solution: str, problem: str) -> None:
    found = measure(bench, solution, ["assert f(1) == 2"])

    assert (found.problem, found.value) == (problem, None)


def test_mutants_that_loop_for_ever_are_killed_soon(bench: Bench) -> None:
    solution = "def count(n):\n    steps = 0\n    while n > 0:\n        n //= 2\n        steps += 1\n    return steps\n"
    found = measure(bench, solution, [f"assert count({n}) == {n.bit_length()}" for n in (0, 1, 2, 5, 8, 1023)])

    assert found.value is not None
    assert found.value >= 0.8
    assert found.cpu_seconds < 20


def test_mutants_of_a_solution_that_sleeps_are_killed_by_tests_and_not_by_the_clock(bench: Bench) -> None:
    solution = "import time\ndef f(x):\n    time.sleep(2.2)\n    return x if x >= 0 else -x\n"
    check = Check(tests="assert f(3) == 3", entry_point="f")
    found: Strength = bench.run(
        CodeTests(bench.executor, timeout_seconds=2.0, most_mutants=8).measure(check, solution, [])
    )

    assert found.undecided == 0
    assert any("-x" in one.change or "x >= 0" in one.change for one in found.survivors)
    assert found.value is not None
    assert found.value < 0.8


def test_tests_that_compute_more_than_the_solution_are_measured(bench: Bench) -> None:
    """In a process of their own they have the CPU limit of the solution, which takes none here."""
    slow = "import random, time\nwhile time.process_time() < 0.6:\n    pass\n"
    check = Check(tests="\n".join([slow, *STRONG]), entry_point="clamp")
    found: Strength = bench.run(
        CodeTests(bench.executor, timeout_seconds=2.0, most_mutants=4).measure(check, CLAMP, [])
    )

    assert (found.problem, found.undecided) == ("", 0)
    assert found.value is not None
    assert found.killed > 0


def test_mutants_that_most_tests_say_nothing_about_are_told(bench: Bench) -> None:
    """Tests that skip themselves, but for the answer of the solution, come to no verdict."""
    skips = "import pytest\ndef test_it():\n    if clamp(9, 1, 3) != 3 or clamp(2, 1, 3) != 2:\n        pytest.skip()\n"
    found = measure(bench, CLAMP, [skips + "    assert clamp(2, 1, 3) == 2"])

    assert found.undecided > found.mutants
    assert (found.problem.partition(" ")[0], found.value) == ("mutants:undecided", None)


def test_scripts_are_measured_by_their_output(bench: Bench) -> None:
    check = Check(tests='[{"stdin": "2 3", "stdout": "5"}, {"stdin": "4 4", "stdout": "8"}]')
    work = CodeTests(bench.executor).measure(check, "a, b = map(int, input().split())\nprint(a + b)\n", [])
    found: Strength = bench.run(work)

    assert found.value == 1.0
    assert found.mutants >= 2


def effects(bench: Bench, source: str, *arguments: Any) -> Any:
    inputs = [Input(arguments=(one,)) for one in arguments]
    limits = Limits(cpu_seconds=1.0, wall_seconds=3.0)
    return bench.run(observe(bench.executor, source, "f", inputs, limits))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param("return x", "return x + 0", True, id="value"),
        pytest.param("return x", "return float(x)", True, id="equal as tests see it"),
        pytest.param("return x", "return -x", False, id="other value"),
        pytest.param("return 1 / 0", "raise ZeroDivisionError('other words')", True, id="same exception"),
        pytest.param("return 1 / 0", "raise ValueError", False, id="other exception"),
        pytest.param("return float('nan')", "return float('inf') * 0", True, id="nan"),
        pytest.param("return {3, x, 1}", "return {x, 1, 3}", True, id="sets"),
        pytest.param("return (y for y in [x])", "yield x", True, id="generators"),
        pytest.param("return object()", "return object()", False, id="what cannot be read"),
    ],
)
def test_same_behaviour(bench: Bench, first: str, second: str, same: bool) -> None:
    one, other = (effects(bench, f"def f(x):\n    {body}", 2).effects[0] for body in (first, second))

    assert same_effect(one, other) is same


def test_input_that_ends_the_program_costs_only_itself(bench: Bench) -> None:
    source = "def f(x):\n    while x == 2:\n        pass\n    return x"

    found = effects(bench, source, 1, 2, 3)

    assert [effect is None for effect in found.effects] == [False, True, False]
    assert found.programs == 2


def test_agreement_finds_the_right_solutions(bench: Bench) -> None:
    right = ["return sum(x)", "t = 0\n    for i in x:\n        t += i\n    return t", "return sum(list(x))"]
    wrong = ["return len(x)", "return max(x, default=0)", "return x[0] if x else 0", "return None"]
    tests = [
        *("assert f([1, 2]) == 3", "assert f([]) == 0", "assert f([5]) == 5", "assert f([-1, 1]) == 0"),
        "assert f([2, 2]) == 2",  # a mistake that no sum passes
    ]
    solutions = [Written(text=f"def f(x):\n    {body}", teacher="one@1") for body in [*wrong, *right]]
    written = [Written(text=test, teacher="two@1") for test in tests]

    found = bench.run(agree(PythonTests(bench.executor), solutions, written, "f"))

    assert found.best is not None
    assert found.best.solutions == (4, 5, 6)
    assert found.best.tests == {0, 1, 2, 3}
    assert [found.outcome(place) for place in range(7)] == [Outcome.FAIL] * 4 + [Outcome.PASS] * 3
