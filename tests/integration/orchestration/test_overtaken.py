"""As Prefect runs it: who is overtaken is curated once more, and tasks are tried again for what may pass alone."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stillroom.cli.prefect_server import prefect_server
from stillroom.errors import LakeError
from stillroom.lake import Lake
from stillroom.publication import snapshots
from stillroom.runs import curating
from tests.fakes.builds import Builder
from tests.fakes.verifiers import FakeVerifier
from tests.lake.runs.test_giving_way import alike, builder

ROOT = Path(__file__).parents[3]
TASK_RUNS = "SELECT name, state_type, run_count FROM task_run ORDER BY start_time"


def work(folder: Path) -> None:
    """Another dataset publishes the same before the first publication, and the second curation meets a locked lake."""
    lake = Lake.open(folder / "lake", create=True)
    with prefect_server(folder / "prefect") as server:
        server.wait()
        asyncio.run(_work(lake, folder))
    lake.close()


async def _work(lake: Lake, folder: Path) -> None:
    from prefect import flow  # it reads the server's address when it is imported

    from flows.deciding import decided_and_published
    from tasks import workshop
    from tasks.publication import curate, publish_snapshot
    from tasks.workshop import Workshop
    from tests.lake.tasks.test_sampling import Nobody

    run = (one := builder(lake)).begin(alike(folder, "published: all", dataset="other"))
    await one.sample(run)
    shop = Workshop(lake, Nobody())
    shop.verifiers = lambda _: [FakeVerifier(name="python-tests@1")]
    workshop._open = [shop]
    curations, publications = list[str](), list[str]()
    curates = curating.curate_run

    def is_locked_once(*asked: Any, **how: Any) -> str:
        curations.append("curated")
        if len(curations) == 2:
            raise LakeError("the catalogue was locked")
        return curates(*asked, **how)

    curating.curate_run = is_locked_once

    async def overtaken_once(run_id: str, curation_id: str) -> str:
        if not publications:
            await Builder(lake, client=one.client).build(alike(folder))
        publications.append(curation_id)
        return await publish_snapshot(run_id, curation_id)

    @flow(name="build")
    async def build() -> None:
        print(await decided_and_published(run.run_id, curate, overtaken_once))

    await build()
    await shop.close()


@pytest.mark.timeout(300)
def test_a_run_whose_publication_is_overtaken_is_curated_once_more_in_as_many_tries_as_it_takes(tmp_path: Path) -> None:
    program = f"from pathlib import Path; from {__name__} import work; work(Path({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (database,) = (tmp_path / "prefect").glob("*.db")
    with sqlite3.connect(database) as looking:
        runs = looking.execute(TASK_RUNS).fetchall()
    looking.close()
    decisive = [(name.rpartition("-")[0], state, tries) for name, state, tries in runs]
    assert [one for one in decisive if one[0] in {"curate", "publish"}] == [
        ("curate", "COMPLETED", 1),
        ("publish", "FAILED", 1),
        ("curate", "COMPLETED", 2),
        ("publish", "COMPLETED", 1),
    ]
    lake = Lake.open(tmp_path / "lake")
    curated = lake.rows("SELECT count(DISTINCT curation_id) AS n FROM lake.selections WHERE run_id = 'other-r1'")
    assert curated == [{"n": 2}]
    assert [one.label for one in snapshots(lake)] == ["tiny@1"]
    lake.close()
