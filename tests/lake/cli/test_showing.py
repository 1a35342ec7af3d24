import json

import pytest

from stillroom.cli import orchestrator
from stillroom.cli.orchestrator import Orchestrator, States
from stillroom.lake import Lake
from tests.lake.cli.conftest import RECIPE, row

ASKED = ("http://elsewhere/api", "functions-r1")


@pytest.mark.parametrize(
    ("given", "said"),
    [("functions-r11", "Did you mean 'functions-r1'?"), ("zzz", "`stillroom runs` lists them.")],
)
def test_an_unknown_run_is_answered_with_the_nearest(stillroom, given, said):
    refused = stillroom("status", given)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_status_says_when_prefects_server_does_not_answer(answer, stillroom, lake_root, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    assert "state" not in answer("status", "functions-r1")[0]
    (lake_root / "prefect-server").mkdir()
    Orchestrator(api="http://127.0.0.1:9/api").note(lake_root)
    said = "No Prefect server answers at http://127.0.0.1:9/api, so where the flow runs of functions-r1 stand"
    for options in ((), ("--json",)):
        shown = stillroom("status", "functions-r1", *options)
        assert shown.exit_code == 0
        assert said in shown.stderr
    (row,) = answer("status", "functions-r1")
    assert (row["state"], row["message"], row["build_state"], row["build_message"]) == (None, None, None, None)


def test_status_tells_where_the_build_stands(stillroom, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://elsewhere/api")
    found = States(build=("ShardsFailed", "1 of 1 shards failed"), shards={0: ("Failed", "gone")})
    monkeypatch.setattr(orchestrator, "states", lambda api, run: found if (api, run) == ASKED else None)
    shown = stillroom("status", "functions-r1")
    assert "The build is ShardsFailed: 1 of 1 shards failed" in shown.stdout
    assert "gone" in shown.stdout
    beside = stillroom("status", "functions-r1", "--json")
    (shard,) = json.loads(beside.stdout)
    assert (shard["state"], shard["message"]) == ("Failed", "gone")
    assert (shard["build_state"], shard["build_message"]) == ("ShardsFailed", "1 of 1 shards failed")
    assert "The build is ShardsFailed" in beside.stderr


@pytest.mark.parametrize("is_deployed", [True, False])
def test_status_tells_which_shards_are_in_no_version_yet(stillroom, lake_root, monkeypatch, is_deployed):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    if is_deployed:
        monkeypatch.setenv("PREFECT_API_URL", "http://elsewhere/api")
        monkeypatch.setattr(orchestrator, "states", lambda *_: States(build=("Failed", "gone"), shards={}))
    said = "In no version yet, since they came after functions-r1 was finished: shards 0."
    assert said in stillroom("status", "functions-r1").stdout
    beside = stillroom("status", "functions-r1", "--json")
    assert said in beside.stderr
    assert json.loads(beside.stdout)
    lake = Lake.open(lake_root)
    finished = row("runs", version=2, dataset="functions", state="published", recipe=RECIPE, stages="{}")
    lake.commit("run:2", {"runs": [finished]}, run_id="functions-r1")
    lake.close()
    assert "In no version yet" not in stillroom("status", "functions-r1").output


def test_status_of_a_run_without_shards_tells_a_script_where_its_build_stands(stillroom, lake_root, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://elsewhere/api")
    found = States(build=("Crashed", "out of memory"), shards={}, has_crashed_too_often=True)
    monkeypatch.setattr(orchestrator, "states", lambda *_: found)
    monkeypatch.setattr("stillroom.runs.shards_of_run", lambda *_: [])
    told = stillroom("status", "functions-r1", "--json")
    (row,) = json.loads(told.stdout)
    assert (row["shard"], row["build_state"], row["build_message"]) == (None, "Crashed", "out of memory")
    assert "It has crashed too often to go on by itself: `stillroom retry functions-r1`." in told.stderr


def test_snapshots_and_show_name_the_parent(answer, stillroom, lake_root):
    assert answer("snapshots")[0]["parent"] == ""
    assert answer("show", "functions")["parent"] == ""
    assert "it continues" not in stillroom("show", "functions").stdout
    lake = Lake.open(lake_root)
    second = row(
        "snapshots", name="functions", version=2, curation_id="cu2", parent_version=1, mode="cumulative", rows=1,
        content_hash="f" * 64, path="snapshots/functions/2",
    )  # fmt: skip
    lake.commit("publish:cu2", {"snapshots": [second]}, run_id="functions-r1")
    lake.close()
    assert [one["parent"] for one in answer("snapshots")] == ["", "functions@1"]
    assert answer("show", "functions")["parent"] == "functions@1"
    assert "; it continues functions@1;" in stillroom("show", "functions").stdout


def test_snapshots_are_listed(answer, stillroom):
    assert [(row["snapshot"], row["rows"]) for row in answer("snapshots")] == [("functions@1", 1)]
    assert "functions@1" in stillroom("snapshots").stdout


@pytest.mark.parametrize("name", ["functions", "functions@1"])
def test_show_tells_counts_funnel_teachers_and_cost(answer, lake_root, name):
    about = answer("show", name)
    assert about["snapshot"] == "functions@1"
    assert about["frozen_copy"] == str(lake_root / "snapshots/functions/1")
    assert {row["gate"]: row["samples"] for row in about["funnel"]} == {
        "kept": 1,
        "near-duplicate": 1,
        "verification": 1,
    }
    assert [row["licence"] for row in about["teachers"]] == ["mit"]
    assert about["completion_tokens_per_new_row"] == 400
    assert [row["example_id"] for row in about["examples"]] == ["ee99"]


def test_show_tells_how_strong_the_tests_are(answer):
    (row,) = answer("show", "functions")["test_strengths"]
    assert (row["origin"], row["prompts"], row["mean_strength"]) == ("written", 1, 0.9)
    assert (row["mutants"], row["killed"], row["set_aside"]) == (12, 9, 2)
    assert row["share_set_aside"] == 0.1667


def test_show_prints_for_a_person(stillroom):
    printed = stillroom("show", "functions").stdout
    assert "1 examples, 1 of them new" in printed
    assert "def aa11(): ..." in printed


@pytest.mark.parametrize(
    ("name", "said"),
    [("function", "'functions'"), ("zzz", "functions"), ("functions@7", "functions@1"), ("functions@x", "NAME@N")],
)
def test_an_unknown_snapshot_is_answered_with_what_there_is(stillroom, name, said):
    result = stillroom("show", name)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_snapshot_whose_copy_is_gone_is_told_with_an_exit_code(stillroom):
    result = stillroom("verify-snapshot", "functions", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["snapshot"], told["is_intact"]) == ("functions@1", False)
    assert any("lacks examples.parquet" in one["found"] for one in told["compared"])
    assert "differences" in stillroom("verify-snapshot", "functions@1").stdout
    assert stillroom("verify-snapshot", "function").exit_code == 2


def test_diff_counts_by_reason_and_refuses_what_is_not_there(answer, stillroom):
    assert answer("diff", "functions@1", "functions") == {
        "before": "functions@1",
        "after": "functions@1",
        "counts": [],
        "rows": [],
    }
    assert "the same rows" in stillroom("diff", "functions", "functions").stdout
    refused = stillroom("diff", "functions", "function@1")
    assert refused.exit_code == 2
    assert "Did you mean 'functions'" in refused.stderr
