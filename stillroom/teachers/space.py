"""Room on a disk, looked at before something large is fetched, and what is said when it runs out all the same."""

import errno
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from stillroom.errors import TeacherError

GIB = 1024**3
SPARE_BYTES = GIB // 4  # left over, for logs and whatever else is written meanwhile
FULL = (errno.ENOSPC, errno.EDQUOT)
ADVICE = "Free some, or put STILLROOM_HOME on a larger disk, and run the same command again."


def require_room(folder: Path, needed_bytes: int, what: str) -> None:
    """Refuse to begin what there is no room for.

    Args:
        folder: where it goes, which exists.
        needed_bytes: at the peak; nothing is asked of the disk where it is 0.
        what: what it is for, as the subject of "needs".

    Raises:
        TeacherError: less is free.
    """
    free = shutil.disk_usage(folder).free
    if needed_bytes and free < needed_bytes + SPARE_BYTES:
        raise TeacherError(
            f"{folder} has {free / GIB:.1f} GB free; {what} needs {(needed_bytes + SPARE_BYTES) / GIB:.1f} GB. {ADVICE}"
        )


@contextmanager
def room_in(folder: Path, what: str) -> Generator[None]:
    """Within the block, a disk that fills up all the same is told in the words of this module.

    Raises:
        TeacherError: no space is left.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise TeacherError(f"no space is left in {folder} for {what} ({error}). {ADVICE}") from error
