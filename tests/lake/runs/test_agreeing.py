"""Tests without a reference: what the samples agree on decides, where the recipe says so."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stillroom.capabilities import find_capability
from stillroom.lake import Lake
from stillroom.recipe import parse_recipe
from stillroom.records import Answer, Check, Judgement, Origin, Outcome
from stillroom.runs import FIRST_ROUND, Run, import_prompts, open_run, plan_shards, pool, unjudged, unsettled
from stillroom.runs.agreeing import NO_AGREEMENT, Unsettled, settled
from stillroom.runs.curating import curate_run
from stillroom.seeding import read_prompts
from tests.fakes.builds import Builder
from tests.fakes.prompts import prompt, seed_row
from tests.fakes.verifiers import FakeVerifier, execute

RECIPE = """
dataset: {dataset}
capability: code
prompts: prompts.jsonl
teachers: [{{name: fake, urls: ["http://127.0.0.1:9"], model: fake/tiny-coder}}]
sampling: {{adaptive: false, samples: 4}}
"""
WRONG = "assert %s(3) == 'a mistake'"


async def sampled(
    lake: Lake,
    tmp_path: Path,
    *,
    untrusted: bool,
    solution: bool = False,
    dataset: str = "mine",
    verifier: FakeVerifier | None = None,
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
    builder = Builder(lake, verifier=verifier or FakeVerifier())
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


async def test_one_wrong_assertion_beside_an_import_is_dropped_and_the_many_are_right() -> None:
    tests = ["import math", *(f"assert f({x}) == {2 * x}" for x in range(1, 5)), "assert f(9) == 19"]
    right, shares_the_mistake = ("return 2 * x", "a@1"), ("return 2 * x + (x == 9)", "a@1")

    rows = await settled(candidates(tests, *[right] * 5, shares_the_mistake), FakeVerifier(), "c")

    assert [row["outcome"] for row in rows["verdicts"]] == ["pass"] * 6
    assert "19" not in rows["prompts"][0]["tests"]


async def test_one_wrong_pair_is_dropped() -> None:
    pairs = [{"stdin": str(x), "stdout": str(2 * x)} for x in range(4)]
    wrong = {"stdin": "9", "stdout": "19"}

    def rule(check: Check, answer: Answer) -> Judgement:
        is_wrong = any(pair["stdout"] == "19" for pair in json.loads(check.tests))
        return Judgement(outcome=Outcome.FAIL if is_wrong else Outcome.PASS, reason="wrong-answer" * is_wrong)

    one = candidates([json.dumps([*pairs, wrong])], ("pass", "a@1"), ("pass", "a@1"))
    rows = await settled(one, FakeVerifier(rule=rule), "c")

    assert json.loads(rows["prompts"][0]["tests"]) == pairs
    assert {row["outcome"] for row in rows["verdicts"]} == {"pass"}


ONE = "xs = []\nassert f(3) == xs or f(3) == 9 and not xs"  # one test, however it is read


async def test_few_that_pass_a_test_that_stands_alone_are_not_believed() -> None:
    few, many = ("return x * x", "a@1"), ("return 2 * x", "a@1")

    one = candidates([ONE], few, many, many)
    rows = await settled(one, FakeVerifier(), "c")

    assert [(row["outcome"], row["reason"]) for row in rows["verdicts"]] == [ABSTAINED] * 3
    assert "at most half of the solutions pass" in rows["verdicts"][0]["detail"]


async def test_most_that_pass_a_test_that_stands_alone_are_believed() -> None:
    few, many = ("return 2 * x", "a@1"), ("return x * x", "a@1")

    assert await settled(candidates([ONE], few, many, many), FakeVerifier(), "c") == {}


async def test_test_that_is_written_many_times_counts_once() -> None:
    tests = ["assert f(3) == 9"] * 5 + ["assert f(3) == 6", "assert f(1) == 2"]
    one = candidates(tests, ("return 9", "a@1"), ("return 2 * x", "a@1"), ("return x + x", "a@1"))

    (prompt_,) = (await settled(one, FakeVerifier(), "c"))["prompts"]

    assert prompt_["tests"].splitlines() == ["assert f(3) == 6", "assert f(1) == 2"]


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


def candidates(tests: list[str], *answers: tuple[str, str], writer: str = "") -> Unsettled:
    """A prompt without a reference, and its samples: each the body of ``f(x)`` and the teacher who wrote it."""
    check = Check(tests="\n".join(tests), entry_point="f")
    samples = tuple(
        {
            "sample_id": f"s{number}",
            "shard": 0,
            "teacher_id": teacher,
            "answer": f"def f(x):\n    {body}",
            "extraction_problem": "",
        }
        for number, (body, teacher) in enumerate(answers)
    )
    return Unsettled(
        run_id="mine-r1", prompt=prompt(1, reference="", check=check, writer_teacher=writer), samples=samples
    )


async def verdicts(one: Unsettled) -> list[tuple[str, str]]:
    rows = await settled(one, FakeVerifier(), "c")
    return [(row["outcome"], row["reason"]) for row in rows["verdicts"]]


ABSTAINED = ("abstain", NO_AGREEMENT)


async def test_two_readings_of_one_weight_settle_nothing() -> None:
    tests = ["assert f(3) == 6", "assert f(3) == 9"]
    one = candidates(tests, ("return 2 * x", "a@1"), ("return x * x", "a@1"), ("return (", "a@1"))

    rows = await settled(one, FakeVerifier(), "c")

    assert "prompts" not in rows, "the tests stay as they are"
    assert {row["check_id"] for row in rows["verdicts"]} == {one.prompt.check_id}
    assert [row["sample_id"] for row in rows["verdicts"]] == ["s0", "s1", "s2"]
    assert (await verdicts(one))[:2] == [ABSTAINED, ABSTAINED]


async def test_what_fails_whatever_the_tests_say_still_fails() -> None:
    def rule(check: Check, answer: Answer) -> Judgement:
        reason = "harness:wrong-name" if "g(" in answer.text else "syntax" if "(:" in answer.text else "wrong-answer"
        return Judgement(outcome=Outcome.FAIL, reason=reason)

    one = candidates(["assert f(3) == 6"], ("g(x)", "a@1"), ("(:", "a@1"), ("return 5", "a@1"))
    rows = await settled(one, FakeVerifier(rule=rule), "c")

    found = [(row["outcome"], row["reason"]) for row in rows["verdicts"]]
    assert found == [("fail", "harness:wrong-name"), ("fail", "syntax"), ABSTAINED]


async def test_author_of_the_tests_does_not_vouch_for_its_own_solutions() -> None:
    # The writer reads the task as x * x in its tests and in its three solutions; another teacher reads it otherwise.
    tests = ["assert f(3) == 9", "assert f(4) == 16", "assert f(0) == 0", "assert f(2) == 4"]
    own = ("return x * x", "writer@2")  # another revision is the same teacher
    other = ("return 2 * x", "other@1")

    rows = await settled(candidates(tests, own, own, own, other, other, writer="writer@1"), FakeVerifier(), "c")

    (agreed,) = rows["prompts"]
    assert agreed["tests"].splitlines() == ["assert f(0) == 0", "assert f(2) == 4"]
    assert {row["outcome"] for row in rows["verdicts"]} == {"pass"}, "both readings pass what is left"

    nobody = candidates(tests[:2], own, own, other, writer="writer@1")
    assert await verdicts(nobody) == [ABSTAINED] * 3

    alone = candidates(tests, own, own, ("return 0", "writer@1"), writer="writer@1")
    assert await settled(alone, FakeVerifier(), "c") == {}, "with one teacher all its tests count"


async def test_abstaining_is_settled_once(lake: Lake, tmp_path: Path) -> None:
    run, builder = await sampled(lake, tmp_path, untrusted=True)
    (one,) = unsettled(lake, run, "fake-id")
    other = Unsettled(
        run_id=run.run_id,
        prompt=replace(one.prompt, check=replace(one.prompt.check, tests="assert 0")),
        samples=one.samples,
    )

    rows = await settled(other, builder.verifier, "fake-calibration")
    lake.commit(one.key("fake-id"), rows, run_id=run.run_id)

    assert unsettled(lake, run, "fake-id") == []
    assert kept(lake, run) == 0
    found = lake.rows(
        "SELECT DISTINCT outcome, reason FROM lake.verdicts QUALIFY row_number() OVER ("
        "PARTITION BY sample_id ORDER BY created_at DESC) = 1"
    )
    assert found == [{"outcome": "abstain", "reason": NO_AGREEMENT}]


async def test_tests_of_a_named_writer_are_candidates(lake: Lake, tmp_path: Path) -> None:
    row = {**seed_row(1), "writer": "elsewhere@1"}
    del row["solution"]
    (tmp_path / "prompts.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    given = parse_recipe(RECIPE.format(dataset="mine"), base=tmp_path, source="recipe.yaml")
    run = open_run(lake, given)
    assert given.prompts is not None
    import_prompts(lake, run, read_prompts(given.prompts, find_capability("code"), Origin.USER))
    plan_shards(lake, run, FIRST_ROUND)
    await Builder(lake).sample(run)

    assert [one.prompt.writer_teacher for one in unsettled(lake, run, "fake-id")] == ["elsewhere@1"]


def at_one_answer() -> FakeVerifier:
    """Meets a defect at answers that are "deep"."""

    def rule(check: Check, answer: Answer) -> Judgement:
        if "deep" in answer.text:
            raise RecursionError("too deep")
        return execute(check, answer)

    return FakeVerifier(rule=rule)


async def test_answer_that_the_agreed_tests_cannot_be_tried_on_has_no_row_and_the_others_are_judged() -> None:
    tests = ["assert f(3) == 6", "assert f(3) == 9"]
    one = candidates(tests, ("return 2 * x", "a@1"), ("return x + x", "a@1"), ("return 2 * x  # deep", "a@1"))

    rows = await settled(one, at_one_answer(), "c")

    assert [(row["sample_id"], row["outcome"]) for row in rows["verdicts"]] == [("s0", "pass"), ("s1", "pass")]
    assert rows["prompts"][0]["tests"] == tests[0]


async def test_where_nothing_is_agreed_on_no_verdict_rests_on_the_tests_for_what_cannot_be_judged_either() -> None:
    tests = ["assert f(3) == 6", "assert f(3) == 9"]
    one = candidates(tests, ("return 2 * x", "a@1"), ("return x * x", "a@1"), ("return 2 * x  # deep", "a@1"))

    rows = await settled(one, at_one_answer(), "c")

    assert [(row["outcome"], row["reason"]) for row in rows["verdicts"]] == [ABSTAINED] * 3


async def test_answer_that_cannot_be_judged_is_no_voice_about_a_test_that_stands_alone() -> None:
    one = candidates([ONE], ("return x * x", "a@1"), ("return 2 * x  # deep", "a@1"))

    assert await settled(one, at_one_answer(), "c") == {}, "one of one passes it"
