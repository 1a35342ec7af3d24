"""Finds the Docker daemon, and starts an installed one where it may."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import docker
from docker.errors import DockerException
from filelock import FileLock
from requests.exceptions import RequestException

from stillroom.errors import SandboxError

SOCKET = Path("/var/run/docker.sock")
START_SECONDS = 30.0
RIVAL_SECONDS = 10.0  # that another daemon gets to answer, once ours has ended because the other came first
CALL_SECONDS = 60
LOG = Path("/var/log/stillroom-dockerd.log")


def connect() -> docker.DockerClient:
    """A client of the daemon that ``DOCKER_HOST`` names, or of the local one.

    Raises:
        SandboxError: when none answers, with what to do.
    """
    try:
        _knock()
        return docker.from_env(version="auto", timeout=CALL_SECONDS)
    except (DockerException, RequestException, OSError) as error:
        raise SandboxError(f"no Docker daemon answers ({error}). {_what_to_do()}") from error


def ensure_docker() -> docker.DockerClient:
    """A client of a daemon that answers; an installed dockerd is started where none does and we are root.

    The daemon that is started is detached and logs to ``/var/log/stillroom-dockerd.log``.

    Raises:
        SandboxError: when none answers and none could be started, with the command to run.
    """
    try:
        return connect()
    except SandboxError as error:
        if os.environ.get("DOCKER_HOST") or os.geteuid() != 0 or shutil.which("dockerd") is None:
            raise
        first = error
    with FileLock(LOG.with_suffix(".lock")):  # of two who find none, one starts it and the other finds it
        return _start(first)


def _start(first: SandboxError) -> docker.DockerClient:
    with contextlib.suppress(SandboxError):
        return connect()
    with LOG.open("ab") as log:
        daemon = subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=True
        )
    ended = time.monotonic()
    deadline = ended + START_SECONDS
    while time.monotonic() < deadline:
        if daemon.poll() is not None:
            deadline = min(deadline, ended + RIVAL_SECONDS)
        else:
            ended = time.monotonic()
        if SOCKET.exists():
            try:
                return connect()
            except SandboxError as error:
                first = error
        time.sleep(0.2)
    raise SandboxError(f"dockerd was started but does not answer; see {LOG}") from first


def answers() -> bool:
    """Whether a daemon is there at this moment."""
    try:
        _knock()
    except OSError:
        return False
    return True


def _knock() -> None:
    """Ask a local daemon for a sign of life and hang up: Docker's SDK leaks its own socket where none comes."""
    address = os.environ.get("DOCKER_HOST") or f"unix://{SOCKET}"
    if address.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(CALL_SECONDS)
            probe.connect(address.removeprefix("unix://"))
            probe.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            if not probe.recv(16).startswith(b"HTTP/"):
                raise ConnectionError(f"{address} hung up")


def _what_to_do() -> str:
    if os.environ.get("DOCKER_HOST"):
        return f"DOCKER_HOST is {os.environ['DOCKER_HOST']}: start that daemon or unset the variable."
    if shutil.which("dockerd") is None:
        return "Docker is not installed: install it (Debian and Ubuntu: `apt-get install docker.io`)."
    if os.geteuid() != 0:
        return "Run `sudo systemctl start docker`, and be in the group `docker` (`sudo usermod -aG docker $USER`)."
    return "Run `dockerd &` or `systemctl start docker`."
