"""Samples judged again by another verifier: published members follow their new verdicts, and nothing else does."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from stillroom.calibration import record
from stillroom.cli.ancestry import follow
from stillroom.cli.explaining import explain
from stillroom.cli.outcome import outcome_of
from stillroom.lake import Lake
from stillroom.publication import (
    Snapshot,
    compare,
    freeze,
    manifest,
    publish,
    reexecute,
    retract,
    snapshots,
    standing_verdicts,
)
from stillroom.recipe import Recipe, Sandbox, Selection, Stage, Verification, changes, sections
from stillroom.records import Answer, Check, Judgement, Outcome
from stillroom.runs import (
    Cause,
    Run,
    RunState,
    Wanted,
    change_verification,
    close_run,
    dataset_runs,
    import_prompts,
    judged,
    load_run,
    open_run,
    rejudging_key,
    shards_of_run,
    unjudged,
    verdict_changes,
)
from stillroom.runs.curating import curate_run
from stillroom.seeding import recipe_prompts
from tests.fakes.answers import Said
from tests.fakes.builds import Builder, calibrated
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import recipe, seed_row, write_seeds
from tests.fakes.verifiers import FakeVerifier, execute

OLD = FakeVerifier()
IMPOSSIBLE = "== 'nothing'"  # no answer is


def verifier(verifier_id: str, *refused: str) -> FakeVerifier:
    """One that fails these answers, and else says what execution says."""

    def rule(check: Check, answer: Answer) -> Judgement:
        if answer.text in refused:
            return Judgement(outcome=Outcome.FAIL, reason="timeout")
        return execute(check, answer)

    return FakeVerifier(verifier_id=verifier_id, rule=rule)


@pytest.fixture
async def published_run(lake: Lake, tmp_path: Path) -> Run:
    """A finished run of four samples for each of two prompts; `tiny@1` holds two of each."""
    run, _ = await Builder(lake).build(four_each(tmp_path))
    return load_run(lake, run.run_id)


def four_each(folder: Path) -> Recipe:
    return recipe(folder, "sampling: {adaptive: false, samples: 4}\n")


async def reverified(lake: Lake, run: Run, by: FakeVerifier) -> Snapshot | None:
    """What the flow does; returns the version that it published."""
    record(lake, [calibrated(by, calibration_id=f"of-{by.verifier_id}")])
    todo = unjudged(lake, run, [by])
    if todo:
        rows = [await judged(one, {}) for one in todo]
        lake.commit(rejudging_key(run, todo), {"verdicts": rows}, run_id=run.run_id)
    before = snapshots(lake)
    snapshot = publish(lake, run, curate_run(lake, run, [by.verifier_id], again=True))
    return None if snapshot in before else snapshot


def answers(lake: Lake, version: int) -> list[str]:
    rows = lake.rows("SELECT answer FROM lake.snapshot_examples WHERE name = 'tiny' AND version = ?", [version])
    return sorted(row["answer"] for row in rows)


async def test_a_member_that_fails_now_makes_place_for_another_and_old_verdicts_stay(
    lake: Lake, published_run: Run
) -> None:
    before = answers(lake, 1)
    verdicts = lake.rows("SELECT * FROM lake.verdicts ORDER BY ALL")

    snapshot = await reverified(lake, published_run, verifier("new", before[0]))

    assert snapshot is not None
    assert (snapshot.label, snapshot.rows, snapshot.new_rows) == ("tiny@2", 4, 1)
    assert answers(lake, 1) == before
    assert set(before) - set(answers(lake, 2)) == {before[0]}
    removed = lake.rows("SELECT kind, cause_id, reason FROM lake.removals")
    assert removed == [{"kind": "verdict", "cause_id": "new", "reason": "timeout"}]
    assert lake.rows("SELECT * FROM lake.verdicts WHERE verifier_id = ? ORDER BY ALL", [OLD.verifier_id]) == verdicts
    reasons = lake.rows("SELECT change, reason, cause FROM lake.snapshot_diff('tiny@1', 'tiny@2') ORDER BY change DESC")
    assert reasons[0] == {"change": "removed", "reason": "no longer passes: timeout", "cause": ""}


async def test_a_verifier_that_agrees_changes_nothing(lake: Lake, published_run: Run) -> None:
    assert await reverified(lake, published_run, verifier("new")) is None
    assert verdict_changes(lake, {published_run.run_id: ["new"]}) == []


async def test_doing_it_again_publishes_nothing_more(lake: Lake, published_run: Run) -> None:
    again = verifier("new", answers(lake, 1)[0])
    assert await reverified(lake, published_run, again) is not None
    judged_so_far = len(again.judged)

    assert await reverified(lake, published_run, again) is None

    assert len(again.judged) == judged_so_far == 8


async def test_what_was_taken_out_comes_back_when_it_passes_again(lake: Lake, published_run: Run) -> None:
    before = answers(lake, 1)
    await reverified(lake, published_run, verifier("all-fail", *before))
    assert not set(before) & set(answers(lake, 2))

    back = await reverified(lake, published_run, verifier("fair", *answers(lake, 2)))

    assert back is not None
    assert answers(lake, 3) == before


async def limit_and_back(lake: Lake, run: Run) -> list[str]:
    """A limit that every sample fails, and the old one again: `tiny@3` holds what `tiny@1` does; its answers."""
    before = answers(lake, 1)
    everything = [row["answer"] for row in lake.rows("SELECT answer FROM lake.samples")]
    assert await reverified(lake, run, verifier("hurried", *everything)) is not None
    assert answers(lake, 2) == []
    assert await reverified(lake, run, OLD) is not None, "its verdicts are there, none is given again"
    assert answers(lake, 3) == before
    return before


async def test_a_version_is_told_by_the_verdicts_it_stands_on_and_not_by_those_of_a_limit_in_between(
    lake: Lake, published_run: Run
) -> None:
    before = await limit_and_back(lake, published_run)

    rows = lake.rows("SELECT example_id, answer, verifier_id, outcome FROM lake.lineage")
    assert {row["answer"] for row in rows} >= set(before)
    assert len({row["example_id"] for row in rows}) == len(rows), "one row each, as it was published last"
    for row in rows:
        found = follow(lake, row["example_id"])
        assert {(one["outcome"], one["verifier_id"]) for one in found.verdicts} == {("pass", row["verifier_id"])}
        assert row["outcome"] == "pass"
    by_answer = {row["answer"]: row["verifier_id"] for row in rows}
    assert {by_answer[one] for one in before} == {OLD.verifier_id}
    (shard,) = shards_of_run(lake, published_run.run_id)
    assert (shard["samples"], shard["passed"]) == (8, 8)


async def test_a_sample_that_a_newer_version_of_its_verifier_fails_has_not_passed(
    lake: Lake, published_run: Run
) -> None:
    newer = verifier("newer", *answers(lake, 1))
    newer.name = "fake-tests@2"
    await reverified(lake, published_run, newer)

    (shard,) = shards_of_run(lake, published_run.run_id)

    assert (shard["samples"], shard["passed"]) == (8, 4)


async def came_back(lake: Lake, run: Run) -> None:
    """OLD passed all of `tiny@1`; nothing of it is in `tiny@2`; `tiny@3` is the same rows, passed by `fair`."""
    before = answers(lake, 1)
    await reverified(lake, run, verifier("all-fail", *before))
    await reverified(lake, run, verifier("fair", *answers(lake, 2)))
    assert answers(lake, 3) == before


async def test_each_version_states_the_verifier_that_it_was_published_on(lake: Lake, published_run: Run) -> None:
    await came_back(lake, published_run)

    by_version = "SELECT DISTINCT version, verifier_id FROM lake.snapshot_examples ORDER BY version"
    assert [tuple(row.values()) for row in lake.rows(by_version)] == [
        (1, OLD.verifier_id),
        (2, "all-fail"),
        (3, "fair"),
    ]
    first, _, third = snapshots(lake)
    for version, verifier_id in ((first, OLD.verifier_id), (third, "fair")):
        stated = manifest(lake, version)
        assert [row["verifier_id"] for row in stated["verifiers"]] == [verifier_id]
        assert [row["verifier_id"] for row in stated["calibrations"]] == [verifier_id]
        assert {one.verifier_id for one in standing_verdicts(lake, version)} == {verifier_id}
        freeze(lake, version)
        assert [one.found for one in compare(lake, version) if not one.is_same] == []


async def test_what_came_back_is_paid_for_and_counted_once(lake: Lake, published_run: Run) -> None:
    await came_back(lake, published_run)

    assert manifest(lake, snapshots(lake)[-1])["run"]["examples"] == 8
    (cost,) = lake.rows("SELECT examples FROM lake.cost_per_example")
    assert cost["examples"] == 8
    ids = [row["example_id"] for row in lake.rows("SELECT example_id FROM lake.lineage")]
    assert len(ids) == len(set(ids)) == 8
    told = outcome_of(lake, published_run, "tiny@3", seconds=1.0, first_sample_seconds=None)
    assert told["kept_by_origin"] == {"seed": 8}


async def test_retracting_the_verifier_of_then_leaves_what_another_passed_since(lake: Lake, published_run: Run) -> None:
    await came_back(lake, published_run)
    old = Cause(kind="verifier", cause_id=OLD.verifier_id)
    held = lake.rows("SELECT item, rows FROM lake.blast_radius('verifier', ?) WHERE what = 'snapshot'", [old.cause_id])
    assert held == [{"item": "tiny@1", "rows": 4}]

    assert retract(lake, old) == []

    (version,) = retract(lake, Cause(kind="verifier", cause_id="fair"))
    assert (version.label, version.rows) == ("tiny@4", 0)


@pytest.mark.parametrize(
    ("curation", "gate"),
    [
        pytest.param("{exact: false, near_answers: null}", "prompt-duplicate", id="alike-prompts"),
        pytest.param("{near_answers: null, near_prompts: null}", "exact-duplicate", id="equal-answers"),
    ],
)
async def test_nothing_gives_way_to_a_member_that_is_taken_out_by_the_same_decision(
    lake: Lake, tmp_path: Path, curation: str, gate: str
) -> None:
    row = seed_row(0)
    rows = [{**row, "tests": [*row["tests"], "assert 1"]}, {**row, "id": "alike", "task": f"{row['task']} Be brief."}]
    (tmp_path / "seeds.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    answer = Said(f"```python\n{row['solution']}\n```")
    given = recipe(tmp_path, f"curation: {curation}\nsampling: {{adaptive: false, samples: 1}}\nselection: {{keep: 1}}")
    run, _ = await Builder(lake, client=MemoryClient(reply=lambda *_: answer)).build(given)
    before = gates(lake)
    assert sorted(before) == sorted(["kept", gate]), "both samples pass, and one gives way"

    def rule(check: Check, answer: Answer) -> Judgement:
        if check.tests == before["kept"]:
            return Judgement(outcome=Outcome.FAIL, reason="timeout")
        return execute(check, answer)

    snapshot = await reverified(lake, load_run(lake, run.run_id), FakeVerifier(verifier_id="new", rule=rule))

    assert snapshot is not None
    assert (snapshot.rows, snapshot.new_rows) == (1, 1)
    assert gates(lake) == {"verification": before["kept"], "kept": before[gate]}


def gates(lake: Lake) -> dict[str, str]:
    """What was decided last, and by it the tests of the sample's prompt."""
    query = "SELECT s.gate, p.tests FROM lake.current_selections s JOIN lake.prompts p USING (prompt_id)"
    return {row["gate"]: row["tests"] for row in lake.rows(query)}


async def test_a_build_leaves_published_members_alone_whatever_another_verifier_says(
    lake: Lake, published_run: Run
) -> None:
    new = verifier("new", *answers(lake, 1))
    todo = unjudged(lake, published_run, [new])
    rows = [await judged(one, {}) for one in todo]
    lake.commit(rejudging_key(published_run, todo), {"verdicts": rows}, run_id=published_run.run_id)

    assert publish(lake, published_run, curate_run(lake, published_run, ["new"])) is None


async def test_changes_are_counted_by_outcome_before_and_now(lake: Lake, published_run: Run) -> None:
    await reverified(lake, published_run, verifier("new", *answers(lake, 1)))

    (change,) = verdict_changes(lake, {published_run.run_id: ["new"]})

    assert (change.before, change.now, change.reason, change.verdicts) == ("pass", "fail", "timeout", 4)


async def test_changes_of_runs_under_verifications_of_their_own_are_counted_by_the_verifiers_of_each(
    lake: Lake, tmp_path: Path, published_run: Run
) -> None:
    second, _ = await Builder(lake, verifier=OLD).build(four_each(tmp_path), new_run=True)
    strict = verifier("strict", *answers(lake, 2))
    for run in (published_run, second):
        todo = unjudged(lake, run, [strict])
        rows = [await judged(one, {}) for one in todo]
        lake.commit(rejudging_key(run, todo), {"verdicts": rows}, run_id=run.run_id)

    found = verdict_changes(lake, {published_run.run_id: [OLD.verifier_id], second.run_id: ["strict"]})

    assert [(one.before, one.now, one.verdicts) for one in found] == [("fail", "pass", 4), ("pass", "fail", 4)]


def test_run_is_judged_under_its_own_verification_but_for_what_is_asked_for() -> None:
    own = Verification(timeout_seconds=9, sandbox=Sandbox(requirements=("numpy==2.0.0",)))
    recipes = Verification(timeout_seconds=3)

    assert Wanted().of(own) == own
    assert Wanted(limits={"memory_mib": 99}).of(own) == own.model_copy(update={"memory_mib": 99})
    assert Wanted(libraries=()).of(own) == own.model_copy(update={"sandbox": Sandbox()})
    assert Wanted(base=recipes, limits={"memory_mib": 99}).of(own) == recipes.model_copy(update={"memory_mib": 99})


async def test_another_verification_is_recorded_as_a_build_would_know_it(
    lake: Lake, published_run: Run, tmp_path: Path
) -> None:
    wanted = published_run.recipe.verification.model_copy(update={"timeout_seconds": 1.0})

    change_verification(lake, published_run.run_id, wanted)
    change_verification(lake, published_run.run_id, wanted)

    recorded = lake.rows("SELECT version, state, sections FROM lake.runs ORDER BY version")
    assert [row["state"] for row in recorded] == ["opened", "published", "published"]
    found = load_run(lake, published_run.run_id)
    assert found.recipe.verification == wanted
    same = four_each(tmp_path).model_copy(update={"verification": wanted})
    assert found.stages[Stage.CURATION] != published_run.stages[Stage.CURATION]
    assert not open_run(lake, same).is_rederived, "the recipe with that verification is what was recorded"
    assert changes(sections(same), sections(found.recipe)) == []


async def test_unfinished_runs_are_left_to_their_build(lake: Lake, published_run: Run, tmp_path: Path) -> None:
    late = open_run(lake, four_each(tmp_path), new_run=True)

    runs = dataset_runs(lake, "tiny")
    assert (runs.finished, runs.unfinished) == ((published_run.run_id,), (late.run_id,))
    close_run(lake, late, RunState.EMPTY, "")
    assert dataset_runs(lake, "tiny").finished == (published_run.run_id, late.run_id)
    assert dataset_runs(lake, "tiny", version=1).finished == (published_run.run_id,)


async def test_run_that_was_given_up_is_left_out_for_good_and_one_that_was_opened_again_is_not(
    lake: Lake, published_run: Run, tmp_path: Path
) -> None:
    reopened = open_run(lake, four_each(tmp_path).model_copy(update={"selection": Selection(keep=1)}))
    assert reopened.run_id == published_run.run_id
    assert dataset_runs(lake, "tiny").unfinished == (reopened.run_id,)

    given_up = open_run(lake, four_each(tmp_path), new_run=True)
    newest = open_run(lake, four_each(tmp_path), new_run=True)

    runs = dataset_runs(lake, "tiny")
    assert (runs.finished, runs.abandoned, runs.unfinished) == (
        (reopened.run_id,),
        (given_up.run_id,),
        (newest.run_id,),
    )


async def test_two_datasets_of_the_same_samples_are_each_verified_again(lake: Lake, tmp_path: Path) -> None:
    write_seeds(tmp_path / "seeds.jsonl", range(2))
    runs = [
        (await Builder(lake).build(four_each(tmp_path).model_copy(update={"dataset": dataset})))[0]
        for dataset in ("tiny", "other")
    ]
    samples = lake.rows("SELECT count(*) AS n, count(DISTINCT sample_id) AS distinct_n FROM lake.samples")
    assert samples == [{"n": 16, "distinct_n": 8}], "nothing in a sample's id names its dataset"
    new = verifier("new", answers(lake, 1)[0])

    for run in runs:
        assert await reverified(lake, load_run(lake, run.run_id), new) is not None

    assert [one.label for one in snapshots(lake)] == ["other@1", "other@2", "tiny@1", "tiny@2"]


def with_tests(folder: Path, expected: str) -> None:
    """The seed file, where the tests of every seed ask one thing more, whose answer is to be ``expected``."""
    rows = [
        {**row, "tests": [*row["tests"], f"assert str({row['entry_point']}(0)) {expected}"]}
        for row in map(seed_row, range(6))
    ]
    (folder / "seeds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def import_again(lake: Lake, given: Recipe) -> None:
    """What the next build does with its file."""
    run = open_run(lake, given, new_run=True)
    import_prompts(lake, run, recipe_prompts(given))
    close_run(lake, run, RunState.EMPTY, "")


async def test_corrected_tests_judge_again_and_tests_that_are_put_back_too(
    lake: Lake, published_run: Run, tmp_path: Path
) -> None:
    before = answers(lake, 1)
    given = four_each(tmp_path)
    original = (tmp_path / "seeds.jsonl").read_text(encoding="utf-8")
    assert unjudged(lake, published_run, [OLD]) == []

    with_tests(tmp_path, IMPOSSIBLE)
    import_again(lake, given)
    assert len(unjudged(lake, published_run, [OLD])) == 8
    assert await reverified(lake, published_run, OLD) is not None
    assert answers(lake, 2) == []
    changes_found = verdict_changes(lake, {published_run.run_id: [OLD.verifier_id]})
    assert [(one.before, one.now, one.verdicts) for one in changes_found] == [("pass", "fail", 8)]

    (tmp_path / "seeds.jsonl").write_text(original, encoding="utf-8")
    import_again(lake, given)
    assert await reverified(lake, published_run, OLD) is not None
    assert answers(lake, 3) == before

    with_tests(tmp_path, IMPOSSIBLE)
    import_again(lake, given)
    assert await reverified(lake, published_run, OLD) is not None
    assert answers(lake, 4) == []


@pytest.mark.parametrize(
    "reason", [pytest.param("wrong-answer", id="as before"), pytest.param("timeout", id="another")]
)
async def test_what_fails_corrected_tests_is_explained_by_these_once_and_nothing_is_published(
    lake: Lake, published_run: Run, tmp_path: Path, reason: str
) -> None:
    bad = answers(lake, 1)[0]
    reasons = ["wrong-answer"]

    def rule(check: Check, answer: Answer) -> Judgement:
        if answer.text == bad:
            return Judgement(outcome=Outcome.FAIL, reason=reasons[-1], detail=check.tests.splitlines()[-1])
        return execute(check, answer)

    new = FakeVerifier(verifier_id="new", rule=rule)
    assert await reverified(lake, published_run, new) is not None
    (sample,) = lake.rows("SELECT sample_id FROM lake.samples WHERE answer = ?", [bad])
    assert "nothing" not in explain(lake, sample["sample_id"])["evidence"]

    with_tests(tmp_path, "!= 'nothing'")
    import_again(lake, four_each(tmp_path))
    reasons.append(reason)
    assert await reverified(lake, published_run, new) is None

    about = explain(lake, sample["sample_id"])
    assert (about["gate"], about["reason"]) == ("verification", reason)
    assert about["evidence"].endswith("!= 'nothing'")
    assert about["evidence"] == about["verdict"]["detail"]
    curations = lake.rows("SELECT DISTINCT curation_id FROM lake.selections ORDER BY ALL")
    assert await reverified(lake, published_run, new) is None
    assert lake.rows("SELECT DISTINCT curation_id FROM lake.selections ORDER BY ALL") == curations


async def test_members_are_judged_again_by_the_check_and_the_verdict_they_stand_on(
    lake: Lake, published_run: Run
) -> None:
    bad = answers(lake, 1)[0]
    stored = standing_verdicts(lake, snapshots(lake)[0])
    progress: list[tuple[int, int]] = []

    again = await reexecute(stored, [verifier("new", bad)], lambda *done: progress.append(done))

    assert [(one.stored.outcome, one.outcome, one.reason) for one in again if not one.is_same] == [
        ("pass", "fail", "timeout")
    ]
    assert {one.stored.verifier_id for one in again} == {OLD.verifier_id}
    assert {one.verifier_id for one in again} == {"new"}
    assert progress == [(4, 4)]
    strange = await reexecute(stored, [FakeVerifier(name="other@1")], lambda *done: None)
    assert [(one.outcome, one.verifier_id) for one in strange] == [("", "")] * 4
    assert {one.detail for one in strange} == {
        "it was passed by fake-tests@1, which is not at hand; there are: other@1"
    }


async def test_a_version_stands_on_the_verdicts_and_tests_of_its_publication_whatever_was_judged_since(
    lake: Lake, published_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.lake.store._utc_now", lambda: datetime(2020, 1, 1))  # set back
    with_tests(tmp_path, IMPOSSIBLE)
    import_again(lake, four_each(tmp_path))
    assert await reverified(lake, published_run, OLD) is not None
    assert answers(lake, 2) == []
    first, _ = snapshots(lake)

    stored = standing_verdicts(lake, first)

    assert [(one.outcome, IMPOSSIBLE in one.check.tests) for one in stored] == [("pass", False)] * 4
    again = await reexecute(stored, [OLD], lambda *done: None)
    assert [(one.outcome, one.is_same) for one in again] == [("pass", True)] * 4
    rows = lake.rows("SELECT example_id, outcome, contains(tests, ?) AS is_later FROM lake.lineage", [IMPOSSIBLE])
    assert [(row["outcome"], row["is_later"]) for row in rows] == [("pass", False)] * 4
    for row in rows:
        found = follow(lake, row["example_id"])
        assert [one["outcome"] for one in found.verdicts] == ["pass"]
        assert found.prompt["check_id"] == found.verdicts[0]["check_id"]
        assert IMPOSSIBLE not in found.prompt["tests"]


async def test_a_member_that_passed_corrected_tests_stands_on_them_from_the_next_version_on(
    lake: Lake, published_run: Run, tmp_path: Path
) -> None:
    with_tests(tmp_path, "!= 'nothing'")
    import_again(lake, four_each(tmp_path))
    assert await reverified(lake, published_run, OLD) is None
    other = recipe(tmp_path, "sampling: {adaptive: false, samples: 4, epoch: 1}\n")
    await Builder(lake).build(other)
    first, second = snapshots(lake)
    members = {one.sample_id for one in standing_verdicts(lake, first)}

    for snapshot, is_corrected in ((first, False), (second, True)):
        stored = [one for one in standing_verdicts(lake, snapshot) if one.sample_id in members]
        assert [(one.outcome, "nothing" in one.check.tests) for one in stored] == [("pass", is_corrected)] * 4


async def test_no_version_stands_on_verdicts_of_a_reverification_that_came_to_no_end(
    lake: Lake, published_run: Run, tmp_path: Path
) -> None:
    with_tests(tmp_path, IMPOSSIBLE)
    import_again(lake, four_each(tmp_path))
    todo = unjudged(lake, published_run, [OLD])
    rows = [await judged(one, {}) for one in todo]
    assert {row["outcome"] for row in rows} == {"fail"}
    lake.commit(rejudging_key(published_run, todo), {"verdicts": rows}, run_id=published_run.run_id)
    write_seeds(tmp_path / "seeds.jsonl", range(6))
    import_again(lake, four_each(tmp_path))
    await Builder(lake).build(recipe(tmp_path, "sampling: {adaptive: false, samples: 4, epoch: 1}\n"))

    _, second = snapshots(lake)

    assert {one.outcome for one in standing_verdicts(lake, second)} == {"pass"}
    assert len(standing_verdicts(lake, second)) == second.rows == 8
