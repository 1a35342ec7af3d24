"""The zygote's books: the processes of each program, their deadlines, and the report when they are dead."""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, RUF023, RUF100
# pyright: basic, reportOptionalMemberAccess=false, reportAttributeAccessIssue=false
import os
import random
import signal
import struct
import time

REPORT = struct.Struct("<4sIBBQ")  # magic, id, processes, kills for want of memory meanwhile, wall microseconds
PROCESS = struct.Struct("<iBQIIIII")  # wait status, killed, cpu us, peak KiB, result, stdout, stdout kept, stderr kept
MAX_RESULT_BYTES = 8 << 20
NO_KILL = 0  # as in kills.py
NOT_KILLED, KILLED_CPU, KILLED_WALL, NOT_NEEDED, UNCONFINED, STARVED = range(6)
STARVED_SHARE = 0.1  # of its time that a program waited for a core: more, and its wall limit says nothing about it
MANY = 16  # processes: who has so many took itself what it lacks, and no neighbour did. Honest pools are smaller.
LOOK_SECONDS = (0.2, 0.6)
LOOK_AGAIN_SECONDS = 0.05  # at a program that is over its wall limit and waits for a core


def write_all(data):
    """Write to the driver."""
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def next_look():
    """Seconds until a job is looked at again; a program cannot foresee them, and hide its children meanwhile."""
    return random.uniform(*LOOK_SECONDS)  # noqa: S311 - a program cannot read this process's state


class Child:
    """One process of a job and the files that outlive it."""

    __slots__ = ("cpu_seconds", "files", "killed", "kept_bytes", "peak_kib", "pid", "pidfd", "status", "uid")

    def __init__(self, pid, uid, files, kept_bytes):
        self.pid = pid
        self.uid = uid
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

    __slots__ = (
        "children", "cpu_limit", "family", "id", "is_alone", "kills_before", "next_check", "patience", "slot",
        "started", "wall_limit",
    )  # fmt: skip

    def __init__(self, number, slot, cpu_limit, wall_limit, patience, kills_before):
        self.id = number
        self.kills_before = kills_before
        self.slot = slot
        self.children = []
        self.cpu_limit = cpu_limit
        self.wall_limit = wall_limit
        self.patience = patience  # seconds beyond the wall limit for which it may have waited for a core
        self.started = time.monotonic()
        self.is_alone = True  # as far as was seen: without threads or children
        self.family = 1  # the most processes that one of its own and its children were seen to be
        self.next_check = self.started + min(cpu_limit, wall_limit, next_look())

    def check_deadline(self, now, cores):
        """Kill what is over its time; otherwise say when to look again."""
        living = [child for child in self.children if child.status is None and not child.killed]
        self.is_alone = self.is_alone and all(cores.is_alone(child.pid) for child in living)
        if not self.is_alone:
            self.family = max([self.family, *(cores.family(child.pid) for child in living)])
        left, over = self.wall_left(now, living, cores)
        for child in living:
            cpu_left = self.cpu_limit - child.cpu_used()
            if cpu_left <= 0:
                child.kill(KILLED_CPU)
            elif left <= 0:
                child.kill(over)
            else:
                left = min(left, cpu_left)
        self.next_check = now + min(max(left, 0.001), next_look())

    def wall_left(self, now, living, cores):
        """Seconds until the wall limit, and why the job is killed when they are over.

        Where there is patience, what a process waits for a core is not counted, unless it was ever seen to compete
        with threads or children of its own. The processes of a job wait for one another: what one of them waits is
        both's. Where there is none, or it is over, a job that waited is ``STARVED``: nothing is known about it.
        """
        left = self.started + self.wall_limit - now
        if left > 0 or not self.is_alone:
            return left, KILLED_WALL
        waited = sum(cores.seconds_waited(child.pid) for child in living)
        is_ready = any(cores.is_ready(child.pid) for child in living)  # what it waits now is not in the books yet
        if left + self.patience <= 0:
            is_starved = is_ready or waited > STARVED_SHARE * (now - self.started)
            return 0.0, STARVED if is_starved else KILLED_WALL
        left += waited
        return (LOOK_AGAIN_SECONDS if left <= 0 and is_ready else left), KILLED_WALL

    def report(self, kills):
        """Tell the driver; ``kills``: what the kernel did for want of memory while the job ran."""
        if self.family >= MANY and all(child.killed for child in self.children):
            kills = NO_KILL
        wall = int((time.monotonic() - self.started) * 1e6)
        head = REPORT.pack(b"DONE", self.id, len(self.children), kills, wall)
        write_all(head + b"".join(child.head() for child in self.children))
        for child in self.children:
            child.send_files()
