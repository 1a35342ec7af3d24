"""Housekeeping that is killed loses nothing, and the next one finishes what it began."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stillroom.lake.maintenance import maintain
from tests.lake.housekeeping.conftest import Contents, Differences, data_paths

ROOT = Path(__file__).parents[3]
MAINTAIN = """
import os, signal, sys
from pathlib import Path
from stillroom.lake import compaction, leftovers
from stillroom.lake.maintenance import maintain

moment, root = sys.argv[1], Path(sys.argv[2])
merge, discard = compaction.merge, Path.unlink

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def merge_and_die(connection, table):
    merge(connection, table)
    die()

def discard_and_die(path, missing_ok=False):
    discard(path, missing_ok=missing_ok)
    if path.suffix == ".parquet":
        die()

if moment == "while it merges":
    compaction.merge = merge_and_die
if moment == "while it removes":
    Path.unlink = discard_and_die
said = []
def say(line):
    said.append(line)
    if line.startswith(moment) or (moment == "after a merge" and len(said) == 2):
        die()
maintain(root, say=say, keep_days=0, grace_minutes=0)
"""


@pytest.mark.parametrize(
    "moment",
    [
        "while it merges",
        "after a merge",
        "letting",  # before versions are let go
        "while it removes",
    ],
)
def test_killed_at_any_step_it_loses_nothing(
    root: Path, contents: Contents, differences: Differences, moment: str
) -> None:
    if moment == "while it removes":
        maintain(root, say=lambda line: None, keep_days=0)  # so that there is something to remove
    before, files = contents(), data_paths(root)

    done = subprocess.run(
        [sys.executable, "-c", MAINTAIN, moment, root], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == -signal.SIGKILL, done.stderr
    assert contents() == before
    assert differences() == []
    for _ in range(2):
        again = maintain(root, say=lambda line: None, keep_days=0, grace_minutes=0)
    assert again.waiting_files == 0
    assert contents() == before
    assert differences() == []
    assert len(data_paths(root)) < len(files)
    assert len(data_paths(root)) == sum(one.files_after for one in again.tables)
    assert not list((root / "tmp").glob("*.sqlite"))
