from pathlib import Path

import pytest

from stillroom.lake import Lake
from tests.lake.cli.conftest import RUN, prompt, row, sample, selection, verdict


@pytest.mark.parametrize(
    ("sample", "gate", "reason"),
    [
        pytest.param("aa11", "kept", "", id="kept"),
        pytest.param("aa22", "near-duplicate", "answer", id="duplicate"),
        pytest.param("bb33", "verification", "tests:wrong-value", id="failed"),
        pytest.param("cc44", "verification", "abstain:tests:unusable", id="abstained"),
        pytest.param("dd55", "undecided", "", id="not yet curated"),
    ],
)
def test_every_sample_has_one_gate_and_one_reason(answer, sample, gate, reason):
    about = answer("why", sample)
    assert (about["gate"], about["reason"]) == (gate, reason)


def test_a_kept_sample_says_so_and_where_it_is(stillroom):
    assert "sample aa11: kept. It is in functions@1." in stillroom("why", "aa11").stdout


def test_a_dropped_sample_shows_the_evidence_and_the_verdict(stillroom):
    printed = stillroom("why", "bb").stdout
    assert "dropped at verification: tests:wrong-value" in printed
    assert "f(1) gave 2, expected 1" in printed
    assert "1 of 3 tests held" in printed


def record_run(root: Path, number: int, state: str) -> None:
    """A run of the dataset: dd55 is of functions-r2, which has not been curated."""
    lake = Lake.open(root)
    run = row("runs", version=1, dataset="functions", state=state)
    lake.commit(f"run:{number}", {"runs": [run]}, run_id=f"functions-r{number}")
    lake.close()


def test_a_sample_that_is_not_decided_yet_is_told_to_go_on_with_the_build(stillroom, lake_root):
    record_run(lake_root, 2, "opened")
    assert "has not been curated. `stillroom build` continues it" in stillroom("why", "dd55").stdout


def test_a_sample_of_a_run_that_was_given_up_is_promised_no_build(stillroom, answer, lake_root):
    record_run(lake_root, 2, "opened")
    record_run(lake_root, 10, "opened")

    printed = stillroom("why", "dd55").stdout

    assert "not decided, since functions-r2 was given up before it was curated, for functions-r10" in printed
    assert "continues it" not in printed
    assert answer("why", "dd55")["newest_run"] == {"run_id": "functions-r10", "state": "opened"}
    assert answer("why", "aa11")["newest_run"] is None


def take_over(root: Path, *decided: dict[str, object]) -> None:
    """The dataset's next run has two samples of the first one as well, and decides so."""
    record_run(root, 2, "opened")
    lake = Lake.open(root)
    taken = [sample("aa11", "written-c"), sample("aa22", "written-c", sample_index=1)]
    lake.commit("shard:functions-r2:0", {"samples": taken}, run_id="functions-r2", shard=0)
    if decided:
        lake.commit("curation:cu2", {"selections": [*decided]}, run_id="functions-r2")
    lake.close()


def test_of_a_sample_that_a_later_run_took_over_the_decision_that_there_is_is_told(stillroom, answer, lake_root):
    take_over(lake_root)

    assert "sample aa11: kept. It is in functions@1." in stillroom("why", "aa11").stdout
    about = answer("why", "aa22")
    assert (about["gate"], about["run_id"], about["newest_run"]) == ("near-duplicate", RUN, None)


def test_of_several_decisions_the_one_that_published_the_sample_is_told_else_the_newest(answer, lake_root):
    decided = [selection(one, gate, curation_id="cu2") for one, gate in (("aa11", "kept"), ("aa22", "rank"))]
    take_over(lake_root, *decided)

    kept, dropped = answer("why", "aa11"), answer("why", "aa22")
    assert (kept["gate"], kept["run_id"], kept["snapshots"]) == ("kept", RUN, ["functions@1"])
    assert (dropped["gate"], dropped["run_id"], dropped["snapshots"]) == ("rank", "functions-r2", [])


def test_what_was_published_and_then_dropped_by_its_run_is_told_by_the_newest_decision(answer, lake_root):
    lake = Lake.open(lake_root)
    lake.commit("curation:cu1b", {"selections": [selection("aa11", "verification", curation_id="cu1b")]}, run_id=RUN)
    lake.close()
    take_over(lake_root, selection("aa11", "rank", curation_id="cu2"))

    about = answer("why", "aa11")

    assert (about["gate"], about["run_id"], about["snapshots"]) == ("rank", "functions-r2", ["functions@1"])


def test_a_task_is_told_in_the_words_of_the_samples_own_dataset(answer, lake_root):
    lake = Lake.open(lake_root)
    run = row("runs", version=1, dataset="other", state="published")
    own = prompt("seed-a", task="Write  the function seed-a.")
    lake.commit("other", {"runs": [run], "prompts": [own], "samples": [sample("ff66", "seed-a")]}, run_id="other-r1")
    lake.close()

    assert answer("why", "ff66")["task"] == own["task"]
    assert answer("why", "bb33")["task"] == "Write the function seed-a."


def take_out(root: Path, **given: str) -> None:
    """A version of the dataset without its one member, since something was retracted."""
    lake = Lake.open(root)
    removal = row(
        "removals", name="functions", version=2, example_id="ee99", sample_id="aa11", prompt_id="written-c",
        kind="seed", cause_id="seed-a", reason="retracted",
    )  # fmt: skip
    version = row("snapshots", name="functions", version=2, path="snapshots/functions/2", curation_id="cu2")
    lake.commit("publish:cu2", {"removals": [{**removal, **given}], "snapshots": [version]}, run_id=RUN)
    lake.close()


def test_a_duplicate_of_what_was_taken_out_says_so_and_what_decides_again(answer, stillroom, lake_root):
    assert not answer("why", "aa22")["match_taken_out"]
    assert "taken out" not in stillroom("why", "aa22").stdout

    take_out(lake_root)

    assert answer("why", "aa22")["match_taken_out"]
    printed = stillroom("why", "aa22").stdout
    assert "against:  aa11 (similarity 0.950), which was taken out since: `stillroom reverify` decides again" in printed


@pytest.mark.parametrize(("command", "given"), [("why", "aa11"), ("lineage", "ee99")])
def test_a_dataset_can_be_named(stillroom, command, given):
    assert stillroom(command, given, "--dataset", "functions").exit_code == 0
    refused = stillroom(command, given, "--dataset", "function")
    assert refused.exit_code == 2
    assert "the dataset 'function' has no" in refused.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("bb34", "bb33", id="suggests the nearest"),
        pytest.param("aa", "aa11, aa22", id="several begin so"),
        pytest.param("ee99", "stillroom lineage ee99", id="an example"),
        pytest.param("", "nearest", id="empty"),
    ],
)
def test_an_id_that_names_no_sample_is_answered_with_what_there_is(stillroom, given, said):
    result = stillroom("why", given)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("verifier", ["python-tests@1", "python-tests@2"])
def test_a_verdict_that_came_after_the_decision_is_told_beside_the_one_that_was_decided_by(
    answer, stillroom, lake_root, verifier
):
    before = answer("why", "bb33")
    assert before["verdict_since"] is None
    lake = Lake.open(lake_root)
    lake.commit("rejudged", {"verdicts": [verdict("bb33", "pass", verifier=verifier, tests_passed=3)]}, run_id=RUN)
    lake.close()

    about = answer("why", "bb33")

    assert about["verdict"] == before["verdict"]
    assert (about["verdict"]["outcome"], about["verdict_since"]["outcome"]) == ("fail", "pass")
    printed = stillroom("why", "bb33").stdout
    assert "verdict:  fail (tests:wrong-value) by python-tests@1, 1 of 3 tests held" in printed
    assert f"since:    pass by {verifier}; nothing was decided by that yet: `stillroom reverify` does" in printed


def test_a_verdict_that_came_after_the_decision_and_says_the_same_is_not_told(answer, stillroom, lake_root):
    lake = Lake.open(lake_root)
    lake.commit("rejudged", {"verdicts": [verdict("aa11", "pass", tests_passed=3, check_id="d")]}, run_id=RUN)
    lake.close()

    assert answer("why", "aa11")["verdict_since"] is None
    assert "since:" not in stillroom("why", "aa11").stdout
