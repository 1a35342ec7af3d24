"""Prompt files: every broken line is named."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.errors import RecipeError
from stillroom.records import Origin, Prompt
from stillroom.seeding import read_file, read_prompts
from tests.fakes.prompts import seed_row, write_seeds

CODE = find_capability("code")
SEEDS = Path(__file__).parents[3] / "data" / "seeds" / "python_functions.jsonl"


def read(path: Path, *lines: str | dict[str, Any], origin: Origin = Origin.SEED) -> list[Prompt]:
    path = path / "seeds.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return read_prompts(path, CODE, origin)


def refusal(path: Path, *lines: str | dict[str, Any]) -> str:
    with pytest.raises(RecipeError) as caught:
        read(path, *lines)
    return str(caught.value)


def without(row: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in keys}


def test_rows_become_prompts_in_order(tmp_path: Path) -> None:
    prompts = read(tmp_path, seed_row(1), "", seed_row(2))

    assert [prompt.task for prompt in prompts] == [seed_row(1)["task"], seed_row(2)["task"]]
    first = prompts[0]
    assert (first.origin, first.topic, first.difficulty_asked, first.form) == (
        Origin.SEED,
        "numbers",
        "medium",
        "function",
    )
    assert first.check.tests == "\n".join(seed_row(1)["tests"])
    assert first.reference == seed_row(1)["solution"]
    assert (first.parents, first.writer_teacher, first.writing_round, first.writing_request) == ((), "", 0, -1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param('{"task": ', "line 2: not valid JSON", id="broken JSON"),
        pytest.param("[1]", "line 2: holds list; expected a JSON object", id="no object"),
        pytest.param(without(seed_row(2), ["tests"]), "line 2: `tests` must be", id="no tests"),
        pytest.param(without(seed_row(2), ["solution"]), "line 2: a seed needs a reference", id="no solution"),
        pytest.param(json.dumps({**seed_row(2), "task": "\ud800"}), "line 2: not valid JSON", id="half a character"),
        pytest.param("[" * 200_000, "line 2: not valid JSON", id="deep nesting"),
        pytest.param('"' + "x" * 1_000_001, "line 2: 1,000,002 characters", id="huge line"),
        pytest.param(
            {**seed_row(1), "task": f"  {seed_row(1)['task']}"}, "line 2: the same task as line 1", id="twice"
        ),
    ],
)
def test_broken_line_is_named(tmp_path: Path, line: str | dict[str, Any], message: str) -> None:
    assert message in refusal(tmp_path, seed_row(1), line, seed_row(3))


def test_all_broken_lines_are_told_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, "{", seed_row(1), "[]", *["x"] * 40)

    assert "has 42 broken lines of 43; mend or remove them:" in message
    assert ("line 1:" in message, "line 3:" in message, "line 40:" in message) == (True, True, False)


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        pytest.param("assert f(1) ==", "invalid syntax in line 1 of them: assert f(1) ==", id="broken"),
        pytest.param("f(1)", "the tests assert nothing", id="no assertion"),
        pytest.param("assert 1 + 1 == 2", "no assertion calls the solution", id="no call"),
        pytest.param("assert g(1) == 2", "`tests` never call the entry point `f`", id="another function"),
    ],
)
def test_tests_that_can_judge_no_answer_are_named_by_line(tmp_path: Path, tests: str, message: str) -> None:
    row = {"task": "Add one to a number.", "entry_point": "f", "tests": tests}

    with pytest.raises(RecipeError, match=r"seeds\.jsonl has 1 broken line of 2; mend or remove it:") as caught:
        read(tmp_path, without(seed_row(1), ["solution"]), row, origin=Origin.USER)

    assert "line 2: `tests`" in str(caught.value)
    assert message in str(caught.value)


def test_line_separator_inside_a_text_is_no_line_end(tmp_path: Path) -> None:
    row = {**seed_row(1), "task": f"{seed_row(1)['task']}\u2028And more.\x85"}

    prompts = read(tmp_path, json.dumps(row, ensure_ascii=False))

    assert prompts[0].task == row["task"]


def test_windows_line_ends_are_fine(tmp_path: Path) -> None:
    assert len(read(tmp_path, json.dumps(seed_row(1)) + "\r", json.dumps(seed_row(2)) + "\r")) == 2


def test_users_prompts_need_no_solution(tmp_path: Path) -> None:
    prompts = read(tmp_path, without(seed_row(1), ["solution", "topic"]), origin=Origin.USER)

    assert (prompts[0].reference, prompts[0].topic, prompts[0].origin) == ("", "", Origin.USER)


def test_null_says_as_little_as_no_key(tmp_path: Path) -> None:
    said = ("topic", "difficulty", "form", "writer", "solution")

    (prompt,) = read(tmp_path, {**seed_row(1), **dict.fromkeys(said)}, origin=Origin.USER)

    assert [prompt] == read(tmp_path, without(seed_row(1), said), origin=Origin.USER)
    assert (prompt.topic, prompt.difficulty_asked, prompt.form, prompt.reference) == ("", "", "", "")


@pytest.mark.parametrize("key", ["topic", "difficulty", "form"])
@pytest.mark.parametrize("value", [["a", "b"], 3, {"a": 1}, True])
def test_what_a_row_says_of_itself_is_text(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises(RecipeError, match=rf"line 1: `{key}` must be a text, found "):
        read(tmp_path, {**seed_row(1), key: value}, origin=Origin.USER)


PAIRS = [{"stdin": "2\n", "stdout": "4\n"}, {"stdin": "3\n", "stdout": "6\n"}]


@pytest.mark.parametrize("tests", [PAIRS, json.dumps(PAIRS)], ids=["objects", "text"])
def test_tests_may_be_pairs_which_call_no_function(tmp_path: Path, tests: object) -> None:
    (prompt,) = read(tmp_path, {"task": "Double a number.", "tests": tests}, origin=Origin.USER)

    assert (json.loads(prompt.check.tests), prompt.check.entry_point) == (PAIRS, "")


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        pytest.param([{"stdin": "2"}], "`tests` are no pairs of stdin and stdout", id="half a pair"),
        pytest.param([1, 2], "`tests` must be Python source, a list of asserts or stdin/stdout pairs", id="numbers"),
        pytest.param([], "`tests` must be Python source", id="none"),
        pytest.param("assert f(1) == 2", "`entry_point` must be a text", id="asserts without a function"),
    ],
)
def test_tests_of_no_form_are_named(tmp_path: Path, tests: object, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read(tmp_path, {"task": "Double a number.", "tests": tests}, origin=Origin.USER)

    assert f"line 1: {message}" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "seeds.jsonl").write_bytes(content)

    with pytest.raises(RecipeError, match="holds no prompts"):
        read_prompts(tmp_path / "seeds.jsonl", CODE, Origin.SEED)


@pytest.mark.parametrize("name", ["absent.jsonl", "."])
def test_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecipeError, match="cannot read"):
        read_prompts(tmp_path / name, CODE, Origin.SEED)


def test_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "seeds.jsonl").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(RecipeError, match="Expected JSON Lines in UTF-8"):
        read_prompts(tmp_path / "seeds.jsonl", CODE, Origin.SEED)


def test_our_own_seeds_are_many_and_varied() -> None:
    prompts = read_prompts(SEEDS, CODE, Origin.SEED)

    assert len(prompts) >= 100
    assert len({prompt.topic for prompt in prompts}) >= 10
    assert {prompt.difficulty_asked for prompt in prompts} == {"easy", "medium", "hard"}


def test_a_prompt_is_found_by_its_line(tmp_path: Path) -> None:
    write_seeds(tmp_path / "seeds.jsonl", range(2))
    (tmp_path / "seeds.jsonl").write_text("\n" + (tmp_path / "seeds.jsonl").read_text())

    file = read_file(tmp_path / "seeds.jsonl", CODE, Origin.SEED)

    assert (file.path, [file.lines[one.prompt_id] for one in file.prompts]) == (tmp_path / "seeds.jsonl", [2, 3])


def test_difficulty_of_a_seed_is_one_that_recipes_can_ask_for(tmp_path: Path) -> None:
    message = refusal(tmp_path, seed_row(1), {**seed_row(2), "difficulty": "Easy"})

    assert "line 2: `difficulty` must be one of easy, medium, hard, found 'Easy'. Did you mean 'easy'?" in message


def test_seed_may_leave_its_difficulty_out_and_a_users_row_use_other_words(tmp_path: Path) -> None:
    silent = without(seed_row(1), ["difficulty"])
    assert [one.difficulty_asked for one in read(tmp_path, silent)] == [""]

    own = {**seed_row(1), "difficulty": "grade 7"}
    assert [one.difficulty_asked for one in read(tmp_path, own, origin=Origin.USER)] == ["grade 7"]


def test_a_users_row_may_name_the_teacher_that_wrote_it(tmp_path: Path) -> None:
    rows = [{**seed_row(1), "writer": "big@2"}, seed_row(2)]

    assert [one.writer_teacher for one in read(tmp_path, *rows, origin=Origin.USER)] == ["big@2", ""]


def test_writer_that_is_no_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="line 1: `writer` must be the name of a teacher"):
        read(tmp_path, {**seed_row(1), "writer": 7}, origin=Origin.USER)


def test_seed_with_a_writer_is_refused(tmp_path: Path) -> None:
    assert "line 1: a seed is written by a person" in refusal(tmp_path, {**seed_row(1), "writer": "big@2"})


def test_file_that_is_read_again_gives_its_prompts_as_they_are_now(tmp_path: Path) -> None:
    path = tmp_path / "seeds.jsonl"
    path.write_text(json.dumps(seed_row(1)) + "\n")
    first = read_file(path, CODE, Origin.SEED)

    assert read_file(path, CODE, Origin.SEED) is first
    assert read_file(path, CODE, Origin.USER).prompts[0].origin is Origin.USER
    path.write_text(json.dumps(seed_row(2)) + "\n")
    assert [one.task for one in read_file(path, CODE, Origin.SEED).prompts] == [seed_row(2)["task"]]
