"""Benchmarks for tests: recipes that are checked against ``exam``, and what curations then say."""

import json
from pathlib import Path

from stillroom.lake import Lake
from stillroom.recipe import Recipe

ALL = "sampling: {adaptive: false, samples: 4}\nselection: {keep: 2}\n"
AGAINST = f"{ALL}curation: {{contamination: {{benchmarks: {{exam: exam}}}}}}\n"


def seeds(given: Recipe, wanted: int = 2) -> Recipe:
    assert given.seeding is not None
    return given.model_copy(update={"seeding": given.seeding.model_copy(update={"seed_prompts": wanted})})


def exam(folder: Path, *texts: str) -> Path:
    """A benchmark of these texts beside one clean question and one too short."""
    rows = [{"id": f"q{row}", "question": text} for row, text in enumerate(texts)]
    rows += [{"id": "clean", "question": "how many ways lead from the first house to the last one"}, {"q": "too short"}]
    (folder / "exam").mkdir(exist_ok=True)
    (folder / "exam" / "test.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder / "exam" / "test.jsonl"


def gates(lake: Lake, curation_id: str) -> dict[str, set[tuple[str, str]]]:
    """By prompt, the gates and reasons of its samples."""
    rows = lake.rows("SELECT prompt_id, gate, reason FROM lake.selections WHERE curation_id = ?", [curation_id])
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["prompt_id"], set()).add((row["gate"], row["reason"]))
    return found
