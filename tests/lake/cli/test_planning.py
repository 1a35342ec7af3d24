import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from stillroom.cli.app import make_app
from stillroom.cli.forecast import foresee
from stillroom.cli.reading import refuse_unreadable
from stillroom.errors import RecipeError
from stillroom.lake import Lake
from stillroom.recipe import Recipe, load_recipe
from stillroom.runs import RunState, close_run, open_run
from tests.fakes.builds import Builder
from tests.fakes.prompts import RECIPE as SEEDED
from tests.fakes.prompts import UNMEASURED, write_seeds

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


def test_an_unfinished_run_is_continued_where_its_teacher_has_moved(recipe_file, lake):
    run = open_run(lake, load_recipe(recipe_file))
    elsewhere = "urls: ['http://gpu:30000'], model: Qwen/Qwen2.5-Coder-0.5B-Instruct"
    recipe_file.write_text(RECIPE.replace("serve: qwen2.5-coder-0.5b-instruct", elsewhere))

    forecast = foresee(load_recipe(recipe_file), lake)

    assert (forecast.action, forecast.run_id) == ("continue", run.run_id)


async def test_a_finished_run_is_derived_again_when_only_selection_changed(published):
    given, lake = published
    forecast = foresee(changed(given, selection={"keep": 1}), lake)
    assert (forecast.action, forecast.samples_at_most) == ("derive", 0)
    assert forecast.reused == ["seeding", "teachers", "sampling", "verification"]


@pytest.fixture
async def published(lake, tmp_path):
    """A published run: two seeds with four samples each, of eight at most."""
    given = write_recipe(tmp_path, "sampling: {max_new_tokens: 100}\n")
    await Builder(lake).build(given)
    return given, lake


def write_recipe(folder: Path, changes: str) -> Recipe:
    """``recipe`` without prompts to write; its text stands in ``recipe.yaml``, for the command."""
    write_seeds(folder / "seeds.jsonl", range(6))
    text = SEEDED.replace("new_prompts: 2", "new_prompts: 0") + UNMEASURED + "\n" + changes
    (folder / "recipe.yaml").write_text(text)
    return load_recipe(folder / "recipe.yaml")


def changed(given: Recipe, **sections: dict[str, object]) -> Recipe:
    updates = {name: getattr(given, name).model_copy(update=values) for name, values in sections.items()}
    return given.model_copy(update=updates)


async def test_more_samples_of_a_finished_run_are_counted_less_what_it_has(published):
    given, lake = published
    more = changed(given, sampling={"samples": 24})
    forecast = foresee(more, lake)
    assert (forecast.action, forecast.prompts_to_answer, forecast.samples_at_most) == ("derive", 2, 2 * (24 - 4))
    assert forecast.completion_tokens_at_most == 40 * 100
    assert forecast.samples_expected is None

    builder = Builder(lake)
    await builder.build(changed(more, sampling={"samples": 24, "adaptive": False}))
    assert len(builder.client.paid) == forecast.samples_at_most


async def test_another_verification_may_ask_for_what_an_adaptive_prompt_was_spared(published):
    given, lake = published
    forecast = foresee(changed(given, verification={"timeout_seconds": 1.0}), lake)
    assert (forecast.action, forecast.samples_at_most) == ("derive", 2 * (8 - 4))


async def test_prompts_that_a_finished_run_would_write_still_are_counted(published):
    given, lake = published
    forecast = foresee(changed(given, seeding={"new_prompts": 5}, selection={"keep": 1}), lake)
    assert (forecast.action, forecast.prompts_to_write) == ("derive", 5)
    assert forecast.writing_requests > 0


async def test_more_samples_of_an_unfinished_run_are_counted_by_the_recipe_as_it_is_now(lake, tmp_path):
    given = write_recipe(tmp_path, "execution: {prompts_per_shard: 1}\n")
    builder = Builder(lake)
    run = builder.begin(given)
    await builder.shard(run, 0)
    assert foresee(given, lake).samples_at_most == 8
    assert foresee(changed(given, sampling={"samples": 10}), lake).samples_at_most == (10 - 4) + 10


async def test_the_command_says_whether_a_derived_run_is_free(published, tmp_path):
    def plan(changes: str) -> str:
        write_recipe(tmp_path, changes)
        result = CliRunner().invoke(
            make_app(), ["--lake", str(tmp_path / "lake"), "plan", str(tmp_path / "recipe.yaml")]
        )
        assert result.exit_code == 0, result.output
        return result.stdout

    assert "derive tiny-r1 again from what was paid for; no teacher is asked" in plan(
        "sampling: {max_new_tokens: 100}\nselection: {keep: 1}"
    )
    asked = plan("sampling: {max_new_tokens: 100, samples: 12}")
    assert "teachers are asked for what it lacks" in asked
    assert "16 at most" in asked


@pytest.mark.parametrize(
    ("memory_mib", "is_warned_of"), [pytest.param(256, False, id="little"), pytest.param(1 << 20, True, id="a-TiB")]
)
def test_the_command_says_what_a_curation_holds_in_memory(lake, tmp_path, memory_mib, is_warned_of):
    write_recipe(tmp_path, f"execution: {{memory_mib: {memory_mib}}}\n")

    planned = CliRunner().invoke(make_app(), ["--lake", str(lake.root), "plan", str(tmp_path / "recipe.yaml")])

    assert f"{memory_mib:,} MiB in DuckDB before it spills to {lake.root / 'tmp'}" in planned.stdout
    assert ("Warning: execution.memory_mib" in planned.stderr) is is_warned_of


@pytest.mark.parametrize("difficulties", [None, ("easy",), ("medium", "hard")])
def test_plan_counts_the_prompts_that_a_build_plans(lake, tmp_path, difficulties):
    given = changed(write_recipe(tmp_path, ""), seeding={"seed_prompts": 5, "difficulties": difficulties})
    without_lake, fresh = foresee(given, None), foresee(given, lake)
    builder = Builder(lake)
    builder.begin(given)
    planned = lake.rows("SELECT count(*) AS n FROM lake.shards")[0]["n"]
    again = changed(given, sampling={"temperature": 0.1})
    builder.begin(again, new_run=True)

    assert without_lake.prompts_to_answer == fresh.prompts_to_answer == planned
    assert planned == {None: 5, ("easy",): 2, ("medium", "hard"): 4}[difficulties]
    assert lake.rows("SELECT count(*) AS n FROM lake.shards") == [{"n": 2 * planned}]


def test_a_misspelt_difficulty_is_a_wrong_request(tmp_path):
    given = changed(write_recipe(tmp_path, ""), seeding={"difficulties": ("esay",)})
    with pytest.raises(RecipeError, match=r"seeding.difficulties: 'esay' .* did you mean 'easy'\? Known are: easy, "):
        foresee(given, None)


def test_the_command_writes_nothing(recipe_file, stillroom, answer, lake_root):
    before = answer("sql", "select count(*) as n from commits")
    printed = stillroom("plan", str(recipe_file)).stdout
    assert "would open a new run" in printed
    assert "12 at most" in printed
    assert answer("sql", "select count(*) as n from commits") == before


def test_a_recipe_that_cannot_be_read_is_a_wrong_request(stillroom):
    assert stillroom("plan", "no-such-recipe.yaml").exit_code == 2


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param(None, "where nothing is", id="missing"),
        pytest.param({}, "holds no file to check against", id="empty"),
        pytest.param({"a.xlsx": ""}, "is of no kind that is read here", id="unknown"),
        pytest.param({"a.jsonl": "{"}, "cannot be read", id="broken"),
    ],
)
def test_a_benchmark_that_cannot_be_checked_against_is_refused(
    recipe_file: Path, tmp_path: Path, files: dict[str, str] | None, said: str
) -> None:
    if files is not None:
        (tmp_path / "exam").mkdir()
    for name, content in (files or {}).items():
        (tmp_path / "exam" / name).write_text(content)
    recipe_file.write_text(f"{RECIPE}curation: {{contamination: {{benchmarks: {{exam: exam}}}}}}\n")

    refused = CliRunner().invoke(make_app(), ["--lake", str(tmp_path / "lake"), "plan", str(recipe_file)])

    assert refused.exit_code == 2
    assert said in refused.stderr
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        pytest.param(None, "table 'old' is at", id="missing"),
        pytest.param({"id": ["a"]}, "table 'old' has no column 'text'", id="no-column"),
        pytest.param({"id": ["a"], "text": [1]}, "column 'text' of table 'old' is Int64", id="no-text"),
        pytest.param({"id": ["a", "b"], "text": ["x", None]}, "'text' of table 'old' is null in 1 of 2", id="null"),
    ],
)
def test_a_table_that_cannot_be_compared_with_is_refused(
    recipe_file: Path, tmp_path: Path, columns: dict[str, list[object]] | None, said: str
) -> None:
    if columns is not None:
        pl.DataFrame(columns).write_parquet(tmp_path / "old.parquet")
    recipe_file.write_text(f"{RECIPE}curation: {{against: {{old: {{path: old.parquet, kind: answer}}}}}}\n")

    refused = CliRunner().invoke(make_app(), ["--lake", str(tmp_path / "lake"), "plan", str(recipe_file)])

    assert refused.exit_code == 2
    assert said in refused.stderr.replace("\n", " ")
    assert not (tmp_path / "lake").exists()
    with pytest.raises(RecipeError):
        refuse_unreadable(load_recipe(recipe_file))


def test_a_plan_says_which_benchmarks_are_looked_for_and_why_none(
    recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planned() -> str:
        return CliRunner().invoke(make_app(), ["--lake", str(tmp_path / "lake"), "plan", str(recipe_file)]).stdout

    (tmp_path / "installed").mkdir()
    monkeypatch.setenv("STILLROOM_BENCHMARKS", str(tmp_path / "installed"))
    assert f"none looked for: there was no benchmark in {tmp_path / 'installed'}" in planned()
    (tmp_path / "installed" / "exam.txt").write_text("a question")
    assert "benchmarks:        exam\n" in planned()
    assert "not looked for" not in planned()
    (tmp_path / "installed" / "math").mkdir()
    for split in ("train", "test"):
        (tmp_path / "installed" / "math" / f"{split}.jsonl").write_text('{"q": "a question"}')
    assert "benchmarks:        exam, math\n  not looked for:    math/train.jsonl, splits to train on" in planned()
    recipe_file.write_text(f"{RECIPE}curation: {{contamination: null}}\n")
    assert "none looked for: its recipe turns the check off (`contamination: null`)" in planned()


def test_a_benchmark_that_has_changed_derives_a_finished_run_again(recipe_file: Path, lake: Lake) -> None:
    exam = recipe_file.with_name("exam.jsonl")
    exam.write_text('{"q": "one"}')
    recipe_file.write_text(f"{RECIPE}curation: {{contamination: {{benchmarks: {{exam: exam.jsonl}}}}}}\n")
    given = load_recipe(recipe_file)
    close_run(lake, open_run(lake, given), RunState.PUBLISHED, "")

    exam.write_text('{"q": "two"}')

    forecast = foresee(given, lake)
    assert (forecast.action, [change.field for change in forecast.changed]) == ("derive", ["contamination.exam"])
