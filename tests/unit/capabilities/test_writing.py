"""Writing: a reply becomes a proposal only when its form is right; nothing of it is run to find out."""

import json
from typing import Any

import jsonschema
import pytest

from stillroom.capabilities import Draft, Proposal, Rejection, find_capability
from stillroom.capabilities.python_code.writing import MAX_REPLY_CHARACTERS, MAX_TESTS, usable_tests
from stillroom.errors import RecipeError
from tests.fakes.answers import written_task
from tests.fakes.prompts import prompt

CODE = find_capability("code")
GOOD: dict[str, Any] = {
    "task": "Write a function `double(n)` that returns twice the number it is given.",
    "solution": ["def double(n):", "    return 2 * n"],
    "tests": ["assert double(1) == 2", "assert double(0) == 0"],
}


def read(reply: dict[str, Any] | str, min_checks: int = 2) -> Proposal | Rejection:
    return CODE.read_proposal(reply if isinstance(reply, str) else json.dumps(reply), min_checks=min_checks)


def test_good_reply_becomes_a_proposal() -> None:
    proposal = read(GOOD)

    assert isinstance(proposal, Proposal)
    assert proposal.task == GOOD["task"]
    assert proposal.reference == "def double(n):\n    return 2 * n"
    assert proposal.check.entry_point == "double"
    assert proposal.check.tests.splitlines() == GOOD["tests"]


def test_task_that_leaves_the_name_open_is_given_it() -> None:
    task = "Write a function that returns twice the number that it is given, whatever it is."
    proposal = read({**GOOD, "task": task})

    assert isinstance(proposal, Proposal)
    assert proposal.task == f"{task} Name the function `double(n)`."


def test_task_that_tells_its_answer_is_rejected() -> None:
    task = "Complete this function so that it doubles: def double(n):\n    return  2 * n"
    rejection = read({**GOOD, "task": task})

    assert isinstance(rejection, Rejection)
    assert rejection.reason == "task:tells-the-answer"


def test_part_of_a_word_is_no_name() -> None:
    solution, tests = ["def do(n):", "    return n"], ["assert do(1) == 1", "assert do(2) == 2", "assert do(3) == 3"]
    proposal = read({**GOOD, "solution": solution, "tests": tests})

    assert isinstance(proposal, Proposal)
    assert proposal.task.endswith("Name the function `do(n)`.")


def test_fake_teachers_tasks_are_good_replies() -> None:
    assert all(isinstance(read(written_task(number)), Proposal) for number in range(20))
    jsonschema.validate(written_task(1), json.loads(CODE.writing_schema()))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"task": "Write `double`."}, "task-length", id="short task"),
        pytest.param({"task": "double " * 201}, "task-length", id="long task"),
        pytest.param({"solution": ["def double(n)", "    return"]}, "reference:syntax", id="solution is no Python"),
        pytest.param({"solution": ["x = 1"]}, "reference:no-function", id="solution without function"),
        pytest.param({"solution": []}, "reference:no-function", id="no solution"),
        pytest.param({"solution": ["def triple(n):", "    return 3"]}, "tests:too-few", id="tests of another function"),
        pytest.param({"tests": ["assert double(1) == 2"]}, "tests:too-few", id="one test"),
        pytest.param({"tests": ["assert double(1) == 2"] * 5}, "tests:too-few", id="one test repeated"),
        pytest.param({"tests": ["assert True", "assert 1 == 1"]}, "tests:too-few", id="tests that call nothing"),
        pytest.param({"tests": ["print(double(1))", "double(2)"]}, "tests:too-few", id="no asserts"),
        pytest.param({"extra": 1}, "invalid-json", id="extra key"),
        pytest.param({"tests": "assert double(1) == 2"}, "invalid-json", id="tests as text"),
    ],
)
def test_bad_reply_is_rejected_with_one_reason(change: dict[str, Any], reason: str) -> None:
    rejection = read({**GOOD, **change})

    assert isinstance(rejection, Rejection)
    assert rejection.reason == reason


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(json.dumps(GOOD)[:-3], id="cut"),
        pytest.param("", id="empty"),
        pytest.param("Sure! Here is one: {}", id="prose"),
        pytest.param("[" * 10_000, id="deep"),
        pytest.param('{"task": {"a":' * 3000, id="deep in a key"),
        pytest.param('{"task": "\\ud800", "solution": [], "tests": []}', id="half a character"),
        pytest.param('{"unknown": ' + "[" * 15_000, id="deep in an unknown key"),
        pytest.param(json.dumps({**GOOD, "task": "double " * MAX_REPLY_CHARACTERS}), id="huge"),
    ],
)
def test_broken_json_is_a_rejection(reply: str) -> None:
    rejection = read(reply)

    assert isinstance(rejection, Rejection)
    assert rejection.reason == "invalid-json"


def test_only_single_asserts_on_calls_of_the_function_are_usable_each_once() -> None:
    tests = [
        "assert f(1)==2",
        "assert f(1) == 2",
        " assert  f(2) == 3, 'message'",
        "assert f(3); assert f(4)",
        "import os",
        "assert g(1) == 1",
        "assert len(f('a\\n')) == 2",
        "assert f(",
        "assert f\x00",
        "for x in f(1): assert x",
    ]

    assert usable_tests(tests, "f") == ["assert f(1) == 2", "assert f(2) == 3", "assert len(f('a\\n')) == 2"]


def test_test_is_one_line_whatever_it_holds() -> None:
    tests = usable_tests(["assert f(\"\"\"a\nb\"\"\") == f'''c\n{1}'''", "assert f('\\x0c\u2028') == 1"], "f")

    assert len(tests) == 2
    assert all(len(test.splitlines()) == 1 for test in tests)


def test_no_more_tests_are_read_than_bounded() -> None:
    proposal = read({**GOOD, "tests": [f"assert double({n}) == {2 * n}" for n in range(50)]})

    assert isinstance(proposal, Proposal)
    assert len(proposal.check.tests.splitlines()) == MAX_TESTS


def test_request_shows_the_examples_in_the_form_it_asks_for() -> None:
    examples = (prompt(1), prompt(2))

    text = CODE.writing_request(Draft(examples=examples, topic="bits", difficulty="hard", form="story"))

    assert "hard exercise about bits" in text
    assert "Write exercise 3" in text
    for example in examples:
        shown = next(line for line in text.splitlines() if line.startswith("{") and example.check.entry_point in line)
        jsonschema.validate(json.loads(shown), json.loads(CODE.writing_schema()))


def test_trivial_answers_are_functions_of_the_asked_name() -> None:
    answers = CODE.trivial_answers(prompt(1))

    assert len({answer.text for answer in answers}) == len(answers) > 4
    assert all(f"def {prompt(1).check.entry_point}(" in answer.text for answer in answers)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param({"task": "t", "entry_point": "f"}, "`tests` must be", id="no tests"),
        pytest.param({"task": "t", "entry_point": "f", "tests": " "}, "`tests` must be", id="empty tests"),
        pytest.param({"task": "t", "entry_point": "f", "tests": 3}, "`tests` must be", id="number for tests"),
        pytest.param({"task": "", "entry_point": "f", "tests": "assert f"}, "`task` must be", id="empty task"),
        pytest.param({"task": "t", "tests": "assert f"}, "`entry_point` must be", id="no name"),
        pytest.param(
            {"task": "t", "entry_point": "f", "tests": "a", "solution": 1}, "`solution` must be", id="solution"
        ),
    ],
)
def test_row_that_is_no_task_says_which_key_is_wrong(row: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CODE.read_row(row)


def test_tests_may_be_a_list() -> None:
    row = {"task": "t", "entry_point": "f", "tests": ["assert f(1)", "assert f(2)"]}

    assert CODE.read_row(row).check.tests == "assert f(1)\nassert f(2)"


def test_unknown_capability_lists_those_there_are() -> None:
    with pytest.raises(RecipeError, match=r"no capability 'cod'; there are: .*code"):
        find_capability("cod")
