"""Temporary folders go with their process; those of a killed one go when the next one makes its own."""

import fcntl
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stillroom.lake.landing import FolderReach
from stillroom.lake.own_folder import OwnFolder, own_folder
from stillroom.lake.reading import opened

ROOT = Path(__file__).parents[2]
READER = """
import sys
from pathlib import Path
from stillroom.lake.landing import FolderReach
from stillroom.lake.reading import opened

with opened(Path(sys.argv[1])):
    reach = FolderReach(Path(sys.argv[1]) / "data")
    print("reading", flush=True)
    sys.stdin.read()
"""

KILLED = """
import fcntl, os, pathlib, shutil, signal, sys, tempfile
from stillroom.lake.own_folder import own_folder

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

moment, make = sys.argv[1], tempfile.mkdtemp
if moment == "before its file":
    tempfile.mkdtemp = lambda **options: die(make(**options))
if moment == "before its lock":
    fcntl.flock = die
if moment == "before its name":
    pathlib.Path.rename = die
with own_folder() as folder:
    (folder / "copy").mkdir()
    if moment == "while it goes":
        shutil.rmtree = die
    if moment == "before it goes":
        os.rmdir = pathlib.Path.rmdir = die
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary ones, of this test alone."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def reading(lake_root: Path, temporary: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts processes that read the lake, and reach its data by a link."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", READER, str(lake_root)]
        one = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(one)
        assert one.stdout is not None
        assert one.stdout.readline() == "reading\n"
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_what_a_killed_reader_leaves_the_next_one_removes_and_no_living_ones(
    reading: Callable[[], subprocess.Popen[str]], lake_root: Path, temporary: Path
) -> None:
    killed, living = reading(), reading()
    folders = set(temporary.iterdir())
    assert len(folders) == 4
    killed.kill()
    killed.communicate()

    with opened(lake_root) as lake:
        assert lake.rows("SELECT count(*) AS n FROM lake.samples") == [{"n": 0}]
        assert len(set(temporary.iterdir()) & folders) == 2

    living.communicate("")
    assert living.returncode == 0
    assert list(temporary.iterdir()) == []
    assert (lake_root / "data").is_dir(), "a link went, not what it leads to"


def test_folders_of_others_stay(temporary: Path, tmp_path: Path) -> None:
    for name in ("stillroom-lake-of-mine", "stillroom-else"):
        (temporary / name).mkdir()
    (temporary / "stillroom-lake-link").symlink_to(tmp_path)
    before = set(temporary.iterdir())

    with own_folder() as folder:
        assert folder.parent == temporary
    FolderReach(tmp_path).close()

    assert set(temporary.iterdir()) == before
    assert tmp_path.exists()


@pytest.mark.parametrize(
    "moment", ["before its file", "before its lock", "before its name", "while it goes", "before it goes"]
)
def test_what_is_left_half_made_or_half_removed_goes_too(temporary: Path, moment: str) -> None:
    command = [sys.executable, "-c", KILLED, moment]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert len(list(temporary.iterdir())) == 1

    OwnFolder().close()

    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("moment", ["before its file", "before its lock"])
def test_who_loses_the_folder_while_it_is_made_makes_another(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    make, lock, others = tempfile.mkdtemp, fcntl.flock, list[OwnFolder]()

    def sweep_once() -> None:
        monkeypatch.undo()
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        others.append(OwnFolder())

    def made_and_lost(**where: Any) -> str:
        made = make(**where)
        sweep_once()
        return made

    def lost_and_locked(file: int, how: int) -> None:
        sweep_once()
        lock(file, how)

    if moment == "before its file":
        monkeypatch.setattr(tempfile, "mkdtemp", made_and_lost)
    else:
        monkeypatch.setattr(fcntl, "flock", lost_and_locked)

    with own_folder() as folder:
        assert sorted(temporary.iterdir()) == sorted([folder, others[0].path])
        assert [one.name for one in folder.iterdir()] == ["in-use"]
        others[0].close()
        OwnFolder().close()
        assert list(temporary.iterdir()) == [folder]
