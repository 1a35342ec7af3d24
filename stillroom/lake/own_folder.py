"""Folders of a process's own among the temporary ones: what a killed process has left there, the next one removes.

Each holds a file that its process keeps locked; the kernel drops the lock with the process, whatever ends it. A folder
of this name without that file is somebody else's and is left alone. So it has another name before that file is in it,
and when it goes: under that name an empty folder is ours too.
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
_UNFINISHED = "stillroom-unfinished-"
_LOCK = "in-use"


class OwnFolder:
    """A folder that goes with ``close``, with the object or with the process.

    Args:
        among: the folder that it is made in; the one for temporary files by default.

    Raises:
        OSError: none can be made.
    """

    def __init__(self, among: Path | None = None) -> None:
        among = among or Path(tempfile.gettempdir())
        _sweep(among)
        while (made := _make(among)) is None:
            pass
        self.path, lock = made
        self._removal = weakref.finalize(self, _remove, self.path, lock, os.getpid())  # at exit, if not before

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


def is_own(folder: Path) -> bool:
    """Whether it is such a folder by its name, of a process that may live; the next to make one removes the others."""
    return folder.name.startswith((PREFIX, _UNFINISHED))


def _make(among: Path) -> tuple[Path, int] | None:
    """A folder and its lock; None where another process has taken it for one that was left."""
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=among))
    try:
        lock = os.open(unfinished / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return None
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock).st_nlink == 0:
            os.close(lock)
            return None
        return unfinished.rename(_renamed(unfinished, _UNFINISHED, PREFIX)), lock
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        os.close(lock)
        raise


def _renamed(folder: Path, before: str, after: str) -> Path:
    return folder.with_name(folder.name.replace(before, after, 1))


def _remove(folder: Path, lock: int, maker: int) -> None:
    if os.getpid() == maker:  # a fork has the object too
        _clear(folder)
    os.close(lock)


def _clear(folder: Path) -> None:
    """Remove a folder whose lock we have; the lock's file goes last, so that half of it is found again."""
    with suppress(OSError):
        folder = folder.rename(_renamed(folder, PREFIX, _UNFINISHED))
        for one in folder.iterdir():
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one, ignore_errors=True)
            elif one.name != _LOCK:
                one.unlink()
        (folder / _LOCK).unlink()
        folder.rmdir()


def _sweep(among: Path) -> None:
    for folder in (*among.glob(f"{PREFIX}*"), *among.glob(f"{_UNFINISHED}*")):
        with suppress(OSError):  # another's, in use, or gone by now
            if folder.lstat().st_uid == os.getuid():
                _remove_left(folder)


def _remove_left(folder: Path) -> None:
    if folder.name.startswith(_UNFINISHED):
        with suppress(OSError):
            folder.rmdir()  # where it is empty
    lock = os.open(folder / _LOCK, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _clear(folder)
    finally:
        os.close(lock)
