"""Rows that others made: which text is the answer, and which tests check it."""

import json
from typing import Any

import pytest

from stillroom.capabilities import find_capability

RIGHT = "def double(x):\n    return 2 * x\n"
TESTS = "assert double(2) == 4"


def read(**row: Any) -> Any:
    return find_capability("code").read_submission(row)


@pytest.mark.parametrize(
    ("row", "source"),
    [
        pytest.param({"solution": RIGHT}, RIGHT, id="a solution, to the letter"),
        pytest.param({"completion": RIGHT}, RIGHT, id="bare code, to the letter"),
        pytest.param({"completion": f"Here:\n```python\n{RIGHT}```\nDone."}, RIGHT.rstrip(), id="a fenced block"),
        pytest.param({"response": f"```\n{RIGHT}```"}, RIGHT.rstrip(), id="response is another word"),
        pytest.param({"completion": RIGHT, "solution": "pass"}, RIGHT, id="a completion before a solution"),
        pytest.param({"completion": "double = lambda x: 2 * x"}, "double = lambda x: 2 * x", id="an assignment"),
        pytest.param({"completion": "def double(x:\n    return"}, "def double(x:\n    return", id="code with a slip"),
    ],
)
def test_answer_is_found(row: dict[str, Any], source: str) -> None:
    submission = read(tests=TESTS, entry_point="double", **row)

    assert (submission.answer.text, submission.answer.problem) == (source, "")
    assert (submission.check.tests, submission.check.entry_point) == (TESTS, "double")


@pytest.mark.parametrize(
    ("text", "problem"),
    [("I cannot help with that.", "refusal"), ("It doubles.", "harness:no-code"), ("Sorry", "harness:no-code")],
)
def test_text_without_code_says_so(text: str, problem: str) -> None:
    assert read(completion=text, tests=TESTS).answer.problem == problem


def test_answer_that_was_cut_off_is_truncated() -> None:
    assert read(completion=RIGHT, tests=TESTS, finish_reason="length").answer.problem == "truncated"


@pytest.mark.parametrize(
    ("tests", "read_as"),
    [
        pytest.param(["assert f(1)", "assert f(2)"], "assert f(1)\nassert f(2)", id="a list of asserts"),
        pytest.param({"stdin": "1", "stdout": "2"}, '[{"stdin": "1", "stdout": "2"}]', id="one pair"),
        pytest.param([{"stdin": "1", "stdout": "2"}], '[{"stdin": "1", "stdout": "2"}]', id="pairs"),
    ],
)
def test_tests_may_be_written_in_several_ways(tests: object, read_as: str) -> None:
    assert read(solution=RIGHT, tests=tests).check.tests == read_as


def test_script_keeps_its_top_level() -> None:
    script = "n = int(input())\nprint(2 * n)"
    pairs = [{"stdin": "2", "stdout": "4"}]

    assert read(completion=script, tests=pairs).answer.text == script
    assert read(completion=f"```python\n{script}\n```", tests=pairs).answer.text == script


PROMPT = 'import math\n\n\ndef area(r):\n    """Area of a circle."""\n'


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"canonical_solution": "    return math.pi * r * r\n"}, id="canonical solution"),
        pytest.param({"completion": "    return math.pi * r * r\n", "canonical_solution": "x"}, id="continuation"),
        pytest.param({"completion": "```python\ndef area(r):\n    return math.pi * r * r\n```"}, id="fenced function"),
        pytest.param({"completion": "def area(r):\n    return math.pi * r * r\n"}, id="whole function"),
    ],
)
def test_humaneval_prompt_goes_before_the_answer(row: dict[str, Any]) -> None:
    test = "def check(candidate):\n    assert candidate(0) == 0"

    submission = read(prompt=PROMPT, test=test, entry_point="area", **row)

    namespace: dict[str, Any] = {}
    exec(submission.answer.text, namespace)  # noqa: S102 - our own code
    assert namespace["area"](1) == pytest.approx(3.14159, abs=1e-4)
    assert submission.check.tests == test


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("The area is pi times the radius squared, so you multiply.", "harness:no-code"),
        ("\nYou can use:\n\n    return 3\n", "harness:no-code"),
        ("Sorry", "harness:no-code"),
        ("None", "harness:no-code"),
    ],
)
def test_words_in_the_place_of_a_continuation_are_no_code(text: str, problem: str) -> None:
    answer = read(prompt=PROMPT, test=TESTS, entry_point="area", completion=text).answer

    assert (answer.text, answer.problem) == ("", problem)


@pytest.mark.parametrize(
    "text", ["    return math.pi * r *\n", "return math.pi * r\n", "for i in r\n", "    It is so.\n"]
)
def test_a_continuation_with_a_slip_stays_code(text: str) -> None:
    answer = read(prompt=PROMPT, test=TESTS, entry_point="area", completion=text).answer

    assert (answer.text, answer.problem) == (PROMPT + text, "")


@pytest.mark.parametrize("text", ["n", "42"])
def test_a_word_that_ends_a_line_of_the_prompt_goes_on_there(text: str) -> None:
    answer = read(prompt="def f(n):\n    return ", test="assert f(42) == 42", entry_point="f", completion=text).answer

    assert answer.text == f"def f(n):\n    return {text}"


@pytest.mark.parametrize(
    ("prompt", "begins"),
    [
        ('def add(a, b):\n    """Add."""\n', "from __future__ import annotations\ndef add"),
        (
            '"""Sums."""\nfrom __future__ import (\n    division\n); import os\ndef add(a, b):\n    """Add."""\n',
            'from __future__ import division\nfrom __future__ import annotations\n"""Sums."""\npass; import os\n',
        ),
    ],
)
def test_what_an_answer_imports_from_the_future_comes_before_the_prompt(prompt: str, begins: str) -> None:
    written = "from __future__ import annotations\n\ndef add(a: Number, b: Number) -> Number:\n    return a + b\n"
    test = "def check(candidate):\n    assert candidate(1, 2) == 3"

    found = read(prompt=prompt, test=test, entry_point="add", completion=f'```python\n"""Mine."""\n{written}```').answer

    assert found.text.startswith(begins)
    namespace: dict[str, Any] = {}
    exec(compile(found.text, "solution", "exec", dont_inherit=True), namespace)  # noqa: S102 - our own code
    assert namespace["add"](1, 2) == 3


def test_prompt_in_words_is_no_part_of_the_source() -> None:
    answer = read(prompt="Double a number.", test=TESTS, entry_point="double", completion=RIGHT).answer
    refused = read(prompt="Double a number.", test=TESTS, entry_point="double", completion="I cannot.").answer

    assert (answer.text, refused.problem) == (RIGHT, "refusal")


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"tests": TESTS}, "completion"),
        ({"completion": RIGHT}, "tests"),
        ({"completion": RIGHT, "tests": "  "}, "tests"),
        ({"completion": RIGHT, "tests": [1, 2]}, "tests"),
        ({"completion": 5, "tests": TESTS}, "completion"),
        ({"completion": RIGHT, "tests": TESTS, "entry_point": 3}, "entry_point"),
    ],
)
def test_what_is_missing_is_named(row: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"`{named}`"):
        read(**row)


def test_seed_rows_are_submissions() -> None:
    row = {"id": "seed-1", "task": "Double it.", "solution": RIGHT, "tests": [TESTS], "entry_point": "double"}

    assert read(**json.loads(json.dumps(row))).answer.text == RIGHT


FENCED = (
    "Undo `encode`.\n\n```python\nfrom dataclasses import dataclass\n\ndef encode(s):\n    return s[::-1]\n\n"
    "@dataclass\nclass Point:\n    x: int\n\ndef decode(s):\n    '''Undo.'''\n```\n"
)
BY_ENCODE = "def decode(s):\n    return encode(s)\n"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param(BY_ENCODE, "def encode(s):\n    return s[::-1]\n\n" + BY_ENCODE.rstrip(), id="function"),
        pytest.param(
            f"```python\n{BY_ENCODE}```",
            "def encode(s):\n    return s[::-1]\n\n" + BY_ENCODE.rstrip(),
            id="fenced",
        ),
        pytest.param(
            "from __future__ import annotations\ndef decode(p: Point): pass",
            "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\n"
            "class Point:\n    x: int\n\ndef decode(p: Point): pass",
            id="class-in-an-annotation",
        ),
        pytest.param("def decode(s): return s", "def decode(s): return s", id="nothing"),
        pytest.param(
            "def encode(s): return s\ndef decode(s): return encode(s)",
            "def encode(s): return s\ndef decode(s): return encode(s)",
            id="its-own",
        ),
        pytest.param("def f(s): return decode(s)", "def f(s): return decode(s)", id="never-what-is-asked"),
    ],
)
def test_an_answer_has_what_it_needs_of_a_prompts_fences(answer: str, text: str) -> None:
    found = read(prompt=FENCED, completion=answer, test="assert decode('ab') == 'ba'", entry_point="decode").answer

    assert (found.text, found.doubt) == (text, "")


def test_an_answer_has_the_classes_that_only_the_tests_name_of_a_prompts_fences() -> None:
    prompt = "Do it.\n\n```python\nclass Point:\n    x = 1\nclass Other:\n    pass\ndef move(p): ...\n```\n"
    tests = "assert move(Point()).x == 2"
    moved, own = "def move(p):\n    p.x += 1\n    return p", "class Point:\n    x = 3\n"
    found = [
        read(prompt=prompt, completion=one, test=tests, entry_point="move").answer.text for one in (moved, own + moved)
    ]

    assert found == [f"class Point:\n    x = 1\n\n{moved}", own + moved]
