"""How many processes of the container the kernel killed for want of memory: who lost one may have failed for that."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, RUF100
# pyright: basic
import os

BOOKS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")  # of cgroups v2 and v1
NONE, OURS, FOREIGN, UNKNOWN = range(4)  # as in wire.py


class Kills:
    """Reads the kernel's books through a descriptor, since programs and this process are without /sys by then."""

    def __init__(self):
        self._book = None
        for path in BOOKS:
            try:
                self._book = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                break
            except OSError:
                pass
        self.last = self._read()

    def close(self):
        """Give the descriptor back."""
        if self._book is not None:
            os.close(self._book)

    def since(self, before):
        """What happened since ``before``, an earlier value of ``last``.

        ``OURS`` where the container's own limit was reached, ``FOREIGN`` where the machine had no memory left.
        """
        self.last = self._read()
        if self.last is None or before is None:
            return UNKNOWN
        killed, limit_reached = (now - then for now, then in zip(self.last, before, strict=True))
        if killed <= 0:
            return NONE
        return OURS if limit_reached > 0 else FOREIGN

    def _read(self):
        """Processes killed so far, and times that the container's own limit was why; None where nobody counts them."""
        if self._book is None:
            return None
        try:
            words = os.pread(self._book, 4096, 0).split()
        except OSError:
            return None
        counts = {name: int(count) for name, count in zip(words[::2], words[1::2], strict=False)}
        killed = counts.get(b"oom_kill")
        # Version 1 does not tell whose memory it was that ran out; a container without a limit of its own has no book.
        return None if killed is None else (killed, counts.get(b"oom", killed))
