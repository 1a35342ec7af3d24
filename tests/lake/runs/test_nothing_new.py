"""A run that brought nothing new says why, in its record and at the end of its build."""

from pathlib import Path

import pytest

from stillroom.cli.outcome import outcome_of
from stillroom.curation.selection import Gate
from stillroom.lake import Lake
from stillroom.records import Judgement, Outcome
from stillroom.runs import Run, why_nothing_new
from tests.fakes.builds import Builder
from tests.fakes.exams import seeds
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier

FAIL = Judgement(outcome=Outcome.FAIL, reason="wrong-answer", tests_passed=0, tests_total=1)
STRUCTURAL = "curation: {near_answers: null, near_prompts: null, structural_answers: true}\n"


def asking(folder: Path, curation: str = STRUCTURAL, *, samples: int = 4):
    changes = f"{curation}sampling: {{adaptive: false, samples: {samples}}}\nselection: {{keep: 9}}"
    return seeds(recipe(folder, changes, seeds=2))


def told(lake: Lake, run: Run) -> tuple[str, object]:
    """What the run's record says, and what its build ends with."""
    row = lake.rows("SELECT state, note FROM lake.current_runs WHERE run_id = ?", [run.run_id])[0]
    assert row["state"] == "empty"
    return row["note"], outcome_of(lake, run, "", seconds=1.0, first_sample_seconds=None)["nothing_new"]


async def test_a_run_of_duplicates_alone_publishes_nothing_and_says_so(lake: Lake, tmp_path: Path) -> None:
    """Another epoch's samples differ from those that are published in remarks alone."""
    given = asking(tmp_path)
    _, first = await Builder(lake).build(given)
    assert first is not None
    other = given.model_copy(update={"sampling": given.sampling.model_copy(update={"epoch": 1})})

    run, second = await Builder(lake).build(other)

    assert second is None
    why = "all 8 samples that passed are duplicates of what is published, or of tables that it is compared with"
    assert told(lake, run) == (f"nothing new was kept: {why}", why)


async def test_a_run_of_which_nothing_passed_says_that(lake: Lake, tmp_path: Path) -> None:
    run, snapshot = await Builder(lake, verifier=FakeVerifier(rule=lambda *_: FAIL)).build(asking(tmp_path))

    assert snapshot is None
    assert told(lake, run) == ("nothing new was kept: none of its samples passed", "none of its samples passed")


async def test_a_run_that_other_gates_stopped_counts_its_duplicates(lake: Lake, tmp_path: Path) -> None:
    _, first = await Builder(lake).build(asking(tmp_path))
    assert first is not None
    filters = STRUCTURAL.replace("}", ", filters: {length: {least_prompt: 100000}}}")
    given = asking(tmp_path, filters)
    other = given.model_copy(update={"sampling": given.sampling.model_copy(update={"epoch": 1})})

    run, second = await Builder(lake).build(other)

    assert second is None
    why = "of 8 samples that passed, 0 are duplicates, and other gates dropped the rest"
    assert told(lake, run) == (f"nothing new was kept: {why}", why)


async def test_what_is_published_and_what_has_no_samples_is_told_apart(lake: Lake, tmp_path: Path) -> None:
    run, snapshot = await Builder(lake).build(asking(tmp_path, samples=1))
    assert snapshot is not None
    await Builder(lake).build(asking(tmp_path, samples=1))

    assert why_nothing_new(lake, run.run_id) == "what passed of it is published already"
    assert why_nothing_new(lake, "no-run") == "it has no samples"


@pytest.mark.parametrize("gate", Gate)
def test_gates_of_duplicates_are_those_whose_names_say_so(gate: Gate) -> None:
    assert gate.endswith("duplicate") is ("DUPLICATE" in gate.name)
