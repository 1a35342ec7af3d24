"""Judges a batch of answers in a sandbox of its own: what a worker does of a re-verification, on whatever machine.

What crosses is plain data both ways. The container is there for the batch and is removed with it, so that nothing is
left of a worker that has nothing to do; one of a worker that is killed ends with its stream.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from stillroom.errors import RequestError, Unjudgeable
from stillroom.records import Answer, Check, Judgement, Verifier
from stillroom.records.libraries import Libraries
from stillroom.unjudged import judge_one
from verifiers.assembly import assemble
from verifiers.sandbox import ConfiguredExecutor


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What answers are judged by: verifiers by name, their limits, and what stands around the programs."""

    verifiers: tuple[str, ...]
    timeout_seconds: float
    memory_mib: int
    runtime: str
    libraries: Libraries


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An answer, the means to check it, and the identity of the verifier that is to judge it."""

    verifier_id: str
    check: Check
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of it: a judgement, or why nothing is known about this answer."""

    judgement: Judgement | None = None
    problem: str = ""


def pack(asked: Sequence[Asked]) -> bytes:
    """A batch of answers, in MessagePack."""
    return msgspec.msgpack.encode(asked)


def judge_batch(batch: bytes, *, bench: Bench) -> bytes:
    """Judge a batch of answers; what is told of each, in their order and in MessagePack.

    Raises:
        RequestError: the verifiers of this machine are others than those that are asked for.
        SandboxError: the sandbox failed, so that nothing is known about any answer.
    """
    return msgspec.msgpack.encode(asyncio.run(_judged(msgspec.msgpack.decode(batch, type=list[Asked]), bench)))


def unpack(told: bytes) -> list[Told]:
    """What is told of a batch."""
    return msgspec.msgpack.decode(told, type=list[Told])


async def _judged(batch: Sequence[Asked], bench: Bench) -> list[Told]:
    async with ConfiguredExecutor(runtime=bench.runtime, libraries=bench.libraries) as executor:
        await executor.start()
        found = assemble(bench.verifiers, executor, timeout_seconds=bench.timeout_seconds, memory_mib=bench.memory_mib)
        verifiers = {one.verifier_id: one for one in found}
        _refuse_others(batch, verifiers)
        return await asyncio.gather(*(_told(verifiers[one.verifier_id], one) for one in batch))


def _refuse_others(batch: Sequence[Asked], verifiers: Mapping[str, Verifier]) -> None:
    if others := sorted({one.verifier_id for one in batch} - verifiers.keys()):
        here = ", ".join(f"{one.name} {name} in image {one.image_digest}" for name, one in verifiers.items())
        raise RequestError(
            f"verdicts of {others[0]} were asked for, and a worker's are of {here}: its interpreter or its libraries "
            "are not those of this machine. Give both the same image or the same packages."
        )


async def _told(verifier: Verifier, asked: Asked) -> Told:
    try:
        return Told(judgement=await judge_one(verifier, asked.check, asked.answer))
    except Unjudgeable as error:
        return Told(problem=str(error))
