"""A sample that the verifier can never judge keeps nobody from publication: it is dropped, or stays, and says why."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from flows import build as building
from flows import deciding
from flows import reverify as reverifying
from flows.build import build_run
from flows.reverify import RunsLeft, reverify
from stillroom.calibration import record
from stillroom.cli.explaining import explain
from stillroom.cli.naming import find_runs
from stillroom.errors import NoSuchSandbox, NotJudged, RequestError, SandboxError
from stillroom.lake import Lake
from stillroom.publication import manifest, snapshots
from stillroom.recipe import Verification
from stillroom.records import Answer, Check, Judgement, Outcome
from stillroom.runs import (
    Run,
    RunState,
    Wanted,
    change_verification,
    dataset_runs,
    funnel,
    load_run,
    run_state,
    shards_of_run,
    why_nothing_new,
)
from stillroom.runs.foreseeing import passed
from stillroom.runs.judged_samples import judged_samples
from tasks import publication as tasks
from tasks import workshop
from tasks.verification import judge_again, settle_tests
from tasks.workshop import Workshop
from tests.fakes.builds import Builder, calibrated
from tests.fakes.prompts import recipe
from tests.fakes.rows import row
from tests.fakes.steps import leave_out
from tests.fakes.verifiers import FakeVerifier, execute
from tests.lake.flows.test_build import Silent
from tests.lake.runs.test_agreeing import sampled
from tests.lake.tasks.test_publication import Listener

ALL = "sampling: {adaptive: false, samples: 2}\nselection: {keep: 9}\ncuration: {exact: false, near_answers: null}"


class Odd:
    """Meets a defect at one answer: the first that it is asked about, until it is mended."""

    def __init__(self) -> None:
        self.answer = ""
        self.is_mended = False

    def __call__(self, check: Check, answer: Answer) -> Judgement:
        self.answer = self.answer or answer.text
        if answer.text == self.answer and not self.is_mended:
            raise RecursionError("too deep")
        return execute(check, answer)


@pytest.fixture
def odd() -> Odd:
    return Odd()


@pytest.fixture
def verifier(odd: Odd) -> FakeVerifier:
    return FakeVerifier(rule=odd)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def now(verifier: FakeVerifier) -> list[FakeVerifier]:
    """Who judges now."""
    return [verifier]


@pytest.fixture(autouse=True)
async def _shop(
    lake: Lake, now: list[FakeVerifier], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    async def nothing(*_: Any) -> list[int]:
        return []

    opened = Workshop(lake, listener)
    monkeypatch.setattr(opened, "verifiers", lambda _: now)
    monkeypatch.setattr(opened, "start_sandbox", nothing)
    monkeypatch.setattr(workshop, "_open", [opened])
    leave_out(monkeypatch, "settle_tests", "measure_tests")
    monkeypatch.setattr(deciding, "judge_again", judge_again.fn)
    for step in ("meet_teachers", "import_sources", "write_prompts", "calibrate_verifiers", "plan"):
        monkeypatch.setattr(building, step, nothing)
    monkeypatch.setattr(building, "curate", tasks.curate.fn)
    monkeypatch.setattr(building, "publish_snapshot", tasks.publish_snapshot.fn)
    monkeypatch.setattr(reverifying, "calibrate_verifiers", nothing)
    monkeypatch.setattr(reverifying, "curate_again", tasks.curate_again.fn)
    monkeypatch.setattr(reverifying, "publish_changes", tasks.publish_changes.fn)
    yield
    await opened.close()


async def built(builder: Builder, folder: Path, changes: str = "", **options: Any) -> tuple[Run, str]:
    """A build of two prompts, or of what is left of their file; returns NAME@N."""
    run = builder.begin(recipe(folder, ALL + changes, seeds=4), **options)
    await builder.sample(run)
    return run, await build_run(run.run_id, Silent())


def unjudged_samples(lake: Lake) -> list[dict[str, Any]]:
    return lake.rows(
        "SELECT run_id, sample_id, gate, kept, evidence FROM lake.current_selections WHERE reason = 'unjudged'"
    )


async def test_run_is_published_without_it_and_says_why(
    lake: Lake, tmp_path: Path, verifier: FakeVerifier, listener: Listener
) -> None:
    run, label = await built(Builder(lake, verifier=verifier), tmp_path)

    assert label == "tiny@1"
    (version,) = snapshots(lake, "tiny")
    assert version.rows == 3
    (row,) = unjudged_samples(lake)
    assert (row["gate"], row["kept"]) == ("verification", False)
    assert row["evidence"].endswith("(RecursionError: too deep)")
    assert f"sample {row['sample_id']} stays without a verdict: {row['evidence']}" in listener.said
    about = explain(lake, row["sample_id"])
    assert (about["gate"], about["reason"], about["evidence"], about["verdict"]) == (
        "verification",
        "unjudged",
        row["evidence"],
        None,
    )
    counted = funnel(lake, run.run_id)
    assert (counted["samples"], counted["passed"], counted["kept"], counted["published"]) == (4, 3, 3, 3)
    shards = shards_of_run(lake, run.run_id)
    assert (sum(one["samples"] for one in shards), sum(one["passed"] for one in shards)) == (4, 3)
    stated = manifest(lake, version)["run"]
    assert stated["samples"] == {"answered": 4, "passed": 3, "artefacts": 0}
    assert sum(one["samples"] for one in stated["selections"]) == 4
    assert {"gate": "verification", "reason": "unjudged", "samples": 1} in stated["selections"]


async def test_next_run_is_published_too_and_nothing_is_paid_twice(
    lake: Lake, tmp_path: Path, verifier: FakeVerifier
) -> None:
    builder = Builder(lake, verifier=verifier)
    await built(builder, tmp_path)

    second, label = await built(builder, tmp_path, new_run=True)

    assert (second.run_id, label) == ("tiny-r2", "tiny@2")
    assert len(builder.client.paid) == 8
    assert snapshots(lake, "tiny")[-1].rows == 7


async def test_first_run_of_which_nothing_can_be_judged_stays_open_for_a_verifier_that_can(
    lake: Lake, tmp_path: Path, odd: Odd, verifier: FakeVerifier
) -> None:
    def never(check: Check, answer: Answer) -> Judgement:
        raise RecursionError(answer.text)

    verifier.rule = never
    builder = Builder(lake, verifier=verifier)
    with pytest.raises(NotJudged, match=r"4 of its samples could not be judged, so it stays open"):
        await built(builder, tmp_path)
    assert run_state(lake, "tiny-r1")[0] is RunState.OPENED
    assert why_nothing_new(lake, "tiny-r1").endswith("4 could not be judged")

    odd.is_mended, verifier.rule = True, odd
    run, label = await built(builder, tmp_path)

    assert (run.run_id, label, len(builder.client.paid)) == ("tiny-r1", "tiny@1", 4)


async def test_first_run_that_was_wrongly_failed_is_judged_again_and_published_as_version_1(
    lake: Lake, tmp_path: Path, verifier: FakeVerifier, now: list[FakeVerifier]
) -> None:
    verifier.rule = lambda *_: Judgement(outcome=Outcome.FAIL, reason="wrong-answer")
    builder = Builder(lake, verifier=verifier)
    assert (await built(builder, tmp_path))[1] == ""
    assert run_state(lake, "tiny-r1")[0] is RunState.EMPTY
    second, label = await built(builder, tmp_path)  # of other prompts, and wrongly failed as well
    assert (second.run_id, label) == ("tiny-r2", "")
    now[0] = FakeVerifier(name="fake-tests@2", verifier_id="newer")
    record(lake, [calibrated(now[0], calibration_id="of-newer")])
    dataset, version = find_runs(lake, "tiny")
    finished = dataset_runs(lake, dataset, version).finished
    assert finished == ("tiny-r1", "tiny-r2")

    assert await reverify.fn(dataset, list(finished)) == 8

    found = [(one.label, one.rows, one.run_id) for one in snapshots(lake)]
    assert found == [("tiny@1", 4, "tiny-r1"), ("tiny@2", 8, "tiny-r2")]
    assert run_state(lake, "tiny-r1") == (RunState.PUBLISHED, "tiny@1")
    assert len(builder.client.paid) == 8
    assert await reverify.fn(dataset, list(finished)) == 0
    assert len(snapshots(lake)) == 2
    assert find_runs(lake, "tiny@1") == ("tiny", 1)


def test_dataset_without_a_run_is_no_dataset(lake: Lake) -> None:
    with pytest.raises(RequestError, match="there is no dataset 'tiny'"):
        find_runs(lake, "tiny")
    with pytest.raises(RequestError, match="there is no run of 'tiny'"):
        dataset_runs(lake, "tiny")


async def test_member_that_a_newer_verifier_cannot_judge_stays_by_the_verdict_that_it_has(
    lake: Lake, tmp_path: Path, odd: Odd, now: list[FakeVerifier]
) -> None:
    builder = Builder(lake)
    now[0] = builder.verifier
    first, _ = await built(builder, tmp_path)
    second, _ = await built(builder, tmp_path, new_run=True)
    published = lake.rows("SELECT answer FROM lake.examples WHERE run_id = ? LIMIT 2", [first.run_id])
    odd.answer, failing = (row["answer"] for row in published)

    def stricter(check: Check, answer: Answer) -> Judgement:
        return Judgement(outcome=Outcome.FAIL, reason="timeout") if answer.text == failing else odd(check, answer)

    now[0] = FakeVerifier(name="fake-tests@2", verifier_id="newer", rule=stricter)
    record(lake, [calibrated(now[0], calibration_id="of-newer")])

    assert await reverify.fn("tiny", [first.run_id, second.run_id]) == 8 - 1

    assert [(one.label, one.rows) for one in snapshots(lake, "tiny")] == [("tiny@1", 4), ("tiny@2", 8), ("tiny@3", 7)]
    (row,) = unjudged_samples(lake)
    assert (row["run_id"], row["gate"], row["kept"]) == (first.run_id, "published", True)
    about = explain(lake, row["sample_id"])
    assert about["snapshots"] == ["tiny@1", "tiny@2", "tiny@3"]
    assert (about["verdict"]["outcome"], about["verdict"]["verifier"]) == ("pass", "fake-tests@1")
    stated = manifest(lake, snapshots(lake, "tiny")[-1])
    assert {one["verifier_id"] for one in stated["verifiers"]} == {"fake-id"}, "it passed every row that is published"
    assert {"gate": "published", "reason": "unjudged", "samples": 1} in stated["run"]["selections"]
    for run, passing in ((first, 3), (second, 4)):
        counted = funnel(lake, run.run_id)
        assert (counted["samples"], counted["passed"]) == (4, passing)
        assert sum(one["passed"] for one in shards_of_run(lake, run.run_id)) == passing

    odd.is_mended = True
    assert await reverify.fn("tiny", [first.run_id, second.run_id]) == 1
    assert unjudged_samples(lake) == []
    assert len(snapshots(lake, "tiny")) == 3


async def test_what_teachers_have_brought_is_the_same_whichever_run_is_decided_about(
    lake: Lake, tmp_path: Path, odd: Odd, now: list[FakeVerifier]
) -> None:
    builder = Builder(lake)
    now[0] = builder.verifier
    runs = [(await built(builder, tmp_path))[0], (await built(builder, tmp_path, new_run=True))[0]]
    odd.answer = lake.rows("SELECT answer FROM lake.examples WHERE run_id = 'tiny-r1' LIMIT 1")[0]["answer"]
    now[0] = FakeVerifier(name="fake-tests@2", verifier_id="newer", rule=odd)
    record(lake, [calibrated(now[0], calibration_id="of-newer")])
    await reverify.fn("tiny", [run.run_id for run in runs])
    (row,) = unjudged_samples(lake)
    assert (row["run_id"], row["kept"]) == ("tiny-r1", True)

    brought = [
        passed(lake, run, judged_samples(lake, run, ["newer"], again=True, unjudgeable=unjudgeable).rows)
        for run, unjudgeable in zip(runs, ({row["sample_id"]: "too deep"}, {}), strict=True)
    ]

    assert len(brought[0]) == 8
    assert brought[0].equals(brought[1])


async def test_another_defect_at_a_sample_is_its_evidence_and_the_same_one_decides_nothing_anew(
    lake: Lake, tmp_path: Path, verifier: FakeVerifier
) -> None:
    said: list[Exception] = [RecursionError("too deep, at <object at 0x7f01c0>, in 3.2 s")]
    first: list[str] = []

    def rule(check: Check, answer: Answer) -> Judgement:
        first.append(answer.text)
        if answer.text == first[0]:
            raise said[-1]
        return execute(check, answer)

    def curations() -> int:
        return lake.rows("SELECT count(DISTINCT curation_id) AS n FROM lake.selections")[0]["n"]

    verifier.rule = rule
    run, _ = await built(Builder(lake, verifier=verifier), tmp_path)
    await reverify.fn("tiny", [run.run_id])  # by which the others are members
    before = curations()

    said.append(RecursionError("too deep, at <object at 0x8e22ff>, in 3.7 s"))
    await reverify.fn("tiny", [run.run_id])
    assert curations() == before

    said.append(LookupError("not there"))
    await reverify.fn("tiny", [run.run_id])
    await reverify.fn("tiny", [run.run_id])

    assert curations() == before + 1
    (row,) = unjudged_samples(lake)
    assert row["evidence"].endswith("(LookupError: not there)")
    assert [one.label for one in snapshots(lake, "tiny")] == ["tiny@1"]


async def test_member_that_cannot_be_judged_again_goes_with_what_it_depends_on(
    lake: Lake, tmp_path: Path, odd: Odd, now: list[FakeVerifier]
) -> None:
    builder = Builder(lake)
    now[0] = builder.verifier
    run, _ = await built(builder, tmp_path)
    (member, *_) = lake.rows("SELECT prompt_id, answer FROM lake.examples")
    odd.answer = member["answer"]
    now[0] = FakeVerifier(name="fake-tests@2", verifier_id="newer", rule=odd)
    record(lake, [calibrated(now[0], calibration_id="of-newer")])
    retraction = row("retractions", kind="prompt", cause_id=member["prompt_id"])
    lake.commit("retract:prompt", {"retractions": [retraction]}, run_id="")

    await reverify.fn("tiny", [run.run_id])

    assert [(one.label, one.rows) for one in snapshots(lake, "tiny")] == [("tiny@1", 4), ("tiny@2", 2)]
    assert lake.rows("SELECT DISTINCT kind, reason FROM lake.removals") == [{"kind": "prompt", "reason": "retracted"}]
    before = lake.rows("SELECT * FROM lake.selections ORDER BY ALL")
    for _ in range(2):
        assert unjudged_samples(lake) == []
        assert funnel(lake, run.run_id)["passed"] == 4
        await reverify.fn("tiny", [run.run_id])
    assert lake.rows("SELECT * FROM lake.selections ORDER BY ALL") == before
    assert len(snapshots(lake, "tiny")) == 2


async def test_what_was_dropped_is_decided_about_anew_once_it_has_a_verdict(
    lake: Lake, tmp_path: Path, odd: Odd, verifier: FakeVerifier
) -> None:
    run, _ = await built(Builder(lake, verifier=verifier), tmp_path)
    odd.is_mended = True

    assert await reverify.fn("tiny", [run.run_id]) == 1

    assert [(one.label, one.rows) for one in snapshots(lake, "tiny")] == [("tiny@1", 3), ("tiny@2", 4)]
    assert unjudged_samples(lake) == []


async def test_answer_that_the_tests_that_are_agreed_on_cannot_be_tried_on_is_no_exception(
    lake: Lake, tmp_path: Path, now: list[FakeVerifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    first: list[str] = []

    def rule(check: Check, answer: Answer) -> Judgement:
        first.append(answer.text)
        if answer.text == first[0] and "mistake" not in check.tests and len(check.tests.splitlines()) > 1:
            raise RecursionError("too deep")
        return execute(check, answer)

    monkeypatch.setattr(deciding, "settle_tests", settle_tests.fn)
    now[0] = FakeVerifier(name="python-tests@99", rule=rule)
    run, _ = await sampled(lake, tmp_path, untrusted=True, verifier=now[0])
    record(lake, [calibrated(now[0])])

    await build_run(run.run_id, Silent())

    (row,) = unjudged_samples(lake)
    assert (row["gate"], row["kept"]) == ("verification", False)
    assert funnel(lake, run.run_id)["passed"] == 3
    assert lake.rows("SELECT count(*) AS n FROM lake.verdicts WHERE sample_id = ?", [row["sample_id"]]) == [{"n": 1}]
    assert explain(lake, row["sample_id"])["verdict"] is None, "what it has is by the tests of before"


async def test_run_that_must_be_left_as_it_is_keeps_nobody_from_the_later_ones(
    lake: Lake, tmp_path: Path, now: list[FakeVerifier], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = Builder(lake)
    now[0] = builder.verifier
    first, _ = await built(builder, tmp_path)
    second, _ = await built(builder, tmp_path, new_run=True)
    curate: Callable[..., Awaitable[str]] = tasks.curate_again.fn

    async def refused(run_id: str, *rest: Any) -> str:
        if run_id == first.run_id:
            raise NotJudged("it gets samples all the time")
        return await curate(run_id, *rest)

    monkeypatch.setattr(reverifying, "curate_again", refused)
    now[0] = FakeVerifier(verifier_id="newer")
    record(lake, [calibrated(now[0], calibration_id="of-newer")])

    with pytest.raises(RunsLeft, match=r"1 of 2 runs .* tiny-r1: it gets samples all the time$") as caught:
        await reverify.fn("tiny", [first.run_id, second.run_id])

    assert [*caught.value.left] == [first.run_id]
    assert caught.value.judged == 4 + 4, "those of the run that was left count too"

    assert f"{first.run_id} is left as it is: it gets samples all the time" in listener.said
    assert (
        lake.rows("SELECT run_id FROM lake.current_selections WHERE list_contains(verifier_ids, 'newer')")
        == [{"run_id": second.run_id}] * 4
    )


@pytest.mark.parametrize(
    ("failure", "judged"),
    [
        pytest.param(NoSuchSandbox("['numpy==1.26.4'] could not be fetched"), ["tiny-r2"], id="of its libraries"),
        pytest.param(SandboxError("Docker does not answer"), [], id="of all"),
    ],
)
async def test_run_whose_sandbox_cannot_be_made_any_more_keeps_nobody_from_the_later_ones(
    lake: Lake,
    tmp_path: Path,
    now: list[FakeVerifier],
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
    failure: SandboxError,
    judged: list[str],
) -> None:
    async def start(verification: Verification) -> None:
        if verification.sandbox.requirements:
            raise failure

    builder = Builder(lake)
    now[0] = builder.verifier
    runs = [(await built(builder, tmp_path))[0], (await built(builder, tmp_path, new_run=True))[0]]
    change_verification(lake, "tiny-r1", Wanted(libraries=("numpy==1.26.4",)).of(runs[0].recipe.verification))
    monkeypatch.setattr(tasks.workshop(), "start_sandbox", start)
    now[0] = FakeVerifier(verifier_id="newer")
    record(lake, [calibrated(now[0], calibration_id="of-newer")])

    with pytest.raises(RunsLeft) as caught:
        await reverify.fn("tiny", [run.run_id for run in runs], Wanted(limits={"timeout_seconds": 3.0}))

    left = [run.run_id for run in runs if run.run_id not in judged]
    assert caught.value.left == dict.fromkeys(left, failure)
    assert f"{', '.join(left)}: {failure}" in str(caught.value)
    assert ("`stillroom reverify tiny --requirements FILE`" in str(caught.value)) is bool(judged)
    assert (caught.value.judged, caught.value.exit_code) == (4 * len(judged), 1)

    assert lake.rows("SELECT DISTINCT run_id FROM lake.verdicts WHERE verifier_id = 'newer'") == [
        {"run_id": run_id} for run_id in judged
    ]
    limits = {run.run_id: load_run(lake, run.run_id).recipe.verification.timeout_seconds for run in runs}
    assert [run_id for run_id, seconds in limits.items() if seconds == 3.0] == judged
    assert f"tiny-r1 is left as it is: {failure}" in listener.said
