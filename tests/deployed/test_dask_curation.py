"""A run that is judged again and curated by two worker processes comes out as in one process, row by row."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient
from prefect import flow
from prefect.settings import PREFECT_API_URL, temporary_settings

from stillroom.curation import signed_batches
from stillroom.embedding import batches
from stillroom.lake import Lake
from stillroom.recipe import Recipe
from stillroom.runs import Run
from tasks import judging_again
from tasks.publication import curate
from tasks.verification import judge_again
from tasks.workshop import open_workshop
from tests.fakes.answers import Mix, Script
from tests.fakes.builds import Builder
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import known, prompt, recipe
from verifiers.sandbox.container import LABEL
from verifiers.sandbox.daemon import ensure_docker

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]

ALL_WAYS = """
sampling: {adaptive: false, samples: 6}
selection: {keep: 6}
verification: {min_test_strength: null}
curation:
  near_prompts: {threshold: 0.7}
  semantic_prompts: {threshold: 0.9}
  semantic_answers: {threshold: 0.9}
  diversity: {share: 0.5}
"""
TIMES = ("cpu_seconds", "wall_seconds", "peak_memory_bytes", "created_at")  # what no two runs of a program share
TABLES = ("verdicts", "selections", "dedup_signatures", "dedup_clusters", "embeddings", "metrics")


@dataclass
class Silent:
    """A watcher that keeps what is said."""

    said: list[str]

    def say(self, line: str) -> None:
        self.said.append(line)

    def wrote(self, writing_round: int, replied: int, requested: int) -> None: ...

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None: ...

    def sampled(self, shard: int, tally: object) -> None: ...


@flow(name="judged and curated")
async def judged_and_curated(run_id: str) -> tuple[int, str]:
    return await judge_again(run_id), await curate(run_id)


@pytest.fixture(autouse=True)
def _server(api: str) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: api}):
        yield


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_batches, "LEAST", 1)
    monkeypatch.setattr(signed_batches, "PIECE_BYTES", 2_000)
    monkeypatch.setattr(batches, "LEAST", 1)
    monkeypatch.setattr(batches, "_BATCH_TEXTS", 9)
    monkeypatch.setattr(judging_again, "SAMPLES_A_BATCH", 10)
    monkeypatch.setattr(judging_again, "SAMPLES_A_COMMIT", 25)


def with_dask(folder: Path, value: str) -> Recipe:
    plain = recipe(folder, f"{ALL_WAYS}\nexecution: {{dask: {value}}}", seeds=8)
    assert plain.seeding is not None
    return plain.model_copy(update={"seeding": plain.seeding.model_copy(update={"seed_prompts": 8})})


async def sampled(root: Path, given: Recipe) -> Run:
    """A run of which a verifier that does not count has judged right, wrong and unusable answers."""
    client = MemoryClient(script=Script(known(*(prompt(number) for number in range(40))), mix=Mix(wrong=0.3)))
    lake = Lake.open(root, create=True)
    try:
        builder = Builder(lake, client=client)
        run = builder.begin(given)
        await builder.sample(run)
        return run
    finally:
        lake.close()


async def outcome(root: Path, run: Run) -> tuple[int, str, dict[str, list[dict[str, Any]]]]:
    """What the flow returns, and what the lake has of it."""
    watcher = Silent([])
    async with open_workshop(root, watcher) as shop:
        judged, curation = await judged_and_curated(run.run_id)
        assert watcher.said == []
        return judged, curation, {table: rows_of(shop.lake, table) for table in TABLES}


def rows_of(lake: Lake, table: str) -> list[dict[str, Any]]:
    rows = lake.rows(f"SELECT * FROM lake.{table}")
    plain = [{key: value for key, value in row.items() if key not in TIMES} for row in rows]
    return sorted(plain, key=repr)


def containers_of_others(client: DockerClient) -> set[str]:
    """Ids of the sandboxes of other processes than this one."""
    found = client.containers.list(all=True, filters={"label": LABEL})
    return {one.id or "" for one in found if f"-{os.getpid()}-" not in (one.name or "")}


async def test_two_workers_give_the_rows_that_one_process_gives(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    run = await sampled(here, with_dask(tmp_path, "null"))
    shutil.copytree(here, there)
    again = await sampled(there, with_dask(tmp_path, "2"))
    assert (again.run_id, again.stages) == (run.run_id, run.stages)

    ours = await outcome(here, run)
    client = ensure_docker()
    before = containers_of_others(client)
    theirs = await outcome(there, again)
    left = containers_of_others(client) - before
    client.close()

    assert ours[0] > 25, "one commit would do"
    assert {row["outcome"] for row in ours[2]["verdicts"]} == {"pass", "fail"}
    assert all(ours[2][table] for table in TABLES)
    assert theirs[:2] == ours[:2]
    for table in TABLES:
        assert theirs[2][table] == ours[2][table], table
    assert left == set()
