"""The real verifier on the real cases: what the snapshots' rates stand on."""

import json
from pathlib import Path

import pytest

from stillroom.calibration import (
    CaseSet,
    measure,
    mutant_cases,
    read_cases,
    refuse_beyond_limits,
    set_aside_equivalent,
    shipped_cases,
)
from stillroom.capabilities import find_capability
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
    mutated = mutant_cases(cases)
    verifier = PythonTests(bench.executor)
    measured = bench.run(measure(verifier, mutated))
    assert measured.bad_passed, survives

    found = bench.run(set_aside_equivalent(measured, mutated, cases, bench.executor))

    assert (found.set_aside > 0) == is_aside
    assert (found.bad_passed > 0) != is_aside
    assert found.bad_cases + found.set_aside == len(mutated.cases)
    assert len(found.misjudged) == found.bad_passed
