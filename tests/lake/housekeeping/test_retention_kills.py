"""Letting old versions go is killed between any two of its steps: rows stay, what is kept stands, the next ends it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stillroom.lake import Lake
from stillroom.lake.backup import back_up
from stillroom.lake.maintenance import maintain
from stillroom.publication import compare, freeze, freeze_missing, snapshots
from tests.fakes.builds import Builder
from tests.lake.housekeeping.conftest import At, Contents, tiny

ROOT = Path(__file__).parents[3]
LET_GO = """
import os, shutil, signal, sys
from pathlib import Path
from stillroom.lake import Lake, maintenance

moment, root = sys.argv[1], Path(sys.argv[2])
commit, rename = Lake.commit, Path.rename

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def commit_and_die(lake, key, *arguments, **options):
    commit(lake, key, *arguments, **options)
    if key.startswith("retire:"):
        die()

def rename_and_die(path, target):
    moved = rename(path, target)
    if moved.name.endswith("-retired"):
        die()
    return moved

def remove_half_and_die(folder, *arguments, **options):
    if Path(folder).name.endswith("-retired"):
        next(one for one in Path(folder).iterdir() if one.is_file()).unlink()
        die()

if moment == "its rows are written":
    Lake.commit = commit_and_die
if moment == "a copy is set aside":
    Path.rename = rename_and_die
if moment == "half of a copy is removed":
    shutil.rmtree = remove_half_and_die
if moment == "the catalogue's versions are gone":
    maintenance.find_leftovers = die
maintenance.maintain(root, say=lambda line: None, keep_days=0, grace_minutes=0, keep_versions=1)
"""
MOMENTS = (
    "its rows are written",
    "a copy is set aside",
    "half of a copy is removed",
    "the catalogue's versions are gone",
)
Kept = dict[str, list[tuple[object, ...]]]


def kill_when(moment: str, root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LET_GO, moment, root], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def but_for_retiring(contents: Kept) -> Kept:
    return {name: rows for name, rows in contents.items() if name not in ("retirements", "commits")}


def assert_kept(lake: Lake) -> None:
    """What was not let go is as it was published, and one version of two was."""
    versions = snapshots(lake)
    assert [(one.label, one.is_retired) for one in versions] == [("tiny@1", True), ("tiny@2", False)]
    assert all(one.is_same for one in compare(lake, versions[1]))
    members = lake.rows("SELECT count(*) AS n FROM lake.snapshot_examples WHERE name = 'tiny' AND version = 1")
    assert members == [{"n": 4}]


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_when(root: Path, tmp_path: Path, contents: Contents, at: At, moment: str) -> None:
    before = contents()

    kill_when(moment, root)

    assert but_for_retiring(contents()) == but_for_retiring(before)
    with at(root) as lake:
        assert_kept(lake)
    back_up(root, tmp_path / "backup", say=lambda line: None)
    for one in (root, tmp_path / "backup"):
        for _ in range(2):
            again = maintain(one, say=lambda line: None, keep_days=0, grace_minutes=0, keep_versions=1)
        assert (again.retired, again.waiting_files) == ([], 0)
        assert [copy.name for copy in (one / "snapshots" / "tiny").iterdir()] == ["2"]
        with at(one) as lake:
            assert_kept(lake)
            published = lake.rows(
                "SELECT 1 FROM ducklake_snapshots('lake') WHERE starts_with(commit_message, 'publish:')"
            )
            assert len(published) == 1, "the state in which tiny@1 was published is gone, that of tiny@2 is there"
    assert but_for_retiring(contents()) == but_for_retiring(before)


async def test_a_build_after_a_kill_makes_no_copy_of_what_was_let_go(root: Path, tmp_path: Path, at: At) -> None:
    kill_when("a copy is set aside", root)
    lake = Lake.open(root)
    freeze_missing(lake, "tiny")
    _, snapshot = await Builder(lake).build(tiny(tmp_path, epoch=1))
    assert snapshot is not None
    freeze(lake, snapshot)
    lake.close()

    maintain(root, say=lambda line: None, keep_days=0, grace_minutes=0, keep_versions=2)

    assert sorted(copy.name for copy in (root / "snapshots" / "tiny").iterdir()) == ["2", "3"]
    with at(root) as lake:
        assert [(one.label, one.is_retired) for one in snapshots(lake)] == [
            ("tiny@1", True),
            ("tiny@2", False),
            ("tiny@3", False),
        ]
