"""A Docker daemon of a test's own, which may be killed and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def daemons_home(monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """A folder for a daemon, whose socket in it is ``DOCKER_HOST``."""
    folder = Path(tempfile.mkdtemp(prefix="stillroom-docker-", dir="/tmp"))  # a socket's path has room for 107 letters
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/docker.sock")
    try:
        yield folder
    finally:
        end_what_the_daemon_left(folder)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def docker_daemon(folder: Path) -> Generator[subprocess.Popen[bytes]]:
    """A Docker daemon of our own, which may be killed; ``DOCKER_HOST`` is its socket, ``folder``/docker.sock."""
    state = ["--data-root", folder / "data", "--exec-root", folder / "exec", "--pidfile", folder / "docker.pid"]
    network = ["--bridge", "none", "--iptables=false", "--ip6tables=false"]
    command = ["dockerd", "--host", f"unix://{folder}/docker.sock", *state, "--storage-driver", "vfs", *network]
    with (folder / "dockerd.log").open("ab") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while not _answers(folder):
            assert daemon.poll() is None, (folder / "dockerd.log").read_text()
            assert time.monotonic() < deadline, "dockerd does not answer"
            time.sleep(0.1)
        yield daemon
    finally:
        daemon.terminate()
        daemon.wait(timeout=60)


def _answers(folder: Path) -> bool:
    asked = subprocess.run(
        ["docker", "--host", f"unix://{folder}/docker.sock", "info"], capture_output=True, check=False
    )
    return asked.returncode == 0


def end_what_the_daemon_left(folder: Path) -> None:
    """A killed daemon leaves containerd and its containers; they belong to this test."""
    found = subprocess.run(["pgrep", "-f", str(folder / "exec")], capture_output=True, text=True, check=False)
    for pid in found.stdout.split():
        os.kill(int(pid), signal.SIGKILL)
