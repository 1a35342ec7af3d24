"""Whatever a task commits, it commits when it is its turn among all who write into the lake, and holds nothing else."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stillroom.calibration import Calibration, record
from stillroom.lake import Lake
from stillroom.runs import FIRST_ROUND, open_run, unfinished_shards
from tasks import calibration
from tasks import workshop as module
from tasks.calibration import calibrate_verifiers
from tasks.publication import curate, curate_again, publish_changes, publish_snapshot
from tasks.sampling import sample_shard
from tasks.seeding import import_sources, plan
from tasks.verification import judge_again
from tasks.workshop import Workshop
from tests.fakes.builds import Builder, calibrated
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier
from tests.lake.tasks.test_sampling import Nobody

ALL_SAMPLES = "sampling: {adaptive: false, samples: 2, wave: 2}"
SLOWER = f"{ALL_SAMPLES}\nverification: {{min_test_strength: null, timeout_seconds: 9}}"


class Turns:
    """Whose turn it is."""

    def __init__(self) -> None:
        self.held: list[str] = []

    @asynccontextmanager
    async def __call__(self, means: Sequence[str]) -> AsyncGenerator[None]:
        self.held += means
        try:
            yield
        finally:
            for one in means:
                self.held.remove(one)


async def test_from_import_to_publication_all_tasks_write_in_turn(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def measure(verifier: FakeVerifier, *_: object) -> Calibration:
        return calibrated(verifier, calibration_id="measured")

    turns = Turns()
    shop = Workshop(lake, Nobody(), turns)
    monkeypatch.setattr(shop, "verifiers", lambda _: [FakeVerifier()])
    monkeypatch.setattr(module, "_open", [shop])
    monkeypatch.setattr(calibration, "measure", measure)
    builder = Builder(lake)
    run = open_run(lake, recipe(tmp_path, ALL_SAMPLES))
    in_turn: list[str] = []
    commit = lake.commit

    def watched(key: str, *about: Any, **named: Any) -> bool:
        assert turns.held == ["lake"], f"{key} is committed while {turns.held} are held"
        in_turn.append(key)
        return commit(key, *about, **named)

    with monkeypatch.context() as watching:
        watching.setattr(lake, "commit", watched)
        await import_sources.fn(run.run_id)
        await plan.fn(run.run_id, FIRST_ROUND)
        await calibrate_verifiers.fn(run.run_id)
    record(lake, [calibrated(builder.verifier)])
    await builder.sample(run)
    again = open_run(lake, recipe(tmp_path, SLOWER))
    with monkeypatch.context() as watching:
        watching.setattr(lake, "commit", watched)
        for shard in unfinished_shards(lake, again):
            assert await sample_shard.fn(run.run_id, shard) == in_turn[-1], "all its samples are there"
        assert await publish_snapshot.fn(run.run_id, await curate.fn(run.run_id)) == "tiny@1"
        monkeypatch.setattr(shop, "verifiers", lambda _: [FakeVerifier(verifier_id="another")])
        judged, unjudgeable = await judge_again.fn(run.run_id)
        assert (judged > 0, unjudgeable) == (True, {})
        await publish_changes.fn(run.run_id, await curate_again.fn(run.run_id))
    assert turns.held == []
    assert len(in_turn) >= 8
