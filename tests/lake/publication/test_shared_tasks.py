"""Two datasets of one lake share tasks: what a task is in one of them, the other one's rows do not say."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from stillroom.cli.ancestry import follow
from stillroom.cli.explaining import explain
from stillroom.cli.outcome import outcome_of
from stillroom.errors import RequestError
from stillroom.lake import Lake
from stillroom.lake.copies import MANIFEST_FILE, read_manifest
from stillroom.publication import Snapshot, compare, freeze, manifest, retract, snapshots, strengths_of_run
from stillroom.publication.sealing import FILES, SEAL, seal, written
from stillroom.publication.summary import summary
from stillroom.recipe import Recipe
from stillroom.runs import Cause, retracted_prompts
from stillroom.seeding.sources import recipe_prompts
from tests.fakes.builds import Builder
from tests.fakes.lakes import attached
from tests.fakes.prompts import recipe, seed_row
from tests.fakes.rows import row
from tests.fakes.teacher import WEIGHTS
from tests.lake.publication.conftest import FOUR_EACH

SEEDED, MINE = "tiny", "mine"
SEEDS = 2
KEPT = 2 * SEEDS
ABOUT = {SEEDED: ("seed", "numbers"), MINE: ("user", "my own")}
TESTED = {SEEDED: 0.9, MINE: 0.3}  # how strong each dataset's own tests of the tasks were measured to be
TEACHER = f"fake@{WEIGHTS}"
MET = {  # the teacher of both, as the recipe of each tells of it
    SEEDED: {
        "model": "fake/tiny-coder", "revision_source": "server", "licence": "mit", "engine": "sglang 0.5",
        "input_price_per_million": 2.0, "output_price_per_million": 6.0, "currency": "USD",
    },
    MINE: {
        "model": "tiny", "revision_source": "declared", "licence": "internal", "engine": "openai",
        "input_price_per_million": 0.0, "output_price_per_million": 0.0, "currency": "EUR",
    },
}  # fmt: skip


def of_dataset(name: str, folder: Path) -> Recipe:
    """A recipe whose tasks are seeds, or the same tasks as a user's own prompts, with tests and subjects of his own."""
    seeded = recipe(folder, FOUR_EACH, seeds=SEEDS)
    if name == SEEDED:
        return seeded
    own = [{**seed_row(one), "topic": "my own", "difficulty": "unheard of"} for one in range(SEEDS)]
    file = folder / "mine.jsonl"
    file.write_text("".join(json.dumps({**one, "tests": one["tests"][:-1]}) + "\n" for one in own), encoding="utf-8")
    return seeded.model_copy(update={"dataset": MINE, "seeding": None, "prompts": file})


@pytest.fixture(scope="module", params=[(SEEDED, MINE), (MINE, SEEDED)], ids=["seeds first", "own prompts first"])
def _shared_root(
    request: pytest.FixtureRequest,
    empty_lake: Path,
    _duckdb: duckdb.DuckDBPyConnection,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A lake with both datasets, built one after the other from the same answers."""
    folder = tmp_path_factory.mktemp("shared")
    root = Path(shutil.copytree(empty_lake, folder / "lake"))
    with attached(_duckdb, root) as lake:
        for name in request.param:
            asyncio.run(_built(lake, name, folder))
    return root


async def _built(lake: Lake, name: str, folder: Path) -> None:
    asked = of_dataset(name, folder)
    checks = [(one.prompt_id, one.check_id) for one in recipe_prompts(asked)]
    strengths = [
        row("test_strengths", prompt_id=prompt_id, check_id=check_id, strength=TESTED[name])
        for prompt_id, check_id in checks
    ]
    teachers = [row("teachers", teacher_id=TEACHER, **MET[name])]
    lake.commit(f"before:{name}", {"test_strengths": strengths, "teachers": teachers}, run_id=f"{name}-r1")
    run, snapshot = await Builder(lake).build(asked)
    assert snapshot is not None
    assert run.run_id == f"{name}-r1"


@pytest.fixture
def lake(_shared_root: Path, _duckdb: duckdb.DuckDBPyConnection, tmp_path: Path) -> Iterator[Lake]:
    with attached(_duckdb, Path(shutil.copytree(_shared_root, tmp_path / "lake"))) as opened:
        yield opened


@pytest.fixture
def shared(lake: Lake) -> dict[str, Snapshot]:
    """By a dataset's name, what it published."""
    return {one.name: one for one in snapshots(lake)}


def test_examples_and_snapshots_say_what_their_own_dataset_says(lake: Lake, shared: dict[str, Snapshot]) -> None:
    for name, snapshot in shared.items():
        of_run, (origin, topic) = [snapshot.run_id], ABOUT[name]
        about = "SELECT run_id, origin, topic, count(*) AS n FROM {} GROUP BY ALL"
        expected = [{"run_id": snapshot.run_id, "origin": origin, "topic": topic, "n": KEPT}]
        assert lake.rows(about.format("lake.examples WHERE run_id = ?"), of_run) == expected
        assert lake.rows(about.format("lake.lineage WHERE run_id = ?"), of_run) == expected
        assert lake.rows(about.format("lake.snapshot_examples WHERE name = ?"), [name]) == expected


def test_figures_count_by_their_own_datasets_origins(lake: Lake, shared: dict[str, Snapshot]) -> None:
    for name, snapshot in shared.items():
        stated, (origin, _) = manifest(lake, snapshot), ABOUT[name]
        (strength,) = strengths_of_run(lake, snapshot.run_id, 0.8)
        assert stated["members_by_origin"] == [{"origin": origin, "examples": KEPT, "prompts": SEEDS}]
        assert stated["run"]["prompts"] == [{"origin": origin, "prompts": SEEDS}]
        assert (strength["origin"], strength["prompts"], strength["mean_strength"]) == (origin, SEEDS, TESTED[name])


async def test_a_build_tells_what_it_kept_by_its_own_origins(lake_in_files: Lake, tmp_path: Path) -> None:
    for name in (SEEDED, MINE):
        run, snapshot = await Builder(lake_in_files).build(of_dataset(name, tmp_path))
        assert snapshot is not None
        told = outcome_of(lake_in_files, run, snapshot.label, seconds=1.0, first_sample_seconds=None)
        assert told["kept_by_origin"] == {ABOUT[name][0]: KEPT}


def test_a_teachers_yield_counts_each_sample_under_its_own_datasets_difficulty(
    lake: Lake, shared: dict[str, Snapshot]
) -> None:
    found = lake.rows("SELECT difficulty_asked, sum(samples)::INTEGER AS n FROM lake.yield_by_teacher GROUP BY ALL")

    assert {one["difficulty_asked"]: one["n"] for one in found} == {"easy": 4, "medium": 4, "unheard of": 8}
    assert len(shared) == 2


def test_lineage_tells_of_the_dataset_that_published_the_example(lake: Lake, shared: dict[str, Snapshot]) -> None:
    for one in lake.rows("SELECT DISTINCT example_id FROM lake.examples"):
        for name, snapshot in shared.items():
            found = follow(lake, one["example_id"], name)
            assert found.prompt["run_id"] == found.run["run_id"] == found.example["run_id"] == snapshot.run_id
            assert (found.prompt["origin"], found.prompt["topic"]) == ABOUT[name]
            assert found.strength["strength"] == TESTED[name]
            assert found.snapshots == [snapshot.label]


def lineage_of(lake: Lake, run_id: str) -> dict[str, dict[str, Any]]:
    """By example, what the view says of a run's teacher."""
    told = "SELECT example_id, money, currency, licence, model, revision_source, prompt_tokens, completion_tokens"
    return {one["example_id"]: one for one in lake.rows(f"{told} FROM lake.lineage WHERE run_id = ?", [run_id])}


def assert_told_as_met(lake: Lake, name: str, run_id: str) -> None:
    met: dict[str, Any] = MET[name]
    examples = lineage_of(lake, run_id)
    assert len(examples) == KEPT
    for example_id, told in examples.items():
        paid = told["prompt_tokens"] * met["input_price_per_million"]
        paid += told["completion_tokens"] * met["output_price_per_million"]
        assert told["money"] == pytest.approx(paid / 1e6)
        assert {about: told[about] for about in ("currency", "licence", "model", "revision_source")} == {
            about: met[about] for about in ("currency", "licence", "model", "revision_source")
        }
        found = follow(lake, example_id, name)
        assert (found.cost["money"], found.cost["currency"]) == (told["money"], told["currency"])
        assert found.teacher["licence"] == told["licence"]


def test_what_is_told_of_a_teacher_is_what_the_datasets_own_run_met(lake: Lake, shared: dict[str, Snapshot]) -> None:
    for name, snapshot in shared.items():
        assert_told_as_met(lake, name, snapshot.run_id)
        (stated,) = manifest(lake, snapshot)["teachers"]
        about = {key: stated[key] for key in ("model", "revision_source", "licence", "engine")}
        assert about == {key: MET[name][key] for key in about}
        warned = "declared by the recipe only" in summary(manifest(lake, snapshot), Path())
        assert warned is (MET[name]["revision_source"] == "declared")


def test_a_copy_of_an_earlier_stillroom_may_list_the_teacher_as_another_dataset_had_met_it(
    lake: Lake, shared: dict[str, Snapshot]
) -> None:
    (first, second) = lake.rows("SELECT name FROM lake.snapshots ORDER BY created_at")
    snapshot, other = shared[second["name"]], MET[first["name"]]
    folder = freeze(lake, snapshot)
    stated = {key: value for key, value in read_manifest(folder).items() if key not in (FILES, SEAL)}
    (own,) = stated["teachers"]
    others = {**own, **{key: other[key] for key in ("model", "revision_source", "engine")}}

    def found(*listed: dict[str, Any]) -> list[str]:
        text = written(seal({**stated, "teachers": [*listed]}, folder))
        (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
        return [one.what for one in compare(lake, snapshot) if not one.is_same]

    assert found(own, others) == found(others, own) == []
    assert found(others) == ["manifest against the lake"], "its own is there no more"
    assert found(own, {**others, "model": "other"}) == ["manifest against the lake"], "nobody met it so"


def test_of_a_run_that_took_all_over_and_met_no_teacher_another_run_of_its_dataset_tells(
    lake: Lake, shared: dict[str, Snapshot]
) -> None:
    execute = lake._connection.execute  # pyright: ignore[reportPrivateUsage]
    for name, snapshot in shared.items():
        begun = row("runs", version=1, dataset=name, state="published")
        lake.commit(f"run:{name}-r0", {"runs": [begun]}, run_id=f"{name}-r0")
        execute("UPDATE lake.teachers SET run_id = ? WHERE run_id = ?", [f"{name}-r0", snapshot.run_id])

    for name, snapshot in shared.items():
        assert_told_as_met(lake, name, snapshot.run_id)


def test_an_id_that_both_datasets_have_is_asked_of_one_of_them(lake: Lake, shared: dict[str, Snapshot]) -> None:
    (one, *_) = lake.rows("SELECT example_id, sample_id FROM lake.examples ORDER BY example_id")

    for ask, id_ in ((follow, one["example_id"]), (explain, one["sample_id"])):
        with pytest.raises(RequestError, match=f"several datasets, {MINE}, {SEEDED}.*--dataset"):
            ask(lake, id_)
        with pytest.raises(RequestError, match=f"the dataset 'other' has no .*it is of {MINE}, {SEEDED}"):
            ask(lake, id_, "other")
    for name, snapshot in shared.items():
        about = explain(lake, one["sample_id"], name)
        assert (about["run_id"], about["kept"], about["snapshots"]) == (snapshot.run_id, True, [snapshot.label])


def depending(lake: Lake, kind: str, cause: str) -> set[str]:
    """The snapshots of which some member depends on it."""
    rows = lake.rows("SELECT item FROM lake.blast_radius(?, ?) WHERE what = 'snapshot'", [kind, cause])
    return {row["item"] for row in rows}


def test_a_seed_is_none_where_the_task_is_a_users_own(lake: Lake, shared: dict[str, Snapshot]) -> None:
    seed = lake.rows("SELECT min(prompt_id) AS id FROM lake.examples")[0]["id"]

    assert depending(lake, "seed", seed) == {shared[SEEDED].label}
    assert depending(lake, "prompt", seed) == {one.label for one in shared.values()}

    assert [one.label for one in retract(lake, Cause(kind="seed", cause_id=seed))] == [f"{SEEDED}@2"]
    assert (retracted_prompts(lake, SEEDED), retracted_prompts(lake, MINE)) == ({seed}, set())
    assert [one.label for one in retract(lake, Cause(kind="prompt", cause_id=seed))] == [f"{MINE}@2"]
    assert retracted_prompts(lake, MINE) == {seed}


def test_what_one_dataset_wrote_from_a_seed_another_may_have_from_elsewhere(
    lake: Lake, shared: dict[str, Snapshot]
) -> None:
    seed, task = (row["id"] for row in lake.rows("SELECT DISTINCT prompt_id AS id FROM lake.examples ORDER BY id"))
    (there,) = lake.rows("SELECT * FROM lake.prompts WHERE prompt_id = ? AND run_id = ?", [task, f"{SEEDED}-r1"])
    own = {name: value for name, value in there.items() if name not in ("run_id", "shard", "created_at")}
    written = {**own, "origin": "written", "parents": [seed], "writer_teacher": "fake@1"}
    lake.commit("written", {"prompts": [written]}, run_id=f"{SEEDED}-r1")

    behind = lake.rows("SELECT dataset, prompt_id FROM lake.ancestry(?) ORDER BY ALL", [task])
    assert {(row["dataset"], row["prompt_id"]) for row in behind} == {(MINE, task), (SEEDED, task), (SEEDED, seed)}
    of_seed = lake.rows("SELECT DISTINCT run_id FROM lake.blast_radius('seed', ?) WHERE what <> 'snapshot'", [seed])
    assert of_seed == [{"run_id": f"{SEEDED}-r1"}]
    (version,) = retract(lake, Cause(kind="teacher", cause_id="fake@1"))
    assert (version.name, version.rows) == (SEEDED, KEPT // 2)
    assert (retracted_prompts(lake, SEEDED), retracted_prompts(lake, MINE)) == ({task}, set())
    assert len(shared) == 2
