"""The zygote's books: the processes of each program, their deadlines, and the report when they are dead."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, RUF023, RUF100
# pyright: basic, reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
import os
import signal
import struct
import time

REPORT = struct.Struct("<4sIBQ")  # magic, id, processes, wall microseconds
PROCESS = struct.Struct("<iBQIIIII")  # wait status, killed, cpu us, peak KiB, result, stdout, stdout kept, stderr kept
MAX_RESULT_BYTES = 8 << 20
NOT_KILLED, KILLED_CPU, KILLED_WALL, NOT_NEEDED, UNCONFINED = range(5)


def write_all(data):
    """Write to the driver."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


class Child:
    """One process of a job and the files that outlive it."""

    __slots__ = ("cpu_seconds", "files", "killed", "kept_bytes", "peak_kib", "pid", "pidfd", "status")

    def __init__(self, pid, files, kept_bytes):
        self.pid = pid
        self.files = files
        self.kept_bytes = kept_bytes
        self.killed = NOT_KILLED
        self.status = None
        self.pidfd = os.pidfd_open(pid)

    def cpu_used(self):
        """CPU seconds of the process so far."""
        return time.clock_gettime(~self.pid << 3 | 2)

    def kill(self, why):
        """Kill the process and with it its whole PID namespace."""
        if self.status is not None or self.killed:
            return
        self.killed = why
        signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def reap(self):
        """Collect the dead process."""
        _, self.status, usage = os.wait4(self.pid, 0)
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        self.peak_kib = usage.ru_maxrss
        os.close(self.pidfd)

    def head(self):
        """The fixed part of the report."""
        result, out, err = (os.fstat(fd).st_size for fd in self.files)
        return PROCESS.pack(
            self.status, self.killed, int(self.cpu_seconds * 1e6), self.peak_kib, min(result, MAX_RESULT_BYTES),
            min(out, 0xFFFFFFFF), min(out, self.kept_bytes), min(err, self.kept_bytes),
        )  # fmt: skip

    def send_files(self):
        """Copy result, stdout and stderr to the driver inside the kernel, and drop them."""
        for fd, most in zip(self.files, (MAX_RESULT_BYTES, self.kept_bytes, self.kept_bytes), strict=True):
            size = min(os.fstat(fd).st_size, most)
            offset = 0
            while offset < size:
                offset += os.sendfile(1, fd, offset, size - offset)
            os.close(fd)


class Job:
    """The processes of one program and their deadlines."""

    __slots__ = ("children", "cpu_limit", "id", "next_check", "slot", "started", "wall_limit")

    def __init__(self, number, slot, cpu_limit, wall_limit):
        self.id = number
        self.slot = slot
        self.children = []
        self.cpu_limit = cpu_limit
        self.wall_limit = wall_limit
        self.started = time.monotonic()
        self.next_check = self.started + min(cpu_limit, wall_limit)

    def check_deadline(self, now):
        """Kill what is over its time; otherwise say when to look again."""
        left = self.started + self.wall_limit - now
        for child in self.children:
            if child.status is not None or child.killed:
                continue
            cpu_left = self.cpu_limit - child.cpu_used()
            if left <= 0 or cpu_left <= 0:
                child.kill(KILLED_CPU if cpu_left <= 0 else KILLED_WALL)
            else:
                left = min(left, cpu_left)
        self.next_check = now + max(left, 0.001)

    def report(self):
        """Tell the driver."""
        wall = int((time.monotonic() - self.started) * 1e6)
        head = REPORT.pack(b"DONE", self.id, len(self.children), wall)
        write_all(head + b"".join(child.head() for child in self.children))
        for child in self.children:
            child.send_files()
