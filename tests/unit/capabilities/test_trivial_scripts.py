"""Trivial scripts: constants, echoes, and the examples that the task itself shows."""

import io
import json
import sys
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.records import Check, Origin, Prompt


def printed(task: str, pairs: list[tuple[str, str]], stdin: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each trivial script prints; they are our own code."""
    tests = json.dumps([{"stdin": given, "stdout": expected} for given, expected in pairs])
    one = Prompt(
        capability="code",
        task=task,
        check=Check(tests=tests),
        origin=Origin.USER,
        topic="",
        difficulty_asked="",
        form="",
    )
    found: list[str] = []
    for answer in find_capability("code").trivial_answers(one):
        out, namespace = io.StringIO(), dict[str, Any]()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            patch.setattr(sys, "stdout", out)
            exec(answer.text, namespace)  # noqa: S102 - our own code
        found.append(out.getvalue().strip())
    return found


def test_constants_and_the_commonest_output(monkeypatch: pytest.MonkeyPatch) -> None:
    found = printed("t", [("1", "odd\n"), ("3", "odd\n"), ("2", "even\n")], "9", monkeypatch)

    assert {"", "0", "1", "YES", "NO", "odd"} <= set(found)
    assert "even" not in found


def test_what_is_given_is_echoed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = printed("t", [("1", "x")], "3\n4 5\n", monkeypatch)

    assert {"3\n4 5", "3", "5"} <= set(found)


def test_examples_of_the_task_are_hard_coded(monkeypatch: pytest.MonkeyPatch) -> None:
    task = "Read n and n numbers, print their sum.\n\nInput:\n2\n3 4\n\nOutput:\n7\n"
    pairs = [("2\n3 4\n", "7\n"), ("1\n99\n", "99\n")]

    assert "7" in printed(task, pairs, "2\n3 4\n", monkeypatch)
    assert printed(task, pairs, "1\n99\n", monkeypatch)[-1] == ""  # what the task does not show is not in the table


@pytest.mark.parametrize("tests", ["", "[]", '[{"stdin": 1}]', '{"stdin": "1"}'])
def test_what_is_no_pair_makes_no_script_fail(tests: str) -> None:
    one = Prompt(
        capability="code",
        task="t",
        check=Check(tests=tests),
        origin=Origin.USER,
        topic="",
        difficulty_asked="",
        form="",
    )

    assert all(compile(answer.text, "trivial", "exec") for answer in find_capability("code").trivial_answers(one))
