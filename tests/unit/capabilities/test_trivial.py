"""Trivial solutions: constants, echoes, and the examples that the task itself shows."""

import io
import json
import sys
from typing import Any

import pytest

from stillroom.capabilities.python_code.trivial import is_shown, trivial_answers
from stillroom.records import Check, Origin, Prompt


def prompt(task: str, *tests: str, name: str = "f") -> Prompt:
    return Prompt(
        capability="code",
        task=task,
        check=Check(tests="\n".join(tests), entry_point=name),
        origin=Origin.USER,
        topic="",
        difficulty_asked="",
        form="",
    )


def returned(one: Prompt, *arguments: Any) -> list[Any]:
    """What each trivial solution returns; they are our own code."""
    results: list[Any] = []
    for answer in trivial_answers(one):
        namespace: dict[str, Any] = {}
        exec(answer.text, namespace)  # noqa: S102 - our own code
        results.append(namespace[one.check.entry_point](*arguments))
    return results


def test_constants_and_the_commonest_expected_value() -> None:
    found = returned(prompt("t", "assert f(1) == 'x'", "assert f(2) == 'x'", "assert f(3) == 'y'"), 9)

    assert all(constant in found for constant in (None, True, 0, "", [], {}, "x"))
    assert "y" not in found


def test_every_argument_is_echoed() -> None:
    found = returned(prompt("t", "assert f('a', 'b', 'c') == 'd'"), "one", "two", "three")

    assert {"one", "two", "three"} <= {each for each in found if isinstance(each, str)}


def test_a_program_is_echoed_and_hard_coded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = json.dumps([{"stdin": str(number), "stdout": "it's odd\n"} for number in (1, 3)])
    for answer in trivial_answers(prompt("t", pairs, name="")):
        monkeypatch.setattr(sys, "stdin", io.StringIO("echo"))
        exec(answer.text, {})  # noqa: S102 - our own code

    assert capsys.readouterr().out == "echoit's odd\n"


@pytest.mark.parametrize(
    "task",
    [
        pytest.param("For example, `f([1, 2], 'a b')` gives 7.", id="call"),
        pytest.param('With [1,2] and "a b" it is 7, with [1, 2] and "c" 8.', id="other quotes and blanks"),
        pytest.param(">>> f([1, 2], 'a b')\n7", id="session"),
    ],
)
def test_examples_of_the_task_are_hard_coded(task: str) -> None:
    one = prompt(task, "assert f([1, 2], 'a b') == 7", "assert f([3], '') == 99")

    assert 7 in returned(one, [1, 2], "a b")
    assert returned(one, [3], "")[-1] is None  # what the task does not show is not in the table


def test_check_functions_show_their_cases_too() -> None:
    one = prompt("`f(6)` is 36.", "def check(candidate):\n    assert candidate(6) == 36\n    assert candidate(2) == 4")

    assert 36 in returned(one, 6)


@pytest.mark.parametrize(
    ("arguments", "expected", "task", "shown"),
    [
        pytest.param(("10",), "1", "f(10) gives 1.", True, id="end of a sentence"),
        pytest.param(("1",), "0", "f(10) gives 0", False, id="part of a number"),
        pytest.param(("-1",), "3", "f(1) gives 3", False, id="sign"),
        pytest.param(("1",), "3", "f(-1) gives 3", False, id="other sign"),
        pytest.param(("2",), "3", "f(2) gives 3.5", False, id="part of a decimal"),
        pytest.param(("2",), "3", "f(2) is wrong. " + "word " * 60 + "3", False, id="far apart"),
        pytest.param(("'ab'",), "'ba'", 'f("ab") == "ba"', True, id="quotes"),
        pytest.param(("1", "2"), "3", "f(2, 1) gives 3", False, id="order"),
        pytest.param((), "3", "f() gives 3", True, id="no arguments"),
    ],
)
def test_shown_means_all_of_it_in_order(arguments: tuple[str, ...], expected: str, task: str, shown: bool) -> None:
    assert is_shown(arguments, expected, task) is shown


@pytest.mark.parametrize("tests", ["assert f(", "x = 1", "assert f(g(1)) == 2", "assert f(1) > 2", "assert g(1) == 2"])
def test_other_tests_leave_constants_and_the_first_argument(tests: str) -> None:
    found = trivial_answers(prompt("f(1) is 2", tests))

    assert found[-1].text.endswith("return arguments[0]")
