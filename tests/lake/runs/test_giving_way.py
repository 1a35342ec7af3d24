"""What was dropped in favour of something that is taken out later is named, and decided about again, once."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from stillroom.calibration import record
from stillroom.curation.decisions import ELSEWHERE, LOST
from stillroom.lake import Lake
from stillroom.publication import Snapshot, publish, retract, snapshots
from stillroom.recipe import Recipe
from stillroom.records import Answer, Check, Judgement, Outcome
from stillroom.runs import Cause, Run, judged, load_run, rejudging_key, unjudged
from stillroom.runs.curating import curate_run
from stillroom.runs.giving_way import GaveWay, gave_way, names_what_is_gone
from tests.fakes.answers import Said
from tests.fakes.builds import Builder, calibrated
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import recipe, seed_row
from tests.fakes.rows import row
from tests.fakes.verifiers import FakeVerifier, execute

FOUR = "sampling: {adaptive: false, samples: 4}\n"
WAYS = [
    pytest.param("", "prompt-duplicate", id="prompts"),
    pytest.param("near_prompts: null", "exact-duplicate", id="answers"),
]


def alike(folder: Path, curation: str = "", *, dataset: str = "tiny") -> Recipe:
    """Two tasks that say nearly the same; a run takes one of them, the next run the other."""
    seed = seed_row(0)
    rows = (seed, {**seed, "id": "alike", "task": f"{seed['task']} Be brief."})
    (folder / "seeds.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    given = recipe(folder, f"{FOUR}curation: {{{curation}}}\n")
    assert given.seeding is not None
    one_each = given.seeding.model_copy(update={"seed_prompts": 1, "new_prompts": 0})
    return given.model_copy(update={"seeding": one_each, "dataset": dataset})


def builder(lake: Lake) -> Builder:
    """Whoever answers both tasks by one answer."""
    answer = Said(f"```python\n{seed_row(0)['solution']}\n```")
    return Builder(lake, client=MemoryClient(reply=lambda *_: answer))


async def two_runs(lake: Lake, given: Recipe) -> tuple[Run, Run]:
    """The first publishes a sample, and all of the second give way to it."""
    first, published = await builder(lake).build(given)
    second, nothing = await builder(lake).build(given)
    assert published is not None
    assert published.rows == 1
    assert nothing is None
    return load_run(lake, first.run_id), load_run(lake, second.run_id)


def curations(lake: Lake, run: Run) -> int:
    query = "SELECT count(DISTINCT curation_id) AS n FROM lake.selections WHERE run_id = ?"
    return lake.rows(query, [run.run_id])[0]["n"]


def samples(lake: Lake, run: Run) -> list[str]:
    rows = lake.rows("SELECT sample_id FROM lake.samples WHERE run_id = ? ORDER BY ALL", [run.run_id])
    return [one["sample_id"] for one in rows]


def retracted(lake: Lake, run: Run) -> Snapshot:
    """The version without the prompt of a run."""
    prompt_id = lake.rows("SELECT min(prompt_id) AS id FROM lake.examples WHERE run_id = ?", [run.run_id])[0]["id"]
    (version,) = retract(lake, Cause(kind="prompt", cause_id=prompt_id))
    return version


def failing(answers: Sequence[str] | None = None) -> FakeVerifier:
    """One that fails these answers, or all."""

    def rule(check: Check, answer: Answer) -> Judgement:
        if answers is None or answer.text in answers:
            return Judgement(outcome=Outcome.FAIL, reason="timeout")
        return execute(check, answer)

    return FakeVerifier(verifier_id="strict", rule=rule)


NOTHING_PASSES = failing()


async def reverified(lake: Lake, run: Run, by: FakeVerifier) -> Snapshot | None:
    """What the flow does with one run; returns the version that it published."""
    record(lake, [calibrated(by, calibration_id="of-strict")])
    todo = unjudged(lake, run, [by])
    rows = [await judged(one, {by.verifier_id: "of-strict"}) for one in todo]
    lake.commit(rejudging_key(run, todo), {"verdicts": rows}, run_id=run.run_id)
    return decide_again(lake, run, by.verifier_id)


def decide_again(lake: Lake, run: Run, verifier_id: str = "fake-id") -> Snapshot | None:
    before = snapshots(lake)
    version = publish(lake, run, curate_run(lake, run, [verifier_id], again=True))
    return None if version in before else version


@pytest.mark.parametrize(("curation", "gate"), WAYS)
async def test_what_gave_way_to_a_retracted_row_of_another_run_is_decided_about_again_once(
    lake: Lake, tmp_path: Path, curation: str, gate: str
) -> None:
    first, second = await two_runs(lake, alike(tmp_path, curation))
    gates = lake.rows("SELECT DISTINCT gate FROM lake.current_selections WHERE run_id = ?", [second.run_id])
    assert gates == [{"gate": gate}]

    version = retracted(lake, first)
    assert gave_way(lake, "tiny", version.version).finished == {"tiny": samples(lake, second)}
    again = decide_again(lake, second)

    assert again is not None
    assert (again.rows, again.new_rows) == (1, 1)
    assert gave_way(lake, "tiny", version.version).finished == {}
    before = curations(lake, second)
    assert decide_again(lake, second) is None
    assert curations(lake, second) == before + 1, "what it has published counts as such now"
    before = curations(lake, second)
    assert decide_again(lake, second) is None
    assert curations(lake, second) == before


async def test_what_gave_way_to_a_row_that_passes_no_more_is_decided_about_in_the_same_reverification(
    lake: Lake, tmp_path: Path
) -> None:
    first, second = await two_runs(lake, alike(tmp_path))

    without = await reverified(lake, first, NOTHING_PASSES)
    again = await reverified(lake, second, FakeVerifier(verifier_id="strict"))

    assert without is not None
    assert (without.label, without.rows) == ("tiny@2", 0)
    assert again is not None
    assert (again.label, again.rows, again.new_rows) == ("tiny@3", 1, 1)


async def test_what_gave_way_to_another_datasets_row_is_named_with_its_own(lake: Lake, tmp_path: Path) -> None:
    first, published = await builder(lake).build(alike(tmp_path))
    other, nothing = await builder(lake).build(alike(tmp_path, "published: all", dataset="other"))
    assert published is not None
    assert nothing is None

    without = await reverified(lake, load_run(lake, first.run_id), NOTHING_PASSES)

    assert without is not None
    assert gave_way(lake, "tiny", without.version).finished == {"other": samples(lake, other)}
    again = decide_again(lake, load_run(lake, other.run_id))
    assert again is not None
    assert (again.label, again.rows) == ("other@1", 1)
    assert gave_way(lake, "tiny", without.version).finished == {}


async def test_runs_that_lost_nothing_to_it_keep_their_decisions(lake: Lake, tmp_path: Path) -> None:
    apart = recipe(tmp_path, FOUR)
    first, _ = await Builder(lake).build(apart)
    second, _ = await Builder(lake).build(apart)
    run = load_run(lake, second.run_id)
    decide_again(lake, run)  # what it has published counts as such from now on
    before = curations(lake, run)

    version = retracted(lake, load_run(lake, first.run_id))

    assert gave_way(lake, "tiny", version.version).finished == {}
    assert decide_again(lake, run) is None
    assert curations(lake, run) == before


SAME_RUN, OTHER_RUN, OTHER_DATASET = "tiny-r1", "tiny-r2", "other-r1"
NAMED = [pytest.param(gate.value, OTHER_RUN, "quota:topic", True, id=gate.value) for gate in LOST] + [
    pytest.param("diversity", SAME_RUN, "sameness", True, id="a place of the run's share"),
    pytest.param("diversity", OTHER_RUN, "sameness", False, id="no place of another run's share"),
    pytest.param("contamination", OTHER_RUN, "answer:exam", False, id="not for another sample"),
]


@pytest.mark.parametrize(("gate", "run_id", "reason", "is_named"), NAMED)
async def test_all_gates_that_drop_one_for_another_are_named(
    lake: Lake, tmp_path: Path, gate: str, run_id: str, reason: str, is_named: bool
) -> None:
    gone, version = await taken_out(lake, tmp_path)
    matched = gone["prompt_id"] if gate == "prompt-duplicate" else gone["sample_id"]
    decided(lake, run_id, gate=gate, reason=reason, matched_id=matched)

    assert gave_way(lake, "tiny", version.version).finished == ({"tiny": ["loser"]} if is_named else {})
    assert names_what_is_gone(lake, run_id, "decisions") == is_named


async def test_a_run_that_was_never_finished_is_decided_about_by_its_build_until_it_is_given_up(
    lake: Lake, tmp_path: Path
) -> None:
    given = alike(tmp_path)
    first, published = await builder(lake).build(given)
    assert published is not None
    unfinished = builder(lake).begin(given)
    await builder(lake).sample(unfinished)
    curate_run(lake, unfinished, ["fake-id"])  # and nothing is published: its build dies, or is refused

    version = retracted(lake, load_run(lake, first.run_id))
    found = gave_way(lake, "tiny", version.version)
    assert (found.finished, found.unfinished) == ({}, {"tiny": samples(lake, unfinished)})

    builder(lake).begin(given, new_run=True)
    assert gave_way(lake, "tiny", version.version) == GaveWay()


async def test_a_finished_run_that_is_open_again_is_decided_about_by_its_build_until_it_is_given_up(
    lake: Lake, tmp_path: Path
) -> None:
    first, second = await two_runs(lake, alike(tmp_path))
    version = retracted(lake, first)
    assert builder(lake).begin(alike(tmp_path, "near_prompts: null")).run_id == second.run_id
    lost = {"tiny": samples(lake, second)}
    assert gave_way(lake, "tiny", version.version) == GaveWay(unfinished=lost)

    builder(lake).begin(alike(tmp_path, "near_prompts: null"), new_run=True)
    assert gave_way(lake, "tiny", version.version) == GaveWay(finished=lost)


HOLDERS = [
    pytest.param((), True, id="nobody has it any more"),
    pytest.param(("third",), False, id="a third dataset has it as well"),
    pytest.param(("other",), True, id="the dataset itself has it, which is compared by itself"),
]


@pytest.mark.parametrize(("holders", "is_named"), HOLDERS)
async def test_what_another_dataset_has_as_well_is_not_gone(
    lake: Lake, tmp_path: Path, holders: tuple[str, ...], is_named: bool
) -> None:
    gone, version = await taken_out(lake, tmp_path)
    for name in holders:
        example = {**row("examples"), "example_id": "copy", "sample_id": gone["sample_id"]}
        member = {"name": name, "version": 1, "example_id": "copy"}
        run = {"runs": [row("runs", version=1, dataset=name, state="published")]}
        lake.commit(f"copy:{name}", {**run, "examples": [example], "snapshot_members": [member]}, run_id=f"{name}-r1")
    decided(lake, OTHER_DATASET, gate="near-duplicate", matched_id=f"tiny{ELSEWHERE}{gone['sample_id']}")

    assert gave_way(lake, "tiny", version.version).finished == ({"other": ["loser"]} if is_named else {})
    assert names_what_is_gone(lake, OTHER_DATASET, "decisions") == is_named


async def test_a_prompt_that_keeps_an_example_is_not_gone(lake: Lake, tmp_path: Path) -> None:
    gone, version = await taken_out(lake, tmp_path, one=True)
    decided(lake, OTHER_RUN, gate="prompt-duplicate", matched_id=gone["prompt_id"])

    assert gave_way(lake, "tiny", version.version).finished == {}
    assert not names_what_is_gone(lake, OTHER_RUN, "decisions")


async def taken_out(lake: Lake, folder: Path, *, one: bool = False) -> tuple[dict[str, Any], Snapshot]:
    """A row of ``removals``, one of all or the only one, and the version that lacks it."""
    run, _ = await Builder(lake).build(recipe(folder, FOUR))
    (first, *_) = lake.rows("SELECT answer FROM lake.examples ORDER BY sample_id")
    refused = [first["answer"]] if one else None
    version = await reverified(lake, load_run(lake, run.run_id), failing(refused))
    assert version is not None
    removed = lake.rows("SELECT sample_id, prompt_id FROM lake.removals ORDER BY sample_id")
    return removed[0], version


def decided(lake: Lake, run_id: str, **selection: Any) -> None:
    """A newest decision of a run, which may be there already."""
    dataset = run_id.partition("-")[0]
    known = lake.rows("SELECT 1 FROM lake.runs WHERE run_id = ?", [run_id])
    runs = [] if known else [row("runs", version=1, dataset=dataset, state="published")]
    made = row("selections", curation_id="decisions", sample_id="loser", kept=False, **selection)
    lake.commit("curation:decisions", {"runs": runs, "selections": [made]}, run_id=run_id)
