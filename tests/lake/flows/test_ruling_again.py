"""Builds and reverifications begin by ruling again on written tasks that could not be judged."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from flows import build as building
from flows import reverify as reverifying
from flows.build import build_run
from flows.reverify import reverify
from stillroom.lake import Lake
from stillroom.runs import load_run, open_run, tasks_unjudged
from stillroom.seeding.admission import UNJUDGED
from tasks import seeding
from tasks import workshop as module
from tasks.ruling_again import rule_again
from tasks.workshop import Workshop
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.fakes.rows import row
from tests.fakes.steps import leave_out
from tests.fakes.verifiers import FakeVerifier
from tests.lake.flows.test_build import Silent
from tests.lake.tasks.test_sampling import Nobody
from tests.lake.tasks.test_seeding import nobody


@pytest.fixture(autouse=True)
async def reached(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """Steps in their order; all but the ruling and the plan do nothing."""
    steps: list[str] = []

    async def nothing(*_: Any) -> list[int]:
        return []

    async def decided(*_: Any) -> tuple[int, str]:
        steps.append("decided")
        return 0, ""

    async def planned(run_id: str, number: int) -> list[int]:
        steps.append("planned")
        return await seeding.plan.fn(run_id, number)

    async def ruled(run_id: str, *, of_dataset: bool) -> int:
        steps.append("ruled again")
        return await rule_again.fn(run_id, of_dataset=of_dataset)

    opened = Workshop(lake, Nobody())
    monkeypatch.setattr(opened, "verifiers", lambda _: [FakeVerifier()])
    monkeypatch.setattr(opened, "start_sandbox", nothing)
    monkeypatch.setattr(module, "_open", [opened])
    monkeypatch.setattr(seeding, "met", nobody)
    leave_out(monkeypatch)
    for step in ("meet_teachers", "import_sources", "write_prompts", "calibrate_verifiers"):
        monkeypatch.setattr(building, step, nothing)
    monkeypatch.setattr(building, "plan", planned)
    monkeypatch.setattr(reverifying, "calibrate_verifiers", nothing)
    for flow in (building, reverifying):
        monkeypatch.setattr(flow, "rule_again", ruled)
        monkeypatch.setattr(flow, "decided_and_published", decided)
    yield steps
    await opened.close()


@pytest.fixture
async def unjudged(lake: Lake, tmp_path: Path) -> str:
    """A published run of which one written task could not be judged."""
    run, _ = await Builder(lake).build(recipe(tmp_path))
    proposal = row("proposals", writing_round=1, reason=UNJUDGED, response="no task at all")
    lake.commit("seed:tiny-r1:1", {"proposals": [proposal]}, run_id=run.run_id)
    assert tasks_unjudged(lake, [run.run_id]) == 1
    return run.run_id


async def test_a_build_does_so_for_all_runs_of_its_dataset_before_it_plans(
    lake: Lake, tmp_path: Path, unjudged: str, reached: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(lake, recipe(tmp_path))
    assert run.run_id != unjudged
    monkeypatch.setattr(building, "may_be_published", lambda *_: True)

    await build_run(run.run_id, Silent())

    assert reached == ["ruled again", "planned", "decided"]
    assert lake.rows("SELECT run_id, reason FROM lake.current_proposals") == [
        {"run_id": unjudged, "reason": "invalid-json"}
    ]
    reached.clear()
    await build_run(run.run_id, Silent())
    assert reached == ["planned", "decided"]


async def test_a_reverification_does_so_for_the_runs_that_it_judges(
    lake: Lake, unjudged: str, reached: list[str]
) -> None:
    await reverify.fn(load_run(lake, unjudged).recipe.dataset, [unjudged])

    assert reached == ["ruled again", "decided"]
    assert lake.rows("SELECT reason FROM lake.current_proposals") == [{"reason": "invalid-json"}]
