"""A lake is written by many or kept in order by one; whoever comes second is told who is there, and death frees it."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stillroom.errors import LakeError, LeaseHeld
from stillroom.lake import Lake
from stillroom.lake.presence import alone, enter, present

ROOT = Path(__file__).parents[3]
WRITER = """
import sys, time
from pathlib import Path
from stillroom.lake.presence import enter
entered = enter(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""
HOUSEKEEPER = """
import sys, time
from pathlib import Path
from stillroom.lake.presence import alone
with alone(Path(sys.argv[1]), "stillroom lake maintain"):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def running(script: str, root: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen([sys.executable, "-c", script, root], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def keep_house(root: Path) -> None:
    with alone(root, "a test"):
        pass


def test_housekeeping_is_refused_while_another_process_writes_and_says_who(tmp_path: Path) -> None:
    with (
        running(WRITER, tmp_path) as writer,
        pytest.raises(LeaseHeld, match=rf"at work in it: `-c .*`, process {writer.pid} on .* since 20.*try again"),
    ):
        keep_house(tmp_path)


def test_a_writer_that_is_killed_is_gone_and_leaves_no_note(tmp_path: Path) -> None:
    with running(WRITER, tmp_path) as writer:
        writer.send_signal(signal.SIGKILL)
        writer.wait()

        keep_house(tmp_path)
        with present(tmp_path), pytest.raises(LeaseHeld) as refused:
            keep_house(tmp_path)
    assert f"process {writer.pid} " not in str(refused.value)


def test_writers_are_present_together_and_all_are_named(tmp_path: Path) -> None:
    with running(WRITER, tmp_path) as one, running(WRITER, tmp_path) as other, pytest.raises(LeaseHeld) as refused:
        keep_house(tmp_path)
    assert {f"process {one.pid} ", f"process {other.pid} "} <= {
        f"process {word} " for word in str(refused.value).replace("process ", "\n").split() if word.isdecimal()
    }


def test_a_writer_is_told_who_keeps_house_when_it_has_waited_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.lake.presence.WAIT_SECONDS", 0.2)
    with (
        running(HOUSEKEEPER, tmp_path) as housekeeper,
        pytest.raises(LeaseHeld, match=rf"in the hands of `stillroom lake maintain`, process {housekeeper.pid} on"),
    ):
        enter(tmp_path)


def test_a_writer_waits_for_housekeeping_to_end(tmp_path: Path) -> None:
    with running(HOUSEKEEPER, tmp_path) as housekeeper:
        threading.Timer(0.5, housekeeper.kill).start()
        began = time.monotonic()

        enter(tmp_path).leave()

    assert time.monotonic() - began > 0.4


def test_two_cannot_keep_house_at_once(tmp_path: Path) -> None:
    with (
        running(HOUSEKEEPER, tmp_path) as housekeeper,
        pytest.raises(LeaseHeld, match=rf"`stillroom lake maintain`, process {housekeeper.pid} on"),
    ):
        keep_house(tmp_path)


def test_an_open_lake_is_a_writer_between_its_commits_and_a_closed_one_is_not(lake_root: Path) -> None:
    lake = Lake.open(lake_root)
    with pytest.raises(LeaseHeld):
        keep_house(lake_root)
    lake.close()
    keep_house(lake_root)


def test_a_lake_that_could_not_be_opened_is_no_writer(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").write_text("not a database " * 100)
    with pytest.raises(LakeError, match="catalogue"):
        Lake.open(tmp_path)
    keep_house(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "leases").write_text("no folder")
    with pytest.raises(LakeError, match=r"cannot write .*writers\.lock.*--lake"):
        enter(tmp_path)
