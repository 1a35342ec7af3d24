"""A small lake as a build leaves it: two seeds, one written prompt, five samples, one snapshot."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from stillroom.cli.app import make_app
from stillroom.lake import TABLES, Lake

RUN = "functions-r1"
CURATION = "cu1"
VERIFIER = "tests-1"
ZEROS = {"VARCHAR": "", "VARCHAR[]": [], "INTEGER": 0, "BIGINT": 0, "DOUBLE": 0.0, "BOOLEAN": False}
ANSWERED = datetime(2026, 11, 22, 10, 30)
RECIPE = json.dumps(
    {
        "dataset": "functions",
        "capability": "code",
        "prompts": "prompts.jsonl",
        "teachers": [{"name": "qwen", "urls": ["http://127.0.0.1:9"], "model": "qwen"}],
        "verification": {"min_test_strength": None},
    }
)


def row(table: str, **given: object) -> dict[str, object]:
    """A row of ``table`` with empty values where none is given."""
    columns = TABLES[table].columns
    assert given.keys() - {"shard"} <= {column.name for column in columns}
    return {column.name: ZEROS.get(column.type, ANSWERED) for column in columns} | given


def prompt(prompt_id: str, **given: object) -> dict[str, object]:
    """A row of ``prompts``."""
    common = {"capability": "code", "task": f"Write the function {prompt_id}.", "difficulty_asked": "easy"}
    return row("prompts", prompt_id=prompt_id, **{"origin": "seed", "topic": "numbers", **common, **given})


def sample(sample_id: str, prompt_id: str, **given: object) -> dict[str, object]:
    """A row of ``samples``."""
    common = {"request_text": f"<user>{prompt_id}\n<assistant>", "teacher_id": "qwen@abc", "temperature": 0.8}
    answer = {"response": f"```python\n{sample_id}\n```", "answer": f"def {sample_id}(): ..."}
    return row("samples", sample_id=sample_id, prompt_id=prompt_id, **{"shard": 0, **common, **answer, **given})


def selection(sample_id: str, gate: str, **given: object) -> dict[str, object]:
    """A row of ``selections``."""
    about = {"curation_id": CURATION, "sample_id": sample_id, "gate": gate, "kept": gate == "kept", "shard": 0}
    return row("selections", **{**about, **given})


def verdict(sample_id: str, outcome: str, **given: object) -> dict[str, object]:
    """A row of ``verdicts``."""
    about = {"sample_id": sample_id, "outcome": outcome, "verifier": "python-tests@1", "tests_total": 3, "shard": 0}
    return row("verdicts", **{"verifier_id": VERIFIER, **about, **given})


@pytest.fixture(scope="session")
def small_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small lake, made once."""
    root = tmp_path_factory.mktemp("small") / "lake"
    lake = Lake.open(root, create=True)
    lake.commit(
        "run:1",
        {"runs": [row("runs", version=1, dataset="functions", state="published", recipe=RECIPE, stages="{}")]},
        run_id=RUN,
    )
    prompts = [prompt("seed-a"), prompt("seed-b", task='Say "hallo" [bold]twice[/bold].')]
    lake.commit("prompts:1", {"prompts": prompts}, run_id=RUN)
    written = prompt(
        "written-c", origin="written", parents=["seed-a", "seed-b"], writer_teacher="qwen@abc",
        nearest_prompt_id="seed-a", nearest_score=0.31, writing_round=1, writing_request=4, check_id="c",
    )  # fmt: skip
    proposal = row("proposals", prompt_id="written-c", admitted=True, writing_round=1, request_text="Write a task.")
    lake.commit(f"seed:{RUN}:1", {"prompts": [written], "proposals": [proposal]}, run_id=RUN)
    shard = {
        "samples": [
            sample("aa11", "written-c", prompt_tokens=30, completion_tokens=120),
            sample("aa22", "written-c", sample_index=1),
            sample("bb33", "seed-a"),
            sample("cc44", "seed-b"),
        ],
        "verdicts": [
            verdict("aa11", "pass", tests_passed=3, check_id="c"),
            verdict("aa22", "pass", tests_passed=3, check_id="c"),
            verdict("bb33", "fail", reason="tests:wrong-value", detail="f(1) gave 2, expected 1", tests_passed=1),
            verdict("cc44", "abstain", reason="tests:unusable"),
        ],
        "costs": [row("costs", stage="sampling", teacher_id="qwen@abc", samples=4, completion_tokens=400)],
        "teachers": [row("teachers", teacher_id="qwen@abc", revision="abc", model="/models/qwen", licence="mit")],
    }
    lake.commit(f"shard:{RUN}:0", shard, run_id=RUN, shard=0)
    strength = row(
        "test_strengths", check_id="c", prompt_id="written-c", strength=0.9, mutants=12, killed=9, set_aside=2,
        solution_from="reference", survivors=["line 1, boundary: a < b → a <= b"],
    )  # fmt: skip
    lake.commit("strengths:1", {"test_strengths": [strength]}, run_id=RUN)
    planned = [row("shards", prompt_id=one, teacher="qwen", shard=0) for one in ("written-c", "seed-a")]
    lake.commit("plan:1", {"shards": planned}, run_id=RUN)
    decided = [
        selection("aa11", "kept"),
        selection("aa22", "near-duplicate", reason="answer", evidence="same words", matched_id="aa11", similarity=0.95),
        selection("bb33", "verification", reason="tests:wrong-value", evidence="f(1) gave 2, expected 1"),
        selection("cc44", "verification", reason="abstain:tests:unusable"),
    ]
    lake.commit("curation:cu1", {"selections": decided}, run_id=RUN)
    messages = [{"role": "user", "content": "Write it."}, {"role": "assistant", "content": "def aa11(): ..."}]
    example = row(
        "examples", example_id="ee99", sample_id="aa11", prompt_id="written-c", messages=messages, origin="written",
        answer="def aa11(): ...", teacher_id="qwen@abc", verifier="python-tests@1", verifier_id=VERIFIER,
        curation_id=CURATION, shard=0,
    )  # fmt: skip
    snapshot = row(
        "snapshots", name="functions", version=1, curation_id=CURATION, mode="cumulative", rows=1, new_rows=1,
        content_hash="f" * 64, path="snapshots/functions/1",
    )  # fmt: skip
    member = row("snapshot_members", name="functions", version=1, example_id="ee99")
    published = {"examples": [example], "snapshots": [snapshot], "snapshot_members": [member]}
    lake.commit("publish:cu1", published, run_id=RUN)
    lake.commit("late", {"samples": [sample("dd55", "seed-a")]}, run_id="functions-r2", shard=0)
    lake.close()
    return root


@pytest.fixture
def lake_root(small_lake: Path, tmp_path: Path) -> Path:
    """The folder of a copy of the small lake, which a test may change."""
    return Path(shutil.copytree(small_lake, tmp_path / "lake"))


@pytest.fixture
def stillroom(lake_root: Path) -> Callable[..., Result]:
    """Runs a command on the small lake."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(make_app(), ["--lake", str(lake_root), *arguments])

    return run


@pytest.fixture
def answer(stillroom: Callable[..., Result]) -> Callable[..., Any]:
    """Runs a command with --json, expects success, and gives the value it printed."""

    def run(*arguments: str) -> Any:
        result = stillroom(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run
