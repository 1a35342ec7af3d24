"""Housekeeping that is killed loses nothing, and the next one finishes what it began."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stillroom.errors import LakeError
from stillroom.lake import Lake
from stillroom.lake.maintenance import maintain
from tests.fakes.rows import row
from tests.lake.housekeeping.conftest import Contents, Differences, data_paths

ROOT = Path(__file__).parents[3]
MAINTAIN = """
import os, signal, sys
from pathlib import Path
from stillroom.lake import compaction, leftovers
from stillroom.lake.maintenance import maintain

moment, root = sys.argv[1], Path(sys.argv[2])
merge, look, discard, looks = compaction.merge, compaction.version_rows, Path.unlink, []

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

def merge_and_die(connection, table):
    merge(connection, table)
    die()

def look_or_die(*arguments):
    looks.append(arguments)
    return look(*arguments) if len(looks) == 1 else die()

def discard_and_die(path, missing_ok=False):
    discard(path, missing_ok=missing_ok)
    if path.suffix == ".parquet":
        die()

if moment == "while it merges":
    compaction.merge = merge_and_die
if moment == "before it compares":
    compaction.version_rows = look_or_die
if moment == "while it removes":
    Path.unlink = discard_and_die
said = []
def say(line):
    said.append(line)
    if line.startswith(moment) or (moment == "after a merge" and len(said) == 2):
        die()
maintain(root, say=say, keep_days=0, grace_minutes=0)
"""


def kill_housekeeping(root: Path, moment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MAINTAIN, moment, root], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize(
    "moment",
    [
        "while it merges",
        "before it compares",
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

    kill_housekeeping(root, moment)

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


@pytest.mark.parametrize(
    "moment",
    [
        "laying out commits",  # before the first change of several
        "laying out costs",
        "writing commits",
        "letting",  # when both are done
    ],
)
def test_killed_while_it_brings_the_layout_up_to_date_it_loses_nothing(
    of_no_order: Path, contents: Contents, differences: Differences, moment: str
) -> None:
    before = contents()

    kill_housekeeping(of_no_order, moment)

    assert contents() == before
    assert differences() == []
    maintain(of_no_order, say=lambda line: None)
    again = maintain(of_no_order, say=lambda line: None)
    assert (again.layout, again.in_order) == ([], [])
    assert contents() == before
    assert differences() == []


@pytest.fixture
def torn(root: Path) -> Path:
    """A merged file that nobody can read, of a merge that was killed before its rows were compared."""
    before = data_paths(root)
    kill_housekeeping(root, "before it compares")
    (file,) = data_paths(root) - before
    return file


def test_a_merge_that_was_not_compared_is_undone_where_its_file_cannot_be_read(
    root: Path, contents: Contents, differences: Differences, torn: Path
) -> None:
    before = contents()
    torn.write_bytes(b"half")
    said: list[str] = []

    for _ in range(2):
        maintain(root, say=said.append, keep_days=0, grace_minutes=0)

    assert any("undoing the merge" in line for line in said)
    assert contents() == before
    assert differences() == []
    assert not torn.exists()
    assert not list((root / "tmp").glob("*.sqlite"))


def test_nothing_is_removed_where_it_can_be_undone_no_more(
    root: Path, contents: Contents, stillroom, torn: Path
) -> None:
    before, files = contents(), data_paths(root)
    assert stillroom("sql", "--write", "create table mine (a integer)").exit_code == 0
    whole = torn.read_bytes()
    torn.write_bytes(b"half")

    for _ in range(2):
        with pytest.raises(LakeError, match=r"written since, so the merge cannot be undone.*catalogue-before-merging"):
            maintain(root, say=lambda line: None, keep_days=0, grace_minutes=0)

    assert data_paths(root) == files
    torn.write_bytes(whole)
    maintain(root, say=lambda line: None, keep_days=0, grace_minutes=0)
    assert contents() == before


def commit(root: Path, key: str) -> None:
    lake = Lake.open(root)
    lake.commit(key, {"scores": [row("scores")]}, run_id="r")
    lake.close()


@pytest.mark.parametrize("is_written", [False, True], ids=["older", "as many versions"])
def test_a_catalogue_that_was_put_back_by_hand_stays(
    root: Path, contents: Contents, tmp_path: Path, is_written: bool
) -> None:
    catalogue, backup = root / "catalogue.sqlite", tmp_path / "backup.sqlite"
    shutil.copyfile(catalogue, backup)
    commit(root, "lost")
    kill_housekeeping(root, "while it merges")
    shutil.copyfile(backup, catalogue)
    if is_written:
        commit(root, "another")
    before, files = contents(), data_paths(root)

    with pytest.raises(LakeError, match=r"the catalogue is another since.*older catalogue put back.*-merging.sqlite"):
        maintain(root, say=lambda line: None, keep_days=0, grace_minutes=0)

    assert contents() == before
    assert data_paths(root) == files
    (root / "tmp" / "catalogue-before-merging.sqlite").unlink()
    maintain(root, say=lambda line: None, keep_days=0, grace_minutes=0)
    assert contents() == before
