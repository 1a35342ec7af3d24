"""The real teacher end to end: SGLang on this machine writes a task and answers prompts, the sandbox judges."""

import json
from pathlib import Path

import pytest

from stillroom.teachers.models import lookup
from tests.integration.workbench import SEEDS, Workbench

pytestmark = [pytest.mark.teacher, pytest.mark.docker, pytest.mark.slow]

# What the smallest teacher answers right with certainty: greedy, and known to every model of code.
EASY = {
    "id": "seed-easy",
    "topic": "numbers",
    "difficulty": "easy",
    "form": "function",
    "entry_point": "is_even",
    "task": "Write a Python function `is_even(number)` that returns True if the integer is even, else False.",
    "solution": "def is_even(number):\n    return number % 2 == 0",
    "tests": [
        "assert is_even(4) is True",
        "assert is_even(7) is False",
        "assert is_even(0) is True",
        "assert is_even(-3) is False",
        "assert is_even(-2) is True",
        "assert is_even(1) is False",
        "assert is_even(3) is False",
        "assert is_even(10) is True",
    ],
}
RECIPE = """
dataset: real
capability: code
seeding:
  seeds: seeds.jsonl
  seed_prompts: 4
  new_prompts: 2
  requests_per_round: 2
  max_rounds: 1
  max_new_tokens: 300
teachers:
  - name: coder
    serve: qwen2.5-coder-0.5b-instruct
sampling: {samples: 3, wave: 3, temperature: 0.0, max_new_tokens: 160}
"""


@pytest.mark.timeout(900)
def test_real_teacher_writes_and_answers_and_an_answer_is_kept(tmp_path: Path) -> None:
    bench = Workbench(tmp_path, "http://127.0.0.1:9")
    others = SEEDS.read_text(encoding="utf-8").splitlines()[:3]
    (tmp_path / "seeds.jsonl").write_text("\n".join([json.dumps(EASY), *others]) + "\n", encoding="utf-8")
    bench.recipe.write_text(RECIPE, encoding="utf-8")
    done = bench.build("--json")
    assert done.code == 0, done.err
    assert done.json["writing_replies"] == 2
    teachers = bench.sql("select distinct revision, revision_source, licence from teachers")
    licence = lookup("qwen2.5-coder-0.5b-instruct").licence
    assert [(row["revision_source"], row["licence"]) for row in teachers] == [("server", licence)]
    samples = bench.sql("select request_text, prompt_tokens, completion_tokens, finish_reason from samples")
    assert len(samples) >= 12
    for sample in samples:
        assert sample["request_text"].endswith("<|im_start|>assistant\n")
        assert sample["prompt_tokens"] > 20
        assert 0 < sample["completion_tokens"] <= 160
    verdicts = bench.sql("select count(distinct sample_id) as judged from verdicts")
    assert verdicts[0]["judged"] == len(samples)
    kept = bench.sql(
        "select e.answer, l.outcome from examples e join lineage l using (example_id) "
        "join prompts p on p.prompt_id = e.prompt_id where p.entry_point = 'is_even'"
    )
    assert kept, bench.sql("select gate, reason, evidence from current_selections")
    assert all(row["outcome"] == "pass" and "def is_even(" in row["answer"] for row in kept)
    assert done.json["snapshot"] == "real@1"
    assert all(row["response"].startswith("{") for row in bench.sql("select response from proposals"))
