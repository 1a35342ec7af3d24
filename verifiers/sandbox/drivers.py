"""Tells drivers apart, also where a pid is used again: whose containers and folders may be swept away."""

import os
import platform
from pathlib import Path


def driver_identity() -> str:
    """This process as ``host/namespace:pid:start``: tells a living driver from another with its recycled pid.

    The PID namespace is part of it, since containers with one host name may share a daemon and not their pids.
    """
    return f"{_host()}:{os.getpid()}:{_started(os.getpid())}"


def is_gone(identity: str) -> bool:
    """Whether a driver was of this machine and does not run any more; False where that cannot be told."""
    host, _, process = identity.partition(":")
    pid, _, started = process.partition(":")
    return host == _host() and pid.isdigit() and _started(int(pid)) != started


def _host() -> str:
    try:
        return f"{platform.node()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return platform.node()


def _started(pid: int) -> str:
    """When a process was started, in clock ticks since boot, with the boot's id; "" where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return f"{fields[19]}@{Path('/proc/sys/kernel/random/boot_id').read_text().strip()[:8]}"
    except OSError:
        return ""
