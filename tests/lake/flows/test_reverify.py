"""Samples that are judged again while a shard that came late is committed beside them are all decided about."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from flows import deciding
from flows import reverify as module
from flows.deciding import decided
from flows.reverify import RunsLeft, reverify
from stillroom.calibration import Calibration, record
from stillroom.errors import GateError, NotJudged
from stillroom.lake import Lake
from stillroom.publication import snapshots
from stillroom.recipe import Verification
from stillroom.runs import Run, Wanted, load_run
from tasks import calibration, workshop
from tasks.publication import curate_again, publish_changes
from tasks.verification import judge_again
from tasks.workshop import Workshop
from tests.fakes.builds import Builder, calibrated
from tests.fakes.steps import leave_out
from tests.fakes.verifiers import FakeVerifier
from tests.lake.tasks.test_publication import Listener
from tests.lake.tasks.test_sampling import Nobody

NEWER = FakeVerifier(verifier_id="newer")


HURRIED = FakeVerifier(verifier_id="hurried")  # of a limit that no right answer keeps


def who_judges(verification: Verification) -> list[FakeVerifier]:
    return [HURRIED if verification.timeout_seconds < 1 else NEWER]


async def nothing(*_: Any) -> int:
    return 0


@pytest.fixture(autouse=True)
async def _shop(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    opened = Workshop(lake, Nobody())
    monkeypatch.setattr(opened, "verifiers", who_judges)
    monkeypatch.setattr(opened, "start_sandbox", nothing)
    monkeypatch.setattr(workshop, "_open", [opened])
    leave_out(monkeypatch, "settle_tests", "measure_tests")
    yield
    await opened.close()


@pytest.fixture
def run(lake: Lake, published_in_part: Run) -> Run:
    """A run that was published in part, and a newer verifier that may judge it."""
    record(lake, [calibrated(NEWER, calibration_id="of-newer")])
    return published_in_part


async def test_a_shard_that_comes_after_the_others_were_judged_is_judged_too_and_published(
    lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[int] = []

    async def comes_late(_: str) -> None:
        if not came:
            came.append(1)
            await Builder(lake).shard(run, 1)

    monkeypatch.setattr(module, "calibrate_verifiers", nothing)
    monkeypatch.setattr(deciding, "judge_again", judge_again.fn)
    monkeypatch.setattr(deciding, "measure_tests", comes_late)
    monkeypatch.setattr(module, "curate_again", curate_again.fn)
    monkeypatch.setattr(module, "publish_changes", publish_changes.fn)

    assert await reverify.fn(run.recipe.dataset, [run.run_id]) == 4 + 4

    assert [(one.label, one.rows, one.new_rows) for one in snapshots(lake)] == [("tiny@1", 2, 2), ("tiny@2", 4, 2)]
    decided_by = lake.rows("SELECT DISTINCT verifier_ids FROM lake.selections WHERE shard = 1")
    assert decided_by == [{"verifier_ids": ["newer"]}]


async def test_what_cannot_be_judged_is_not_tried_for_ever(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    async def refused(run_id: str, _: Mapping[str, str]) -> str:
        tried.append(run_id)
        raise NotJudged("one of them has no verdict")

    leave_out(monkeypatch, "judge_again")
    with pytest.raises(NotJudged):
        await decided(run.run_id, refused)
    assert len(tried) == 2


async def test_a_limit_under_which_the_verifier_is_unfit_is_recorded_of_no_run(
    lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unfit(verifier: FakeVerifier, *_: object) -> Calibration:
        return calibrated(verifier, calibration_id="of-hurried", good_passed=3)

    monkeypatch.setattr(calibration, "measure", unfit)
    monkeypatch.setattr(module, "calibrate_verifiers", calibration.calibrate_verifiers.fn)
    listener = Listener()
    monkeypatch.setattr(workshop.workshop(), "watcher", listener)
    before = lake.rows("SELECT * FROM lake.runs")

    with pytest.raises(RunsLeft, match=rf"{run.run_id}: .*not fit to judge"):
        await reverify.fn(run.recipe.dataset, [run.run_id], Wanted(limits={"timeout_seconds": 0.05}))

    assert lake.rows("SELECT * FROM lake.runs") == before
    assert [one for one in listener.said if one.startswith(f"{run.run_id} is left as it is: ")] != []


async def test_run_that_came_to_another_verification_and_is_not_published_is_not_said_to_be_left(
    lake: Lake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> str:
        raise GateError("what was kept must not be published")

    monkeypatch.setattr(module, "calibrate_verifiers", nothing)
    monkeypatch.setattr(module, "decided_and_published", refused)
    listener = Listener()
    monkeypatch.setattr(workshop.workshop(), "watcher", listener)
    fates = list[str]()
    for _ in range(2):
        with pytest.raises(RunsLeft):
            await reverify.fn(run.recipe.dataset, [run.run_id], Wanted(limits={"timeout_seconds": 3.0}))
        fates.append(listener.said[-1])

    assert load_run(lake, run.run_id).recipe.verification.timeout_seconds == 3.0
    changed, same = fates
    assert changed.startswith(f"{run.run_id} counts under the other verification from now on, but is not published: ")
    assert same.startswith(f"{run.run_id} is left as it is: ")
