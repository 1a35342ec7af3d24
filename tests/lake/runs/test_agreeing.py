"""Tests without a reference: what the samples agree on decides, where the recipe says so."""

import json
from pathlib import Path
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.lake import Lake
from stillroom.recipe import parse_recipe
from stillroom.records import Origin
from stillroom.runs import FIRST_ROUND, Run, import_prompts, open_run, plan_shards, pool, unjudged, unsettled
from stillroom.runs.agreeing import separate, settled
from stillroom.runs.curating import curate_run
from stillroom.seeding import read_prompts
from tests.fakes.builds import Builder
from tests.fakes.prompts import seed_row

RECIPE = """
dataset: {dataset}
capability: code
prompts: prompts.jsonl
teachers: [{{name: fake, urls: ["http://127.0.0.1:9"], model: fake/tiny-coder}}]
sampling: {{adaptive: false, samples: 4}}
"""
WRONG = "assert %s(3) == 'a mistake'"


async def sampled(
    lake: Lake, tmp_path: Path, *, untrusted: bool, solution: bool = False, dataset: str = "mine"
) -> tuple[Run, Builder]:
    """A run on one prompt of a person's, of whose tests one is wrong."""
    row: dict[str, Any] = seed_row(1)
    row["tests"] = [*row["tests"], WRONG % row["entry_point"]]
    if not solution:
        del row["solution"]
    (tmp_path / "prompts.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    verification = f"verification: {{min_test_strength: null, untrusted_tests: {str(untrusted).lower()}}}\n"
    given = parse_recipe(RECIPE.format(dataset=dataset) + verification, base=tmp_path, source="recipe.yaml")
    run = open_run(lake, given)
    assert given.prompts is not None
    import_prompts(lake, run, read_prompts(given.prompts, find_capability("code"), Origin.USER))
    plan_shards(lake, run, FIRST_ROUND)
    builder = Builder(lake)
    await builder.sample(run)
    return run, builder


def kept(lake: Lake, run: Run) -> int:
    curation_id = curate_run(lake, run, ["fake-id"])
    return len(lake.rows("SELECT 1 FROM lake.selections WHERE curation_id = ? AND kept", [curation_id]))


async def test_the_test_that_all_samples_fail_is_dropped_and_they_pass(lake: Lake, tmp_path: Path) -> None:
    run, builder = await sampled(lake, tmp_path, untrusted=True)
    assert kept(lake, run) == 0

    (one,) = unsettled(lake, run, "fake-id")
    rows = await settled(one, builder.verifier, "fake-calibration")
    lake.commit(one.key("fake-id"), rows, run_id=run.run_id)

    (now,) = pool(lake, "mine")
    assert now.prompt_id == one.prompt.prompt_id
    assert now.check.tests.splitlines() == seed_row(1)["tests"]
    assert {row["check_id"] for row in rows["verdicts"]} == {now.check_id}
    assert [row["outcome"] for row in rows["verdicts"]] == ["pass"] * 4
    assert kept(lake, run) == 2


async def test_settling_twice_changes_nothing(lake: Lake, tmp_path: Path) -> None:
    run, builder = await sampled(lake, tmp_path, untrusted=True)
    (one,) = unsettled(lake, run, "fake-id")
    lake.commit(one.key("fake-id"), await settled(one, builder.verifier, "fake-calibration"), run_id=run.run_id)

    (again,) = unsettled(lake, run, "fake-id")
    assert await settled(again, builder.verifier, "fake-calibration") == {}
    lake.commit(again.key("fake-id"), {}, run_id=run.run_id)

    assert unsettled(lake, run, "fake-id") == []


@pytest.mark.parametrize(("untrusted", "solution"), [(False, False), (True, True)])
async def test_a_persons_tests_and_a_reference_are_believed(
    lake: Lake, tmp_path: Path, untrusted: bool, solution: bool
) -> None:
    run, _ = await sampled(lake, tmp_path, untrusted=untrusted, solution=solution)

    assert unsettled(lake, run, "fake-id") == []
    assert kept(lake, run) == 0


@pytest.mark.parametrize(
    ("tests", "parts"),
    [
        pytest.param("assert f(1) == 2\n\nassert f(2)", ["assert f(1) == 2", "assert f(2)"], id="asserts"),
        pytest.param("x = 1\nassert f(x)", ["x = 1\nassert f(x)"], id="something else"),
        pytest.param("assert f(", ["assert f("], id="no Python"),
        pytest.param('[{"stdin": "1", "stdout": "2"}]', ['[{"stdin": "1", "stdout": "2"}]'], id="pairs"),
    ],
)
def test_tests_that_stand_alone_are_judged_alone(tests: str, parts: list[str]) -> None:
    assert separate(tests) == parts


async def test_two_datasets_of_the_same_samples_settle_each_for_itself(lake: Lake, tmp_path: Path) -> None:
    for dataset in ("mine", "other"):
        run, builder = await sampled(lake, tmp_path, untrusted=True, dataset=dataset)
        (one,) = unsettled(lake, run, "fake-id")
        rows = await settled(one, builder.verifier, "fake-calibration")
        assert lake.commit(one.key("fake-id"), rows, run_id=run.run_id), "the key is another dataset's"

        assert kept(lake, run) == 2


async def test_samples_without_an_answer_are_judged_by_the_agreed_check_too(lake: Lake, tmp_path: Path) -> None:
    run, builder = await sampled(lake, tmp_path, untrusted=True)
    lake.rows("UPDATE lake.samples SET answer = '', extraction_problem = 'harness:no-code' WHERE sample_index = 0")
    (one,) = unsettled(lake, run, "fake-id")

    lake.commit(one.key("fake-id"), await settled(one, builder.verifier, ""), run_id=run.run_id)

    assert unjudged(lake, run, [builder.verifier]) == []


async def test_agreed_tests_stay_when_the_file_is_imported_again(lake: Lake, tmp_path: Path) -> None:
    run, builder = await sampled(lake, tmp_path, untrusted=True)
    (one,) = unsettled(lake, run, "fake-id")
    lake.commit(one.key("fake-id"), await settled(one, builder.verifier, ""), run_id=run.run_id)

    assert run.recipe.prompts is not None
    again = read_prompts(run.recipe.prompts, find_capability("code"), Origin.USER)
    assert import_prompts(lake, open_run(lake, run.recipe, new_run=True), again) == 0

    (now,) = pool(lake, "mine")
    assert now.check.tests.splitlines() == seed_row(1)["tests"]
    assert unjudged(lake, run, [builder.verifier]) == []


async def test_another_verifier_settles_for_itself(lake: Lake, tmp_path: Path) -> None:
    run, _ = await sampled(lake, tmp_path, untrusted=True)
    (one,) = unsettled(lake, run, "fake-id")
    lake.commit(one.key("fake-id"), {}, run_id=run.run_id)

    assert unsettled(lake, run, "fake-id") == []
    assert len(unsettled(lake, run, "another-id")) == 1


async def test_agreed_verdicts_name_their_calibration(lake: Lake, tmp_path: Path) -> None:
    run, builder = await sampled(lake, tmp_path, untrusted=True)
    (one,) = unsettled(lake, run, "fake-id")

    rows = await settled(one, builder.verifier, "the-calibration")

    assert {row["calibration_id"] for row in rows["verdicts"]} == {"the-calibration"}
