"""A sandbox that dies is replaced, and what was in flight is run again: no verdict is lost, doubled or invented."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from docker import DockerClient

from stillroom.errors import SandboxError
from stillroom.records.execution import Ending, Limits, Program
from verifiers.sandbox import DockerExecutor, Image, ensure_docker, ensure_image, wire
from verifiers.sandbox.container import DRIVER_LABEL, LABEL, sweep
from verifiers.sandbox.marks import new_key

pytestmark = pytest.mark.docker

WORK = Program(source="total = sum(range(20000))\nprint(total)")


def _zygote_pid(executor: DockerExecutor) -> int:
    container = executor.session_container()
    container.reload()
    return int(container.attrs["State"]["Pid"])


def _template_pids(executor: DockerExecutor) -> list[int]:
    """Of the programs that run alone, of solutions that are joined to their tests, and of those tests."""
    zygote = _zygote_pid(executor)
    return [int(pid) for pid in Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split()[:3]]


async def _disturbed(disturb, count: int = 2_000) -> tuple[list, int]:
    async with DockerExecutor() as executor:
        await executor.start()

        async def later() -> None:
            for _ in range(2):
                await asyncio.sleep(0.3)
                with contextlib.suppress(SandboxError):  # it is being replaced at this moment
                    await asyncio.to_thread(disturb, executor)

        disturbing = asyncio.create_task(later())
        found = await asyncio.gather(*[executor.run(WORK) for _ in range(count)])
        await disturbing
        return found, executor.replaced


@pytest.mark.parametrize(
    "disturb",
    [
        pytest.param(lambda executor: os.kill(_zygote_pid(executor), signal.SIGKILL), id="zygote-killed"),
        pytest.param(lambda executor: os.kill(_template_pids(executor)[0], signal.SIGKILL), id="template-killed"),
        pytest.param(lambda executor: executor.session_container().remove(force=True), id="container-removed"),
    ],
)
async def test_programs_in_flight_are_run_again_when_the_sandbox_dies(disturb):
    if os.geteuid() != 0:
        pytest.skip("only root may kill a container's process")
    found, replaced = await _disturbed(disturb)
    assert replaced >= 1
    assert {(each.ending, each.stdout) for each in found} == {(Ending.DONE, b"199990000\n")}
    assert len(found) == 2_000


@pytest.mark.parametrize("template", [1, 2], ids=["of-solutions", "of-tests"])
async def test_programs_with_tests_run_again_when_their_template_dies(template):
    if os.geteuid() != 0:
        pytest.skip("only root may kill a container's process")
    joined = Program(source="def f(x):\n    return x + 1\n", tests="assert f(2) == 3\n", entry_point="f")
    async with DockerExecutor() as executor:
        await executor.start()
        os.kill(_template_pids(executor)[template], signal.SIGKILL)
        found = await asyncio.gather(*[executor.run(each) for each in (WORK, joined) for _ in range(50)])
        assert executor.replaced >= 1
    assert {each.ending for each in found} == {Ending.DONE}
    assert all(each.tests is not None and not each.tests.is_solution_gone for each in found[50:])


async def test_code_and_constants_are_in_memory_of_their_own():
    async with DockerExecutor() as executor:
        await executor.start()
        for template in _template_pids(executor):
            maps = await asyncio.to_thread(Path(f"/proc/{template}/maps").read_text)
            code = [line for line in maps.splitlines() if " r-x" in line and "[vdso]" not in line]
            assert code
            assert [line for line in code if len(line.split()) > 5] == [], "mapped from a file"


async def test_a_zygote_that_hangs_is_replaced(monkeypatch):
    monkeypatch.setattr("verifiers.sandbox.executor.MOST_SILENCE_SECONDS", 1.0)
    async with DockerExecutor() as executor:
        await executor.start()
        await asyncio.to_thread(executor.session_container().pause)
        found = await executor.run(Program(source="print(1)", limits=Limits(cpu_seconds=1, wall_seconds=1)))
        assert found.stdout == b"1\n"
        assert executor.replaced == 1


async def test_memory_that_the_container_lacks_is_the_programs_fault_only_when_it_ran_alone():
    hungry = Program(
        source="import os\nfor _ in range(4): os.fork()\nkept = [bytearray(b'x' * 40_000_000) for _ in range(20)]\n",
        limits=Limits(cpu_seconds=10, wall_seconds=20),
    )
    async with DockerExecutor(memory_bytes=512 << 20) as executor:
        found = await asyncio.gather(executor.run(hungry), *[executor.run(WORK) for _ in range(50)])
    assert {each.ending for each in found[1:]} == {Ending.DONE}
    assert found[0].ending in (Ending.MEMORY, Ending.EXCEPTION, Ending.DONE, Ending.TIMEOUT)


async def test_a_closed_executor_says_so():
    executor = DockerExecutor()
    await executor.close()
    with pytest.raises(SandboxError, match="closed"):
        await executor.run(WORK)


def _ours(owner: str) -> list[str]:
    client = ensure_docker()
    try:
        containers = client.containers.list(filters={"label": LABEL})
        return [each.id for each in containers if f":{owner}:" in each.labels[DRIVER_LABEL]]
    finally:
        client.close()


def test_no_container_is_left_when_the_driver_is_killed():
    driver = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import asyncio\nfrom verifiers.sandbox import DockerExecutor\n"
            "async def main():\n    executor = DockerExecutor()\n    await executor.start()\n"
            "    print('up', flush=True)\n    await asyncio.sleep(600)\nasyncio.run(main())",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert driver.stdout is not None
    assert driver.stdout.readline() == "up\n"
    assert len(_ours(str(driver.pid))) == 1
    driver.kill()
    driver.wait()
    driver.stdout.close()
    deadline = time.monotonic() + 20
    while _ours(str(driver.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _ours(str(driver.pid)) == []


async def test_a_sweep_leaves_the_containers_of_living_drivers_alone():
    async with DockerExecutor() as executor:
        await executor.start()
        client = ensure_docker()
        sweep(client)
        client.close()
        assert (await executor.run(WORK)).ending is Ending.DONE


def test_docker_that_does_not_answer_is_a_sandbox_error_with_what_to_do(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(SandboxError, match="DOCKER_HOST"):
        ensure_docker()


async def test_an_image_that_was_removed_is_made_again():
    async with DockerExecutor() as executor:
        await executor.start()
        executor.session_container().remove(force=True)
        client = ensure_docker()
        client.images.remove(ensure_image().tag, force=True)
        client.close()
        assert (await executor.run(WORK)).ending is Ending.DONE


class Robbed(DockerExecutor):
    """Somebody removes the image as one of an earlier source, between its finding and the container's making."""

    times = 2

    def _image_of(self, client: DockerClient) -> Image:
        image = super()._image_of(client)
        if self.times:
            self.times -= 1
            client.images.remove(image.tag, force=True)
        return image


async def test_an_image_that_goes_between_its_finding_and_its_use_is_made_again():
    async with Robbed() as executor:
        assert (await executor.run(WORK)).ending is Ending.DONE
    assert executor.times == 0


SPIN = "import time\nwhile time.process_time() < {seconds}: pass\nprint('done')"
FORK_AND_WAIT = (
    "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        while True: pass\nwhile True: pass"
)


async def test_waiting_for_a_core_is_not_a_time_out_and_sleeping_is():
    crowd = 24
    limits = Limits(cpu_seconds=3, wall_seconds=1.5)
    async with DockerExecutor(slots=crowd + 2) as executor:
        await executor.start()
        *spun, slept, forked = await asyncio.gather(
            *[executor.run(Program(source=SPIN.format(seconds=0.5), limits=limits)) for _ in range(crowd)],
            executor.run(Program(source="import time\ntime.sleep(3600)", limits=limits)),
            executor.run(Program(source=FORK_AND_WAIT, limits=limits)),
        )
    assert [(each.ending, each.stdout) for each in spun] == [(Ending.DONE, b"done\n")] * crowd
    assert executor.repeated > 0, "the machine was not crowded"
    assert slept.ending is Ending.TIMEOUT
    assert forked.ending is Ending.TIMEOUT, "what competes with itself gets no more time for it"


async def test_a_program_that_never_gets_a_core_says_nothing_about_itself():
    starved = wire.Process(
        wait_status=9,
        killed=wire.STARVED,
        cpu_microseconds=0,
        peak_kib=0,
        result=b"",
        stdout=b"",
        stderr=b"",
        stdout_bytes=0,
    )
    with pytest.raises(wire.SandboxBroken, match="waited for a core and was not done after 310 s"):
        wire.read_execution(WORK, [starved], 310.0, new_key())


async def test_a_program_may_not_give_up_its_share_of_the_cores():
    async with DockerExecutor() as executor:
        found = await executor.run(Program(source="import os\nos.setpriority(os.PRIO_PROCESS, 0, 19)"))
    assert found.raised is not None
    assert found.raised.type_name == "PermissionError"
