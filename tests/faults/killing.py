"""Kills work on a lake whenever it has taken so many steps, and starts it again, until it comes to its end."""

import multiprocessing
import signal
from collections.abc import Callable
from pathlib import Path

from stillroom.lake import Lake
from tests.fakes.teacher import Paid
from tests.faults.campaign import opened
from tests.faults.dying import LEDGER, work

IN_FLIGHT = 8  # two prompts' waves
UNDISTURBED = 10**9  # more steps than any work has
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.faults.dying"])
Check = Callable[[Lake], object]


def killed(root: Path, folder: Path, name: str, *, steps: int, look: Check) -> int:
    """Kill the work whenever it has taken so many steps, until it comes to its end; returns how often."""
    for kills in range(100):
        exit_code = once(root, folder, name, steps=steps)
        with opened(root) as lake:
            look(lake)
        if exit_code == 0:
            return kills
        assert exit_code == -signal.SIGKILL
    raise AssertionError("it never ends")


def once(root: Path, folder: Path, name: str, *, steps: int) -> int | None:
    """Start the work, which is killed when it has taken so many steps; returns how it ended."""
    process = _PROCESSES.Process(target=work, args=(root, folder, name, steps))
    process.start()
    process.join()
    return process.exitcode


def paid(folder: Path) -> list[Paid]:
    """What the teacher's ledger says, which no kill takes back."""
    lines = (folder / LEDGER).read_text(encoding="utf-8").splitlines() if (folder / LEDGER).exists() else []
    return [Paid(line, "sample", "", 1) for line in lines]
