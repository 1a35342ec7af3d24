"""The real verifier on the real cases: what the snapshots' rates stand on."""

import json
from pathlib import Path

import pytest

from stillroom.calibration import (
    Calibration,
    CaseSet,
    measure,
    measure_mutants,
    mutant_cases,
    read_cases,
    refuse_beyond_limits,
    shipped_cases,
)
from stillroom.capabilities import find_capability
from stillroom.records.execution import Executor, Limits
from tests.sandbox.conftest import Bench
from verifiers.python_tests import PythonTests

pytestmark = pytest.mark.docker
CODE = find_capability("code")


def test_every_shipped_case_is_judged_as_it_should_be(bench: Bench) -> None:
    cases = shipped_cases(CODE)
    assert cases is not None

    found = bench.run(measure(PythonTests(bench.executor), cases))

    assert found.misjudged == ()
    assert (found.good_passed, found.bad_passed) == (found.good_cases, 0)
    refuse_beyond_limits([found])


def one_case(folder: Path, solution: str, tests: str) -> CaseSet:
    row = {"id": "case", "entry_point": "f", "solution": solution, "tests": tests, "wrong": []}
    path = folder / "set.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    return read_cases(path, CODE)


@pytest.mark.parametrize(
    ("solution", "tests", "survives", "is_aside"),
    [
        pytest.param(
            "def f(n):\n    return n if n > 0 else 0\n", "assert f(1) == 1\nassert f(-2) == 0\nassert f(0) == 0",
            "> 0 → >= 0: zero is zero either way", True, id="equivalent",
        ),
        pytest.param(
            "def f(n):\n    return 'big' if n > 10 else 'small'\n", "assert f(30) == 'big'\nassert f(2) == 'small'",
            "> 10 → >= 10: the tests never ask for 10", False, id="tests too weak",
        ),
        pytest.param(
            "def f(n):\n    return n if n > 0 else 0\n", "import random\nassert f(random.choice([1])) == 1",
            "tests that run in a process of their own name no inputs", False, id="nothing to compare on",
        ),
        pytest.param(
            "def f(is_it):\n    return 1 if is_it else 0\n", "assert f(True) == 1",
            "a truth value has two inputs, and the mutant that survives differs on one", False, id="too few inputs",
        ),
        pytest.param(
            "def f(n):\n    if n != 3:\n        raise ValueError\n    return n if n > 0 else 0\n", "assert f(3) == 3",
            "it returns something for one input alone", False, id="too few that return",
        ),
    ],
)  # fmt: skip
def test_mutant_that_passes_is_set_aside_only_where_nothing_tells_it_apart(
    bench: Bench, tmp_path: Path, solution: str, tests: str, survives: str, is_aside: bool
) -> None:
    cases = one_case(tmp_path, solution, tests)
    found = of_mutants(bench, cases)

    assert (found.set_aside > 0) == is_aside, survives
    assert (found.bad_passed > 0) != is_aside, survives
    assert found.bad_cases + found.set_aside == len(mutant_cases(cases).cases)
    assert len(found.misjudged) == found.bad_passed


def of_mutants(bench: Bench, cases: CaseSet, *, seconds: float = 2.0) -> Calibration:
    limits = Limits(cpu_seconds=seconds, wall_seconds=2 * seconds + 1)

    def judges(executor: Executor, given: Limits) -> PythonTests:
        return PythonTests(executor, timeout_seconds=given.cpu_seconds, wall_seconds=given.wall_seconds)

    return bench.run(measure_mutants(judges, mutant_cases(cases), cases, bench.executor, limits))


def test_mutants_of_what_sleeps_pass_where_the_tests_are_weak(bench: Bench, tmp_path: Path) -> None:
    solution = "import time\ndef f(n):\n    time.sleep(1.6)\n    return n if n > 0 else -n\n"
    found = of_mutants(bench, one_case(tmp_path, solution, "assert f(3) == 3"))

    assert found.bad_passed, "the clock rejected them all"
    assert found.undecided == 0


def test_mutants_say_nothing_where_the_original_does_not_pass(bench: Bench, tmp_path: Path) -> None:
    cases = one_case(tmp_path, "def f(n):\n    return n + 1\n", "assert f(3) == 3")
    found = of_mutants(bench, cases)

    assert (found.bad_cases, found.bad_passed) == (0, 0)
    assert found.undecided == len(mutant_cases(cases).cases) > 0
    assert found.false_pass == (0.0, 1.0)


def test_mutants_on_which_the_verifier_abstains_are_left_out(bench: Bench, tmp_path: Path) -> None:
    skips = "import pytest\ndef test_it():\n    if f(0) != 1:\n        pytest.skip()\n    assert f(1) == 2\n"
    found = of_mutants(bench, one_case(tmp_path, "def f(n):\n    return n + 1\n", skips))

    assert found.undecided > 0
    assert found.bad_cases + found.set_aside + found.undecided == len(
        mutant_cases(one_case(tmp_path, "def f(n):\n    return n + 1\n", skips)).cases
    )


def test_scripts_have_mutants_too(bench: Bench, tmp_path: Path) -> None:
    row: dict[str, object] = {"id": "sum", "solution": "a, b = map(int, input().split())\nprint(a + b)\n", "wrong": [],
           "tests": [{"stdin": "2 3", "stdout": "5"}, {"stdin": "4 0", "stdout": "4"}]}  # fmt: skip
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")

    found = of_mutants(bench, read_cases(path, CODE))

    assert found.bad_cases >= 2
    assert found.bad_passed == 0
