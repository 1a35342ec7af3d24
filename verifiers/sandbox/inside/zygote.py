"""The container's first process: confines itself, starts the templates, and serves its driver.

Programs are cloned from a template, whose memory never held a job: what runs alone from one, a solution that is joined
to its tests from another, which has the link loaded, and tests from a third, which has ``unittest`` and what runs
tests, too. End of input ends this process, and with it the container.
"""

# Stands alone in the container and deals in objects of any type: tests check it more than types do.
# ruff: noqa: ANN201, ANN202, RUF100, S108
# pyright: basic
import ctypes
import os
import struct
import sys

sys.path.insert(0, "/usr/lib/stillroom")
import confine  # noqa: E402
import cores  # noqa: E402
import kills  # noqa: E402
import runner  # noqa: E402
import seal  # noqa: E402
import stand_ins  # noqa: E402
import template  # noqa: E402
import warming  # noqa: E402

PAGES = "/usr/lib/stillroom/pages.so"
DOOR = "/run/stillroom/driver"
AF_UNIX = SOCK_STREAM = 1
# What most programs import. Every megabyte more costs each program 0.06 ms, so what few import is left to them.
PRELOADED = (
    "abc", "ast", "bisect", "collections", "collections.abc", "contextlib", "copy", "dataclasses", "enum", "functools",
    "heapq", "inspect", "io", "itertools", "json", "math", "numbers", "operator", "random", "re", "string", "textwrap",
    "time", "traceback", "typing",
)  # fmt: skip


# A verdict is to be the same on every host. On one with 64 cores numpy would start 64 threads when it is imported, each
# with a stack and buffers, which is beyond the limits of a program, and a pool of processes would be as many.
THREADS_OF_LIBRARIES = (
    "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
)  # fmt: skip


def settle_number_of_cores():
    """Let programs see the same number of cores on every host, as far as they ask Python."""
    os.cpu_count = stand_ins.cpu_count
    if hasattr(os, "process_cpu_count"):
        os.process_cpu_count = os.cpu_count  # pyright: ignore[reportAttributeAccessIssue] - of Python 3.13
    os.sched_getaffinity = stand_ins.sched_getaffinity


def find_driver():
    """Come through the driver's door, where there is one; else the container's own streams lead to the driver."""
    address = struct.pack("=H108s", AF_UNIX, DOOR.encode())
    stream = confine.call("socket", AF_UNIX, SOCK_STREAM, 0)
    try:
        confine.call("connect", stream, address, len(address))
    except OSError:
        pass
    else:
        os.dup2(stream, 0)
        os.dup2(stream, 1)
    os.close(stream)


def main():
    """Confine this process, load what programs use, start the templates, and serve."""
    for name in PRELOADED:
        __import__(name)
    find_driver()
    confine.enter_user_namespace()
    books, killed = cores.Cores(), kills.Kills()  # before /proc and /sys are out of reach

    def give_up():
        books.close()
        killed.close()

    confine.enter_own_root()
    os.environ.clear()
    os.environ.update(HOME="/tmp", PATH="/usr/bin", LANG="C.UTF-8", **dict.fromkeys(THREADS_OF_LIBRARIES, "1"))
    settle_number_of_cores()
    seal.load()  # to be moved with the others
    for name in ("kept_code", "kept_steps"):  # programs cannot load what is of ours
        runner.late(name)
    ctypes.PyDLL(PAGES).move_libraries()
    trouble, troubled = os.pipe()  # programs never hold it
    os.set_blocking(trouble, False)
    warming.warm()
    alone = template.start(troubled, runner.run_job, give_up)
    others = [alone]

    def give_up_more():
        give_up()
        for other in others:
            os.close(other)

    runner.late("solution_process")  # what most programs do not use would only make their processes larger
    from rehearsal import Rehearsal

    rehearsed = Rehearsal()
    others.append(template.start(troubled, runner.run_job, give_up_more, rehearsed.as_solution))
    import unittest  # noqa: F401 - takes 8 ms of the 14 that tests with it take, where they have to load it

    runner.late("tests_process")
    rehearsed.as_tests()
    others.append(template.start(troubled, runner.run_job, give_up_more, is_tests=True))
    os.close(troubled)
    from keeper import Keeper

    Keeper(int(sys.argv[1]), others, trouble, books, killed).serve()


if __name__ == "__main__":
    main()
