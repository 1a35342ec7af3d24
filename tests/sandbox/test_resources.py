"""What a result says of time, memory and output is what the program took."""

import pytest

from stillroom.records.execution import Ending, Limits, Program, Shortage
from verifiers.sandbox import DockerExecutor

pytestmark = pytest.mark.docker

MIB = 1 << 20
ROOM = 100 * MIB


def test_memory_that_a_program_took_is_its_peak_whatever_it_holds_at_the_end(bench):
    idle = bench.run(bench.executor.run(Program(source="pass")))
    taker = bench.run(bench.executor.run(Program(source=f"x = b'x' * {ROOM}\ndel x")))
    assert idle.peak_memory_bytes > 0
    assert 0.9 * ROOM < taker.peak_memory_bytes - idle.peak_memory_bytes < 1.3 * ROOM


def test_time_on_a_core_and_time_that_passed_are_told_apart(bench):
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    worked = bench.run(bench.executor.run(Program(source=busy)))
    slept = bench.run(bench.executor.run(Program(source="import time\ntime.sleep(0.3)")))
    assert 0.25 < worked.cpu_seconds <= worked.wall_seconds + 0.1
    assert slept.cpu_seconds < 0.15
    assert slept.wall_seconds >= 0.3


def test_output_is_cut_at_what_is_to_be_kept(bench):
    found = bench.run(bench.executor.run(Program(source="print('ab' * 5000)", keep_output_bytes=1000)))
    assert found.ending is Ending.DONE
    assert found.stdout == b"ab" * 500


async def test_child_that_the_kernel_killed_for_memory_is_noticed():
    source = """
import os
child = os.fork()
if child == 0:
    taken = b"x" * 400_000_000
    os._exit(0)
print(os.waitpid(child, 0)[1])
"""
    async with DockerExecutor(memory_bytes=256 * MIB) as executor:
        found = await executor.run(Program(source=source))
        after = await executor.run(Program(source="print(1)"))
    assert (found.ending, found.stdout) == (Ending.DONE, b"9\n")
    assert (found.shortage, executor.repeated) == (Shortage.OURS, 1), "a neighbour may have taken the memory"
    assert (after.stdout, after.shortage) == (b"1\n", Shortage.NONE)


def test_programs_see_the_same_number_of_cores_and_threads_on_every_host(bench):
    source = (
        "import multiprocessing, os\n"
        "print(os.cpu_count(), multiprocessing.cpu_count(), len(os.sched_getaffinity(0)))\n"
        "print(*(os.environ[f'{name}_NUM_THREADS'] for name in ('OPENBLAS', 'OMP', 'MKL')))\n"
    )
    found = bench.run(bench.executor.run(Program(source=source)))
    assert found.stdout == b"2 2 2\n1 1 1\n"
    assert "MALLOC_ARENA_MAX=2" in bench.executor.session_container().attrs["Config"]["Env"]


async def test_memory_in_files_without_names_brings_down_nobody():
    """It belongs to no process that the kernel could kill for it, so there is none."""
    source = "import os\nfor _ in range(5): os.fork()\nfiles = [os.memfd_create(str(n)) for n in range(200)]"
    async with DockerExecutor() as executor:
        found = await executor.run(Program(source=source))
        assert found.raised is not None
        assert found.raised.type_name == "PermissionError"
        assert executor.replaced == executor.repeated == 0


async def test_memory_in_sockets_brings_down_nobody():
    source = """
import os, socket
for _ in range(5): os.fork()
pairs = []
try:
    while True:
        pairs.append(socket.socketpair())
        pairs[-1][0].setblocking(False)
        try:
            while True: pairs[-1][0].send(b"x" * 65536)
        except BlockingIOError: pass
except OSError: pass
"""
    async with DockerExecutor() as executor:
        await executor.run(Program(source=source, limits=Limits(wall_seconds=5)))
        assert (await executor.run(Program(source="print(1)"))).stdout == b"1\n"
        assert executor.replaced == 0
