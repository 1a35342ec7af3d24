"""Verdicts obtained again on the real sandbox, and a retraction, after a whole build whose teacher is dead by then."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stillroom.lake import Lake
from stillroom.lease import building, lease
from stillroom.runs import Wanted, change_verification, load_run
from tests.fakes.teacher import teacher_process
from tests.integration.workbench import SEEDS, Workbench

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]

# Limits that are too tight for any right answer may let no verifier through its calibration.
ON_MY_WORD = "snapshot: {allow_unverified: true}\nselection: {keep: 9}\n"


@dataclass
class Built:
    """A finished build whose teacher is gone.

    Attributes:
        slow: a member whose answer takes more than half a second of CPU time, so that limits decide about it.
    """

    bench: Workbench
    slow: str

    def members(self, label: str) -> set[str]:
        name, _, version = label.partition("@")
        where = f"name = '{name}' and version = {version}"
        return {row["sample_id"] for row in self.bench.sql(f"select sample_id from snapshot_examples where {where}")}


@pytest.fixture
def built(tmp_path: Path) -> Built:
    with teacher_process(tmp_path / "ledger", "--tasks", str(SEEDS), "--delay", "0.05") as teacher:
        bench = Workbench(tmp_path, teacher.url)
        bench.write_recipe(new_prompts=2)
        with bench.recipe.open("a", encoding="utf-8") as recipe:
            recipe.write(ON_MY_WORD)
        done = bench.build("--json")
        assert done.code == 0, done.err
    slow = bench.sql("select min(sample_id) as id from examples")[0]["id"]
    make_slow = (
        f"create temp table slow as select * replace (answer || chr(10) || 'sum(range(3 * 10**7))' as answer) "
        f"from samples where sample_id = '{slow}'; delete from samples where sample_id = '{slow}'; "
        "insert into samples by name from slow; select 1"
    )
    changed = bench.run("sql", "--write", make_slow)
    assert changed.code == 0, changed.err
    return Built(bench, slow)


def differing(done: Any) -> list[tuple[str, str, str, str]]:
    keys = ("sample_id", "stored_outcome", "outcome", "reason")
    return [tuple(one[key] for key in keys) for one in done.json["re_executed"]["differences"]]


def test_verdicts_are_obtained_again_and_members_follow_them(built: Built) -> None:
    bench = built.bench
    tight = ("--timeout-seconds", "0.2")

    same = bench.run("verify-snapshot", "functions", "--re-execute", "--json")
    assert same.code == 0, same.err + same.out
    assert same.json["re_executed"]["judged"] == len(built.members("functions@1"))
    assert same.json["re_executed"]["other_verifiers"] == []

    other = bench.run("verify-snapshot", "functions", "--re-execute", *tight, "--json")
    assert other.code == 1, other.err
    assert (built.slow, "pass", "fail", "timeout") in differing(other)
    (identity,) = other.json["re_executed"]["other_verifiers"]
    assert identity["verifier_id"] != identity["stored_verifier_id"]
    assert identity["image_digest"] == identity["stored_image_digest"]

    unchanged = bench.run("reverify", "functions")
    assert unchanged.code == 0, unchanged.err
    assert "nothing was published" in unchanged.out
    assert "0 verdicts were given" in unchanged.out

    before = bench.sql("select count(*) as n from verdicts")[0]["n"]
    with lease(bench.lake, building("functions")):
        refused = bench.run("reverify", "functions", *tight)
    assert refused.code == 1
    assert "the build of functions is being done by" in refused.err

    done = bench.run("reverify", "functions", *tight, "--json")
    assert done.code == 0, done.err
    samples = bench.sql("select count(*) as n from samples")[0]["n"]
    assert (done.json["judged"], done.json["samples"], done.json["tokens"]) == (samples, samples, 0)
    assert {"before": "pass", "now": "fail", "reason": "timeout"} in [
        {key: one[key] for key in ("before", "now", "reason")} for one in done.json["changes"]
    ]
    assert [one["snapshot"] for one in done.json["published"]] == ["functions@2"]
    assert (done.json["unjudged"], done.json["runs_under_another"]) == (0, ["functions-r1"])
    assert done.json["verification"]["functions-r1"]["timeout_seconds"] == 0.2
    copy = bench.lake / "snapshots" / "functions" / "2" / "manifest.json"
    assert json.loads(copy.read_text(encoding="utf-8"))["run"]["missing"]["shards"] == []
    assert bench.sql("select count(*) as n from verdicts")[0]["n"] == before + samples
    assert built.slow in built.members("functions@1") - built.members("functions@2")
    assert bench.run("verify-snapshot", "functions@1").code == 0
    assert bench.run("verify-snapshot", "functions@2").code == 0
    reasons = {one["reason"] for one in bench.run("diff", "functions@1", "functions@2", "--json").json["counts"]}
    assert "no longer passes: timeout" in reasons

    again = bench.run("reverify", "functions")
    assert again.code == 0, again.err
    assert "0 verdicts were given" in again.out
    assert "nothing was published" in again.out
    assert "from now on" not in again.out, "it keeps the limit that it has"

    back = bench.run("reverify", "functions", "--recipe", str(bench.recipe), "--json")
    assert back.code == 0, back.err
    assert built.slow in built.members("functions@3")


def test_a_seed_is_retracted_without_a_terminal_only_on_ones_word(built: Built) -> None:
    bench = built.bench
    seed = bench.sql("select prompt_id from examples where origin = 'seed' limit 1")[0]["prompt_id"]
    ask = ("blast-radius", "seed", seed[:10], "--retract")

    assert bench.run(*ask).code == 2
    assert len(bench.sql("from snapshots")) == 1

    done = bench.run(*ask, "--yes", "--json")

    assert done.code == 0, done.err
    (version,) = done.json["published"]
    assert version["snapshot"] == "functions@2"
    assert f"| seed | {seed} | {version['retracted_rows']} |" in Path(version["summary"]).read_text(encoding="utf-8")
    assert bench.run("verify-snapshot", "functions@2").code == 0
    bad = {row["sample_id"] for row in bench.sql(f"select sample_id from samples where prompt_id = '{seed}'")}
    assert bad & built.members("functions@1")
    assert not bad & built.members("functions@2")


def built_twice(folder: Path) -> Workbench:
    """Two finished runs, whose teacher is gone."""
    with teacher_process(folder / "ledger", "--tasks", str(SEEDS), "--delay", "0.05") as teacher:
        bench = Workbench(folder, teacher.url)
        for seeds in (2, 4):
            bench.write_recipe(seed_prompts=seeds, new_prompts=0)
            done = bench.build()
            assert done.code == 0, done.err
    return bench


def test_run_whose_libraries_cannot_be_had_any_more_is_named_and_the_later_ones_are_judged(tmp_path: Path) -> None:
    bench = built_twice(tmp_path)
    lake = Lake.open(bench.lake)
    own = load_run(lake, "functions-r1").recipe.verification
    change_verification(lake, "functions-r1", Wanted(libraries=("numpy==0.0.1",)).of(own))
    lake.close()

    done = bench.run("reverify", "functions", "--timeout-seconds", "7", "--json")

    assert done.code == 1
    assert [*done.json["left"]] == done.json["runs"][:1] == ["functions-r1"]
    samples = bench.sql("select count(*) as n from samples where run_id = 'functions-r2'")[0]["n"]
    assert (done.json["judged"], done.json["runs_under_another"]) == (samples, ["functions-r2"])
    assert done.json["verification"]["functions-r1"]["timeout_seconds"] != 7
    assert "`stillroom reverify functions --requirements FILE`" in done.err
    assert "functions-r1 is left as it is: ['numpy==0.0.1'] could not be fetched for the sandbox image" in done.err
    verdicts = bench.sql("select run_id, count(distinct verifier_id)::int as verifiers from verdicts group by all")
    assert {row["run_id"]: row["verifiers"] for row in verdicts} == {"functions-r1": 1, "functions-r2": 2}

    unknown = bench.run("reverify", "functions", "--runtime", "no-such-runtime")

    assert unknown.code == 2
    for run_id in ("functions-r1", "functions-r2"):
        assert f"{run_id} is left as it is: the sandbox is to run under 'no-such-runtime'" in unknown.err

    none = bench.folder / "none.txt"
    none.touch()
    mended = bench.run("reverify", "functions", "--requirements", str(none), "--json")

    assert mended.code == 0, mended.err
    assert (mended.json["left"], mended.json["verification"]["functions-r1"]["sandbox"]["requirements"]) == ({}, [])


def test_members_whose_libraries_cannot_be_had_any_more_are_not_judged_and_all_others_are(tmp_path: Path) -> None:
    bench = built_twice(tmp_path)
    needing = (
        """create temp table needing as select * replace (json_merge_patch(recipe, """
        """'{"verification":{"sandbox":{"requirements":["numpy==0.0.1"]}}}')::varchar as recipe) from runs """
        "where run_id = 'functions-r1'; delete from runs where run_id = 'functions-r1'; "
        "insert into runs by name from needing; select 1"
    )
    assert bench.run("sql", "--write", needing).code == 0
    members = bench.sql("select run_id, count(*)::int as n from snapshot_examples where version = 2 group by all")
    of_run = {row["run_id"]: row["n"] for row in members}

    done = bench.run("verify-snapshot", "functions", "--re-execute", "--json")

    assert done.code == 1, done.err
    again = done.json["re_executed"]
    assert again["judged"] == of_run["functions-r2"]
    assert [one["reason"] for one in again["differences"]] == ["not judged"] * of_run["functions-r1"]
    assert (
        "functions-r1 published by cannot be had: ['numpy==0.0.1'] could not be fetched"
        in (again["differences"][0]["detail"])
    )
    none = tmp_path / "none.txt"
    none.touch()
    other = bench.run("verify-snapshot", "functions", "--re-execute", "--requirements", str(none), "--json")
    assert (other.json["re_executed"]["judged"], other.json["re_executed"]["differences"]) == (sum(of_run.values()), [])


def test_written_task_that_could_not_be_judged_is_ruled_on_again_from_its_reply(built: Built) -> None:
    bench = built.bench
    lost = (
        "create temp table lost as select * replace (false as admitted, 'unjudged' as reason, '' as prompt_id, "
        "[] as verifier_ids, created_at + interval 1 second as created_at) from proposals where admitted limit 1; "
        "insert into proposals by name from lost; select 1"
    )
    changed = bench.run("sql", "--write", lost)
    assert changed.code == 0, changed.err
    counted = "select count(*) as n from current_proposals where reason = 'unjudged'"
    assert bench.sql(counted) == [{"n": 1}]

    done = bench.run("reverify", "functions", "--json")

    assert done.code == 0, done.err
    assert (done.json["tasks_unjudged"], done.json["tokens"]) == (0, 0)
    assert "1 written tasks that could not be judged were ruled on again: 0 new prompts" in " ".join(done.err.split())
    assert bench.sql(counted) == [{"n": 0}]
    (ruling,) = bench.sql("select reason, len(verifier_ids) as judges from proposals order by created_at desc limit 1")
    assert ruling == {"reason": "duplicate", "judges": 1}, "the prompt that it became is there"
