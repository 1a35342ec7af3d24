"""The conversation with a zygote that lives and does not say what it should."""

import asyncio
import contextlib
from typing import Any, cast

import pytest

from stillroom.records.execution import Limits, Program, Step, UnfitProgram
from verifiers.sandbox import wire
from verifiers.sandbox.container import Box
from verifiers.sandbox.marks import new_key
from verifiers.sandbox.session import Session, SessionLost

SHORT = Program(source="pass", limits=Limits(cpu_seconds=0.1, wall_seconds=0.1))
PONG = wire.REPORT.pack(b"PONG", 0, 0, 0, 0)


class Stream:
    """Takes what is written; says nothing by itself."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        pass


def opened() -> Session:
    session = Session(cast("Box", None))
    session.speak_through(cast("Any", Stream()))
    return session


async def beating(session: Session) -> None:
    while True:
        session.hear(PONG)
        await asyncio.sleep(0.02)


def report(number: int) -> bytes:
    head = wire.PROCESS.pack(0, wire.NOT_KILLED, 1000, 1, 5, 0, 0, 0)
    return wire.REPORT.pack(b"DONE", number, 1, wire.NO_KILL, 1000) + head + b"E\0\0\0\0"


async def submitted(session: Session, program: Program = SHORT) -> tuple[float, list[wire.Process]]:
    return await asyncio.wait_for(session.submit(program, patience=0.0, silence=0.05, at_a_time=1, key=new_key()), 5)


async def test_zygote_that_lives_and_never_reports_a_program_is_given_up() -> None:
    session = opened()
    heart = asyncio.create_task(beating(session))
    with pytest.raises(SessionLost, match="lives and did not report a program"):
        await submitted(session)
    heart.cancel()


async def test_time_of_a_program_begins_when_those_before_it_are_done() -> None:
    session = opened()
    heart = asyncio.create_task(beating(session))
    patient = Program(source="pass", limits=Limits(cpu_seconds=1.0, wall_seconds=1.0))
    first, second = (asyncio.create_task(submitted(session, one)) for one in (patient, SHORT))
    await asyncio.sleep(0.6)
    assert session.lost is None, "the second was not given the time of the first"
    session.hear(report(1) + report(2))
    assert [process.kills for _, (process,) in (await first, await second)] == [wire.NO_KILL] * 2
    heart.cancel()


async def test_silent_zygote_is_given_up() -> None:
    with pytest.raises(SessionLost, match="said nothing"):
        await submitted(opened())


async def test_program_that_cannot_be_sent_leaves_nothing_behind() -> None:
    session = opened()
    nested: Any = []
    for _ in range(3_000):
        nested = [nested]
    with contextlib.suppress(UnfitProgram):
        await submitted(session, Program(source="pass", steps=(Step(kind="put", register=0, value=nested),)))
    assert session.in_flight == 0
