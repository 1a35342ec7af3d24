"""A door's folder goes with its driver; what a dead driver left is swept, what a living one has is not."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from verifiers.sandbox.door import OWNER, PREFIX, open_door, sweep_doors
from verifiers.sandbox.drivers import driver_identity, is_gone

LEAVE_A_DOOR = (
    "import os, signal\nfrom verifiers.sandbox.door import open_door\nopen_door()\nos.kill(os.getpid(), signal.SIGKILL)"
)


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's, which has 107 letters in all."""
    with tempfile.TemporaryDirectory(prefix="doors-", dir="/tmp") as folder:
        yield Path(folder)


def test_the_door_of_a_killed_driver_is_swept_and_that_of_a_living_one_is_left(short, monkeypatch):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("TMPDIR", str(short))
    monkeypatch.setattr("tempfile.tempdir", None)
    subprocess.run([sys.executable, "-c", LEAVE_A_DOOR], cwd=Path(__file__).parents[4], check=False)
    own = open_door()
    assert own is not None
    (short / f"{PREFIX}unowned").mkdir()
    assert len(list(short.glob(f"{PREFIX}*"))) == 3
    assert sweep_doors() == 1
    assert own.home.exists()
    assert (own.home / OWNER).read_text() == driver_identity()
    own.close()
    assert not own.home.exists()


def test_a_driver_of_another_machine_or_without_a_name_is_not_called_gone():
    assert not is_gone(driver_identity())
    assert not is_gone("")
    assert not is_gone("another-machine:1:2@3")
    host, pid, started = driver_identity().split(":")
    assert is_gone(f"{host}:{pid}:1{started}")
