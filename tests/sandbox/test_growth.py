"""Programs in a row leave nothing behind: no memory, descriptors, processes, files or containers, on either side."""

import asyncio

import pytest

from stillroom.records import Answer, Check, Outcome
from tests.sandbox.footprint import footprint
from verifiers.python_tests import PythonTests
from verifiers.sandbox import DockerExecutor

pytestmark = pytest.mark.docker

WARMING = 200
PROGRAMS = 600
MIB = 1 << 20


async def _judge(verifier: PythonTests, count: int) -> None:
    rows = [
        (f"def f(x):\n    return [x * {i}]\n", ("import random\n" if i % 4 == 0 else "") + f"assert f(3) == [{3 * i}]")
        for i in range(count)
    ]
    for start in range(0, count, 50):
        some = rows[start : start + 50]
        found = await asyncio.gather(*[verifier.judge(Check(tests=tests), Answer(text=text)) for text, tests in some])
        assert {each.outcome for each in found} == {Outcome.PASS}


async def test_hundreds_of_programs_in_a_row_leave_nothing_behind():
    async with DockerExecutor() as executor:
        verifier = PythonTests(executor)
        await _judge(verifier, WARMING)
        before = footprint(executor)
        await _judge(verifier, PROGRAMS)
        grown = footprint(executor).since(before)
    assert executor.replaced == 0
    for same in ("descriptors", "processes", "driver_descriptors", "host_files", "containers"):
        assert grown[same] == 0, grown
    assert grown["memory_bytes"] < 2 * MIB, grown
    assert grown["driver_memory_bytes"] < 16 * MIB, grown
