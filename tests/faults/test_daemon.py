"""A Docker daemon that is restarted under programs is waited for: each of them still gets its one verdict."""

import asyncio
import itertools
import os
import shutil
import signal

import pytest

from stillroom.records.execution import Ending, Program
from tests.faults.daemons import daemons_home, docker_daemon, end_what_the_daemon_left
from verifiers.sandbox import DockerExecutor

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    pytest.mark.timeout(280),
    pytest.mark.skipif(os.geteuid() != 0, reason="starts a daemon, which only root may"),
    pytest.mark.skipif(shutil.which("dockerd") is None, reason="no dockerd on this machine"),
]
CALLERS = 8
AWAY_SECONDS = 3.0


class Work:
    """Callers that run program after program until they are told that it is enough."""

    def __init__(self, executor: DockerExecutor) -> None:
        self.found: dict[int, list[bytes]] = {}
        self.begun = asyncio.Event()
        self.enough = asyncio.Event()
        self._executor = executor
        self._numbers = itertools.count()

    async def run(self) -> None:
        while not self.enough.is_set():
            number = next(self._numbers)
            execution = await self._executor.run(Program(source=f"import time\ntime.sleep(0.05)\nprint({number})"))
            assert execution.ending is Ending.DONE
            self.found.setdefault(number, []).append(execution.stdout)
            self.begun.set()


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGTERM, id="stopped"), pytest.param(signal.SIGKILL, id="killed")]
)
async def test_programs_outlive_a_daemon_that_is_restarted(monkeypatch, number):
    with daemons_home(monkeypatch) as folder:
        async with DockerExecutor() as executor:
            work = Work(executor)
            with docker_daemon(folder) as daemon:
                await executor.start()
                running = asyncio.gather(*[work.run() for _ in range(CALLERS)])
                await work.begun.wait()
                await asyncio.sleep(1)
                daemon.send_signal(number)
                await asyncio.to_thread(daemon.wait)
                if number == signal.SIGKILL:
                    await asyncio.to_thread(end_what_the_daemon_left, folder)
                    (folder / "docker.pid").unlink(missing_ok=True)
            await asyncio.sleep(AWAY_SECONDS)
            before = len(work.found)
            assert before > 0
            with docker_daemon(folder):
                async with asyncio.timeout(100):
                    while executor.replaced == 0 or len(work.found) < before + 100:  # noqa: ASYNC110 - of many callers
                        await asyncio.sleep(0.1)
                    work.enough.set()
                    await running
                assert {number: [f"{number}\n".encode()] for number in range(len(work.found))} == work.found
                await executor.close()
