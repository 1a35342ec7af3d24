"""Runs untrusted programs in one warm container, and replaces the container when it fails.

A program's failure is an ``Execution``. A failure of the sandbox is repeated elsewhere and, if it persists,
raised as ``SandboxError``; it never becomes a statement about a program.
"""

import asyncio
import contextlib
import os
import time
from types import TracebackType
from typing import Self

from docker import DockerClient
from docker.models.containers import Container

from stillroom.errors import SandboxError, Unjudgeable, UnknownRuntime
from stillroom.records.execution import Ending, Execution, Program, UnfitProgram
from verifiers.sandbox import container, wire
from verifiers.sandbox.daemon import connect, ensure_docker
from verifiers.sandbox.image import Image, ensure_image
from verifiers.sandbox.marks import new_key
from verifiers.sandbox.memory import may_be_anothers, memory_for, out_of_memory, refuse_foreign_kill
from verifiers.sandbox.session import Session, SessionLost, open_session

READY_SECONDS = 30.0
PATIENCE_SECONDS = 300.0  # beyond its wall limit that a program may wait for a core, once nothing runs beside it
MOST_SILENCE_SECONDS = 30.0  # of a zygote whose programs run, before it counts as hung
PING_SECONDS = 30.0
MAX_ATTEMPTS = 4
RESTART_SECONDS = 90.0  # for which a daemon that was there and does not answer is waited for
RETRY_SECONDS = 0.5
SPARE_SLOTS = 2  # while one program's process is being made or buried, another uses the core: limits count CPU time
QUEUE_DEPTH = 3  # programs on their way for each that runs, so that no slot waits for the driver
_PROBE = Program(source="pass")


class DockerExecutor:
    """An ``Executor`` on a Docker container. Use it as an async context manager, from one event loop.

    It protects the driver, its machine and other programs from a program, and a verdict from the solution. It
    does NOT protect from a hole in the Linux kernel (``runtime="runsc"`` puts gVisor in between), from whoever
    controls the Docker daemon, or from side channels such as timing.

    Args:
        image: what programs run in; by default the image of this interpreter, made where it is missing.
        slots: programs that run at the same time; by default one for each core and ``SPARE_SLOTS`` more.
        memory_bytes: memory of the whole container; by default as much as its slots may need, and the machine has.
        runtime: a runtime that Docker knows, such as ``runsc``; "" for its default.
    """

    def __init__(self, image: Image | None = None, *, slots: int = 0, memory_bytes: int = 0, runtime: str = "") -> None:
        self.slots = slots or len(os.sched_getaffinity(0)) + SPARE_SLOTS
        self.memory_bytes = memory_bytes or memory_for(self.slots)
        self.runtime = runtime
        self.replaced = 0  # containers that were lost and replaced
        self.repeated = 0  # programs that were run again with nothing beside them
        self._image = self._given = image
        self._client: DockerClient | None = None
        self._session: Session | None = None
        self._starting = asyncio.Lock()
        self._alone = asyncio.Lock()
        self._free = asyncio.Semaphore(QUEUE_DEPTH * self.slots)
        self._pinger: asyncio.Task[None] | None = None
        self._closed = False
        self._lost_at = 0.0  # when the session was lost that has no successor yet; 0 where there is none

    @property
    def image_digest(self) -> str:
        """Digest of the image that programs run in.

        Raises:
            SandboxError: when Docker does not answer and the image is not known yet.
        """
        if self._image is None:
            client = ensure_docker()
            try:
                self._image = self._image_of(client)
            finally:
                client.close()
        return self._image.digest

    async def start(self) -> None:
        """Start the container now instead of with the first program.

        Raises:
            SandboxError: when Docker does not answer or the container does not come up.
        """
        await self._living_session()

    async def close(self) -> None:
        """Remove the container. Programs in flight end with ``SandboxError``."""
        self._closed = True
        if self._pinger is not None:
            self._pinger.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pinger
        async with self._starting:
            if self._session is not None:
                self._session.end("the executor was closed")
                await asyncio.to_thread(self._session.box.remove)
                self._session = None
            if self._client is not None:
                self._client.close()
                self._client = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def run(self, program: Program) -> Execution:
        """Run one program in a fresh, confined process.

        A container that is lost is replaced, and a daemon that is restarted is waited for.

        Raises:
            UnfitProgram: when no process can be given it.
            Unjudgeable: when the sandbox failed every time, and then ran a program of ours.
            SandboxError: when it fails for that one, too, so that nothing is known about any program.
        """
        if len(program.source) > wire.MAX_SOURCE_BYTES:
            raise UnfitProgram(f"source of {len(program.source)} characters; at most {wire.MAX_SOURCE_BYTES} are run")
        async with self._free:
            try:
                execution = await self._attempt(program)
            except (SessionLost, wire.SandboxBroken) as error:
                execution, last = None, error
            else:
                last = None
        if execution is not None and not may_be_anothers(execution):
            return execution
        # Whose fault it was is unknown while others ran beside it, so it is run again with nothing beside it.
        self.repeated += 1
        async with self._alone, _Whole(self._free, QUEUE_DEPTH * self.slots):
            for _ in range(MAX_ATTEMPTS - 1):
                try:
                    execution = await self._attempt(program, PATIENCE_SECONDS)
                    refuse_foreign_kill(execution)
                except (SessionLost, wire.SandboxBroken) as error:
                    last = error
                    continue
                return out_of_memory(execution)
            why = f"the sandbox failed {MAX_ATTEMPTS} times on one program: {last}"
            if await self._works():
                raise Unjudgeable(f"{why}. It runs others.") from last
        raise SandboxError(why) from last

    async def _works(self) -> bool:
        """Whether a program that is known to run does run."""
        try:
            found = await self._attempt(_PROBE, PATIENCE_SECONDS)
        except (SessionLost, wire.SandboxBroken):
            return False
        return found.ending is Ending.DONE

    def session_container(self) -> Container:
        """The running container, for tests and measurements.

        Raises:
            SandboxError: when none is running.
        """
        if self._session is None or self._session.lost is not None:
            raise SandboxError("no container is running")
        return self._session.box.container

    async def _attempt(self, program: Program, patience: float = 0.0) -> Execution:
        session, key = await self._living_session(), new_key()
        wall, processes = await session.submit(
            program, patience=patience, silence=MOST_SILENCE_SECONDS, at_a_time=self.slots, key=key
        )
        return wire.read_execution(program, processes, wall, key)

    async def _living_session(self) -> Session:
        if self._session is not None and self._session.lost is None:
            return self._session
        async with self._starting:
            if self._closed:
                raise SandboxError("the executor was closed")
            if self._session is None:
                self._session = await self._open(first=True)
                self._pinger = self._pinger or asyncio.create_task(self._ping())
            elif self._session.lost is not None:
                await self._replace(self._session)
            return self._session

    async def _replace(self, lost: Session) -> None:
        """Open a session in the place of a lost one, for which a daemon that is being restarted gets its time."""
        if not self._lost_at:
            self.replaced += 1
            self._lost_at = time.monotonic()
        await asyncio.to_thread(lost.box.remove)
        while True:
            try:
                self._session = await self._open(first=False)
            except UnknownRuntime:
                raise
            except SandboxError:
                if self._closed or time.monotonic() > self._lost_at + RESTART_SECONDS:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._lost_at = 0.0
                return

    async def _open(self, first: bool) -> Session:
        box = await asyncio.to_thread(self._create, first)
        try:
            return await open_session(box, READY_SECONDS)
        except BaseException as error:
            await asyncio.to_thread(box.remove)
            if isinstance(error, SessionLost):
                raise SandboxError(f"the sandbox did not come up: {error}") from error
            raise

    def _create(self, first: bool) -> container.Box:
        if self._client is not None:
            self._client.close()
        # A daemon that was there is being restarted by whoever runs it: one of ours in its place would be its rival.
        is_late = time.monotonic() > self._lost_at + RESTART_SECONDS
        client = self._client = ensure_docker() if first or is_late else connect()
        if first:
            container.sweep(client)
        for _ in range(MAX_ATTEMPTS - 1):
            with contextlib.suppress(container.ImageGone):
                return self._created(client)
        return self._created(client)

    def _created(self, client: DockerClient) -> container.Box:
        image = self._image = self._given or self._image_of(client)
        return container.create(
            client, image.tag, memory_bytes=self.memory_bytes, slots=self.slots, runtime=self.runtime
        )

    def _image_of(self, client: DockerClient) -> Image:
        """The image that programs run in, made where it is missing; again, where it has gone."""
        return ensure_image(client=client)

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            if self._session is not None:
                self._session.ping()


class _Whole:
    """Holds every slot of a semaphore, so that nothing else runs."""

    def __init__(self, semaphore: asyncio.Semaphore, slots: int) -> None:
        self._semaphore = semaphore
        self._slots = slots
        self._held = 0

    async def __aenter__(self) -> None:
        try:
            for _ in range(self._slots):
                await self._semaphore.acquire()
                self._held += 1
        except BaseException:
            self._release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._release()

    def _release(self) -> None:
        for _ in range(self._held):
            self._semaphore.release()
        self._held = 0
