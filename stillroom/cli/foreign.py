"""Tells a person of an error of the operating system: what failed, on which file, and what to do."""

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
MIB = 1024**2


def told(error: OSError, lake: Path) -> str:
    """The message for an error that no part of Stillroom expected; ``lake`` is the folder the command is about."""
    what = error.strerror or str(error) or type(error).__name__
    files = [str(name) for name in (error.filename, error.filename2) if name is not None]
    found = f"{what}: {' and '.join(files)}" if files else what
    return f"{found}. {_advice(error, lake)}"


def _advice(error: OSError, lake: Path) -> str:
    if error.errno in FULL:
        free = ", ".join(f"{size / MIB:,.1f} MB free for {place}" for place, size in _free(_places(lake)))
        return (
            f"Found {free}. Free some there, or name a place on a larger disk (--lake, STILLROOM_HOME, TMPDIR); the "
            "same command goes on from here."
        )
    if error.errno in FORBIDDEN:
        return "Give this user the right to it, or name another place (--lake, STILLROOM_HOME, TMPDIR)."
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "Too many files are open: raise the limit (ulimit -n), then run the same command again."
    return "Mend that and run the same command again; `stillroom --debug ...` shows where it failed."


def _places(lake: Path) -> list[Path]:
    """Where a command writes."""
    from stillroom.home import home

    temporary = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108 - tempfile.gettempdir() fails where it is full
    return [lake, home(), Path(temporary)]


def _free(places: Iterable[Path]) -> Iterable[tuple[Path, int]]:
    """Bytes free on the disks of these, also where they do not exist yet."""
    for place in places:
        there = next((one for one in (place.absolute(), *place.absolute().parents) if one.exists()), None)
        if there is not None:
            yield place, shutil.disk_usage(there).free
