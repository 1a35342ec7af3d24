"""Looks whether a process is there that may end at any moment."""

from pathlib import Path


def is_running(pid: int | str) -> bool:
    """Whether it runs; none that has ended and was not waited for yet does."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):  # it was there to be opened, and gone when it was read
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
