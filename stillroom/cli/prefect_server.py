"""A Prefect server of a build's own: started beside it, its records inside the lake, gone with the build."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stillroom.cli.prefect_database import provide
from stillroom.errors import LakeError, StillroomError

START_SECONDS = 120.0
POLL_SECONDS = 0.1
LOOPBACK = "127.0.0.1"
# Loops that serve deployments and schedules; a build of its own has neither.
SERVICES_OF_DEPLOYMENTS = (
    "SCHEDULER",
    "LATE_RUNS",
    "FOREMAN",
    "CANCELLATION_CLEANUP",
    "PAUSE_EXPIRATIONS",
    "TRIGGERS",
)
_PR_SET_PDEATHSIG = 1  # prctl(2): the kernel ends the server with the build, however the build ends


class PrefectServerFailed(StillroomError):
    """Prefect's server did not come up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectServer:
    """A server that is starting; ``wait`` until it answers."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def ui(self) -> str:
        """Address of its UI."""
        return f"http://{LOOPBACK}:{self.port}"

    def wait(self) -> None:
        """Return once the server answers.

        Raises:
            PrefectServerFailed: it died or takes too long; the message names its log.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.ui}/api/health", timeout=2.0):  # noqa: S310 - our own address
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(POLL_SECONDS)
        raise PrefectServerFailed(f"Prefect's server did not come up on port {self.port}; its log is {self.log}")


@contextmanager
def prefect_server(home: Path) -> Generator[PrefectServer]:
    """Start a server with its records in ``home`` and point this process's Prefect at it.

    Call before anything imports Prefect: the address is read when it is imported.
    """
    log = home / f"server-{os.getpid()}.log"  # another build of this lake may be writing its own
    try:
        home.mkdir(parents=True, exist_ok=True)
        provide(home)
        output = log.open("wb")
    except OSError as error:
        raise LakeError(
            f"cannot write into the lake's folder {home.parent}: {error}. Free some space there, or name another "
            "folder that you may write to with --lake."
        ) from error
    port = _free_port()
    settings = {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://{LOOPBACK}:{port}/api",
        "PREFECT_SERVER_UI_API_URL": f"http://{LOOPBACK}:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",  # Prefect's client says so on the terminal otherwise
        "PREFECT_LOGGING_LEVEL": os.environ.get("PREFECT_LOGGING_LEVEL", "CRITICAL"),
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        **{f"PREFECT_SERVER_SERVICES_{service}_ENABLED": "false" for service in SERVICES_OF_DEPLOYMENTS},
    }
    os.environ.update(settings)
    with output:
        # What `prefect server start` would itself start, without its second interpreter.
        process = subprocess.Popen(
            [sys.executable, "-m", "stillroom.cli.prefect_process", LOOPBACK, str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,
            start_new_session=True,
        )
    try:
        yield PrefectServer(process=process, port=port, log=log)
    except PrefectServerFailed:
        _end(process)
        raise  # the message names the log
    except BaseException:
        _end(process, log)
        raise
    else:
        _end(process, log)


def _end(process: subprocess.Popen[bytes], log: Path | None = None) -> None:
    process.terminate()
    try:
        process.wait(timeout=10.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if log is not None:
        log.unlink(missing_ok=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
