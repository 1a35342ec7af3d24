"""A Prefect server of a build's own: started beside it, its records inside the lake, gone with the build."""

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from stillroom.cli import prefect_process
from stillroom.cli.prefect_database import provide
from stillroom.cli.prefect_environment import adopt, own_environment
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
# Task runs are written down many at a time: by default each of their states is a transaction of its own. At its end the
# server writes down one batch more, so that one holds all that may be waiting: of a second in which many tasks end.
RECORDING = {
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "500",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",  # s; what is left is written at its end
}
# A third of what a new server computes before it answers: the types of blocks, which a build has none of.
BLOCKS = {"PREFECT_API_BLOCKS_REGISTER_ON_START": "false"}
CANCEL_AGAIN_SECONDS = 0.5  # a flow may take a cancellation for a failure of its server, and try again
SPACE_NEEDED_BYTES = 1 << 20
PACKAGES = frozenset(("prefect", "httpx", "httpcore"))  # whose errors, in a build, are about its server
_DISK_IS_FULL = b"database or disk is full"
_PR_SET_PDEATHSIG = 1  # prctl(2): the kernel ends the server with the build, however the build ends


Result = TypeVar("Result")


class PrefectServerFailed(StillroomError):
    """Prefect's server did not come up, or failed under a build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectServer:
    """A server that is starting; ``wait`` until it answers, then build ``under`` it."""

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
        directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with directly.open(f"{self.ui}/api/health", timeout=2.0):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(POLL_SECONDS)
        raise PrefectServerFailed(f"Prefect's server did not come up on port {self.port}{self._why()}")

    async def under(self, build: Coroutine[Any, Any, Result], *, carrier: type[Exception]) -> Result:
        """What ``build`` returns; it is ended at once where the server's process ends.

        Args:
            build: a flow run on this server.
            carrier: an error of the build that may stand for one of Prefect's, its cause.

        Raises:
            PrefectServerFailed: the server ended or failed; the message says why where that can be told, and names
                its log. Every other error of the build is raised as it is.
        """
        running = asyncio.ensure_future(build)
        ended = asyncio.create_task(self._ended())
        try:
            await asyncio.wait((running, ended), return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await _cancel(running)
            return running.result()
        except (Exception, asyncio.CancelledError) as error:
            if not running.done():  # it is this call that was cancelled
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                raise
            if ended.done() or _is_of_prefect(error, carrier):
                raise PrefectServerFailed(f"Prefect's server failed under the build{self._why()}") from error
            raise
        finally:
            ended.cancel()

    async def _ended(self) -> None:
        while self.process.poll() is None:  # noqa: ASYNC110 - a process tells nobody that it has ended
            await asyncio.sleep(POLL_SECONDS)

    def _why(self) -> str:
        """What is known of a failure, and where more stands; goes on after a message."""
        folder = self.log.parent
        with contextlib.suppress(OSError):
            if shutil.disk_usage(folder).free < SPACE_NEEDED_BYTES or _DISK_IS_FULL in self.log.read_bytes():
                return f": no space left in {folder}. Free some there and start the build again; its log is {self.log}"
        return f". Start the build again and it goes on; the server's log is {self.log}"


@contextmanager
def prefect_server(home: Path) -> Generator[PrefectServer]:
    """Start a server with its records in ``home`` and point this process's Prefect at it.

    Call before anything imports Prefect: the address is read when it is imported. Variables that a person has set for a
    Prefect of theirs are gone from this process from then on.

    Raises:
        LakeError: ``home`` cannot be written to.
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
        "PREFECT_API_URL": f"http://{LOOPBACK}:{port}/api",
        "PREFECT_SERVER_UI_API_URL": f"http://{LOOPBACK}:{port}/api",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        **RECORDING,
        **BLOCKS,
        **{f"PREFECT_SERVER_SERVICES_{service}_ENABLED": "false" for service in SERVICES_OF_DEPLOYMENTS},
    }
    environment = own_environment(home, settings)
    adopt(environment)
    with output:
        # What `prefect server start` would itself start, without its second interpreter.
        process = subprocess.Popen(
            [sys.executable, "-P", str(Path(prefect_process.__file__).resolve()), LOOPBACK, str(port)],
            env=environment,
            cwd=home,
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


async def _cancel(running: asyncio.Future[Any]) -> None:
    while not running.done():
        running.cancel()
        await asyncio.wait((running,), timeout=CANCEL_AGAIN_SECONDS)


def _is_of_prefect(error: BaseException, carrier: type[Exception]) -> bool:
    found = error.__cause__ if isinstance(error, carrier) else error
    return found is not None and type(found).__module__.partition(".")[0] in PACKAGES


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
