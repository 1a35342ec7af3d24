"""Work on a lake that dies after so many of its steps: what a command does, without sandbox, server and Prefect.

A step is a commit, a frozen copy, or a record of a journal.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from stillroom.calibration import record
from stillroom.errors import TeacherError
from stillroom.journal import Journal
from stillroom.lake import Lake
from stillroom.lake.own_folder import is_own
from stillroom.publication import freeze, freeze_missing, publish, published_unnoted, retract
from stillroom.records import Answer, Check, Completion, Judgement, Outcome, SamplingParams
from stillroom.runs import (
    Cause,
    Run,
    RunState,
    Wanted,
    change_verification,
    dataset_runs,
    finish_run,
    judged,
    late_shards,
    load_run,
    note_version,
    open_runs,
    rejudging_key,
    unfinished_shards,
    unjudged,
)
from stillroom.runs.curating import curate_run
from tests.fakes.builds import Builder, all_knowing_client, calibrated
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier, execute

DATASETS = ("one", "two")
EIGHT_EACH = "sampling: {adaptive: false, samples: 8, wave: 4}\nexecution: {prompts_per_shard: 1}\n"
IN_PART = EIGHT_EACH + "snapshot: {allow_partial: 0.5}\n"
PAID_IN_PART = 12
"""After so many samples of sixteen, teachers of runs in part are gone."""
EDITS = "edits"
LEDGER = "ledger"
NEWER = "newer"


class LedgerClient(MemoryClient):
    """A teacher that writes down what it was paid for in a file, which no kill takes back."""

    ledger: Path

    async def complete(self, text: str, params: SamplingParams, n: int) -> list[Completion]:
        completions = await super().complete(text, params, n)
        with self.ledger.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(text)}\n" for _ in completions)
        return completions


def client(folder: Path) -> LedgerClient:
    """The teacher whose ledger is in ``folder``; what it says next differs from what it has been paid for."""
    ledger = folder / LEDGER
    paid = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()] if ledger.exists() else []
    made = LedgerClient(script=all_knowing_client().script, paid=paid)
    made.ledger = ledger
    return made


async def build(lake: Lake, folder: Path, changes: str = EIGHT_EACH, *, new_run: bool = False) -> None:
    """Build the dataset `tiny` to its next version, or go on with that."""
    builder = Builder(lake, client=client(folder))
    run = builder.begin(recipe(folder, changes, seeds=2), new_run=new_run)
    await builder.sample(run)
    _publish(lake, run, builder)


def _publish(lake: Lake, run: Run, builder: Builder) -> None:
    """Curate the run, publish what that keeps, and note what came of it, as the tasks do."""
    curation_id = curate_run(lake, run, [builder.verifier.verifier_id])
    freeze_missing(lake, "tiny")
    publish(lake, run, curation_id)
    freeze_missing(lake, "tiny")
    snapshot = published_unnoted(lake, run)
    finish_run(lake, run, snapshot.label if snapshot else "")


async def edited(lake: Lake, folder: Path) -> None:
    """Build `tiny` by the first of the recipes that are left, which somebody edits into the next one meanwhile."""
    file = folder / EDITS
    first, *others = json.loads(file.read_text(encoding="utf-8"))
    if others:
        file.write_text(json.dumps(others), encoding="utf-8")
    await build(lake, folder, first)


async def in_part(lake: Lake, folder: Path) -> None:
    """Build `tiny` without its last shard, whose teacher is gone; then do that shard and publish what came late."""
    builder = Builder(lake, client=client(folder))
    if open_runs(lake) or not lake.rows("SELECT 1 FROM lake.runs"):
        run = builder.begin(recipe(folder, IN_PART, seeds=2))
        first, *others = unfinished_shards(lake, run)
        if others:
            await builder.shard(run, first)
        builder.client.failure = TeacherError("the teacher is gone")
        builder.client.fails_after = max(PAID_IN_PART, len(builder.client.paid))
        with contextlib.suppress(TeacherError):
            await builder.sample(run)
        builder.client.failure = None
        _publish(lake, run, builder)
    run = load_run(lake, "tiny-r1")
    await builder.sample(run)
    if late_shards(lake, run.run_id):
        _publish(lake, run, builder)


async def new_run(lake: Lake, folder: Path) -> None:
    """Open another run, where there is one alone, and build it to its end."""
    states = [row["state"] for row in lake.rows("SELECT state FROM lake.current_runs ORDER BY run_id")]
    if states[1:] != [RunState.PUBLISHED.value]:
        await build(lake, folder, new_run=len(states) == 1)


async def reverify(lake: Lake, folder: Path) -> None:
    """Judge `one` again by a verifier that fails some of what is published, and publish what that changes."""
    refused = set(json.loads((folder / "refused").read_text()))

    def rule(check: Check, answer: Answer) -> Judgement:
        return Judgement(outcome=Outcome.FAIL, reason="timeout") if answer.text in refused else execute(check, answer)

    verifier = FakeVerifier(verifier_id=NEWER, rule=rule)
    freeze_missing(lake, "one")
    runs = dataset_runs(lake, "one")
    hurried = Wanted(limits={"timeout_seconds": 1.0})
    for run_id in runs.finished:
        change_verification(lake, run_id, hurried.of(load_run(lake, run_id).recipe.verification))
        run = load_run(lake, run_id)
        record(lake, [calibrated(verifier, calibration_id="of-newer")])
        if todo := unjudged(lake, run, [verifier]):
            rows = [await judged(one, {}) for one in todo]
            lake.commit(rejudging_key(run, todo), {"verdicts": rows}, run_id=run_id)
        publish(lake, run, curate_run(lake, run, [NEWER], again=True))
        freeze_missing(lake, "one")
        snapshot = published_unnoted(lake, run)
        if snapshot is not None:
            note_version(lake, run, snapshot.label)


async def retract_seed(lake: Lake, folder: Path) -> None:
    """Retract a seed that both datasets have."""
    for name in DATASETS:
        freeze_missing(lake, name)
    for snapshot in retract(lake, Cause(kind="seed", cause_id=(folder / "seed").read_text())):
        freeze(lake, snapshot)


WORKS: dict[str, Callable[[Lake, Path], Awaitable[None]]] = {
    "build": build,
    "edited": edited,
    "in-part": in_part,
    "new-run": new_run,
    "reverify": reverify,
    "retract": retract_seed,
}


def work(root: Path, folder: Path, name: str, steps: int) -> None:
    """Do the work of this name on the lake at ``root``, and be killed when it has taken so many steps."""
    left = steps

    def step() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    commit, replace, write = Lake.commit, Path.rename, Journal._write  # pyright: ignore[reportPrivateUsage]

    def counted_commit(self: Lake, *arguments: Any, **options: Any) -> bool:
        is_new = commit(self, *arguments, **options)
        if is_new:
            step()
        return is_new

    def counted_rename(self: Path, target: Any) -> Path:
        moved = replace(self, target)
        if not is_own(self):  # what a process makes for itself alone is no step of the work
            step()
        return moved

    def counted_write(self: Journal[Any], line: bytes) -> None:
        write(self, line)
        step()

    Lake.commit, Path.rename = counted_commit, counted_rename
    Journal._write = counted_write  # pyright: ignore[reportPrivateUsage]
    lake = Lake.open(root)
    asyncio.run(WORKS[name](lake, folder))
    lake.close()
