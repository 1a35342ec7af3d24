"""Several processes commit to one lake at once, and nothing is lost or doubled."""

import subprocess
import sys
from pathlib import Path

from stillroom.lake import Lake

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
from stillroom.lake import Lake
from tests.fakes.rows import row
name, lake = sys.argv[1], Lake.open(Path(sys.argv[2]))
for number in range(10):
    key = f"{name}-{number}" if number % 2 else f"shared-{number}"
    lake.commit(key, {"scores": [row("scores", sample_id=f"{key}/{part}") for part in range(3)]}, run_id=name)
"""


def test_processes_that_commit_at_once_lose_and_double_nothing(lake_root: Path) -> None:
    command = [sys.executable, "-c", WRITER]
    writers = [subprocess.Popen([*command, f"p{number}", str(lake_root)], cwd=ROOT) for number in range(4)]

    assert [writer.wait(timeout=120) for writer in writers] == [0] * 4

    expected = [f"p{name}-{number}" for name in range(4) for number in range(1, 10, 2)]
    expected += [f"shared-{number}" for number in range(0, 10, 2)]
    lake = Lake.open(lake_root)
    assert _column(lake, "SELECT key AS value FROM lake.commits ORDER BY 1") == sorted(expected)
    assert _column(lake, "SELECT sample_id AS value FROM lake.scores ORDER BY 1") == sorted(
        f"{key}/{part}" for key in expected for part in range(3)
    )
    lake.close()


def _column(lake: Lake, query: str) -> list[str]:
    return [row["value"] for row in lake.rows(query)]
