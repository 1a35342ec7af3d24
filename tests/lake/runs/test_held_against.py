"""A finished run is decided about again whatever became of its benchmarks, and nothing untrue is stated of it."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from stillroom.calibration import record
from stillroom.cli.explaining import explain
from stillroom.errors import RecipeError
from stillroom.lake import Lake
from stillroom.publication import Snapshot, publish, snapshots
from stillroom.records import Answer, Check, Judgement, Outcome
from stillroom.runs import Run, checked_against, judged, load_run, open_run, rejudging_key, unjudged
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder, calibrated
from tests.fakes.exams import AGAINST, ALL, exam, gates, seeds
from tests.fakes.prompts import prompt, recipe, seed_row
from tests.fakes.verifiers import FakeVerifier, execute

CONTAMINATED, CLEAN = prompt(0), prompt(1)


def verifier(verifier_id: str, *refused: str) -> FakeVerifier:
    """One that fails these answers, and else says what execution says."""

    def rule(check: Check, answer: Answer) -> Judgement:
        return Judgement(outcome=Outcome.FAIL, reason="timeout") if answer.text in refused else execute(check, answer)

    return FakeVerifier(verifier_id=verifier_id, rule=rule)


async def built(lake: Lake, folder: Path) -> tuple[Run, Snapshot]:
    """A finished run whose first prompt ``exam`` holds: of the other one, two of four samples are published."""
    exam(folder, seed_row(0)["task"])
    run, snapshot = await Builder(lake).build(seeds(recipe(folder, AGAINST, seeds=2)))
    assert snapshot is not None
    return load_run(lake, run.run_id), snapshot


async def reverified(lake: Lake, run: Run, by: FakeVerifier) -> str:
    """Judge and decide again; returns the curation_id."""
    record(lake, [calibrated(by, calibration_id=f"of-{by.verifier_id}")])
    if todo := unjudged(lake, run, [by]):
        rows = [await judged(one, {}) for one in todo]
        lake.commit(rejudging_key(run, todo), {"verdicts": rows}, run_id=run.run_id)
    return curate_run(lake, run, [by.verifier_id], again=True)


def answers(lake: Lake, where: str = "true") -> list[str]:
    """Different answers to the clean prompt, by where they stand in the newest curation."""
    query = f"SELECT s.answer FROM lake.samples s JOIN lake.current_selections c USING (sample_id) WHERE {where}"
    return [row["answer"] for row in lake.rows(f"{query} AND s.prompt_id = ? ORDER BY sample_id", [CLEAN.prompt_id])]


def contents(stated: list[dict[str, Any]]) -> set[tuple[str, int, int]]:
    return {(row["sha256"], row["rows"], row["overlapping_rows"]) for row in stated}


async def test_it_is_held_against_the_benchmark_as_it_is_now(lake: Lake, tmp_path: Path) -> None:
    run, first = await built(lake, tmp_path)
    before = checked_against(lake, "tiny", 1)
    exam(tmp_path)

    curation_id = await reverified(lake, run, verifier("new"))
    second = publish(lake, run, curation_id)

    assert second is not None
    assert second.new_rows == 2
    assert gates(lake, curation_id)[CONTAMINATED.prompt_id] >= {("kept", "")}
    ((now, rows, overlapping),) = contents(checked_against(lake, "tiny", 2))
    assert now != before[0]["sha256"]
    assert (rows, overlapping) == (second.rows, 0)
    assert second.rows == first.rows + 2
    assert curate_run(lake, run, ["new"], again=True) != curation_id, "what it kept is published now"
    assert publish(lake, run, curate_run(lake, run, ["new"], again=True)) is None


async def test_a_benchmark_that_is_gone_counts_as_far_as_it_was_looked_for(lake: Lake, tmp_path: Path) -> None:
    run, first = await built(lake, tmp_path)
    before = contents(checked_against(lake, "tiny", 1))
    shutil.rmtree(tmp_path / "exam")
    out = answers(lake, "c.kept")[0]

    curation_id = await reverified(lake, run, verifier("new", out))
    second = publish(lake, run, curation_id)

    assert second is not None
    assert (second.rows, second.new_rows) == (first.rows, 1)
    assert gates(lake, curation_id)[CONTAMINATED.prompt_id] == {("contamination", "prompt:exam")}
    dropped = lake.rows("SELECT sample_id FROM lake.current_selections WHERE gate = 'contamination' LIMIT 1")[0]
    assert [one["item_id"] for one in explain(lake, dropped["sample_id"])["overlaps"]] == ["test.jsonl:q0"]
    assert contents(checked_against(lake, "tiny", 2)) == before == {(next(iter(before))[0], second.rows, 0)}
    assert await reverified(lake, run, verifier("new", out)) != curation_id
    assert len(snapshots(lake)) == 2


async def test_a_sample_that_passes_first_when_a_benchmark_is_gone_waits_for_it(lake: Lake, tmp_path: Path) -> None:
    def refuse(check: Check, answer: Answer) -> Judgement:
        del check, answer
        return Judgement(outcome=Outcome.FAIL, reason="timeout")

    exam(tmp_path)
    builder = Builder(lake, verifier=FakeVerifier(verifier_id="strict", rule=refuse))
    run, snapshot = await builder.build(seeds(recipe(tmp_path, AGAINST, seeds=2)))
    assert snapshot is None
    (tmp_path / "exam").rename(tmp_path / "elsewhere")

    waiting = await reverified(lake, run, verifier("fair"))

    assert gates(lake, waiting)[CLEAN.prompt_id] == {("contamination", "unchecked:exam")}
    evidence = lake.rows("SELECT DISTINCT evidence FROM lake.current_selections")
    assert len(evidence) == 1
    assert "it was not checked against benchmark 'exam' (sha256 " in evidence[0]["evidence"]
    assert f"{tmp_path / 'exam'}, where nothing is" in evidence[0]["evidence"]
    assert publish(lake, run, waiting) is None

    (tmp_path / "elsewhere").rename(tmp_path / "exam")
    back = publish(lake, run, await reverified(lake, run, verifier("fair")))

    assert back is not None
    assert {row["rows"] for row in checked_against(lake, "tiny", 1)} == {back.rows}


async def test_a_benchmark_that_was_moved_is_found_where_the_newest_recipe_has_it(lake: Lake, tmp_path: Path) -> None:
    run, _ = await built(lake, tmp_path)
    (tmp_path / "exam").rename(tmp_path / "moved")
    open_run(lake, seeds(recipe(tmp_path, AGAINST.replace("exam: exam", "exam: moved"), seeds=2)), new_run=True)

    curation_id = await reverified(lake, run, verifier("new"))

    stated = lake.rows(
        "SELECT DISTINCT metric FROM lake.metrics WHERE snapshot = ? AND risk = 'contamination'", [curation_id]
    )
    assert len(stated) == 3, "it was looked for, and is not gone"
    assert gates(lake, curation_id)[CONTAMINATED.prompt_id] == {("contamination", "prompt:exam")}


async def test_a_benchmark_that_cannot_be_read_any_more_is_as_good_as_gone(lake: Lake, tmp_path: Path) -> None:
    run, _ = await built(lake, tmp_path)
    (tmp_path / "exam" / "test.jsonl").write_text('{"broken": ')

    curation_id = await reverified(lake, run, verifier("new"))

    assert gates(lake, curation_id)[CONTAMINATED.prompt_id] == {("contamination", "prompt:exam")}


async def test_shards_that_come_late_are_not_stopped_by_it(lake: Lake, tmp_path: Path) -> None:
    run, _ = await built(lake, tmp_path)
    exam(tmp_path)

    curation_id = curate_run(lake, run, [Builder(lake).verifier.verifier_id])

    assert gates(lake, curation_id)[CONTAMINATED.prompt_id] >= {("kept", "")}


async def test_a_run_that_is_built_again_is_stopped_still(lake: Lake, tmp_path: Path) -> None:
    run, _ = await built(lake, tmp_path)
    exam(tmp_path)
    again = open_run(lake, seeds(recipe(tmp_path, AGAINST, seeds=2)))
    assert again.is_rederived
    shutil.rmtree(tmp_path / "exam")

    with pytest.raises(RecipeError, match="where nothing is"):
        curate_run(lake, again, [Builder(lake).verifier.verifier_id])
    assert await reverified(lake, load_run(lake, run.run_id), verifier("new"))


async def test_what_was_installed_since_is_looked_for_as_well(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, snapshot = await Builder(lake).build(seeds(recipe(tmp_path, ALL, seeds=2)))
    assert snapshot is not None
    (tmp_path / "installed").mkdir()
    exam(tmp_path / "installed", seed_row(0)["task"])
    monkeypatch.setenv("STILLROOM_BENCHMARKS", str(tmp_path / "installed"))

    curation_id = await reverified(lake, load_run(lake, run.run_id), verifier("new"))

    found = lake.rows("SELECT DISTINCT prompt_id FROM lake.contamination_hits WHERE curation_id = ?", [curation_id])
    assert [row["prompt_id"] for row in found] == [CONTAMINATED.prompt_id]
