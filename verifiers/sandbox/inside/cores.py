"""How long a process was ready to run and got no core: time that is the machine's, not the program's."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, RUF100
# pyright: basic
import os

NANOSECONDS = 1e9
MOST_COUNTED = 64  # processes of a program: it may not have more


class Cores:
    """Reads the kernel's books about processes through a descriptor of /proc, which programs do not have.

    Where the kernel keeps no such books (gVisor), a process never waits and is never alone.
    """

    def __init__(self):
        self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self):
        """Give the descriptor back."""
        os.close(self._proc)

    def seconds_waited(self, pid):
        """Seconds for which the process's first thread waited for a core, up to the last time that it was given one."""
        try:
            return int(self._read(f"{pid}/schedstat").split()[1]) / NANOSECONDS
        except (OSError, IndexError, ValueError):
            return 0.0

    def is_ready(self, pid):
        """Whether the process runs, or waits for a core, at this moment."""
        try:
            return self._read(f"{pid}/stat").rpartition(b")")[2].split()[0] == b"R"
        except (OSError, IndexError):
            return False

    def is_alone(self, pid):
        """Whether the process has neither children nor a second thread, which would compete with it."""
        try:
            return not self._children(pid, pid) and len(self._threads(pid)) == 1
        except OSError:
            return False

    def family(self, pid):
        """How many processes a process and its descendants are, as far as ``MOST_COUNTED``."""
        count, left = 0, [pid]
        while left and count < MOST_COUNTED:
            each = left.pop()
            count += 1
            try:
                for thread in self._threads(each):
                    left += self._children(each, thread)
            except OSError:  # it ended meanwhile
                pass
        return count

    def _children(self, pid, thread):
        return self._read(f"{pid}/task/{thread}/children").decode().split()

    def _threads(self, pid):
        folder = os.open(f"{pid}/task", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._proc)
        try:
            return os.listdir(folder)
        finally:
            os.close(folder)

    def _read(self, path):
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._proc)
        try:
            return os.read(file, 4096)
        finally:
            os.close(file)
