"""``blast-radius`` on the small lake: counts, ids by their first digits, and retraction."""

import json
from pathlib import Path

import pytest

from stillroom.lake import Lake
from tests.lake.cli.conftest import row

ARGUMENTS = ("blast-radius", "seed", "seed-a")


@pytest.fixture(autouse=True)
def _second_run(lake_root: Path) -> None:
    """The run of the sample dd55."""
    lake = Lake.open(lake_root)
    lake.commit("run:2", {"runs": [row("runs", version=1, dataset="functions", state="opened")]}, run_id="functions-r2")
    lake.close()


def test_counts_and_snapshots_and_every_row(answer):
    found = answer(*ARGUMENTS)
    counts = {key: found[key] for key in ("prompts", "samples", "verdicts", "examples")}
    assert counts == {"prompts": 2, "samples": 4, "verdicts": 3, "examples": 1}
    assert found["snapshots"] == [{"snapshot": "functions@1", "rows": 1}]
    assert {one["item"] for one in found["dependents"] if one["what"] == "sample"} == {"aa11", "aa22", "bb33", "dd55"}


def test_a_person_reads_counts(stillroom):
    printed = stillroom(*ARGUMENTS).stdout
    assert "On seed seed-a depend 2 prompts, 4 samples, 3 verdicts, 1 examples." in printed
    assert "functions@1" in printed


def test_it_is_a_table_function_of_the_lake(answer):
    rows = answer("sql", "select what, item, rows from blast_radius('teacher', 'qwen') where what = 'snapshot'")
    assert rows == [{"what": "snapshot", "item": "functions@1", "rows": 1}]


@pytest.mark.parametrize(
    ("kind", "given", "whole"),
    [
        pytest.param("prompt", "WRIT", "written-c", id="first digits of a prompt"),
        pytest.param("teacher", "qwen", "qwen", id="a teacher's name, which begins its id"),
        pytest.param("teacher", "qwen@", "qwen@abc", id="first digits of a teacher"),
        pytest.param("verifier", "python", "python-tests@1", id="a verifier"),
        pytest.param("teacher", "QWEN@A", "qwen@abc", id="in capitals"),
    ],
)
def test_ids_may_be_shortened(answer, kind, given, whole):
    assert answer("blast-radius", kind, given)["id"] == whole


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        pytest.param("seed", "seed-q", "The nearest ids are seed-a", id="suggests the nearest"),
        pytest.param("seed", "written-c", "stillroom blast-radius prompt written-c", id="a prompt is no seed"),
        pytest.param("seed", "seed-", "several seeds begin", id="several begin so"),
        pytest.param("planet", "x", "planet", id="no such kind"),
    ],
)
def test_what_cannot_be_found_is_answered_with_what_there_is(stillroom, kind, given, said):
    result = stillroom("blast-radius", kind, given)
    assert result.exit_code == 2
    assert said in result.stderr


def test_without_a_terminal_a_retraction_needs_yes(stillroom, answer):
    refused = stillroom(*ARGUMENTS, "--retract")
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    assert len(answer("snapshots")) == 1


def test_retraction_is_published_told_and_named_by_why_diff_and_show(stillroom, answer):
    done = stillroom(*ARGUMENTS, "--retract", "--yes")
    assert done.exit_code == 0, done.output
    assert "functions@2" in done.stdout

    about = answer("why", "aa11")
    assert (about["retraction"]["kind"], about["retraction"]["cause_id"]) == ("seed", "seed-a")
    assert "retracted with seed seed-a" in stillroom("why", "aa11").stdout
    assert "functions@2 was published without it. It is in functions@1." in stillroom("why", "aa11").stdout
    counts = answer("diff", "functions@1", "functions@2")["counts"]
    assert counts == [{"change": "removed", "reason": "retracted", "cause": "seed seed-a", "rows": 1}]
    assert answer("show", "functions")["taken_out"] == [
        {"kind": "seed", "cause_id": "seed-a", "reason": "retracted", "examples": 1}
    ]

    again = stillroom(*ARGUMENTS, "--retract", "--yes")
    assert again.exit_code == 0
    assert "nothing was published" in again.stdout
    assert len(answer("snapshots")) == 2


def test_a_retraction_waits_for_no_build(stillroom, lake_root):
    from stillroom.lease import building, lease

    with lease(lake_root, building("functions")):
        refused = stillroom(*ARGUMENTS, "--retract", "--yes")
    assert refused.exit_code == 1
    assert "the build of functions is being done by" in refused.stderr


def test_json_holds_what_was_published(stillroom):
    done = stillroom(*ARGUMENTS, "--retract", "--yes", "--json")
    (version,) = json.loads(done.stdout)["published"]
    assert (version["snapshot"], version["rows"], version["retracted_rows"]) == ("functions@2", 0, 1)


@pytest.mark.parametrize("whole", ["m@AB", "m@a", "m@A"])
def test_a_whole_id_is_what_it_says_beside_others_that_differ_in_the_case_alone(answer, stillroom, lake_root, whole):
    lake = Lake.open(lake_root)
    met = [row("teachers", teacher_id=one, name="m") for one in ("m@AB", "m@a", "m@A")]
    lake.commit("teachers", {"teachers": met}, run_id="functions-r1")
    lake.close()

    assert answer("blast-radius", "teacher", whole)["id"] == whole
    unclear = stillroom("blast-radius", "teacher", "M@a")
    assert unclear.exit_code == 2
    assert "several teachers begin with 'm@a': m@A, m@a, m@AB" in unclear.stderr
