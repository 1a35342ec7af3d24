"""What the tasks of one process share: the lake, the connected teachers, the sandbox, and who watches progress.

References pass between tasks, not rows and not connections: a task is told a run and a shard, and finds
the rest here. A process has one workshop, opened by whoever starts flows in it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from stillroom.batch_runner import BatchRunner
from stillroom.errors import StillroomError
from stillroom.lake import Lake
from stillroom.recipe import Execution, Recipe, Sandbox, Teacher, Verification
from stillroom.records import Verifier
from stillroom.runs import Forgotten, Run
from stillroom.sampling import Tally
from stillroom.teachers.connect import ConnectedTeacher, connect
from stillroom.teachers.progress import Share
from tasks.lake_outage import patient_lake
from verifiers.assembly import MEBIBYTE, assemble
from verifiers.batches import Bench
from verifiers.code_tests import CodeTests
from verifiers.sandbox import ConfiguredExecutor

if TYPE_CHECKING:
    from tasks.dask_batches import DaskBatches

VERIFIERS = ("python-tests",)

Written = TypeVar("Written")


class Watcher(Protocol):
    """Sees how a build gets on; the terminal's progress bars are one."""

    def say(self, line: str) -> None:
        """Something worth a line has happened."""
        ...

    def wrote(self, writing_round: int, replied: int, requested: int) -> None:
        """A writing request was replied to."""
        ...

    def progressed(self, step: str, done: float, total: float, note: str = "") -> None:
        """A step beside the shards has done so much; ``note`` says it in words."""
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
    """The shared means of one process. Teachers and sandboxes come up when first asked for.

    Args:
        lake: the lake.
        watcher: sees how it gets on.
        slots: how this process waits its turn among others; a build of its own process waits for nobody.
        runtime: the runtime of this process's sandboxes, whatever recipes say; "" leaves it to them.

    Attributes:
        met: commit keys of the teachers that this process has met and the lake has, by run.
        forgotten: by run, what journals hold that its lake has forgotten, which is looked for once.
    """

    def __init__(self, lake: Lake, watcher: Watcher, slots: Slots = _unlimited, *, runtime: str = "") -> None:
        self.lake = lake
        self.watcher = watcher
        self.slots = slots
        self.first_answer = asyncio.Event()
        self.met: set[str] = set()
        self.forgotten: dict[str, Forgotten] = {}
        self._runtime = runtime
        self._executors: dict[Sandbox, ConfiguredExecutor] = {}
        self._clusters: dict[int | str, DaskBatches] = {}
        self._is_told_cluster = False
        self._told_cluster: int | str | None = None
        self._teachers: dict[str, asyncio.Task[ConnectedTeacher]] = {}

    def forgotten_of(self, run: Run) -> Forgotten:
        """What journals hold that the run's lake has forgotten."""
        return self.forgotten.setdefault(run.run_id, Forgotten(self.lake, run.recipe.dataset, self.watcher.say))

    async def write(self, work: Callable[[], Written]) -> Written:
        """What ``work`` returns, which writes into the lake, as ``read``, when it is its turn among others."""
        async with self.slots(("lake",)):
            return await self.read(work)

    async def read(self, work: Callable[[], Written]) -> Written:
        """What ``work`` returns, which asks the lake, beside the event loop: programs and requests go on meanwhile.

        One that is cancelled is waited for: the lake must not be closed under it.
        """
        working = asyncio.create_task(asyncio.to_thread(work))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            await asyncio.gather(working, return_exceptions=True)
            raise

    async def teacher(self, recipe: Recipe, name: str) -> ConnectedTeacher:
        """The teacher of this name, connected once; a failure to connect is forgotten, so a retry tries again."""
        if name not in self._teachers:
            teacher = next(one for one in recipe.teachers if one.name == name)
            self._teachers[name] = asyncio.create_task(self._connected(teacher))
        try:
            return await asyncio.shield(self._teachers[name])
        except Exception:
            self._teachers.pop(name, None)
            raise

    def given_up(self) -> dict[str, StillroomError]:
        """The teachers that were found gone since the workshop opened, by name, and why."""
        ends = {name: met.result().client.end for name, met in self._teachers.items() if _is_met(met)}
        return {name: end for name, end in ends.items() if end is not None}

    async def _connected(self, teacher: Teacher) -> ConnectedTeacher:
        """A teacher, with a bar while its model is fetched and its server starts, or starts again."""
        step, moved = f"teacher {teacher.name}", False

        def say(line: str) -> None:
            nonlocal moved
            if isinstance(line, Share):
                moved = True
                self.watcher.progressed(step, line.done, line.total, line)
            else:
                self.watcher.say(line)

        found = await connect(teacher, say)
        if moved:
            self.watcher.progressed(step, 1, 1, "connected")
        return found

    def verifiers(self, verification: Verification) -> Sequence[Verifier]:
        """The verifiers of a recipe, bound to the sandbox that it asks for."""
        return assemble(
            VERIFIERS,
            self._executor(verification),
            timeout_seconds=verification.timeout_seconds,
            memory_mib=verification.memory_mib,
        )

    def code_tests(self, verification: Verification) -> CodeTests:
        """The measure of tests under a recipe's limits, bound to the sandbox that it asks for."""
        return CodeTests(
            self._executor(verification),
            timeout_seconds=verification.timeout_seconds,
            memory_bytes=verification.memory_mib * MEBIBYTE,
        )

    def bench(self, verification: Verification) -> Bench:
        """What a worker elsewhere needs to be told to judge as ``verifiers`` do."""
        sandbox = verification.sandbox
        return Bench(
            verifiers=VERIFIERS,
            timeout_seconds=verification.timeout_seconds,
            memory_mib=verification.memory_mib,
            runtime=self._runtime or sandbox.runtime,
            libraries=sandbox.requirements,
        )

    def use_cluster(self, cluster: int | str | None) -> None:
        """Have batches worked on there, or for None in this process, whatever recorded recipes say.

        They say where a run was worked on when it was built; that cluster may be gone since.
        """
        self._is_told_cluster, self._told_cluster = True, cluster

    def batch_runner(self, execution: Execution) -> BatchRunner | None:
        """Where a recipe has batches worked on, a cluster that is started or met once; None: in this process."""
        cluster = self._cluster_of(execution)
        return None if cluster is None else self._dask(cluster)

    async def meet_workers(self, execution: Execution) -> None:
        """Make sure, before anything is spent, that a recipe's cluster can be used, if it names one.

        Raises:
            RequestError: nobody answers there, another installation does, or packages are missing here.
        """
        cluster = self._cluster_of(execution)
        if cluster is not None:
            await asyncio.to_thread(self._dask(cluster).meet)

    async def start_sandbox(self, verification: Verification) -> None:
        """Bring up the sandbox that a recipe asks for, before anything is spent.

        Raises:
            NoSuchSandbox: its libraries cannot be had on this machine, or Docker knows no runtime of that name.
            SandboxError: Docker does not answer, or the sandbox does not come up.
        """
        await self._executor(verification).start()

    async def close(self) -> None:
        """Close connections, clusters and the sandboxes' containers; served teachers stay warm."""
        for cluster in self._clusters.values():
            await asyncio.to_thread(cluster.close)
        for connecting in self._teachers.values():
            if _is_met(connecting):
                await connecting.result().client.close()
            else:
                connecting.cancel()
        for executor in self._executors.values():
            await executor.close()

    def _cluster_of(self, execution: Execution) -> int | str | None:
        return self._told_cluster if self._is_told_cluster else execution.dask

    def _dask(self, cluster: int | str) -> "DaskBatches":
        if cluster not in self._clusters:
            from tasks.dask_batches import DaskBatches  # which Prefect is imported for, and that takes a second

            self._clusters[cluster] = DaskBatches(cluster)
        return self._clusters[cluster]

    def _executor(self, verification: Verification) -> ConfiguredExecutor:
        sandbox = verification.sandbox
        if sandbox not in self._executors:
            self._executors[sandbox] = ConfiguredExecutor(
                runtime=self._runtime or sandbox.runtime, libraries=sandbox.requirements
            )
        return self._executors[sandbox]


def _is_met(connecting: asyncio.Task[ConnectedTeacher]) -> bool:
    return connecting.done() and not connecting.cancelled() and connecting.exception() is None


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
async def open_workshop(
    lake_root: Path,
    watcher: Watcher,
    slots: Slots = _unlimited,
    *,
    runtime: str = "",
    is_patient: bool = False,
) -> AsyncGenerator[Workshop]:
    """Open the lake (made where missing) and the workshop of this process for the length of the block.

    Where ``is_patient`` says so, a catalogue that is away for a while is waited for by whoever asks it anything.
    """
    lake = await patient_lake(lake_root, watcher.say) if is_patient else Lake.open(lake_root, create=True)
    opened = Workshop(lake, watcher, slots, runtime=runtime)
    _open.append(opened)
    try:
        yield opened
    finally:
        _open.remove(opened)
        await opened.close()
        lake.close()
