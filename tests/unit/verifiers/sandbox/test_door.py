"""A door's folder goes with its driver; what a dead driver left is swept, what a living one has is not."""

import subprocess
import sys
from pathlib import Path

from verifiers.sandbox.door import OWNER, PREFIX, open_door, sweep_doors
from verifiers.sandbox.drivers import driver_identity, is_gone

LEAVE_A_DOOR = (
    "import os, signal\nfrom verifiers.sandbox.door import open_door\nopen_door()\nos.kill(os.getpid(), signal.SIGKILL)"
)


def test_the_door_of_a_killed_driver_is_swept_and_that_of_a_living_one_is_left(tmp_path, monkeypatch):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    subprocess.run([sys.executable, "-c", LEAVE_A_DOOR], cwd=Path(__file__).parents[4], check=False)
    own = open_door()
    assert own is not None
    (tmp_path / f"{PREFIX}unowned").mkdir()
    assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 3
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
