"""Which process is ours: a pid alone may belong to somebody else tomorrow, so its start time is kept with it.

Linux only: both come from ``/proc``. A process is signalled only if its pid *and* start time are the recorded
ones, and the machine has not been started again since.
"""

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
START_TIME_FIELD = 22  # in /proc/PID/stat, counted from 1; clock ticks since the machine started
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """A process, told apart from any later one that is given the same pid.

    Attributes:
        started: clock ticks since boot.
        boot_id: of the running kernel; another one means another boot or another machine.
    """

    pid: int
    started: int
    boot_id: str

    def is_alive(self) -> bool:
        """Whether exactly this process still runs (a zombie does not)."""
        return self.boot_id == _boot_id() and _start_ticks(self.pid) == self.started

    def leaves_orphans(self) -> bool:
        """Whether it is gone but members of its process group live on.

        A pid is not given out again while a group of that number exists, so the group is ours.
        """
        if self.boot_id != _boot_id() or (PROC / str(self.pid)).exists():
            return False
        return bool(_group_members(self.pid))

    def resident_bytes(self) -> int:
        """Memory of its whole process group, shared pages counted once for each sharer's part (PSS)."""
        return sum(_resident_bytes(pid) for pid in _group_members(self.pid)) if self.is_alive() else 0

    def end(self, grace_seconds: float = 10.0) -> bool:
        """Ends it and its process group: asked first, then forced. False if it was not running any more."""
        if not (self.is_alive() or self.leaves_orphans()):
            return False
        _signal_group(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while _group_members(self.pid) and time.monotonic() < deadline:
            reap(self.pid)
            time.sleep(POLL_SECONDS)
        if _group_members(self.pid):
            _signal_group(self.pid, signal.SIGKILL)
            while _group_members(self.pid):
                reap(self.pid)
                time.sleep(POLL_SECONDS)
        reap(self.pid)
        return True


def spawn(argv: Sequence[str], environment: Mapping[str, str], log: Path) -> ProcessIdentity:
    """Starts a process in a session of its own, so that it outlives this one, with its output in ``log``."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    pid = os.posix_spawn(argv[0], list(argv), {**os.environ, **environment}, file_actions=files, setsid=True)
    return identify_process(pid)


def identify_process(pid: int) -> ProcessIdentity:
    """The identity of a process that runs now."""
    return ProcessIdentity(pid=pid, started=_start_ticks(pid) or 0, boot_id=_boot_id())


def reap(pid: int) -> int | None:
    """The exit code of a child that has ended, which frees its pid; None for any other process."""
    try:
        reaped, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None
    return os.waitstatus_to_exitcode(status) if reaped else None


def _stat_fields(pid: int) -> list[str] | None:
    """The fields of ``/proc/PID/stat`` from the third on: the second, a name, may hold spaces and brackets."""
    try:
        return (PROC / str(pid) / "stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _start_ticks(pid: int) -> int | None:
    fields = _stat_fields(pid)
    return None if fields is None or fields[0] in "ZX" else int(fields[START_TIME_FIELD - 3])


def _group_members(group: int) -> list[int]:
    """Living processes whose process group is ``group``."""
    members: list[int] = []
    for entry in PROC.iterdir():
        fields = _stat_fields(int(entry.name)) if entry.name.isdigit() else None
        if fields and fields[0] not in "ZX" and int(fields[2]) == group:
            members.append(int(entry.name))
    return members


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return


def _resident_bytes(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text("ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _boot_id() -> str:
    return (PROC / "sys" / "kernel" / "random" / "boot_id").read_text("ascii").strip()
