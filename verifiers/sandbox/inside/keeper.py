"""Serves the driver: has a process made for every program it is sent, ends it in time, and reports what came of it.

What the driver sends goes from here into a file in memory that the new process alone is given; results go from the dead
program's files to the driver without entering this memory.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN204, RUF100
# pyright: basic
import contextlib
import os
import select
import socket
import struct
import sys
import time

from jobs import NOT_NEEDED, REPORT, UNCONFINED, Child, Job, write_all
from spawner import Spawner

JOB = struct.Struct(
    "<4sIIIIIIIQII"
)  # magic, id, solution, tests, stdin, cpu ms, wall ms, patience ms, memory, file bytes, kept bytes
HELLO = struct.Struct("<4sI")
MAX_JOB_BYTES = 64 << 20
PIECE_BYTES = 1 << 20
SILENCE_SECONDS = 120  # the driver pings more often than this; without it the driver is gone
BEAT_SECONDS = 2  # while programs run the driver hears so often that they are watched
TROUBLE_STATUS = 111
UID = struct.Struct("=I")  # of a child that could not be confined
MOST_TROUBLED = 1024  # that are read at a time: what a pipe takes at once
FIRST_PROGRAM_UID = 1_000


def read_exactly(view):
    """Fill ``view`` from the driver; False at the end of input."""
    while view:
        count = os.readv(0, [view])
        if count == 0:
            return False
        view = view[count:]
    return True


class Keeper:
    """The loop, and what it knows of the programs that run.

    Args:
        most: programs at a time.
        templates: descriptors of the sockets to the templates, as ``Spawner`` has them.
        trouble: read end of the pipe on which a child says that it could not be confined.
        cores: tells how long a process waited for a core.
        kills: tells how many processes the kernel killed for want of memory.
    """

    def __init__(self, most, templates, trouble, cores, kills):
        self.most = most  # jobs at a time; further ones wait unread in the pipe, not in this memory
        self.poll = select.poll()
        self.poll.register(0, select.POLLIN)
        self.waiting = {}  # pidfd -> (job, child)
        self.jobs = set()
        self.slots = set()
        self.heard = self.beaten = time.monotonic()
        self.trouble = trouble  # a child that could not be confined says here who it is
        self.troubled = set()  # user ids of those that did and were not reaped yet
        self.cores = cores
        self.kills = kills
        self.spawner = Spawner(*templates)

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

    def start(self, job, payload, stdin, limits, kept_bytes, joined=None, *, is_tests=False):
        """Have one process of a job made; the files of its job and its stdin are closed here."""
        cpu_limit, memory, file_bytes = limits
        files = [os.memfd_create(name) for name in ("result", "out", "err")]
        if stdin is None:
            stdin = os.open("/dev/null", os.O_RDONLY)
        else:
            os.lseek(stdin, 0, os.SEEK_SET)
        uid = FIRST_PROGRAM_UID + 2 * job.slot + len(job.children)
        pid = self.spawner.spawn(
            uid,
            (stdin, files[1], files[2], files[0], payload),
            joined,
            is_tests=is_tests,
            memory_bytes=memory,
            file_bytes=file_bytes,
            cpu_seconds=int(cpu_limit) + 2,
        )
        os.close(stdin)
        os.close(payload)
        child = Child(pid, uid, files, kept_bytes)
        self.waiting[child.pidfd] = (job, child)
        self.poll.register(child.pidfd, select.POLLIN)
        job.children.append(child)

    def accept(self):
        """Take one message from the driver."""
        head = bytearray(JOB.size)
        if not read_exactly(memoryview(head)):
            sys.exit(0)
        magic, number, size, tests, stdin, cpu_ms, wall_ms, patience_ms, memory, file_bytes, kept = JOB.unpack(head)
        self.heard = time.monotonic()
        if magic == b"PING":
            write_all(REPORT.pack(b"PONG", number, 0, 0, 0))
            return
        if magic != b"JOB1" or size + tests + stdin > MAX_JOB_BYTES:
            raise ValueError(f"the driver sent {bytes(head)!r}")
        slot = min({*range(len(self.slots) + 1)} - self.slots)
        self.slots.add(slot)
        job = Job(number, slot, cpu_ms / 1000, wall_ms / 1000, patience_ms / 1000, self.kills.last)
        limits = (job.cpu_limit, memory, file_bytes)
        ours, theirs = socket.socketpair() if tests else (None, None)
        if theirs is not None:
            self.start(job, self.receive(tests), None, limits, kept, theirs, is_tests=True)
            theirs.close()
        payload = self.receive(size)
        self.start(job, payload, self.receive(stdin) if stdin else None, limits, kept, ours)
        if ours is not None:
            ours.close()
        job.children.reverse()
        self.jobs.add(job)

    def is_troubled(self, child):
        """Whether it was this child that said that it could not be confined."""
        with contextlib.suppress(BlockingIOError):
            self.troubled.update(uid for (uid,) in UID.iter_unpack(os.read(self.trouble, UID.size * MOST_TROUBLED)))
        is_troubled = child.uid in self.troubled
        self.troubled.discard(child.uid)
        return is_troubled

    def serve(self):
        """Serve until the driver is gone."""
        write_all(HELLO.pack(b"HELO", os.getpid()))
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
                if child.status == TROUBLE_STATUS << 8 and self.is_troubled(child):
                    child.killed = UNCONFINED
                if len(job.children) > 1 and child is job.children[1]:
                    job.children[0].kill(NOT_NEEDED)
                if all(child.status is not None for child in job.children):
                    self.jobs.remove(job)
                    self.slots.remove(job.slot)
                    self.poll.modify(0, select.POLLIN)
                    job.report(self.kills.since(job.kills_before))
            now = time.monotonic()
            for job in self.jobs:
                if now >= job.next_check:
                    job.check_deadline(now, self.cores)
            if self.jobs and now - self.beaten > BEAT_SECONDS:
                self.beaten = now
                write_all(REPORT.pack(b"PONG", 0, 0, 0, 0))
            if not self.jobs and now - self.heard > SILENCE_SECONDS:
                sys.exit(0)
