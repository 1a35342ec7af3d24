"""Samples that are judged again while a shard that came late is committed beside them are all decided about."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from flows import deciding
from flows import reverify as module
from flows.deciding import decided
from flows.reverify import reverify
from stillroom.calibration import record
from stillroom.errors import NotJudged
from stillroom.lake import Lake
from stillroom.publication import freeze, publish, snapshots
from stillroom.runs import Run, RunState, close_run
from stillroom.runs.curating import curate_run
from tasks import workshop
from tasks.publication import curate_again, publish_changes
from tasks.verification import judge_again
from tasks.workshop import Workshop
from tests.fakes.builds import Builder, calibrated
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier
from tests.lake.tasks.test_sampling import Nobody

IN_PART = "execution: {prompts_per_shard: 1}\nsampling: {adaptive: false, samples: 4}\nsnapshot: {allow_partial: 0.5}"
NEWER = FakeVerifier(verifier_id="newer")


async def nothing(*_: Any) -> int:
    return 0


@pytest.fixture(autouse=True)
async def _shop(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    opened = Workshop(lake, Nobody())
    monkeypatch.setattr(opened, "verifiers", lambda _: [NEWER])
    monkeypatch.setattr(workshop, "_open", [opened])
    monkeypatch.setattr(deciding, "settle_tests", nothing)
    monkeypatch.setattr(deciding, "measure_tests", nothing)
    yield
    await opened.close()


@pytest.fixture
async def run(lake: Lake, tmp_path: Path) -> Run:
    """A run that was published without the second of its two shards."""
    builder = Builder(lake)
    begun = builder.begin(recipe(tmp_path, IN_PART, seeds=2))
    await builder.shard(begun, 0)
    first = publish(lake, begun, curate_run(lake, begun, ["fake-id"]))
    assert first is not None
    freeze(lake, first)
    close_run(lake, begun, RunState.PUBLISHED, first.label)
    record(lake, [calibrated(NEWER, calibration_id="of-newer")])
    return begun


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

    async def refused(run_id: str) -> str:
        tried.append(run_id)
        raise NotJudged("one of them has no verdict")

    monkeypatch.setattr(deciding, "judge_again", nothing)
    with pytest.raises(NotJudged):
        await decided(run.run_id, refused)
    assert len(tried) == 2
