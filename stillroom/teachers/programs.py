"""The programs that set-up steps run, such as pip: they end with whoever waits for them."""

import os
import subprocess
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stillroom.errors import TeacherError

GRACE_SECONDS = 1.0

_running: set[subprocess.Popen[str]] = set()
_guard = threading.Lock()
_is_over = False


@contextmanager
def program(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    output: IO[str] | int = subprocess.PIPE,
    errors: IO[str] | int = subprocess.STDOUT,
) -> Generator[subprocess.Popen[str]]:
    """A running program without standard input; where the block is left by an error, it is ended.

    Raises:
        TeacherError: set-up was stopped, by ``end_programs``.
    """
    with _guard:
        if _is_over:
            raise TeacherError("set-up was stopped; the same command goes on from here")
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, text=True, env=environment
        )
        _running.add(process)
    try:
        with process:
            try:
                yield process
            except BaseException:
                _end([process])
                raise
    finally:
        _running.discard(process)


def bare_environment() -> dict[str, str]:
    """This process's environment without what would change which modules another Python finds or where pip installs."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    return kept | {
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PYTHONUNBUFFERED": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONDONTWRITEBYTECODE": "",
    }


def run_program(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> int:
    """The exit code of a program whose output goes into ``log``."""
    with (
        log.open("w", encoding="utf-8") as sink,
        program(command, environment=environment, output=sink) as process,
    ):
        return process.wait()


def end_programs() -> None:
    """End those that still run, and start no other: this process is about to end."""
    global _is_over
    with _guard:
        _is_over = True
        left = list(_running)
    _end(left)


def _end(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
