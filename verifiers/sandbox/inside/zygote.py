"""The container's first process: has a fresh, confined process made for every program it is sent.

Programs are cloned from the template, whose memory never held a job: what the driver sends goes from here into a file
in memory that the new process alone is given. Results go from the dead program's files to the driver without entering
this memory. End of input ends it, and with it the container.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN204, BLE001, RUF023, RUF100, S108
# pyright: basic, reportOptionalMemberAccess=false
import gc
import os
import select
import socket
import struct
import sys
import time

sys.path.insert(0, "/usr/lib/stillroom")
import confine  # noqa: E402
import runner  # noqa: E402
import tests_process  # noqa: E402, F401 - loaded before the fork
from jobs import NOT_NEEDED, REPORT, UNCONFINED, Child, Job, write_all  # noqa: E402
from spawner import Spawner, start_template  # noqa: E402

JOB = struct.Struct(
    "<4sIIIIIIQII"
)  # magic, id, solution, tests, stdin, cpu ms, wall ms, memory, file bytes, kept bytes
DOOR = "/run/stillroom/driver"
HELLO = struct.Struct("<4sI")
MAX_JOB_BYTES = 64 << 20
PIECE_BYTES = 1 << 20
SILENCE_SECONDS = 120  # the driver pings more often than this; without it the driver is gone
TROUBLE_STATUS = 111

# What most programs import. Every megabyte more costs each program 0.06 ms, so what few import is left to them.
PRELOADED = (
    "abc", "ast", "bisect", "collections", "collections.abc", "contextlib", "copy", "dataclasses", "enum", "functools",
    "heapq", "inspect", "io", "itertools", "json", "math", "numbers", "operator", "random", "re", "string", "textwrap",
    "time", "traceback", "typing",
)  # fmt: skip


def read_exactly(view):
    """Fill ``view`` from the driver; False at the end of input."""
    while view:
        count = os.readv(0, [view])
        if count == 0:
            return False
        view = view[count:]
    return True


class Zygote:
    """The loop."""

    def __init__(self, most, template, trouble):
        self.most = most  # jobs at a time; further ones wait unread in the pipe, not in this memory
        self.poll = select.poll()
        self.poll.register(0, select.POLLIN)
        self.waiting = {}  # pidfd -> (job, child)
        self.jobs = set()
        self.slots = set()
        self.heard = time.monotonic()
        self.trouble = trouble  # a child that could not be confined says so here
        self.spawner = Spawner(template)

    def receive(self, size):
        """A file in memory that holds the next ``size`` bytes from the driver."""
        file = os.memfd_create("job")
        while size:
            part = os.read(0, min(size, PIECE_BYTES))
            if not part:
                sys.exit(0)
            size -= len(part)
            view = memoryview(part)
            while view:
                view = view[os.write(file, view) :]
        return file

    def start(self, job, payload, stdin, limits, kept_bytes, joined=None):
        """Have one process of a job made; the files of its job and its stdin are closed here."""
        cpu_limit, memory, file_bytes = limits
        files = [os.memfd_create(name) for name in ("result", "out", "err")]
        if stdin is None:
            stdin = os.open("/dev/null", os.O_RDONLY)
        else:
            os.lseek(stdin, 0, os.SEEK_SET)
        pid = self.spawner.spawn(
            confine.FIRST_PROGRAM_UID + 2 * job.slot + len(job.children),
            (stdin, files[1], files[2], files[0], payload),
            joined,
            memory_bytes=memory,
            file_bytes=file_bytes,
            cpu_seconds=int(cpu_limit) + 2,
        )
        os.close(stdin)
        os.close(payload)
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
        if tests:
            self.start(job, self.receive(tests), None, limits, kept, theirs)
            theirs.close()
        payload = self.receive(size)
        self.start(job, payload, self.receive(stdin) if stdin else None, limits, kept, ours)
        if ours is not None:
            ours.close()
        job.children.reverse()
        self.jobs.add(job)

    def is_troubled(self):
        """Whether a child said that it could not be confined."""
        try:
            return bool(os.read(self.trouble, 1))
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


def find_driver():
    """Come through the driver's door, where there is one; else the container's own streams lead to the driver."""
    with socket.socket(socket.AF_UNIX) as door:
        try:
            door.connect(DOOR)
        except OSError:
            return
        os.dup2(door.fileno(), 0)
        os.dup2(door.fileno(), 1)


def main():
    """Confine this process, load what programs use, and serve."""
    for name in PRELOADED:
        __import__(name)
    find_driver()
    confine.enter_user_namespace()
    confine.enter_own_root()
    os.environ.clear()
    os.environ.update(HOME="/tmp", PATH="/usr/bin", LANG="C.UTF-8")
    sys.path.remove("/usr/lib/stillroom")
    sys.path.append(f"/usr/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages")
    gc.collect()
    gc.disable()
    gc.freeze()
    trouble, troubled = os.pipe()  # programs never hold it
    os.set_blocking(trouble, False)
    template = start_template(troubled, runner.run_job)
    os.close(troubled)
    zygote = Zygote(int(sys.argv[1]), template, trouble)
    write_all(HELLO.pack(b"HELO", os.getpid()))
    zygote.serve()


if __name__ == "__main__":
    main()
