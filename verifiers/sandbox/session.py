"""The conversation with one zygote: programs out, reports in, and the news when it is over."""

import asyncio
import time
from typing import cast

from stillroom.records.execution import Program
from verifiers.sandbox import wire
from verifiers.sandbox.container import STDOUT, STREAM_FRAME, Box

MAX_STDERR_BYTES = 8192


class SessionLost(Exception):
    """The zygote or its container is gone; what was in flight is to be run again."""


class Session:
    """What is said between driver and zygote. Created by ``open_session``; used from one event loop."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.hello: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: SessionLost | None = None
        self.stderr = bytearray()
        self._transport: asyncio.Transport | None = None
        self._transports: list[asyncio.Transport] = []
        self._pending: dict[int, asyncio.Future[tuple[float, list[wire.Process]]]] = {}
        self._next = 0
        self._heard = 0  # times that anything came from the zygote
        self._said = bytearray()

    @property
    def in_flight(self) -> int:
        """How many programs have been sent and not reported."""
        return len(self._pending)

    async def submit(
        self, program: Program, *, patience: float, silence: float, at_a_time: int, key: bytes
    ) -> tuple[float, list[wire.Process]]:
        """Run one program; returns its wall seconds and its processes.

        Args:
            program: what to run.
            patience: seconds beyond its wall limit for which it may wait for a core.
            silence: seconds without a word after which the zygote counts as hung; also what is left to it to report
                a program that has run and waited for as long as it may.
            at_a_time: programs that the zygote runs at the same time.
            key: of the marks behind what is reported of it.

        Raises:
            UnfitProgram: when it cannot be sent.
            SessionLost: when the zygote is gone, or says nothing at all or nothing of this program for too long.
        """
        if self.lost is not None or self._transport is None:
            raise self.lost or SessionLost("not connected")
        self._next += 1
        number = self._next
        answer: asyncio.Future[tuple[float, list[wire.Process]]] = asyncio.get_running_loop().create_future()
        message = wire.encode_job(number, program, patience, key)
        self._pending[number] = answer
        self._transport.write(message)
        most = program.limits.wall_seconds + patience + silence
        started: float | None = None
        try:
            heard = -1
            while not answer.done():
                now = time.monotonic()
                if heard == self._heard:
                    self.end(f"the zygote said nothing for {silence:.0f} s")
                    break
                # Programs are started in their order: one with few before it runs by now.
                if started is None and heard >= 0 and sum(other < number for other in self._pending) < at_a_time:
                    started = now
                if started is not None and now > started + most:
                    self.end(f"the zygote lives and did not report a program for {most:.0f} s")
                    break
                heard = self._heard
                await asyncio.wait((answer,), timeout=silence)
            return answer.result()
        finally:
            self._pending.pop(number, None)

    def ping(self) -> None:
        """Tell the zygote that its driver is alive."""
        if self._transport is not None and self.lost is None:
            self._transport.write(wire.encode_ping(0))

    def end(self, why: str) -> None:
        """Give up on this zygote: fail what is in flight, close the stream."""
        if self.lost is not None:
            return
        said = self.stderr.decode(errors="replace").strip()
        self.lost = SessionLost(f"{why}; it said: {said}" if said else why)
        for answer in (*self._pending.values(), self.hello):
            if not answer.done():
                answer.set_exception(SessionLost(str(self.lost)))
                answer.exception()  # the future of one whose caller is gone needs no warning
        for transport in self._transports:
            transport.abort()

    def speak_through(self, transport: asyncio.Transport) -> None:
        """Send what is to be said through this transport from now on."""
        self._transport = transport
        self._transports.append(transport)

    def hear(self, data: bytes | bytearray) -> None:
        """Take in what the zygote said."""
        self._heard += 1
        self._said += data
        while self._take_message():
            pass

    def _take_message(self) -> bool:
        if self._said.startswith(b"HELO") and len(self._said) >= wire.HELLO.size:
            del self._said[: wire.HELLO.size]
            if not self.hello.done():
                self.hello.set_result(None)
            return True
        if len(self._said) < wire.REPORT.size:
            return False
        magic, number, count, kills, wall = wire.REPORT.unpack_from(self._said)
        if magic not in (b"DONE", b"PONG"):
            self.end(f"the zygote sent {bytes(self._said[:20])!r}")
            return False
        heads_end = wire.REPORT.size + count * wire.PROCESS.size
        if len(self._said) < heads_end:
            return False
        heads = [wire.PROCESS.unpack_from(self._said, wire.REPORT.size + i * wire.PROCESS.size) for i in range(count)]
        total = heads_end + sum(result + out + err for *_, result, _, out, err in heads)
        if len(self._said) < total:
            return False
        body = memoryview(bytes(self._said[heads_end:total]))
        del self._said[:total]
        processes: list[wire.Process] = []
        for status, killed, cpu, peak, result, stdout_bytes, out, err in heads:
            parts = [
                bytes(body[:result]),
                bytes(body[result : result + out]),
                bytes(body[result + out : result + out + err]),
            ]
            body = body[result + out + err :]
            processes.append(
                wire.Process(
                    wait_status=status,
                    killed=killed,
                    cpu_microseconds=cpu,
                    peak_kib=peak,
                    result=parts[0],
                    stdout=parts[1],
                    stderr=parts[2],
                    stdout_bytes=stdout_bytes,
                    kills=kills,
                )
            )
        answer = self._pending.get(number)
        if answer is not None and not answer.done():
            answer.set_result((wall / 1e6, processes))
        return True


class _Attached(asyncio.Protocol):
    """The stream through Docker: the zygote's stderr, its stdout in Docker's frames, and the news of its end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._raw = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._session.speak_through(cast("asyncio.Transport", transport))

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._session.end(f"the stream to the sandbox ended ({exc or 'closed'})")

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._raw += data
        at = 0
        while len(self._raw) - at >= STREAM_FRAME.size:
            kind, size = STREAM_FRAME.unpack_from(self._raw, at)
            if len(self._raw) - at - STREAM_FRAME.size < size:
                break
            at += STREAM_FRAME.size
            if kind == STDOUT:
                self._session.hear(self._raw[at : at + size])
            else:
                self._session.stderr += self._raw[at : at + size]
                del self._session.stderr[:-MAX_STDERR_BYTES]
            at += size
        del self._raw[:at]


class _Direct(asyncio.Protocol):
    """The zygote's own socket."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._session.speak_through(cast("asyncio.Transport", transport))

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._session.end(f"the sandbox hung up ({exc or 'closed'})")

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._session.hear(data)


async def open_session(box: Box, seconds: float) -> Session:
    """Wait until the zygote of a started container is ready, which comes through its door or stays with the stream.

    Raises:
        SessionLost: when it ends or is silent for ``seconds``.
    """
    loop = asyncio.get_running_loop()
    session = Session(box)
    box.stream.setblocking(False)
    await loop.create_connection(lambda: _Attached(session), sock=box.stream)
    entering = asyncio.create_task(_enter(session))
    try:
        await asyncio.wait_for(session.hello, seconds)
    except TimeoutError:
        session.end(f"the zygote was not ready within {seconds:.0f} s")
        raise SessionLost(str(session.lost)) from None
    finally:
        entering.cancel()
    return session


async def _enter(session: Session) -> None:
    """Let the zygote in through its door."""
    if session.box.door is not None:
        loop = asyncio.get_running_loop()
        connection, _ = await loop.sock_accept(session.box.door.listener)
        await loop.connect_accepted_socket(lambda: _Direct(session), sock=connection)
