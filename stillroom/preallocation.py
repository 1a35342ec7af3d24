"""Disk blocks that a file has before it needs them (``fallocate(2)`` with FALLOC_FL_KEEP_SIZE)."""

import ctypes
import errno
import os

_KEEP_SIZE = 1
_UNABLE = {errno.EOPNOTSUPP, errno.ENOSYS}
_libc = ctypes.CDLL(None, use_errno=True)


def allocate(file: int, start: int, length: int) -> None:
    """Give the open file blocks for ``length`` bytes from offset ``start`` on; its size stays as it is.

    A file system that cannot do that is left as it is: there, writing may still fail for want of space.

    Raises:
        OSError: there is no room for them, by the disk, a quota or a limit.
    """
    while _libc.fallocate(file, _KEEP_SIZE, ctypes.c_int64(start), ctypes.c_int64(length)):
        error = ctypes.get_errno()
        if error in _UNABLE:
            return
        if error != errno.EINTR:
            raise OSError(error, os.strerror(error))
