"""Curation decides by the verdicts that count: those of the recipe's verifiers as it is now."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stillroom.errors import LakeError, NotJudged
from stillroom.lake import Lake
from stillroom.publication import publish
from stillroom.recipe import Recipe
from stillroom.records import Judgement, Outcome
from stillroom.runs import (
    Run,
    RunState,
    close_run,
    curating,
    import_prompts,
    judged,
    pool,
    rejudging_key,
    unfinished_shards,
    unjudged,
)
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier

LONG = FakeVerifier(verifier_id="five-seconds")
SHORT = FakeVerifier(
    verifier_id="a-hundredth", rule=lambda check, answer: Judgement(outcome=Outcome.FAIL, reason="timeout")
)
NO_DEDUP = "curation: {exact: false, near_answers: null, near_prompts: null}"
ALL = "sampling: {adaptive: false, samples: 4}\nselection: {keep: 9}\n"


def under(folder: Path, seconds: float) -> Recipe:
    return recipe(folder, f"{NO_DEDUP}\nverification: {{min_test_strength: null, timeout_seconds: {seconds}}}")


async def sampled(lake: Lake, given: Recipe, verifier: FakeVerifier) -> Run:
    builder = Builder(lake, verifier=verifier)
    run = builder.begin(given)
    await builder.sample(run)
    await judge_again(lake, run, verifier)
    return run


async def judge_again(lake: Lake, run: Run, verifier: FakeVerifier) -> list[Any]:
    """What the task of this name does."""
    todo = unjudged(lake, run, [verifier])
    rows = [await judged(one, {verifier.verifier_id: "its-calibration"}) for one in todo]
    lake.commit(rejudging_key(run, todo), {"verdicts": rows}, run_id=run.run_id)
    return rows


def decided(lake: Lake, run: Run, verifier: FakeVerifier) -> dict[str, int]:
    """Curate, and count what the newest decisions say."""
    curate_run(lake, run, [verifier.verifier_id])
    rows = lake.rows("SELECT gate, reason, count(*) AS n FROM lake.current_selections GROUP BY ALL")
    return {row["reason"] or row["gate"]: row["n"] for row in rows}


async def test_a_setting_that_was_changed_and_changed_back_is_judged_by_its_own_verdicts(
    lake: Lake, tmp_path: Path
) -> None:
    run = await sampled(lake, under(tmp_path, 5), LONG)
    first = decided(lake, run, LONG)
    run = await sampled(lake, under(tmp_path, 0.01), SHORT)
    assert set(decided(lake, run, SHORT)) == {"timeout"}

    run = await sampled(lake, under(tmp_path, 5), LONG)

    assert unfinished_shards(lake, run) == []
    again = decided(lake, run, LONG)
    assert "timeout" not in again
    assert again["kept"] == first["kept"] > 0
    assert decided(lake, run, LONG) == again
    snapshot = publish(
        lake,
        run,
        curate_run(lake, run, [LONG.verifier_id]),
    )
    assert snapshot is not None
    assert lake.rows("SELECT DISTINCT verifier_id FROM lake.examples") == [{"verifier_id": LONG.verifier_id}]


async def test_a_lax_setting_in_between_lets_nothing_through(lake: Lake, tmp_path: Path) -> None:
    strict = SHORT
    run = await sampled(lake, under(tmp_path, 0.01), strict)
    assert set(decided(lake, run, strict)) == {"timeout"}
    run = await sampled(lake, under(tmp_path, 5), LONG)
    assert "kept" in decided(lake, run, LONG)

    run = await sampled(lake, under(tmp_path, 0.01), strict)

    assert set(decided(lake, run, strict)) == {"timeout"}


async def test_a_run_without_samples_is_decided_about_as_often_as_its_build_is_killed(
    lake: Lake, tmp_path: Path
) -> None:
    run = await sampled(lake, recipe(tmp_path, seeds=2), LONG)
    close_run(lake, run, RunState.PUBLISHED, "")
    empty = Builder(lake).begin(recipe(tmp_path, seeds=2))

    assert curate_run(lake, empty, [LONG.verifier_id]) == curate_run(lake, empty, [LONG.verifier_id])
    assert lake.rows("SELECT * FROM lake.selections") == []


async def test_samples_that_one_of_several_verifiers_has_not_judged_are_an_error_until_it_has(
    lake: Lake, tmp_path: Path
) -> None:
    run = await sampled(lake, under(tmp_path, 5), LONG)
    both = [LONG.verifier_id, SHORT.verifier_id]

    with pytest.raises(LakeError, match="8 of 8 samples of run tiny-r1 have no verdict of"):
        curate_run(lake, run, both)

    await judge_again(lake, run, SHORT)
    curate_run(lake, run, both)
    assert lake.rows("SELECT DISTINCT reason FROM lake.current_selections") == [{"reason": "timeout"}]


async def test_a_sample_that_was_tried_in_vain_has_its_one_row_until_it_has_a_verdict(
    lake: Lake, tmp_path: Path
) -> None:
    run = await sampled(lake, recipe(tmp_path, NO_DEDUP), LONG)
    todo = unjudged(lake, run, [SHORT])
    rows = {one.sample["sample_id"]: await judged(one, {}) for one in todo}
    (odd, *_), (first, *others) = rows, todo
    given = [rows[one.sample["sample_id"]] for one in others]
    lake.commit(rejudging_key(run, others), {"verdicts": given}, run_id=run.run_id)
    with pytest.raises(NotJudged, match="1 of 8 samples"):
        curate_run(lake, run, [SHORT.verifier_id])
    with pytest.raises(NotJudged, match="1 of 8 samples"):
        curate_run(lake, run, [SHORT.verifier_id], unjudgeable={others[0].sample["sample_id"]: "judged since"})

    curation = curate_run(lake, run, [SHORT.verifier_id], unjudgeable={odd: "too deep at 0x7fd0a1"})

    assert curate_run(lake, run, [SHORT.verifier_id], unjudgeable={odd: "too deep at 0x56e0b2"}) == curation
    assert one_row(lake, curation, odd) == ("verification", "unjudged", "too deep at 0x7fd0a1", False)
    another = curate_run(lake, run, [SHORT.verifier_id], unjudgeable={odd: "too wide"})
    assert one_row(lake, another, odd) == ("verification", "unjudged", "too wide", False)
    assert len(lake.rows("SELECT * FROM lake.selections WHERE curation_id = ?", [curation])) == 8
    lake.commit(rejudging_key(run, [first]), {"verdicts": [rows[odd]]}, run_id=run.run_id)
    again = curate_run(lake, run, [SHORT.verifier_id])
    assert again != curation
    assert one_row(lake, again, odd) == ("verification", "timeout", "", False)


async def test_what_one_of_several_verifiers_fails_is_not_unjudged_for_the_other(lake: Lake, tmp_path: Path) -> None:
    run = await sampled(lake, under(tmp_path, 5), LONG)
    passed = [row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.verdicts WHERE outcome = 'pass'")]
    by_two = [LONG.verifier_id, SHORT.verifier_id]

    curation = curate_run(lake, run, by_two, unjudgeable=dict.fromkeys(passed, "by the other"))
    assert one_row(lake, curation, passed[0]) == ("verification", "unjudged", "by the other", False)

    by_three = [SHORT.verifier_id, "a-third"]
    await judge_again(lake, run, SHORT)
    curation = curate_run(lake, run, by_three, unjudgeable=dict.fromkeys(passed, "by the third"))
    assert one_row(lake, curation, passed[0]) == ("verification", "timeout", "", False)


async def test_verdict_by_tests_of_before_is_none_for_what_the_present_ones_were_tried_on_in_vain(
    lake: Lake, tmp_path: Path
) -> None:
    run = await sampled(lake, recipe(tmp_path, NO_DEDUP), LONG)
    assert "kept" in decided(lake, run, LONG)
    (kept, *_) = [row["sample_id"] for row in lake.rows("SELECT sample_id FROM lake.current_selections WHERE kept")]
    (asked,) = [one for one in pool(lake, "tiny") if one.prompt_id == prompt_of(lake, kept)]
    corrected = replace(asked, check=replace(asked.check, tests=f"{asked.check.tests}\nassert True"))
    import_prompts(lake, run, [corrected])
    assert kept in {one.sample["sample_id"] for one in unjudged(lake, run, [LONG])}

    curation = curate_run(lake, run, [LONG.verifier_id], unjudgeable={kept: "by the corrected tests"})

    assert one_row(lake, curation, kept) == ("verification", "unjudged", "by the corrected tests", False)


def prompt_of(lake: Lake, sample_id: str) -> str:
    return lake.rows("SELECT prompt_id FROM lake.samples WHERE sample_id = ?", [sample_id])[0]["prompt_id"]


def one_row(lake: Lake, curation_id: str, sample_id: str) -> tuple[Any, ...]:
    (row,) = lake.rows(
        "SELECT gate, reason, evidence, kept FROM lake.selections WHERE curation_id = ? AND sample_id = ?",
        [curation_id, sample_id],
    )
    return tuple(row.values())


async def test_samples_without_a_verdict_that_counts_are_an_error_until_they_are_judged(
    lake: Lake, tmp_path: Path
) -> None:
    run = await sampled(lake, recipe(tmp_path), FakeVerifier())
    newer = FakeVerifier(verifier_id="another-image")
    with pytest.raises(LakeError, match="have no verdict of another-image"):
        curate_run(lake, run, [newer.verifier_id])

    rows = await judge_again(lake, run, newer)

    samples = lake.rows("SELECT count(*) AS n FROM lake.samples")[0]["n"]
    assert len(rows) == samples
    assert unjudged(lake, run, [newer]) == []
    assert {row["calibration_id"] for row in rows} == {"its-calibration"}
    assert sum(decided(lake, run, newer).values()) == samples


async def test_decisions_by_other_rules_are_not_taken_for_ours(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await sampled(lake, recipe(tmp_path), LONG)
    monkeypatch.setattr(curating, "RULES", curating.RULES - 1)
    before = curate_run(lake, run, [LONG.verifier_id])
    assert curate_run(lake, run, [LONG.verifier_id]) == before
    monkeypatch.undo()

    now = curate_run(lake, run, [LONG.verifier_id])

    assert now != before
    assert lake.rows("SELECT DISTINCT curation_id FROM lake.current_selections") == [{"curation_id": now}]


async def test_searches_spill_into_the_lake_and_say_so_where_they_cannot(lake: Lake, tmp_path: Path) -> None:
    run = await sampled(lake, recipe(tmp_path), LONG)
    shutil.rmtree(lake.root / "tmp")

    with pytest.raises(LakeError, match=rf"{lake.root}/tmp.*no such folder"):
        curate_run(lake, run, [LONG.verifier_id])

    (lake.root / "tmp").mkdir()
    assert "kept" in decided(lake, run, LONG)
    assert list((lake.root / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("curation: {near_answers: {threshold: 0.85}, near_prompts: {threshold: 0.85}}", id="threshold"),
        pytest.param("curation: {near_answers: null, near_prompts: null}", id="exact-only"),
    ],
)
@pytest.mark.parametrize("before", [pytest.param("", id="on-before"), pytest.param(NO_DEDUP, id="off-before")])
async def test_published_texts_are_compared_whatever_they_were_published_under(
    lake: Lake, tmp_path: Path, before: str, change: str
) -> None:
    def given(changes: str) -> Recipe:
        wanted = recipe(tmp_path, ALL + changes, seeds=2)
        assert wanted.seeding is not None
        return wanted.model_copy(update={"seeding": wanted.seeding.model_copy(update={"seed_prompts": 2})})

    _, first = await Builder(lake).build(given(before))
    assert first is not None
    answers = answers_of(lake)

    more = given(change)
    more = more.model_copy(update={"sampling": more.sampling.model_copy(update={"samples": 8})})
    await Builder(lake).build(more)

    found = answers_of(lake)
    assert len(found) >= len(answers)
    new = found[len(answers) :]
    assert not set(new) & set(answers), "an answer that is published was published again"


def answers_of(lake: Lake) -> list[Any]:
    return [row["answer"] for row in lake.rows("SELECT answer FROM lake.examples ORDER BY created_at, example_id")]
