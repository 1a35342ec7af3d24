"""Folders of a process's own among the temporary ones: what a killed process has left there, the next one removes.

Each holds a file that its process keeps locked; the kernel drops the lock with the process, whatever ends it. A folder
without that file is left alone.
"""

import fcntl
import os
import shutil
import tempfile
import weakref
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "stillroom-lake-"
_LOCK = "in-use"


class OwnFolder:
    """A folder that goes with ``close``, with the object or with the process.

    Raises:
        OSError: none can be made.
    """

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        try:
            lock = _mark(self.path)
        except OSError:
            shutil.rmtree(self.path, ignore_errors=True)
            raise
        self._removal = weakref.finalize(self, _remove, self.path, lock)  # at exit, if not before

    def close(self) -> None:
        """Remove it, with all that is in it."""
        self._removal()


@contextmanager
def own_folder() -> Generator[Path]:
    """Such a folder for the length of the block; raises as ``OwnFolder`` does."""
    folder = OwnFolder()
    try:
        yield folder.path
    finally:
        folder.close()


def _mark(folder: Path) -> int:
    """Lock the file before it has its name: nobody finds it without its lock."""
    unnamed = folder / f"{_LOCK}.new"
    lock = os.open(unnamed, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        unnamed.rename(folder / _LOCK)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _remove(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _sweep(among: Path) -> None:
    for folder in among.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another's, or gone by now
            if folder.lstat().st_uid == os.getuid() and _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path) -> bool:
    lock = os.open(folder / _LOCK, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
