"""Looks after the processes of a deployment: starts them, starts again what ended by itself, and ends all of them."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from stillroom.errors import StillroomError
from stillroom.teachers.serving_process import ProcessIdentity, identify_process

LOOK_SECONDS = 0.5
GRACE_SECONDS = 20.0  # in which flow runs write down that they end
SOON_SECONDS = 30.0  # an end so soon after the start is a failure of the start
MOST_FAILED_STARTS = 3
_PR_SET_PDEATHSIG = 1  # prctl(2): the kernel ends the process with us, however we end


class ProcessFailed(StillroomError):
    """A process of the deployment ends again and again."""


@dataclass(slots=True, kw_only=True)
class Supervised:
    """One process that is to run as long as the deployment does, in a process group of its own.

    Attributes:
        name: what it is, for people.
        command: its command line.
        environment: in addition to ours.
        folder: where it works.
        log: gets its output.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None
    identity: ProcessIdentity | None = None
    _started: float = 0.0
    _failed_starts: int = 0

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,
                start_new_session=True,
            )
        self.identity = identify_process(self.process.pid)
        self._started = time.monotonic()

    @property
    def has_ended(self) -> bool:
        """Whether it was started and runs no more."""
        return self.process is not None and self.process.poll() is not None

    def start_again(self) -> None:
        """Start it once more after it ended by itself, and what it had started was ended.

        Raises:
            ProcessFailed: it ended soon after its start, several times in a row.
        """
        soon = time.monotonic() - self._started < SOON_SECONDS
        self._failed_starts = self._failed_starts + 1 if soon else 0
        if self._failed_starts >= MOST_FAILED_STARTS:
            raise ProcessFailed(f"{self.name} ends again and again soon after its start; its log is {self.log}")
        if self.identity is not None:
            self.identity.end(GRACE_SECONDS)  # else two generations would be at the same work
        self.start()

    def end(self, grace_seconds: float) -> None:
        """End it and all that it started: asked first, then forced."""
        if self.identity is not None:
            self.identity.end(grace_seconds)
        if self.process is not None:
            self.process.wait()


def look_after(all_of: Sequence[Supervised], started_again: Callable[[Supervised], None]) -> NoReturn:
    """Start again whatever ends by itself, for ever.

    Raises:
        ProcessFailed: one ends again and again.
    """
    while True:
        for one in all_of:
            if one.has_ended:
                one.start_again()
                started_again(one)
        time.sleep(LOOK_SECONDS)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
