"""What a build's own server writes down many at a time is all there when it ends with its build, the last ones too."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from stillroom.cli.prefect_server import prefect_server

ROOT = Path(__file__).parents[3]
TASKS = 200  # with three states each: more than are written down at once


def build(home: Path) -> None:
    """Run many tasks on a server of their own, which ends right after the last one."""
    with prefect_server(home) as server:
        server.wait()
        from prefect import flow, task  # it reads the server's address when it is imported

        @task
        async def step(number: int) -> int:
            return number

        @flow(name="build")
        async def steps() -> None:
            await asyncio.gather(*(step(number) for number in range(TASKS)))

        asyncio.run(steps())


@pytest.mark.timeout(300)
def test_every_task_run_is_recorded_as_done(tmp_path: Path) -> None:
    home = tmp_path / "prefect"
    program = f"from pathlib import Path; from {__name__} import build; build(Path({str(home)!r}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (database,) = home.glob("*.db")
    with sqlite3.connect(database) as looking:
        found = looking.execute("SELECT state_type, count(*) FROM task_run GROUP BY 1").fetchall()
        blocks = looking.execute("SELECT count(*) FROM block_type").fetchall()
    looking.close()
    assert found == [("COMPLETED", TASKS)]
    assert blocks == [(0,)], "each new server would take seconds to write them down"
