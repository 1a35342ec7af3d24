import json
from pathlib import Path

import pytest

from stillroom.cli.forecast import foresee
from stillroom.lake import Lake
from stillroom.recipe import load_recipe
from stillroom.runs import RunState, close_run, open_run

RECIPE = """
dataset: planned
capability: code
prompts: prompts.jsonl
teachers: [{name: qwen, serve: qwen2.5-coder-0.5b-instruct, price: {output_per_million: 2.0}}]
sampling: {samples: 4, max_new_tokens: 100}
"""
PROMPTS = [
    {
        "task": f"Write `f{n}(x)` that returns x plus {n}.",
        "entry_point": f"f{n}",
        "tests": [f"assert f{n}(1) == {1 + n}"],
    }
    for n in range(3)
]


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    (tmp_path / "prompts.jsonl").write_text("\n".join(map(json.dumps, PROMPTS)))
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return tmp_path / "recipe.yaml"


def test_without_a_lake_all_prompts_are_to_be_answered(recipe_file):
    forecast = foresee(load_recipe(recipe_file), None)
    assert (forecast.action, forecast.prompts_to_answer, forecast.samples_at_most) == ("open", 3, 12)
    assert forecast.completion_tokens_at_most == 1200
    assert forecast.money_at_most == pytest.approx(0.0024)
    assert forecast.completion_tokens_expected is None


@pytest.fixture
def lake(tmp_path: Path):
    lake = Lake.open(tmp_path / "lake", create=True)
    yield lake
    lake.close()


def test_an_unfinished_run_is_continued_and_refused_under_other_sampling(recipe_file, lake):
    recipe = load_recipe(recipe_file)
    run = open_run(lake, recipe)
    assert foresee(recipe, lake).action == "continue"
    recipe_file.write_text(RECIPE.replace("max_new_tokens: 100", "max_new_tokens: 200"))
    forecast = foresee(load_recipe(recipe_file), lake)
    assert (forecast.action, forecast.run_id) == ("refuse", run.run_id)
    assert [change.field for change in forecast.changed] == ["max_new_tokens"]


def test_a_finished_run_is_derived_again_when_only_selection_changed(recipe_file, lake):
    close_run(lake, open_run(lake, load_recipe(recipe_file)), RunState.PUBLISHED, "")
    recipe_file.write_text(RECIPE + "selection: {keep: 1}\n")
    forecast = foresee(load_recipe(recipe_file), lake)
    assert (forecast.action, forecast.samples_at_most) == ("derive", 0)
    assert forecast.reused == ["seeding", "teachers", "sampling", "verification"]


def test_the_command_writes_nothing(recipe_file, stillroom, answer, lake_root):
    before = answer("sql", "select count(*) as n from commits")
    printed = stillroom("plan", str(recipe_file)).stdout
    assert "would open a new run" in printed
    assert "12 at most" in printed
    assert answer("sql", "select count(*) as n from commits") == before


def test_a_recipe_that_cannot_be_read_is_a_wrong_request(stillroom):
    assert stillroom("plan", "no-such-recipe.yaml").exit_code == 2
