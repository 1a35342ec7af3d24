"""Extraction: the code in a completion, or the one reason why there is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.capabilities import find_capability
from stillroom.capabilities.python_code.extraction import MAX_RESPONSE_CHARACTERS, extract_code
from stillroom.records import Answer
from tests.fakes.clients import completion
from tests.fakes.prompts import prompt

CODE = "def add(a, b):\n    return a + b"
OTHER = "def helper():\n    return 1"


def extract(text: str, entry_point: str = "add") -> Answer:
    return extract_code(completion(text), entry_point)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"```python\n{CODE}\n```", id="tagged"),
        pytest.param(f"```\n{CODE}\n```", id="untagged"),
        pytest.param(f"```py\n{CODE}\n```", id="py"),
        pytest.param(f"```Python\n{CODE}\n```", id="capital"),
        pytest.param(f"Here it is:\n\n``` python \n{CODE}\n```\nIt adds.", id="words around"),
        pytest.param(f"```python\n{CODE}", id="unclosed last block"),
        pytest.param(
            f"```python\n{OTHER}\n```\nthen\n```python\n{CODE}\n```", id="the block that defines the function"
        ),
        pytest.param(f"```text\nadd(1, 2)\n```\n```python\n{CODE}\n```", id="a block that is no Python before"),
        pytest.param(f"```python\n{CODE}\n```\n```python\nadd(1, 2)\n```", id="usage after"),
        pytest.param(f"```python\n{CODE}\n```\n```bash\npip install x\n```", id="shell after"),
        pytest.param(CODE, id="nothing but code"),
        pytest.param(f"\n\n{CODE}\n", id="nothing but code and empty lines"),
        pytest.param(f"```python\r\n{CODE}\r\n```", id="Windows line ends"),
    ],
)
def test_code_is_found(text: str) -> None:
    assert extract(text) == Answer(text=CODE)


def test_first_block_counts_where_none_defines_the_function() -> None:
    assert extract(f"```python\n{OTHER}\n```\n```python\nx = 1\n```") == Answer(text=OTHER)


def test_code_is_not_mended() -> None:
    broken = "def add(a, b)\n    return a + b"

    assert extract(f"```python\n{broken}\n```").text == broken


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "harness:no-code", id="empty"),
        pytest.param("   \n", "harness:no-code", id="white space"),
        pytest.param("Add the two numbers and return them.", "harness:no-code", id="prose"),
        pytest.param("add", "harness:no-code", id="a name is no code"),
        pytest.param("x = 1", "harness:no-code", id="an assignment is no function"),
        pytest.param("```json\n{}\n```", "harness:no-code", id="another language"),
        pytest.param("I'm sorry, but I can't help with that.", "refusal", id="sorry"),
        pytest.param("  I cannot write this function.", "refusal", id="cannot"),
        pytest.param("As an AI language model, I do not run code.", "refusal", id="as an AI"),
        pytest.param("(" * 5000, "harness:no-code", id="too deep for the parser"),
        pytest.param("def f():\n\x00", "harness:no-code", id="null byte"),
    ],
)
def test_reason_why_there_is_no_code(text: str, problem: str) -> None:
    assert extract(text) == Answer(text="", problem=problem)


def test_refusal_with_code_is_an_answer() -> None:
    assert extract(f"I'm sorry for the delay:\n```python\n{CODE}\n```").text == CODE


def test_cut_answer_is_truncated_though_it_holds_code() -> None:
    cut = completion(f"```python\n{CODE}\n```\nand", finish="length")

    assert extract_code(cut, "add") == Answer(text="", problem="truncated")


def test_huge_answer_is_cut_before_it_is_parsed() -> None:
    answer = extract(f"```python\n{CODE}\n" + "# filler\n" * MAX_RESPONSE_CHARACTERS + "```")

    assert len(answer.text) < MAX_RESPONSE_CHARACTERS
    assert answer.text.startswith(CODE)


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("`\n "), max_size=300))
def test_no_text_is_an_error(text: str) -> None:
    answer = extract(text)

    assert bool(answer.text) != bool(answer.problem) or "```" in text


def test_example_teaches_the_verified_code_and_nothing_around_it() -> None:
    capability = find_capability("code")
    example = capability.example(prompt(1), CODE, f"Trust me, this is wrong:\n```python\n{CODE}\n```")

    assert [role for role, _ in example.messages] == ["user", "assistant"]
    assert example.messages[0][1] == capability.question(prompt(1))
    assert example.messages[1][1] == f"```python\n{CODE}\n```"
    assert example.answer == CODE


@pytest.mark.parametrize(
    "example",
    [
        pytest.param("print(add(1, 2))", id="print"),
        pytest.param("assert add(1, 2) == 4", id="wrong assert"),
        pytest.param("if __name__ == '__main__':\n    add(1)\n    add(2)", id="main block"),
        pytest.param("# Example\nadd(\n    1,\n    2,\n)", id="call over several lines"),
    ],
)
def test_usage_examples_are_not_part_of_the_answer(example: str) -> None:
    code = "import math\n\nLIMIT = 3\n\ndef add(a, b):\n    print(a)\n    assert b\n    return a + b"
    answer = extract(f"```python\n{code}\n\n{example}\n```")

    assert answer.text.replace("# Example", "").rstrip() == code


def test_two_statements_on_one_line_stay_together() -> None:
    assert "x = 1" in extract("```python\ndef add(a, b):\n    return a + b\nx = 1; print(x)\n```").text
