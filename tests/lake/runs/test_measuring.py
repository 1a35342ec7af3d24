"""Strength of tests: measured once a check, and what is weak or unknown keeps nothing."""

from pathlib import Path
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.cli.ancestry import follow
from stillroom.lake import Lake
from stillroom.publication import manifest, publish
from stillroom.recipe import Recipe
from stillroom.records.execution import Execution, Program
from stillroom.runs import Run, is_measured, shard_key, unmeasured, weakness
from stillroom.runs.curating import curate_run
from stillroom.runs.measuring import Unmeasured, measuring_cost, strength_row, strengths_key
from tests.fakes.builds import Builder
from tests.fakes.prompts import prompt, recipe
from verifiers.code_tests import CodeTests, Strength
from verifiers.mutation import Mutant

SURVIVOR = Mutant(source="", operator="boundary", line=3, change="a < b → a <= b")
STRONG = Strength(mutants=10, killed=9, set_aside=1)
WEAK = Strength(mutants=10, killed=6, set_aside=0, survivors=(SURVIVOR,) * 4)
TRIVIAL = Strength(mutants=10, killed=10, trivial_passes=("def f(): return 0",))
UNKNOWN = Strength(problem="mutants:none")
DEFAULT = "verification: {timeout_seconds: 5}"


class NoExecutor:
    """An image, and nothing that runs in it: measuring is for the sandbox's tests."""

    image_digest = "sha256:0"

    async def run(self, program: Program) -> Execution:
        raise AssertionError("nothing is run here")


CODE_TESTS = CodeTests(NoExecutor())


async def sampled(lake: Lake, tmp_path: Path, changes: str = DEFAULT) -> Run:
    builder = Builder(lake)
    run = builder.begin(recipe(tmp_path, changes))
    await builder.sample(run)
    return run


def commit(
    lake: Lake, run: Run, todo: list[Unmeasured], strength: Strength, code_tests: CodeTests = CODE_TESTS
) -> None:
    rows: Any = [strength_row(one.prompt, strength, solution_from="reference", code_tests=code_tests) for one in todo]
    lake.commit(strengths_key(rows), {"test_strengths": rows, "costs": [measuring_cost(rows)]}, run_id=run.run_id)


def gates(lake: Lake, run: Run, measure_id: str = CODE_TESTS.measure_id) -> dict[str, set[tuple[str, str]]]:
    """By prompt, the gates and evidence of the newest curation."""
    curation_id = curate_run(lake, run, ["fake-id"], measure_id=measure_id)
    found: dict[str, set[tuple[str, str]]] = {}
    for row in lake.rows("SELECT * FROM lake.selections WHERE curation_id = ?", [curation_id]):
        found.setdefault(row["prompt_id"], set()).add((row["gate"], row["evidence"]))
    return found


@pytest.mark.parametrize(
    ("strength", "value"), [(STRONG, 1.0), (WEAK, 0.6), (TRIVIAL, 0.0), (UNKNOWN, None), (Strength(), None)]
)
def test_strength_is_the_share_of_mistakes_that_are_noticed(strength: Strength, value: float | None) -> None:
    assert strength.value == value


@pytest.mark.parametrize(
    ("strength", "minimum", "evidence"),
    [
        pytest.param(STRONG, 1.0, "", id="strong"),
        pytest.param(WEAK, 0.6, "", id="just enough"),
        pytest.param(
            WEAK,
            0.8,
            "its tests fail 6 of 10 mutants, 0.60 of at least 0.8; "
            "a mutant that passes: line 3, boundary: a < b → a <= b",
            id="weak",
        ),
        pytest.param(
            TRIVIAL, 0.1, "a solution that understands nothing passes its tests: def f(): return 0", id="trivial"
        ),
        pytest.param(UNKNOWN, 0.1, "the strength of its tests could not be measured: mutants:none", id="unknown"),
    ],
)
def test_weakness_comes_with_its_evidence(strength: Strength, minimum: float, evidence: str) -> None:
    row = strength_row(prompt(1), strength, solution_from="reference", code_tests=CODE_TESTS)

    assert weakness(row, minimum) == evidence


async def test_checks_with_passing_samples_are_measured_once(lake: Lake, tmp_path: Path) -> None:
    run = await sampled(lake, tmp_path)

    todo = unmeasured(lake, run, CODE_TESTS.measure_id, ["fake-id"])
    commit(lake, run, todo[:1], STRONG)
    rest = unmeasured(lake, run, CODE_TESTS.measure_id, ["fake-id"])
    commit(lake, run, rest, STRONG)

    assert len(todo) == 2
    assert todo[0].solutions[0][0] == "reference"
    assert len(todo[0].solutions) == 2
    assert [one.prompt.check_id for one in rest] == [todo[1].prompt.check_id]
    assert unmeasured(lake, run, CODE_TESTS.measure_id, ["fake-id"]) == []
    assert len(unmeasured(lake, run, "another measure", ["fake-id"])) == 2


async def test_weak_tests_keep_nothing(lake: Lake, tmp_path: Path) -> None:
    run = await sampled(lake, tmp_path)
    first, second = unmeasured(lake, run, CODE_TESTS.measure_id, ["fake-id"])
    commit(lake, run, [first], WEAK)
    commit(lake, run, [second], STRONG)

    found = gates(lake, run)

    assert {gate for gate, _ in found[first.prompt.prompt_id]} == {"test-strength"}
    assert all("line 3, boundary" in evidence for _, evidence in found[first.prompt.prompt_id])
    assert {gate for gate, _ in found[second.prompt.prompt_id]} == {"kept", "rank"}


async def test_unmeasured_tests_keep_nothing(lake: Lake, tmp_path: Path) -> None:
    run = await sampled(lake, tmp_path)

    found = gates(lake, run)

    expected = ("test-strength", "the strength of its tests was not measured")
    assert all(decisions == {expected} for decisions in found.values())


async def test_another_measurement_is_another_curation(lake: Lake, tmp_path: Path) -> None:
    run = await sampled(lake, tmp_path)
    before = curate_run(lake, run, ["fake-id"], measure_id=CODE_TESTS.measure_id)
    commit(lake, run, unmeasured(lake, run, CODE_TESTS.measure_id, ["fake-id"]), STRONG)

    assert curate_run(lake, run, ["fake-id"], measure_id=CODE_TESTS.measure_id) != before
    assert {gate for decisions in gates(lake, run).values() for gate, _ in decisions} == {"kept", "rank"}


async def test_a_measure_under_other_limits_decides_nothing_and_is_not_stated(lake: Lake, tmp_path: Path) -> None:
    run = await sampled(lake, tmp_path)
    hurried = CodeTests(NoExecutor(), timeout_seconds=1.0)
    assert hurried.measure_id != CODE_TESTS.measure_id
    commit(lake, run, unmeasured(lake, run, CODE_TESTS.measure_id, ["fake-id"]), STRONG)
    commit(lake, run, unmeasured(lake, run, hurried.measure_id, ["fake-id"]), UNKNOWN, hurried)

    found = gates(lake, run)

    assert {gate for decisions in found.values() for gate, _ in decisions} == {"kept", "rank"}
    snapshot = publish(lake, run, curate_run(lake, run, ["fake-id"], measure_id=CODE_TESTS.measure_id))
    assert snapshot is not None
    (stated,) = manifest(lake, snapshot)["run"]["test_strengths"]
    assert (stated["mean_strength"], stated["strong_enough"]) == (1.0, 2)
    for row in lake.rows("SELECT example_id FROM lake.examples"):
        assert follow(lake, row["example_id"]).strength["measure_id"] == CODE_TESTS.measure_id
    others = {gate for decisions in gates(lake, run, hurried.measure_id).values() for gate, _ in decisions}
    assert others == {"published", "test-strength"}, "what is published stays in any case"


async def test_null_asks_nothing(lake: Lake, tmp_path: Path) -> None:
    run = await sampled(lake, tmp_path, "verification: {min_test_strength: null}")

    assert {gate for decisions in gates(lake, run).values() for gate, _ in decisions} == {"kept", "rank"}
    assert not is_measured(run.recipe, find_capability("code"))


def test_default_asks_for_what_the_docs_say(tmp_path: Path) -> None:
    given: Recipe = recipe(tmp_path, DEFAULT)

    assert given.verification.min_test_strength == 0.8
    assert is_measured(given, find_capability("code"))


async def test_another_minimum_owes_no_samples(lake: Lake, tmp_path: Path) -> None:
    run = await sampled(lake, tmp_path)
    changed = await sampled(lake, tmp_path, DEFAULT.replace("}", ", min_test_strength: 0.5}"))

    assert changed.run_id == run.run_id
    assert shard_key(changed, 0) == shard_key(run, 0)


async def test_measuring_is_part_of_what_verification_costs(lake: Lake, tmp_path: Path) -> None:
    run = await sampled(lake, tmp_path)
    strength = Strength(mutants=3, killed=3, programs=20, cpu_seconds=0.25)
    commit(lake, run, unmeasured(lake, run, CODE_TESTS.measure_id, ["fake-id"]), strength)

    newest = lake.rows("SELECT * FROM lake.costs WHERE stage = 'verification' ORDER BY created_at DESC LIMIT 1")[0]
    assert (newest["samples"], newest["seconds"]) == (40, 0.5)
