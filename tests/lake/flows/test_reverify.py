"""Samples that are judged again while a shard that came late is committed beside them are all decided about."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from flows import deciding
from flows import reverify as module
from flows.deciding import decided
from flows.reverify import reverify
from stillroom.calibration import record
from stillroom.errors import NotJudged
from stillroom.lake import Lake
from stillroom.publication import snapshots
from stillroom.runs import Run
from tasks import workshop
from tasks.publication import curate_again, publish_changes
from tasks.verification import judge_again
from tasks.workshop import Workshop
from tests.fakes.builds import Builder, calibrated
from tests.fakes.steps import leave_out
from tests.fakes.verifiers import FakeVerifier
from tests.lake.tasks.test_sampling import Nobody

NEWER = FakeVerifier(verifier_id="newer")


async def nothing(*_: Any) -> int:
    return 0


@pytest.fixture(autouse=True)
async def _shop(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    opened = Workshop(lake, Nobody())
    monkeypatch.setattr(opened, "verifiers", lambda _: [NEWER])
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
