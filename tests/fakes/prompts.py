"""Prompts, seed files and recipes for tests."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stillroom.recipe import Recipe, parse_recipe
from stillroom.records import Check, Origin, Prompt
from tests.fakes.answers import Known, written_task


def seed_row(number: int) -> dict[str, Any]:
    """A row of a seed file; its solution passes its tests, and no other row resembles it."""
    task = written_task(number)
    return {
        "id": f"seed-{number}",
        "topic": "numbers",
        "difficulty": ("easy", "medium", "hard")[number % 3],
        "form": "function",
        "entry_point": task["solution"][0].removeprefix("def ").partition("(")[0],
        "task": task["task"],
        "solution": "\n".join(task["solution"]),
        "tests": task["tests"],
    }


def write_seeds(path: Path, numbers: Iterable[int]) -> Path:
    """A seed file in JSON Lines."""
    path.write_text("".join(json.dumps(seed_row(number)) + "\n" for number in numbers), encoding="utf-8")
    return path


def prompt(number: int, *, origin: Origin = Origin.SEED, **changes: Any) -> Prompt:
    """The prompt of ``seed_row(number)``."""
    row = seed_row(number)
    fields: dict[str, Any] = {
        "capability": "code",
        "task": row["task"],
        "check": Check(tests="\n".join(row["tests"]), entry_point=row["entry_point"]),
        "reference": row["solution"],
        "origin": origin,
        "topic": row["topic"],
        "difficulty_asked": row["difficulty"],
        "form": row["form"],
    }
    return Prompt(**{**fields, **changes})


def known(*prompts: Prompt) -> list[Known]:
    """What a fake teacher needs to answer these prompts."""
    return [Known(task=one.task, entry_point=one.check.entry_point, solution=one.reference) for one in prompts]


def recipe(folder: Path, changes: str = "", *, seeds: int = 6) -> Recipe:
    """A small recipe with its seed file; ``changes`` is YAML that is put after it."""
    if not (folder / "seeds.jsonl").exists():
        write_seeds(folder / "seeds.jsonl", range(seeds))
    if "verification:" not in changes:
        changes += f"\n{UNMEASURED}"
    return parse_recipe(f"{RECIPE}\n{changes}", base=folder, source="recipe.yaml")


# Fake verifiers run no mutants, so nothing is asked of how strong tests are.
UNMEASURED = "verification: {min_test_strength: null}"

RECIPE = """
dataset: tiny
capability: code
seeding: {seeds: seeds.jsonl, seed_prompts: 2, new_prompts: 2}
teachers: [{name: fake, urls: ["http://127.0.0.1:9"], model: fake/tiny-coder}]
"""
