"""Opening: an unfinished run is continued, a finished one is followed, and what was paid for is never mixed up."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from stillroom.cli.forecast import foresee
from stillroom.errors import LakeError, RecipeError
from stillroom.lake import Lake
from stillroom.recipe import Recipe, Selection, parse_recipe
from stillroom.runs import RunState, close_run, dataset_runs, decided_otherwise, load_run, open_run, open_runs
from tests.fakes.builds import Builder
from tests.fakes.prompts import RECIPE, recipe, write_seeds

FOUR_EACH = "sampling: {adaptive: false, samples: 4}\n"
LIMIT = "verification: {min_test_strength: null, timeout_seconds: 9}"


def opened(lake: Lake, tmp_path: Path, *, state: RunState = RunState.OPENED, with_rows: bool = True) -> Recipe:
    """A first run in this state, with rows committed under it."""
    given = recipe(tmp_path)
    run = open_run(lake, given)
    if with_rows:
        lake.commit(f"shard:{run.run_id}:0", {}, run_id=run.run_id, shard=0)
    if state is not RunState.OPENED:
        close_run(lake, run, state, "")
    return given


def states(lake: Lake) -> list[tuple[str, str]]:
    rows = lake.rows("SELECT run_id, state FROM lake.current_runs ORDER BY run_id")
    return [(row["run_id"], row["state"]) for row in rows]


def test_first_build_opens_the_first_run(lake: Lake, tmp_path: Path) -> None:
    run = open_run(lake, recipe(tmp_path))

    assert (run.run_id, run.is_continued, run.is_rederived) == ("tiny-r1", False, False)
    assert states(lake) == [("tiny-r1", "opened")]


def test_unfinished_run_is_continued_without_a_new_row(lake: Lake, tmp_path: Path) -> None:
    given = opened(lake, tmp_path)

    run = open_run(lake, given)

    assert (run.run_id, run.is_continued, run.is_rederived) == ("tiny-r1", True, False)
    assert lake.rows("SELECT count(*) AS n FROM lake.runs") == [{"n": 1}]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param(
            "sampling: {temperature: 0.1}", r"sampling\.temperature = 0\.8, the recipe now says 0\.1", id="sampling"
        ),
        pytest.param("sampling: {epoch: 1}", r"sampling\.epoch = 0, the recipe now says 1", id="epoch"),
    ],
)
def test_paid_section_that_changed_in_mid_run_is_refused_by_name(
    lake: Lake, tmp_path: Path, changes: str, field: str
) -> None:
    opened(lake, tmp_path)

    with pytest.raises(RecipeError, match=field) as caught:
        open_run(lake, recipe(tmp_path, changes))

    assert "tiny-r1" in str(caught.value)
    assert "--new-run" in str(caught.value)


SMALL, ITS_HUB_ID = "qwen2.5-coder-0.5b-instruct", "Qwen/Qwen2.5-Coder-0.5B-Instruct"


def taught_by(given: Recipe, **where: object) -> Recipe:
    """The same recipe with its teacher somewhere else."""
    (teacher,) = given.teachers
    nowhere = {"serve": None, "urls": (), "model": None}
    return given.model_copy(update={"teachers": (teacher.model_copy(update={**nowhere, **where}),)})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"serve": SMALL}, {"urls": ("http://gpu:30000",), "model": ITS_HUB_ID}, id="to a GPU host"),
        pytest.param({"urls": ("http://gpu:30000",), "model": SMALL}, {"serve": SMALL}, id="back"),
        pytest.param({"serve": SMALL}, {"serve": ITS_HUB_ID}, id="by another name"),
    ],
)
def test_unfinished_run_goes_on_where_its_teacher_has_moved(
    lake: Lake, tmp_path: Path, before: dict[str, object], after: dict[str, object]
) -> None:
    plain = recipe(tmp_path)
    first = open_run(lake, taught_by(plain, **before))
    lake.commit(f"shard:{first.run_id}:0", {}, run_id=first.run_id, shard=0)

    run = open_run(lake, taught_by(plain, **after))

    assert (run.run_id, run.is_continued) == (first.run_id, True)
    assert load_run(lake, run.run_id).recipe.teachers == taught_by(plain, **after).teachers


@pytest.mark.parametrize(
    "after",
    [
        pytest.param({"urls": ("http://gpu:30000",), "model": "Qwen/Qwen2.5-Coder-1.5B-Instruct"}, id="another model"),
        pytest.param({"urls": ("http://gpu:30000",), "model": "/models/mine"}, id="a folder that nothing tells of"),
        pytest.param({"serve": "qwen2.5-coder-1.5b-instruct"}, id="another one here"),
        pytest.param({"urls": ("http://gpu:30000",), "model": ITS_HUB_ID, "revision": "r2"}, id="a revision"),
    ],
)
def test_unfinished_run_is_not_continued_with_another_teacher(
    lake: Lake, tmp_path: Path, after: dict[str, object]
) -> None:
    plain = recipe(tmp_path)
    first = open_run(lake, taught_by(plain, serve=SMALL))
    lake.commit(f"shard:{first.run_id}:0", {}, run_id=first.run_id, shard=0)

    with pytest.raises(RecipeError, match=r"begun with teachers\.fake\."):
        open_run(lake, taught_by(plain, **after))


def test_folder_of_a_tokenizer_may_move_in_mid_run_and_a_licence_be_corrected(lake: Lake, tmp_path: Path) -> None:
    plain, there = recipe(tmp_path), {"urls": ("http://gpu:30000",)}
    before = taught_by(plain, **there, model="/home/a/tokenizer")
    first = open_run(lake, before)
    lake.commit(f"shard:{first.run_id}:0", {}, run_id=first.run_id, shard=0)
    after = taught_by(plain, **there, model="/srv/b/tokenizer", licence="mit")

    run = open_run(lake, after)

    assert (run.run_id, run.is_continued) == (first.run_id, True)
    assert load_run(lake, run.run_id).recipe.teachers == after.teachers
    close_run(lake, run, RunState.PUBLISHED, "")
    changed = before.model_copy(update={"selection": Selection(keep=1)})
    assert open_run(lake, changed).is_rederived, "a folder's place is no reason to pay anew"


def test_run_whose_sections_an_earlier_stillroom_recorded_is_gone_on_with(lake: Lake, tmp_path: Path) -> None:
    """It counted the folder and the licence."""
    given = taught_by(recipe(tmp_path), urls=("http://gpu:30000",), model="/home/a/tokenizer")
    run = open_run(lake, given)
    (recorded,) = lake.rows("SELECT * FROM lake.runs")
    sections = json.loads(recorded["sections"])
    sections["teachers"] |= {"fake.model": "/home/a/tokenizer", "fake.licence": ""}
    kept = {
        name: recorded[name] for name in ("dataset", "state", "capability", "recipe", "stages", "code_version", "note")
    }
    row = {**kept, "sections": json.dumps(sections), "version": 2}
    lake.commit("run:tiny-r1:2", {"runs": [row]}, run_id=run.run_id)
    lake.commit(f"shard:{run.run_id}:0", {}, run_id=run.run_id, shard=0)

    assert open_run(lake, given).is_continued


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        pytest.param("max_rouge_l: 0.7", "max_rouge_l: 0.6", r"seeding\.max_rouge_l = 0\.7", id="seeding"),
        pytest.param("weight: 1", "weight: 2", r"teachers\.fake\.weight = 1", id="weight"),
        pytest.param("system: Be brief.", "system: Be long.", r"teachers\.fake\.system = 'Be brief\.'", id="system"),
        pytest.param("revision: a", "revision: b", r"teachers\.fake\.revision = 'a'", id="revision"),
    ],
)
def test_what_a_run_was_paid_for_is_refused_by_its_field_where_it_changes(
    lake: Lake, tmp_path: Path, before: str, after: str, field: str
) -> None:
    write_seeds(tmp_path / "seeds.jsonl", range(2))
    text = RECIPE.replace("new_prompts: 2", "new_prompts: 2, max_rouge_l: 0.7").replace(
        "name: fake", "name: fake, weight: 1, system: Be brief., revision: a"
    )
    assert before in text
    begun, changed = (parse_recipe(one, base=tmp_path, source="r") for one in (text, text.replace(before, after)))
    run = open_run(lake, begun)
    lake.commit(f"shard:{run.run_id}:0", {}, run_id=run.run_id, shard=0)

    with pytest.raises(RecipeError, match=field):
        open_run(lake, changed)


def test_finished_run_is_followed_by_another_where_its_teacher_has_moved(lake: Lake, tmp_path: Path) -> None:
    plain = recipe(tmp_path)
    first = open_run(lake, taught_by(plain, serve=SMALL))
    close_run(lake, first, RunState.PUBLISHED, "")

    assert open_run(lake, taught_by(plain, urls=("http://gpu:30000",), model=ITS_HUB_ID)).run_id == "tiny-r2"


def test_seed_file_that_changed_in_mid_run_is_refused(lake: Lake, tmp_path: Path) -> None:
    given = opened(lake, tmp_path)
    write_seeds(tmp_path / "seeds.jsonl", range(7))

    with pytest.raises(RecipeError, match=r"seeding\.file_sha256"):
        open_run(lake, given)


def test_misspelt_difficulty_opens_no_run(lake: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path)
    assert given.seeding is not None
    misspelt = given.model_copy(update={"seeding": given.seeding.model_copy(update={"difficulties": ("esay",)})})

    with pytest.raises(RecipeError, match="did you mean 'easy'"):
        open_run(lake, misspelt)

    assert states(lake) == []


def test_new_run_leaves_the_unfinished_one(lake: Lake, tmp_path: Path) -> None:
    opened(lake, tmp_path)

    run = open_run(lake, recipe(tmp_path, "sampling: {temperature: 0.1}"), new_run=True)

    assert (run.run_id, run.is_continued) == ("tiny-r2", False)
    assert states(lake) == [("tiny-r1", "opened"), ("tiny-r2", "opened")]


def test_run_without_rows_takes_any_change(lake: Lake, tmp_path: Path) -> None:
    opened(lake, tmp_path, with_rows=False)

    run = open_run(lake, recipe(tmp_path, "sampling: {temperature: 0.1}"))

    assert (run.run_id, run.is_continued) == ("tiny-r1", True)
    assert load_run(lake, "tiny-r1").recipe.sampling.temperature == 0.1


def test_later_section_may_change_in_mid_run(lake: Lake, tmp_path: Path) -> None:
    opened(lake, tmp_path)

    run = open_run(lake, recipe(tmp_path, "selection: {keep: 1}"))

    assert (run.run_id, run.is_continued, run.is_rederived) == ("tiny-r1", True, False)
    assert load_run(lake, "tiny-r1").recipe.selection.keep == 1


def test_what_is_part_of_no_identity_may_change_in_mid_run_and_counts(lake: Lake, tmp_path: Path) -> None:
    opened(lake, tmp_path)

    run = open_run(lake, recipe(tmp_path, "snapshot: {allow_unverified: true}"))

    assert (run.run_id, run.is_continued) == ("tiny-r1", True)
    assert load_run(lake, "tiny-r1").recipe.snapshot.allow_unverified


@pytest.mark.parametrize("state", [RunState.PUBLISHED, RunState.EMPTY])
def test_finished_run_is_followed_by_another(lake: Lake, tmp_path: Path, state: RunState) -> None:
    given = opened(lake, tmp_path, state=state)

    run = open_run(lake, given)

    assert (run.run_id, run.is_continued) == ("tiny-r2", False)


@pytest.mark.parametrize(
    "changes",
    [
        "selection: {keep: 1}",
        "curation: {near_answers: null}",
        "verification: {timeout_seconds: 9}",
        "sampling: {samples: 9}",
    ],
)
def test_published_run_is_derived_again_where_only_later_sections_changed(
    lake: Lake, tmp_path: Path, changes: str
) -> None:
    opened(lake, tmp_path, state=RunState.PUBLISHED)

    run = open_run(lake, recipe(tmp_path, changes))

    assert (run.run_id, run.is_continued, run.is_rederived) == ("tiny-r1", True, True)
    assert states(lake) == [("tiny-r1", "opened")]


async def built_twice(lake: Lake, tmp_path: Path) -> Builder:
    """A dataset whose second build found nothing to do: `tiny-r1` is published, `tiny-r2` empty."""
    builder = Builder(lake)
    for _ in range(2):
        await builder.build(recipe(tmp_path, FOUR_EACH, seeds=2))
    assert states(lake) == [("tiny-r1", "published"), ("tiny-r2", "empty")]
    assert len(builder.client.paid) == 8
    return builder


@pytest.mark.parametrize(
    ("changes", "owing", "paid", "rows"),
    [
        pytest.param(f"{FOUR_EACH}selection: {{keep: 4}}", 0, 0, 8, id="k"),
        pytest.param(FOUR_EACH.replace("4", "6"), 2, 4, None, id="N"),
        pytest.param(f"{FOUR_EACH}{LIMIT}", 0, 0, None, id="limit"),
    ],
)
async def test_builds_that_brought_nothing_hide_no_change_from_the_samples_before(
    lake: Lake, tmp_path: Path, changes: str, owing: int, paid: int, rows: int | None
) -> None:
    builder = await built_twice(lake, tmp_path)
    changed = recipe(tmp_path, changes)
    forecast = foresee(changed, lake)

    run, snapshot = await builder.build(changed)

    assert (forecast.action, forecast.run_id, forecast.prompts_to_answer) == ("derive", "tiny-r1", owing)
    assert (run.run_id, run.is_rederived) == ("tiny-r1", True)
    assert len(builder.client.paid) == 8 + paid
    if rows is not None:
        assert snapshot is not None
        assert snapshot.rows == rows
    assert open_run(lake, changed).run_id == "tiny-r3", "nothing has changed since"


async def test_run_that_is_derived_again_is_the_one_that_builds_go_on_with(lake: Lake, tmp_path: Path) -> None:
    await built_twice(lake, tmp_path)
    changed = recipe(tmp_path, f"{FOUR_EACH}selection: {{keep: 4}}")
    open_run(lake, changed)

    again = open_run(lake, changed)  # the build before was killed

    assert (again.run_id, again.is_continued, again.is_rederived) == ("tiny-r1", True, False)
    assert open_runs(lake) == ["tiny-r1"]
    assert dataset_runs(lake, "tiny").unfinished == ("tiny-r1",)


async def test_runs_that_a_changed_rule_leaves_as_they_are_are_named(lake: Lake, tmp_path: Path) -> None:
    builder = Builder(lake)
    for _ in range(2):
        await builder.build(recipe(tmp_path, FOUR_EACH))
    assert decided_otherwise(lake, "tiny-r2") == {}

    run, _ = await builder.build(recipe(tmp_path, f"{FOUR_EACH}selection: {{keep: 4}}"))

    assert run.run_id == "tiny-r2"
    assert decided_otherwise(lake, "tiny-r2") == {"tiny-r1": "selection.keep"}


def test_published_run_is_followed_by_another_where_sampling_changed(lake: Lake, tmp_path: Path) -> None:
    opened(lake, tmp_path, state=RunState.PUBLISHED)

    assert open_run(lake, recipe(tmp_path, "sampling: {temperature: 0.1}")).run_id == "tiny-r2"


def test_tenth_run_is_newer_than_the_ninth(lake: Lake, tmp_path: Path) -> None:
    given = recipe(tmp_path)
    opened_ids = [open_run(lake, given, new_run=True).run_id for _ in range(10)]

    assert opened_ids[-1] == "tiny-r10"
    assert open_run(lake, given).run_id == "tiny-r10"


def test_datasets_have_runs_of_their_own(lake: Lake, tmp_path: Path) -> None:
    opened(lake, tmp_path)
    other = recipe(tmp_path).model_copy(update={"dataset": "other"})

    assert open_run(lake, other).run_id == "other-r1"


def test_run_is_loaded_as_it_was_last_recorded(lake: Lake, tmp_path: Path) -> None:
    given = opened(lake, tmp_path)

    assert load_run(lake, "tiny-r1").recipe == given
    with pytest.raises(RecipeError, match="no record of the run 'tiny-r1' by 1970-01-01 00:00:00"):
        load_run(lake, "tiny-r1", at=datetime(1970, 1, 1))


def test_unknown_run_is_named(lake: Lake) -> None:
    with pytest.raises(RecipeError, match="no run 'tiny-r9'"):
        load_run(lake, "tiny-r9")


def test_recorded_recipe_that_cannot_be_read_is_named_and_a_build_of_the_mended_file_heals_the_run(
    lake: Lake, tmp_path: Path
) -> None:
    given = opened(lake, tmp_path)
    (row,) = lake.rows("SELECT * FROM lake.runs")
    broken = row["recipe"].replace('"patience_seconds":120.0', '"patience_seconds":null')
    assert broken != row["recipe"]
    kept = {
        name: row[name] for name in ("dataset", "state", "capability", "sections", "stages", "note", "code_version")
    }
    lake.commit("run:tiny-r1:2", {"runs": [{**kept, "recipe": broken, "version": 2}]}, run_id="tiny-r1")

    with pytest.raises(LakeError, match=r"run tiny-r1 was recorded with .*\n.*patience_seconds: .*found None"):
        load_run(lake, "tiny-r1")

    open_run(lake, given)
    assert load_run(lake, "tiny-r1").recipe == given
