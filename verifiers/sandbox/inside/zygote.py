"""The container's first process: forks a fresh, confined process for every program it is sent.

It holds no expected value and keeps no program: a job's bytes pass through one buffer that is wiped before
the next fork, and results go from the dead program's files to the driver without entering this memory.
End of input ends it, and with it the container.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN204, BLE001, RUF023, RUF100, S108
# pyright: basic, reportOptionalMemberAccess=false
import ctypes
import gc
import os
import select
import signal
import socket
import struct
import sys
import time

sys.path.insert(0, "/usr/lib/stillroom")
import confine  # noqa: E402
import runner  # noqa: E402
import tests_process  # noqa: E402, F401 - loaded before the fork

JOB = struct.Struct(
    "<4sIIIIIIQII"
)  # magic, id, solution, tests, stdin, cpu ms, wall ms, memory, file bytes, kept bytes
REPORT = struct.Struct("<4sIBQ")  # magic, id, processes, wall microseconds
PROCESS = struct.Struct("<iBQIIIII")  # wait status, killed, cpu us, peak KiB, result, stdout, stdout kept, stderr kept
HELLO = struct.Struct("<4sI")
MAX_JOB_BYTES = 64 << 20
MAX_RESULT_BYTES = 8 << 20
TMP_BYTES = 32 << 20
SILENCE_SECONDS = 120  # the driver pings more often than this; without it the driver is gone
TROUBLE_STATUS = 111
NOT_KILLED, KILLED_CPU, KILLED_WALL, NOT_NEEDED, UNCONFINED = range(5)

PRELOADED = (
    "abc", "array", "ast", "bisect", "cmath", "collections", "collections.abc", "contextlib", "copy", "dataclasses",
    "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "inspect", "io", "itertools", "json",
    "math", "numbers", "operator", "random", "re", "statistics", "string", "textwrap", "time", "traceback", "typing",
)  # fmt: skip


def read_exactly(view):
    """Fill ``view`` from the driver; False at the end of input."""
    while view:
        count = os.readv(0, [view])
        if count == 0:
            return False
        view = view[count:]
    return True


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


class Zygote:
    """The loop."""

    def __init__(self, most):
        self.most = most  # jobs at a time; further ones wait unread in the pipe, not in this memory
        self.poll = select.poll()
        self.poll.register(0, select.POLLIN)
        self.waiting = {}  # pidfd -> (job, child)
        self.jobs = set()
        self.slots = set()
        self.buffer = bytearray(1 << 16)
        self.used = 0
        self.heard = time.monotonic()
        self.trouble = os.pipe()  # a child that could not be confined says so here; programs never hold it
        os.set_blocking(self.trouble[0], False)
        self.spawner = confine.Spawner(self.trouble[1])

    def receive(self, size):
        """The next ``size`` bytes, in a buffer that held nothing of another job."""
        if self.used > size or size > len(self.buffer):
            ctypes.memset((ctypes.c_char * len(self.buffer)).from_buffer(self.buffer), 0, self.used)
        if size > len(self.buffer):
            self.buffer = bytearray(size)
        self.used = size
        view = memoryview(self.buffer)[:size]
        if not read_exactly(view):
            sys.exit(0)
        return view

    def start(self, job, payload, stdin, limits, kept_bytes, joined=None):
        """Fork one process of a job."""
        cpu_limit, memory, file_bytes = limits
        files = [os.memfd_create(name) for name in ("result", "out", "err")]
        if stdin is None:
            source = os.open("/dev/null", os.O_RDONLY)
        else:
            source = os.memfd_create("in")
            with open(source, "wb", closefd=False) as file:
                file.write(stdin)
            os.lseek(source, 0, os.SEEK_SET)
        pid = self.spawner.spawn(
            confine.FIRST_PROGRAM_UID + 2 * job.slot + len(job.children),
            (source, files[1], files[2], files[0], -1 if joined is None else joined.fileno()),
            memory_bytes=memory,
            file_bytes=file_bytes,
            tmp_bytes=TMP_BYTES,
            cpu_seconds=int(cpu_limit) + 2,
        )
        if pid == 0:
            gc.enable()
            runner.run(payload)
        os.close(source)
        child = Child(pid, files, kept_bytes)
        self.waiting[child.pidfd] = (job, child)
        self.poll.register(child.pidfd, select.POLLIN)
        job.children.append(child)

    def accept(self):
        """Take one message from the driver."""
        head = bytearray(JOB.size)
        if not read_exactly(memoryview(head)):
            sys.exit(0)
        magic, number, size, tests, stdin, cpu_ms, wall_ms, memory, file_bytes, kept = JOB.unpack(head)
        self.heard = time.monotonic()
        if magic == b"PING":
            write_all(REPORT.pack(b"PONG", number, 0, 0))
            return
        if magic != b"JOB1" or size + tests + stdin > MAX_JOB_BYTES:
            raise ValueError(f"the driver sent {bytes(head)!r}")
        slot = next(slot for slot in range(65_000) if slot not in self.slots)
        self.slots.add(slot)
        job = Job(number, slot, cpu_ms / 1000, wall_ms / 1000)
        limits = (job.cpu_limit, memory, file_bytes)
        ours, theirs = socket.socketpair() if tests else (None, None)
        if tests:  # first, so that the solution is forked from a memory that has forgotten them
            self.start(job, self.receive(tests), None, limits, kept, theirs)
            theirs.close()
        payload = self.receive(size + stdin)
        self.start(job, payload[:size], payload[size:] if stdin else None, limits, kept, ours)
        if ours is not None:
            ours.close()
        job.children.reverse()
        self.jobs.add(job)

    def is_troubled(self):
        """Whether a child said that it could not be confined."""
        try:
            return bool(os.read(self.trouble[0], 1))
        except BlockingIOError:
            return False

    def serve(self):
        """Serve until the driver is gone."""
        while True:
            now = time.monotonic()
            wait = min((job.next_check - now for job in self.jobs), default=SILENCE_SECONDS / 4)
            for fd, event in self.poll.poll(max(0, int(wait * 1000) + 1)):
                if fd == 0:
                    if not event & select.POLLIN:
                        sys.exit(0)
                    self.accept()
                    if len(self.jobs) >= self.most:
                        self.poll.modify(0, 0)  # still told when the driver goes away
                    continue
                self.poll.unregister(fd)
                job, child = self.waiting.pop(fd)
                child.reap()
                if child.status == TROUBLE_STATUS << 8 and self.is_troubled():
                    child.killed = UNCONFINED
                if len(job.children) > 1 and child is job.children[1]:
                    job.children[0].kill(NOT_NEEDED)
                if all(child.status is not None for child in job.children):
                    self.jobs.remove(job)
                    self.slots.remove(job.slot)
                    self.poll.modify(0, select.POLLIN)
                    job.report()
            now = time.monotonic()
            for job in self.jobs:
                if now >= job.next_check:
                    job.check_deadline(now)
            if not self.jobs and now - self.heard > SILENCE_SECONDS:
                sys.exit(0)


def main():
    """Confine this process, load what programs use, and serve."""
    for name in PRELOADED:
        __import__(name)
    confine.enter_user_namespace()
    confine.enter_own_root()
    os.environ.clear()
    os.environ.update(HOME="/tmp", PATH="/usr/bin", LANG="C.UTF-8")
    sys.path.remove("/usr/lib/stillroom")
    sys.path.append(f"/usr/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages")
    zygote = Zygote(int(sys.argv[1]))
    gc.collect()
    gc.disable()
    gc.freeze()
    write_all(HELLO.pack(b"HELO", os.getpid()))
    zygote.serve()


if __name__ == "__main__":
    main()
