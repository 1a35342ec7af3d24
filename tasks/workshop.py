"""What the tasks of one process share: the lake, the connected teachers, the sandbox, and who watches progress.

References pass between tasks, not rows and not connections: a task is told a run and a shard, and finds
the rest here. A process has one workshop, opened by whoever starts flows in it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from stillroom.lake import Lake
from stillroom.recipe import Recipe, Verification
from stillroom.records import Verifier
from stillroom.sampling import Tally
from stillroom.teachers.connect import ConnectedTeacher, connect
from verifiers.assembly import MEBIBYTE, assemble
from verifiers.code_tests import CodeTests
from verifiers.sandbox import DockerExecutor

VERIFIERS = ("python-tests",)


class Watcher(Protocol):
    """Sees how a build gets on; the terminal's progress bars are one."""

    def say(self, line: str) -> None:
        """Something worth a line has happened."""
        ...

    def wrote(self, writing_round: int, replied: int, requested: int) -> None:
        """A writing request was replied to."""
        ...

    def progressed(self, step: str, done: int, total: int) -> None:
        """A step after the shards has done so many of its items."""
        ...

    def sampled(self, shard: int, tally: Tally) -> None:
        """A shard's tally has changed."""
        ...


# Waits for a place among all who use the named means ("teacher", "sandbox", "lake"), and holds it for the block.
Slots = Callable[[Sequence[str]], AbstractAsyncContextManager[None]]


def _unlimited(means: Sequence[str]) -> AbstractAsyncContextManager[None]:
    del means
    return nullcontext()


class Workshop:
    """The shared means of one process. Teachers and the sandbox come up when first asked for.

    Attributes:
        slots: how this process waits its turn among others; a build of its own process waits for nobody.
    """

    def __init__(self, lake: Lake, watcher: Watcher, slots: Slots = _unlimited) -> None:
        self.lake = lake
        self.watcher = watcher
        self.slots = slots
        self.first_answer = asyncio.Event()
        self._executor = DockerExecutor()
        self._teachers: dict[str, asyncio.Task[ConnectedTeacher]] = {}

    async def teacher(self, recipe: Recipe, name: str) -> ConnectedTeacher:
        """The teacher of this name, connected once; a failure to connect is forgotten, so a retry tries again."""
        if name not in self._teachers:
            teacher = next(one for one in recipe.teachers if one.name == name)
            self._teachers[name] = asyncio.create_task(connect(teacher, self.watcher.say))
        try:
            return await asyncio.shield(self._teachers[name])
        except Exception:
            self._teachers.pop(name, None)
            raise

    def verifiers(self, verification: Verification) -> Sequence[Verifier]:
        """The verifiers of a recipe, bound to this process's sandbox."""
        return assemble(
            VERIFIERS,
            self._executor,
            timeout_seconds=verification.timeout_seconds,
            memory_mib=verification.memory_mib,
        )

    def code_tests(self, verification: Verification) -> CodeTests:
        """The measure of tests under a recipe's limits, bound to this process's sandbox."""
        return CodeTests(
            self._executor,
            timeout_seconds=verification.timeout_seconds,
            memory_bytes=verification.memory_mib * MEBIBYTE,
        )

    async def start_sandbox(self) -> None:
        """Bring the sandbox up before anything is spent."""
        await self._executor.start()

    async def close(self) -> None:
        """Close connections and the sandbox's container; served teachers stay warm."""
        for connecting in self._teachers.values():
            if connecting.done() and not connecting.cancelled() and connecting.exception() is None:
                await connecting.result().client.close()
            else:
                connecting.cancel()
        await self._executor.close()


_open: list[Workshop] = []


def workshop() -> Workshop:
    """The workshop of this process.

    Raises:
        RuntimeError: none is open; flows run inside ``open_workshop``.
    """
    if not _open:
        raise RuntimeError("no workshop is open in this process; run the flow inside open_workshop(...)")
    return _open[-1]


@asynccontextmanager
async def open_workshop(lake_root: Path, watcher: Watcher, slots: Slots = _unlimited) -> AsyncGenerator[Workshop]:
    """Open the lake (made where missing) and the workshop of this process for the length of the block."""
    lake = Lake.open(lake_root, create=True)
    opened = Workshop(lake, watcher, slots)
    _open.append(opened)
    try:
        yield opened
    finally:
        _open.remove(opened)
        await opened.close()
        lake.close()
