"""The real teacher end to end: SGLang on this machine writes a task and answers prompts, the sandbox judges."""

from pathlib import Path

import pytest

from stillroom.teachers.models import lookup
from tests.integration.workbench import SEEDS, Workbench

pytestmark = [pytest.mark.teacher, pytest.mark.docker, pytest.mark.slow]

RECIPE = f"""
dataset: real
capability: code
seeding:
  seeds: {SEEDS}
  seed_prompts: 4
  new_prompts: 2
  requests_per_round: 2
  max_rounds: 1
  max_new_tokens: 300
teachers:
  - name: coder
    serve: qwen2.5-coder-0.5b-instruct
sampling: {{samples: 3, wave: 3, max_new_tokens: 160}}
"""


@pytest.mark.timeout(900)
def test_real_teacher_writes_and_answers(tmp_path: Path) -> None:
    bench = Workbench(tmp_path, "http://127.0.0.1:9")
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
    assert all(row["response"].startswith("{") for row in bench.sql("select response from proposals"))
