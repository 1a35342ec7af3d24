import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

import pytest

from stillroom.records import Answer, Check, Judgement
from verifiers.python_tests import PythonTests
from verifiers.sandbox import DockerExecutor


class Bench:
    """A sandbox on an event loop of its own, so that plain tests can share one warm container."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.executor = self.run(_executor())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(280)

    def judge(self, source: str, tests: str, entry_point: str = "", *, timeout_seconds: float = 2.0) -> Judgement:
        return self.judge_all([(source, tests)], entry_point, timeout_seconds=timeout_seconds)[0]

    def judge_all(
        self, rows: Sequence[tuple[str, str]], entry_point: str = "", *, timeout_seconds: float = 2.0
    ) -> list[Judgement]:
        verifier = PythonTests(self.executor, timeout_seconds=timeout_seconds)

        async def judge() -> list[Judgement]:
            checks = [(Check(tests=tests, entry_point=entry_point), Answer(text=source)) for source, tests in rows]
            return await asyncio.gather(*[verifier.judge(check, answer) for check, answer in checks])

        return self.run(judge())

    def close(self) -> None:
        self.run(self.executor.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


async def _executor() -> DockerExecutor:
    executor = DockerExecutor()
    await executor.start()
    return executor


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()
