"""Cases: ours are many and of every kind, and any file may bring more."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stillroom.calibration import Case, mutant_cases, read_cases, shipped_cases
from stillroom.capabilities import find_capability
from stillroom.errors import RequestError
from tests.unit.test_packages import ROOT

CODE = find_capability("code")
ROW: dict[str, Any] = {
    "id": "case-double",
    "entry_point": "double",
    "tests": "assert double(2) == 4\nassert double(0) == 0",
    "solution": "def double(x):\n    return 2 * x",
    "wrong": [{"slip": "square", "solution": "def double(x):\n    return x * x"}],
}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def shipped() -> tuple[Case, ...]:
    found = shipped_cases(CODE)
    assert found is not None
    return found.cases


def test_shipped_cases_are_enough_and_differ() -> None:
    good = [case for case in shipped() if case.is_good]
    assert len(good) >= 60
    assert len(shipped()) - len(good) >= 100
    assert len({case.case_id for case in shipped()}) == len(shipped())
    assert len({case.answer.text for case in shipped()}) == len(shipped())
    slips = Counter(case.case_id.partition("/")[2].partition("-")[2] for case in shipped() if not case.is_good)
    wanted = {"off-by-one", "wrong-edge", "mutates-argument", "wrong-type", "prints", "float-int", "hard-coded"}
    assert wanted | {"always-equal", "exits"} <= slips.keys()


def test_no_shipped_case_is_a_seed() -> None:
    seeds = (ROOT / "data" / "seeds" / "python_functions.jsonl").read_text(encoding="utf-8").splitlines()
    names = {json.loads(line)["entry_point"] for line in seeds}
    assert not names & {case.check.entry_point for case in shipped()}


def test_identity_is_of_the_content_not_of_the_file_or_its_order(tmp_path: Path) -> None:
    other = {**ROW, "id": "case-other"}
    one = read_cases(write(tmp_path / "one.jsonl", ROW, other), CODE)
    two = read_cases(write(tmp_path / "two.jsonl", other, ROW), CODE)
    changed = read_cases(write(tmp_path / "three.jsonl", other, {**ROW, "tests": "assert double(3) == 6"}), CODE)

    assert one.set_id == two.set_id
    assert one.set_id != changed.set_id
    assert (one.name, two.name) == ("one.jsonl", "two.jsonl")


def test_humaneval_form_takes_trivial_answers_for_the_wrong_ones(tmp_path: Path) -> None:
    row = {
        "task_id": "Ours/0",
        "prompt": "def inc(x):\n",
        "canonical_solution": "    return x + 1\n",
        "test": "def check(candidate):\n    assert candidate(1) == 2",
        "entry_point": "inc",
    }
    path = tmp_path / "set.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(row).encode()))

    good, *bad = read_cases(path, CODE).cases

    assert (good.case_id, good.is_good) == ("Ours/0", True)
    assert good.answer.text == "def inc(x):\n    return x + 1\n"
    assert bad
    assert not any(case.is_good for case in bad)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "holds no cases"),
        ("{", "line 1: not valid JSON"),
        (json.dumps({**ROW, "wrong": "x"}), "line 1: `wrong` must be a list"),
        (json.dumps({**ROW, "wrong": ["x"]}), "line 1: `wrong` must be a list"),
        (json.dumps({**ROW, "tests": ""}), "line 1: `tests`"),
        (json.dumps({**ROW, "wrong": [{"slip": "no answer", "code": "x"}]}), "line 1: `wrong` entry 1: no answer"),
        (json.dumps(ROW) + "\n" + json.dumps(ROW), "line 2: the id 'case-double' is that of line 1, too"),
        (json.dumps({**ROW, "id": 1}) + "\n" + json.dumps({**ROW, "id": "1"}), "line 2: the id '1' is that of line 1"),
    ],
)
def test_broken_sets_are_refused_by_line(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(RequestError, match=problem):
        read_cases(path, CODE)


@pytest.mark.parametrize("key", ["completion", "response", "solution", "canonical_solution"])
def test_a_wrong_answer_is_its_own_under_whatever_key_the_right_one_stands(tmp_path: Path, key: str) -> None:
    wrong = [{"slip": "square", "solution": "def double(x):\n    return x * x"}]
    row = {name: value for name, value in ROW.items() if name != "solution"} | {key: ROW["solution"], "wrong": wrong}

    good, bad = read_cases(write(tmp_path / "set.jsonl", row), CODE).cases

    assert (good.answer.text, bad.answer.text) == (ROW["solution"], wrong[0]["solution"])


def test_bad_cases_of_pairs_are_scripts(tmp_path: Path) -> None:
    row = {"id": "yes", "solution": "print('YES')", "tests": [{"stdin": "1\n", "stdout": "YES\n"}]}

    _, *bad = read_cases(write(tmp_path / "set.jsonl", row), CODE).cases

    assert "print('YES')" in [case.answer.text for case in bad]


def test_mutants_are_of_good_cases_only_and_named_after_them(tmp_path: Path) -> None:
    cases = read_cases(write(tmp_path / "set.jsonl", ROW), CODE)

    mutated = mutant_cases(cases)

    assert mutated.name == "mutants of set.jsonl"
    assert mutated.cases
    assert all(case.case_id.startswith("case-double/mutant-") and not case.is_good for case in mutated.cases)
    assert mutant_cases(cases).set_id == mutated.set_id
