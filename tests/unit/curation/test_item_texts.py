"""What stands in two fields of an item is one text as well, where that may be found and the fields alone may not."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from stillroom.curation.benchmark_files import read_benchmarks
from stillroom.curation.benchmark_search import searches
from stillroom.curation.item_texts import wholes
from stillroom.recipe import find_benchmarks
from tests.unit.curation.test_contamination import documents

QUESTION, REPLY = "Q: what is the capital city of France?", "A: the capital of France is Paris"
SIGNATURE = 'def largest_gap(numbers, least):\n    """The largest difference of neighbours."""\n'
BODY = """    ordered = sorted(numbers)
    best = least
    for left, right in zip(ordered, ordered[1:]):
        best = max(best, right - left)
    return best
"""
RENAMED = """
def f(values, lowest):
    s = sorted(values)
    g = lowest
    for a, b in zip(s, s[1:]):
        g = max(g, b - a)
    return g
"""


def found(folder: Path, item: dict[str, object], text: str) -> set[str]:
    """The methods that find an item of a benchmark in a text."""
    (folder / "test.jsonl").write_text(json.dumps(item))
    items = read_benchmarks(find_benchmarks({"exam": folder}))
    return {index.method for index in searches(items) if len(index.find(documents(text)))}


@pytest.mark.parametrize(
    ("item", "text"),
    [
        pytest.param({"q": QUESTION, "a": REPLY}, f"{QUESTION}\n{REPLY}", id="13 words in two fields"),
        pytest.param({"q": QUESTION, "id": "x7", "a": REPLY}, f"{QUESTION} {REPLY}", id="with its id between"),
        pytest.param(
            {"q": QUESTION, "topic": "capitals", "a": REPLY}, f"{QUESTION} {REPLY}", id="with a label between"
        ),
        pytest.param(
            {"q": "name the capital of France", "a": "it is Paris", "from": "some other long text that goes on"},
            "Now: name the capital of France! It is Paris.",
            id="8 words beside a third field",
        ),
        pytest.param(
            {"q": ["What is the capital of", "France's north?"], "a": "Lille"},
            "what is the capital of France s north",
            id="in a list",
        ),
    ],
)
def test_text_across_fields_is_found(tmp_path: Path, item: dict[str, object], text: str) -> None:
    assert "word-runs@6" in found(tmp_path, item, text)


def test_code_across_fields_is_found_whatever_its_names_are(tmp_path: Path) -> None:
    item = {"task_id": "E/0", "prompt": SIGNATURE, "entry_point": "largest_gap", "canonical_solution": BODY}
    assert "renamed-code@5" in found(tmp_path, item, f"```python{RENAMED}```")


def test_code_behind_a_task_in_prose_is_found(tmp_path: Path) -> None:
    item = {"text": "Write what is asked for.", "prompt": SIGNATURE, "canonical_solution": BODY}
    assert "renamed-code@5" in found(tmp_path, item, RENAMED)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["one text alone"], [], id="one"),
        pytest.param(["a", "b"], [], id="too little"),
        pytest.param(["what is it", "a pen", "my pen"], ["what is it\na pen\nmy pen", "what is it\na pen"], id="three"),
        pytest.param(["what is it", "a pen"], ["what is it\na pen"], id="two"),
        pytest.param(["x " * 200, "y " * 200], [f"{'x ' * 200}\n{'y ' * 200}"], id="long ones"),
        pytest.param(["a text"] * 65, [], id="a document of many"),
        pytest.param(["a text " * 10_000, "b text " * 10_000], [], id="a giant one"),
    ],
)
def test_what_is_joined(texts: list[str], expected: list[str]) -> None:
    assert wholes(texts) == expected


OPTIONS = ["It is the first", "It is the second", "All of the above", "None of the above"]


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"question": "Which?", "choices": OPTIONS, "answer": 2}, id="in a list"),
        pytest.param(
            {"choices": OPTIONS, "question": "Which of these is right?", "answer": "C"}, id="before the question"
        ),
        pytest.param(
            {"q": "Which is it?", **dict(zip(("opa", "opb", "opc", "opd"), OPTIONS, strict=True))}, id="fields"
        ),
        pytest.param(
            {
                "choices": [{"l": letter, "t": text} for letter, text in zip("ABCD", OPTIONS, strict=True)],
                "q": "Which?",
            },
            id="with letters",
        ),
    ],
)
def test_options_that_any_question_may_have_are_no_item(tmp_path: Path, item: dict[str, object]) -> None:
    lines = [f"Which rule of the game is asked for?\n{a}\n{b}" for a, b in pairwise(OPTIONS)]
    others = ["A group of people", "A number", *OPTIONS[2:]]
    lettered = "\n".join(f"{letter}) {text}." for letter, text in zip("ABCD", others, strict=True))
    for text in (*lines, f"What does the rule say?\n{lettered}"):
        assert found(tmp_path, item, text) == set()


def test_a_question_is_found_with_the_option_that_follows_it(tmp_path: Path) -> None:
    item = {"subject": "geo", "question": "Which city is the largest?", "choices": ["In the north", "In the south"]}
    assert "word-runs@6" in found(tmp_path, item, "Which city is the largest? In the north")


def test_options_may_come_first() -> None:
    assert wholes(["all of them", "none of them", "which is it", "the last"], {0, 1}) == [
        "all of them\nnone of them\nwhich is it\nthe last",
        "which is it\nthe last",
    ]
