"""Tests of other people's rows are read in the forms that they publish; what is no known form is refused by name."""

import json
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.capabilities.python_code.row_tests import pairs_in, read_check, read_tests

CODE = find_capability("code")
CHECK = "def check(candidate):\n    assert candidate([3, 3], 6) == [0, 1]"


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([{"stdin": "2\n", "stdout": "4\n"}, {"stdin": "3\n", "stdout": "6\n"}], id="ours"),
        pytest.param(
            [{"input": "2\n", "output": "4\n", "testtype": "stdin"}, {"input": "3\n", "output": "6\n"}],
            id="LiveCodeBench",
        ),
        pytest.param({"inputs": ["2\n", "3\n"], "outputs": ["4\n", "6\n"]}, id="APPS"),
        pytest.param({"inputs": [["2", ""], "3\n"], "outputs": ["4\n", ["6", ""]]}, id="APPS in lines"),
    ],
)
def test_pairs_are_read_in_each_form(found: object) -> None:
    assert pairs_in(read_tests(found)) == [("2\n", "4\n"), ("3\n", "6\n")]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"inputs": ["1"], "outputs": []}, "`inputs` has 1 items and `outputs` 0"),
        ({"inputs": [[1]], "outputs": [2], "fn_name": "f"}, "function 'f': write asserts"),
        ({"input": "[1]", "output": "2", "testtype": "functional"}, "type 'functional': `stdin` pairs are read"),
    ],
)
def test_what_cannot_be_read_is_said(found: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_tests(found)


def test_a_pair_of_another_form_is_left_for_the_verifier_to_tell() -> None:
    assert json.loads(read_tests([{"a": 1}])) == [{"a": 1}]


@pytest.mark.parametrize("expression", ["Solution().twoSum", "Solution.twoSum"])
def test_an_expression_is_what_check_is_given(expression: str) -> None:
    row: dict[str, Any] = {"task": "Two sum.", "tests": CHECK, "entry_point": expression, "solution": "pass"}

    for check in (CODE.read_row(row).check, CODE.read_submission(row).check):
        assert check.entry_point == "Solution"
        assert check.tests == f"{CHECK}\n\ncheck({expression})\n"


@pytest.mark.parametrize(
    ("entry_point", "tests", "said"),
    [
        ("two sum", CHECK, "must be a name or `Class"),
        ("f(1)", CHECK, "must be a name or `Class"),
        ("__import__('os').system", CHECK, "must be a name or `Class"),
        ("Solution().twoSum", "assert Solution().twoSum([3, 3], 6)", "name 'Solution'"),
    ],
)
def test_another_entry_point_is_refused(entry_point: str, tests: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_check(tests, entry_point)
