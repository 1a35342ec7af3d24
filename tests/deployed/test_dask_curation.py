"""A run that is judged again and curated by two worker processes comes out as in one process, row by row."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stillroom.lake import Lake
from stillroom.recipe import Recipe
from stillroom.runs import Run
from tests.fakes.answers import Mix, Script
from tests.fakes.builds import Builder
from tests.fakes.clients import MemoryClient
from tests.fakes.prompts import known, prompt, recipe
from tests.integration.workbench import ROOT

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


def curated(api: str, root: Path, run: Run) -> list[Any]:
    """How many verdicts it took, the curation, and the rows that the lake has then."""
    command = [sys.executable, "-m", "tests.deployed.judged_and_curated", str(root), run.run_id]
    environment = {**os.environ, "PREFECT_API_URL": api, "PREFECT_LOGGING_LEVEL": "ERROR"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lake = Lake.open(root)
    try:
        return [*json.loads(done.stdout), {table: rows_of(lake, table) for table in TABLES}]
    finally:
        lake.close()


def rows_of(lake: Lake, table: str) -> list[dict[str, Any]]:
    rows = lake.rows(f"SELECT * FROM lake.{table}")
    plain = [{key: value for key, value in row.items() if key not in TIMES} for row in rows]
    return sorted(plain, key=repr)


async def test_two_workers_give_the_rows_that_one_process_gives(api: str, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    run = await sampled(here, with_dask(tmp_path, "null"))
    shutil.copytree(here, there)
    again = await sampled(there, with_dask(tmp_path, "2"))
    assert (again.run_id, again.stages) == (run.run_id, run.stages)

    judged, curation, ours = curated(api, here, run)
    judged_there, curation_there, theirs = curated(api, there, again)

    assert judged > 25, "one commit would do"
    assert {row["outcome"] for row in ours["verdicts"]} == {"pass", "fail"}
    assert all(ours[table] for table in TABLES)
    assert (judged_there, curation_there) == (judged, curation)
    for table in TABLES:
        assert theirs[table] == ours[table], table
