"""Leases: one holder at a time, named to whoever comes second, and freed by the holder's death."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from stillroom.errors import LakeError, LeaseHeld
from stillroom.lease import lease

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from stillroom.lease import lease
with lease(Path(sys.argv[1]), "the build of tiny"):
    print("held", flush=True)
    time.sleep(60)
"""


HELD = "the build of tiny"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "leases").mkdir()
    return tmp_path


@contextmanager
def holder(root: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == "held\n"
        try:
            yield held
        finally:
            held.kill()


def take(root: Path, work: str = "the build of tiny") -> int:
    with lease(root, work):
        return os.getpid()


def test_second_process_is_told_who_holds_it(root: Path) -> None:
    with (
        holder(root) as held,
        pytest.raises(LeaseHeld, match=f"the build of tiny is being done by process {held.pid} on"),
    ):
        take(root)


def test_kill_of_the_holder_frees_it(root: Path) -> None:
    with holder(root) as held:
        held.send_signal(signal.SIGKILL)
        held.wait()

        assert take(root)


def test_other_work_is_free(root: Path) -> None:
    with holder(root):
        assert take(root, "the build of another")


def test_second_taker_in_the_same_process_is_refused(root: Path) -> None:
    with lease(root, "w"), pytest.raises(LeaseHeld):
        take(root, "w")


def test_who_has_it_for_a_moment_is_waited_for(root: Path) -> None:
    with ExitStack() as look:
        look.enter_context(lease(root, "w"))
        began = time.monotonic()
        ends = threading.Timer(0.3, look.close)
        ends.start()
        with lease(root, "w", seconds=30.0):
            assert time.monotonic() - began >= 0.3
        ends.join()


def test_who_has_it_for_longer_is_not(root: Path) -> None:
    with holder(root) as held, pytest.raises(LeaseHeld, match=f"process {held.pid}"), lease(root, HELD, seconds=0.2):
        pytest.fail("two are at the same work")


def test_it_is_free_again_after_the_block_and_after_an_error_in_it(root: Path) -> None:
    def fail() -> None:
        with lease(root, "w"):
            raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        fail()

    assert take(root, "w") == take(root, "w")


def test_holder_that_cannot_be_read_is_another_process(root: Path) -> None:
    with holder(root):
        for path in (root / "leases").glob("*.json"):
            path.write_text("{torn")

        with pytest.raises(LeaseHeld, match="by another process"):
            take(root)


def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(LakeError, match=r"cannot write into the lake's folder .*--lake"):
        take(tmp_path / "file" / "lake")
    take(tmp_path)
