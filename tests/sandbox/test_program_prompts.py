"""Prompts whose tests are pairs of stdin and stdout: proven, answered and measured as programs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stillroom.capabilities import find_capability
from stillroom.errors import RecipeError
from stillroom.records import Check, Completion, FinishReason, Origin, Outcome, Prompt
from stillroom.seeding import PromptFile, prove_references, read_file
from tests.sandbox.conftest import Bench
from verifiers.code_tests import CodeTests
from verifiers.python_tests import PythonTests

pytestmark = [pytest.mark.docker]

CODE = find_capability("code")
PAIRS = [{"stdin": f"{number}\n", "stdout": f"{2 * number}\n"} for number in (2, 3, 0, -4)]
RIGHT = "n = int(input())\nprint(2 * n)"


def written(folder: Path, solution: str) -> PromptFile:
    path = folder / "prompts.jsonl"
    path.write_text(json.dumps({"task": "Double a number.", "tests": PAIRS, "solution": solution}) + "\n")
    return read_file(path, CODE, Origin.USER)


def proven(bench: Bench, file: PromptFile) -> None:
    bench.run(prove_references(file, CODE, [PythonTests(bench.executor)]))


def test_reference_that_is_a_program_is_proven(bench: Bench, tmp_path: Path) -> None:
    proven(bench, written(tmp_path, RIGHT))

    with pytest.raises(RecipeError, match=r"line 1, 'Double a number\.': fail, wrong-answer"):
        proven(bench, written(tmp_path, RIGHT.replace("2", "3")))


def answered(prompt: Prompt, code: str) -> str:
    completion = Completion(
        text=f"```python\n{code}\n```",
        finish_reason=FinishReason.STOP,
        prompt_tokens=1,
        completion_tokens=1,
        cached_tokens=0,
        latency_seconds=0.0,
    )
    return CODE.extract(prompt, completion).text


def test_answer_of_a_teacher_passes_as_the_program_that_it_is(bench: Bench, tmp_path: Path) -> None:
    (prompt,) = written(tmp_path, RIGHT).prompts

    judgement = bench.judge(answered(prompt, RIGHT), prompt.check.tests)

    assert (judgement.outcome, judgement.tests_passed) == (Outcome.PASS, len(PAIRS))


def test_pairs_are_measured_by_wrong_programs(bench: Bench, tmp_path: Path) -> None:
    (prompt,) = written(tmp_path, RIGHT).prompts
    measure = CodeTests(bench.executor)

    strong = bench.run(measure.measure(prompt.check, prompt.reference, CODE.trivial_answers(prompt)))
    weak = Check(tests=json.dumps([{"stdin": "0\n", "stdout": "0\n"}]))
    trivial = CODE.trivial_answers(replace(prompt, check=weak))
    found = bench.run(measure.measure(weak, prompt.reference, trivial))

    assert strong.value == 1.0
    assert found.value == 0.0
    assert {"print('0')", "print(input())"} <= set(found.trivial_passes)  # its only output, and its echo
