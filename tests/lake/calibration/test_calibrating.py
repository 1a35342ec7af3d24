"""Measuring and storing: what is counted, what is named, and that nothing is measured twice."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from stillroom.calibration import (
    Calibration,
    CaseSet,
    calibration_id,
    load,
    measure,
    measure_mutants,
    measured_calibrations,
    mutant_cases,
    named_calibrations,
    newest_of,
    read_cases,
    record,
    refuse_beyond_limits,
)
from stillroom.capabilities import find_capability
from stillroom.errors import GateError, SandboxError, Unjudgeable
from stillroom.lake import Lake
from stillroom.records import Answer, Check, Judgement, Outcome
from stillroom.records.execution import Execution, Limits, Program
from tests.fakes.verifiers import FakeVerifier, execute


@pytest.fixture
def cases(tmp_path: Path) -> CaseSet:
    """Ten right answers and ten wrong ones."""
    path = tmp_path / "set.jsonl"
    rows = [
        {
            "id": f"c{number}",
            "tests": f"assert f() == {number}",
            "entry_point": "f",
            "solution": f"def f():\n    return {number}",
            "wrong": [{"slip": "next", "solution": f"def f():\n    return {number + 1}"}],
        }
        for number in range(10)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return read_cases(path, find_capability("code"))


async def test_rates_count_true_and_false_passes(cases: CaseSet) -> None:
    found = await measure(FakeVerifier(), cases)

    assert (found.good_cases, found.good_passed, found.bad_cases, found.bad_passed) == (10, 10, 10, 0)
    assert found.misjudged == ()
    assert found.true_pass == pytest.approx((0.7225, 1.0), abs=1e-3)
    assert found.false_pass == pytest.approx((0.0, 0.2775), abs=1e-3)


async def test_misjudged_cases_are_named_and_an_abstention_is_no_pass(cases: CaseSet) -> None:
    def rule(check: Check, answer: Answer) -> Judgement:
        if check.tests.endswith("== 3"):
            return Judgement(outcome=Outcome.PASS)
        return Judgement(outcome=Outcome.ABSTAIN)

    found = await measure(FakeVerifier(rule=rule), cases)

    assert (found.good_passed, found.bad_passed) == (1, 1)
    assert "c3/1-next" in found.misjudged
    assert "c3" not in found.misjudged
    assert len(found.misjudged) == 10


async def test_good_case_that_cannot_be_judged_is_no_pass_a_bad_one_is_undecided_and_both_are_told(
    cases: CaseSet,
) -> None:
    def rule(check: Check, answer: Answer) -> Judgement:
        if check.tests.endswith("== 3"):
            raise RecursionError("too deep")
        return execute(check, answer)

    said: list[str] = []
    found = await measure(FakeVerifier(rule=rule), cases, say=said.append)

    assert (found.good_cases, found.good_passed, found.bad_cases, found.bad_passed) == (10, 9, 9, 0)
    assert (found.misjudged, found.undecided) == (("c3",), 1)
    assert sorted(line.partition(" cannot be judged: ")[0] for line in said) == ["case c3", "case c3/1-next"]
    assert all("(RecursionError: too deep)" in line for line in said)


async def test_verifier_that_can_judge_no_bad_case_is_not_fit(cases: CaseSet) -> None:
    def rule(check: Check, answer: Answer) -> Judgement:
        judgement = execute(check, answer)
        if judgement.outcome is Outcome.FAIL:
            raise RecursionError("too deep")
        return judgement

    found = await measure(FakeVerifier(rule=rule), cases)

    assert (found.good_passed, found.bad_cases, found.undecided) == (10, 0, 10)
    with pytest.raises(GateError, match=r"cannot judge 10 other wrong ones, which count as passed\. Misjudged: none"):
        refuse_beyond_limits([found])


@pytest.mark.parametrize("sought", ["good", "bad", "mutant"])
async def test_sandbox_that_is_lost_at_one_case_alone_measures_nothing(cases: CaseSet, sought: str) -> None:
    mutated = mutant_cases(cases)
    named = {"good": cases.cases[0], "bad": next(one for one in cases.cases if not one.is_good)}
    odd = named.get(sought, mutated.cases[0])

    def rule(check: Check, answer: Answer) -> Judgement:
        if (check, answer) == (odd.check, odd.answer):
            raise Unjudgeable("the sandbox failed 4 times on one program. It runs others.")
        return execute(check, answer)

    fake = FakeVerifier(rule=rule)
    measuring = (
        measure_mutants(lambda *_: fake, mutated, cases, NoExecutor(), Limits())
        if sought == "mutant"
        else measure(fake, cases)
    )
    with pytest.raises(SandboxError, match="It runs others"):
        await measuring


@pytest.mark.parametrize("is_of_the_original", [True, False])
async def test_mutants_of_which_one_cannot_be_judged_are_counted_without_it(
    cases: CaseSet, is_of_the_original: bool
) -> None:
    mutated = mutant_cases(cases)
    original = next(case for case in cases.cases if case.case_id == "c3")
    of_it = [case for case in mutated.cases if case.case_id.startswith("c3/")]
    odd = original if is_of_the_original else of_it[0]

    def rule(check: Check, answer: Answer) -> Judgement:
        if (check, answer) == (odd.check, odd.answer):
            raise RecursionError("too deep")
        return execute(check, answer)

    said: list[str] = []
    fake = FakeVerifier(rule=rule)
    found = await measure_mutants(lambda *_: fake, mutated, cases, NoExecutor(), Limits(), say=said.append)

    assert found.undecided == (len(of_it) if is_of_the_original else 1)
    assert found.bad_cases == len(mutated.cases) - found.undecided
    assert found.bad_passed == 0
    (line,) = said
    assert line.startswith(f"case {odd.case_id} cannot be judged: fake-tests@1 has a defect")


class NoExecutor:
    """Nothing is to run: no mutant passes, so none is compared."""

    image_digest = "none"

    async def run(self, program: Program) -> Execution:
        raise AssertionError(program)


async def test_failing_sandbox_measures_nothing(cases: CaseSet) -> None:
    with pytest.raises(SandboxError):
        await measure(FakeVerifier(fails_after=7), cases)


async def test_second_measurement_changes_nothing_unless_it_is_asked_for(lake: Lake, cases: CaseSet) -> None:
    first = await measure(FakeVerifier(), cases)
    await asyncio.to_thread(record, lake, [first])
    record(lake, [replace(first, good_passed=1)])
    assert load(lake, first.calibration_id) == first
    assert len(lake.rows("SELECT 1 FROM lake.calibrations")) == 1

    record(lake, [replace(first, good_passed=9)], again=True)

    newest = load(lake, first.calibration_id)
    assert newest is not None
    assert newest.good_passed == 9
    assert [one.good_passed for one in newest_of(lake, ["fake-id"])] == [9]
    assert len(lake.rows("SELECT 1 FROM lake.calibrations")) == 2


async def test_verdicts_name_their_calibration_before_it_is_measured(lake: Lake, cases: CaseSet) -> None:
    verifier = FakeVerifier()
    named = named_calibrations(lake, [verifier], cases)
    assert named == {"fake-id": (await measure(verifier, cases)).calibration_id}
    assert named_calibrations(lake, [FakeVerifier(verifier_id="other")], cases) != named


async def test_without_shipped_cases_the_newest_calibration_is_named(lake: Lake, cases: CaseSet) -> None:
    verifier = FakeVerifier()
    assert named_calibrations(lake, [verifier], None) == {}
    record(lake, [await measure(verifier, cases)])
    assert named_calibrations(lake, [verifier], None) == {"fake-id": calibration_id("fake-id", cases)}


async def test_anybodys_verdicts_name_only_what_was_measured(lake: Lake, cases: CaseSet) -> None:
    verifier = FakeVerifier()
    assert measured_calibrations(lake, [verifier], cases) == {}

    other = replace(await measure(verifier, cases), calibration_id="other", case_set="mine", set_id="mine")
    record(lake, [other])
    assert measured_calibrations(lake, [verifier], cases) == {"fake-id": "other"}

    record(lake, [await measure(verifier, cases)])
    record(lake, [other], again=True)
    assert measured_calibrations(lake, [verifier], cases) == {"fake-id": calibration_id("fake-id", cases)}
    assert measured_calibrations(lake, [FakeVerifier(verifier_id="unknown")], cases) == {}


LIMITS = Calibration(
    calibration_id="c",
    verifier="fake@1",
    verifier_id="fake-id",
    case_set="shipped",
    set_id="s",
    good_cases=100,
    good_passed=99,
    bad_cases=200,
    bad_passed=2,
    misjudged=("one", "two", "three"),
)


def test_limits_may_be_reached() -> None:
    refuse_beyond_limits([LIMITS])


@pytest.mark.parametrize("beyond", [{"good_passed": 98}, {"bad_passed": 3}, {"bad_cases": 197, "undecided": 3}])
def test_crossed_limit_stops_and_says_what_was_measured(beyond: dict[str, int]) -> None:
    with pytest.raises(GateError, match=r"fake@1 is not fit to judge.*Misjudged: one, two, three") as stopped:
        refuse_beyond_limits([replace(LIMITS, **beyond)])
    assert str(next(iter(beyond.values()))) in str(stopped.value)
