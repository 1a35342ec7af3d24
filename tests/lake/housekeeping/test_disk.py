"""How much disk a lake takes is measured by the lake itself, and a build that may not fit is warned of."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from stillroom.cli.app import make_app
from stillroom.doctor import examine
from stillroom.lake import Lake, disk
from stillroom.lake.disk import FIRST_BYTES_PER_SAMPLE, disk_use
from stillroom.lake.location import locate
from stillroom.lake.variables import DATA_VARIABLE
from stillroom.publication import freeze, retract, snapshots
from stillroom.runs import Cause
from tests.fakes.builds import Builder
from tests.fakes.prompts import RECIPE, UNMEASURED, recipe, seed_row, write_seeds
from tests.lake.publication.conftest import FOUR_EACH

NOTHING_WRITTEN = (
    f"{RECIPE.replace('new_prompts: 2', 'new_prompts: 0')}\n{UNMEASURED}\n"
    "sampling: {adaptive: false, samples: 4, epoch: 1}\n"
)


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    write_seeds(tmp_path / "seeds.jsonl", range(6))
    (tmp_path / "recipe.yaml").write_text(f"{RECIPE}\n{UNMEASURED}\n")
    return tmp_path / "recipe.yaml"


def test_files_of_samples_count_prefects_records_do_not_and_copies_by_their_rows(tmp_path: Path) -> None:
    for name, size in (("data", 600), ("journal", 300), ("snapshots/a/1", 500), ("prefect", 10_000), ("tmp", 10_000)):
        (tmp_path / name / "deeper").mkdir(parents=True)
        (tmp_path / name / "deeper" / "file").write_bytes(b"x" * size)
    (tmp_path / "catalogue.sqlite").write_bytes(b"x" * 100)

    use = disk_use(locate(tmp_path), 10, copy="snapshots/a/1", copied_rows=5)

    assert (use.bytes, use.bytes_per_sample, use.bytes_per_copied_row) == (1500, 100, 100)
    assert (use.expected(7), use.expected(7, 6), use.expected(0, 6)) == (700, 1300, 600)
    assert use.bytes_free > 0


def test_data_files_on_another_disk_count_and_the_fuller_of_both_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, data = tmp_path / "lake", tmp_path / "elsewhere"
    for file, size in ((root / "journal" / "1", 300), (data / "main" / "samples" / "1", 600), (data / "photo", 9_000)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
    monkeypatch.setenv(DATA_VARIABLE, str(data))
    free = {root: 5_000, data: 10}
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda place: SimpleNamespace(free=free[place]))

    use = disk_use(locate(root), 10)
    assert (use.bytes, use.bytes_free, use.fullest, use.is_short_for(1)) == (900, 10, data, True)
    free[root] = 5
    assert disk_use(locate(root), 10).fullest == root


def test_a_lake_without_samples_and_none_at_all_go_by_the_first_figure(tmp_path: Path) -> None:
    nowhere = tmp_path / "not" / "there"
    assert disk_use(locate(nowhere), 0).expected(3) == 3 * FIRST_BYTES_PER_SAMPLE
    assert not nowhere.exists()


def test_the_doctor_says_what_the_lake_takes(root: Path, answer) -> None:
    samples = answer("sql", "select count(*) as n from samples")[0]["n"]
    each = disk_use(locate(root), samples).bytes_per_sample / 1000
    (lake,) = [one for one in examine(root) if one.name == "lake"]
    assert "2 snapshots" in lake.found
    assert f"({each:,.1f} KB a sample, frozen copies aside)" in lake.found
    assert "GB free" in lake.found


def test_the_doctor_changes_nothing(root: Path) -> None:
    before = (root / "catalogue.sqlite").read_bytes()
    (root / "duckdb.sql").unlink()
    examine(root)
    assert (root / "catalogue.sqlite").read_bytes() == before
    assert not (root / "duckdb.sql").exists()


def test_a_plan_says_what_a_build_will_write_by_what_this_lake_took(recipe_file: Path, root: Path, answer) -> None:
    planned = answer("plan", str(recipe_file))
    had = answer("sql", "select (select count(*) from samples) as samples, (select count(*) from examples) as examples")
    (samples, examples), new = had[0].values(), planned["samples_expected"]
    (rows,) = (one["rows"] for one in answer("snapshots") if one["snapshot"] == "tiny@2")
    use = disk_use(locate(root), samples, copy="snapshots/tiny/2", copied_rows=rows)
    copied = rows + round(new * examples / samples)
    assert planned["bytes_expected"] == pytest.approx(use.expected(new, copied), rel=0.02)  # the catalogue's log grows
    assert planned["bytes_of_copy"] == use.expected(0, copied) > 0
    assert planned["bytes_free"] > 0


async def test_a_cumulative_version_after_a_delta_is_foreseen_with_all_members(
    lake: Lake, recipe_file: Path, tmp_path: Path
) -> None:
    def planned(changes: str = "") -> dict[str, Any]:
        recipe_file.write_text(NOTHING_WRITTEN.replace("epoch: 1", "epoch: 2") + changes)
        asked = ["--lake", str(lake.root), "plan", str(recipe_file), "--json"]
        return json.loads(CliRunner().invoke(make_app(), asked).stdout)

    for mode in ("cumulative", "delta"):
        await Builder(lake).build(recipe(tmp_path, f"{FOUR_EACH}snapshot: {{mode: {mode}}}"), new_run=True)
    (lost, *_) = lake.rows("SELECT prompt_id FROM lake.snapshot_examples WHERE name = 'tiny' AND version = 1")
    (newest,) = retract(lake, Cause(kind="prompt", cause_id=lost["prompt_id"]))
    assert freeze(lake, newest).exists()
    assert [one.rows for one in snapshots(lake)] == [4, 4, 4]
    members = 4 + 4 - 2
    (had,) = lake.rows("SELECT (SELECT count(*) FROM lake.samples) AS s, (SELECT count(*) FROM lake.examples) AS e")
    use = disk_use(locate(lake.root), had["s"], copy=newest.path, copied_rows=newest.rows)

    cumulative, delta = planned(), planned("snapshot: {mode: delta}\n")

    new = round(cumulative["samples_expected"] * had["e"] / had["s"])
    assert new > 0
    assert (cumulative["bytes_of_copy"], delta["bytes_of_copy"]) == (
        use.expected(0, members + new),
        use.expected(0, new),
    )


def test_a_run_that_is_derived_again_writes_a_whole_copy(recipe_file: Path, root: Path, answer, stillroom) -> None:
    recipe_file.write_text(f"{NOTHING_WRITTEN}selection: {{keep: 1}}\n")
    planned = answer("plan", str(recipe_file))
    assert (planned["action"], planned["samples_at_most"]) == ("derive", 0)
    assert planned["bytes_expected"] == planned["bytes_of_copy"] > 0
    assert "of it for a frozen copy of" in stillroom("plan", str(recipe_file)).stdout


def test_where_nothing_new_can_come_no_copy_is_foreseen(tmp_path: Path, answer) -> None:
    asked = "select distinct task from prompts where prompt_id in (select prompt_id from shards)"
    sampled = {row["task"] for row in answer("sql", asked)}
    write_seeds(tmp_path / "seeds.jsonl", [number for number in range(6) if seed_row(number)["task"] in sampled])
    (tmp_path / "recipe.yaml").write_text(NOTHING_WRITTEN)
    planned = answer("plan", str(tmp_path / "recipe.yaml"))
    assert (planned["action"], planned["samples_at_most"], planned["prompts_to_write"]) == ("open", 0, 0)
    assert (planned["bytes_expected"], planned["bytes_of_copy"]) == (0, 0)


def test_a_build_that_may_not_fit_is_warned_of_and_not_refused(
    recipe_file: Path, stillroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    roomy = stillroom("plan", str(recipe_file))
    assert (roomy.exit_code, "Warning" in roomy.stderr, "are free" in roomy.stdout) == (0, False, True)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda place: SimpleNamespace(free=10_000))
    tight = stillroom("plan", str(recipe_file))
    assert (tight.exit_code, "Warning: the build would write about" in tight.stderr) == (0, True)
