"""Scripts: tasks whose tests are pairs of stdin and stdout, from the row to the answer of a build."""

import json
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.capabilities.python_code.row_tests import are_pairs, pairs_in
from stillroom.records import Answer, Check, Origin, Prompt
from tests.fakes.clients import completion

CODE = find_capability("code")
PAIRS = [{"stdin": "2\n", "stdout": "4\n"}]
SCRIPT = "n = int(input())\nprint(n * 2)"
WITH_MAIN = "def main():\n    print(2 * int(input()))\n\n\nif __name__ == '__main__':\n    main()"


def prompt(tests: object = PAIRS) -> Prompt:
    check = Check(tests=json.dumps(tests))
    return Prompt(
        capability="code", task="Double it.", check=check, origin=Origin.USER, topic="", difficulty_asked="", form=""
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param(f"```python\n{SCRIPT}\n```", SCRIPT, id="its print is kept"),
        pytest.param(f"```python\n{WITH_MAIN}\n```", WITH_MAIN, id="its main block is kept"),
        pytest.param(f"```python\n{WITH_MAIN}", WITH_MAIN, id="unclosed"),
        pytest.param(SCRIPT, SCRIPT, id="nothing but code"),
        pytest.param(WITH_MAIN, WITH_MAIN, id="nothing but code with functions"),
        pytest.param(f"For\n```\n2\n```\nprint 4:\n```python\n{SCRIPT}\n```", SCRIPT, id="behind an example"),
    ],
)
def test_a_script_is_extracted_whole(text: str, answer: str) -> None:
    assert CODE.extract(prompt(), completion(text)) == Answer(text=answer)


@pytest.mark.parametrize(
    ("text", "problem"), [("I cannot help with that.", "refusal"), ("Double it.", "harness:no-code")]
)
def test_text_without_a_script_says_so(text: str, problem: str) -> None:
    assert CODE.extract(prompt(), completion(text)).problem == problem


def test_a_function_still_loses_its_examples() -> None:
    text = "```python\ndef f(x):\n    return x\n\nprint(f(1))\n```"
    asked = Prompt(
        capability="code",
        task="t",
        check=Check(tests="[g] = [f(1)]\nassert g == 1", entry_point="f"),
        origin=Origin.USER,
        topic="",
        difficulty_asked="",
        form="",
    )

    assert CODE.extract(asked, completion(text)).text == "def f(x):\n    return x"


def test_a_script_is_asked_for_as_a_program() -> None:
    assert "complete Python program" in CODE.question(prompt())


@pytest.mark.parametrize("tests", [PAIRS, PAIRS[0], json.dumps(PAIRS)])
def test_a_row_of_pairs_needs_no_entry_point(tests: object) -> None:
    row: dict[str, Any] = {"task": "Double it.", "tests": tests, "solution": SCRIPT}

    check = CODE.read_row(row).check

    assert (pairs_in(check.tests), check.entry_point) == ([("2\n", "4\n")], "")


@pytest.mark.parametrize(
    ("tests", "expected"),
    [("[f(1)]", False), ("{f(1)}", False), ("assert f(1)", False), ('[{"a": 1}]', True), ("[" * 100_000, False)],
)
def test_json_alone_is_a_scripts_tests(tests: str, expected: bool) -> None:
    assert are_pairs(tests) is expected
