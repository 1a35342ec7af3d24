"""The messages between the driver and the zygote, and what a program's frames mean."""

import marshal
import signal
import struct
from dataclasses import dataclass

from stillroom.records.execution import Ending, Execution, Given, Program, Raised, Reading, Reported, Step
from verifiers.sandbox.inside.plain_data import BadData, decode

JOB = struct.Struct("<4sIIIIIIQII")
REPORT = struct.Struct("<4sIBQ")
PROCESS = struct.Struct("<iBQIIIII")
HELLO = struct.Struct("<4sI")
FORMAT = 2
MAX_SOURCE_BYTES = 1 << 20
MAX_JOB_BYTES = 64 << 20
MAX_FRAMES = 100_000
MAX_NAME = 500
NOT_KILLED = 0
CONFINEMENT_FAILED = 111  # the exit code of a child that could not be confined

_FRAME = struct.Struct("<cI")


class SandboxBroken(Exception):
    """A report says that the sandbox, not the program, failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What the zygote says about one dead process, with what the program left behind."""

    wait_status: int
    killed: int
    cpu_microseconds: int
    peak_kib: int
    result: bytes
    stdout: bytes
    stderr: bytes
    stdout_bytes: int


def encode_job(number: int, program: Program) -> bytes:
    """The message that starts a program."""
    if program.is_script:
        job: tuple[object, ...] = ("script", program.source, list(program.arguments))
    else:
        job = ("calls", program.source, [_step(step) for step in program.steps])
    solution = marshal.dumps(job, FORMAT)
    limits = program.limits
    head = JOB.pack(
        b"JOB1",
        number,
        len(solution),
        0,
        len(program.stdin),
        max(1, int(limits.cpu_seconds * 1000)),
        max(1, int(limits.wall_seconds * 1000)),
        limits.memory_bytes,
        limits.output_bytes,
        program.keep_output_bytes,
    )
    return head + solution + program.stdin


def encode_ping(number: int) -> bytes:
    """The message that asks whether the zygote is alive."""
    return JOB.pack(b"PING", number, 0, 0, 0, 0, 0, 0, 0, 0)


def read_execution(program: Program, process: Process, wall_seconds: float) -> Execution:
    """What a dead process and the frames it left say came of the program.

    Raises:
        SandboxBroken: when the process never became the program.
    """
    code = process.wait_status
    exit_status = -(code & 0x7F) if code & 0x7F else code >> 8
    if exit_status == CONFINEMENT_FAILED and not process.result:
        raise SandboxBroken(process.stderr.decode(errors="replace"))
    load, raised, readings, ended = _frames(process.result)
    ending = _ending(program, process, exit_status, load, raised, ended)
    return Execution(
        ending=ending,
        raised=raised,
        readings=readings,
        stdout=process.stdout,
        stderr=process.stderr,
        stdout_bytes=process.stdout_bytes,
        exit_status=exit_status,
        cpu_seconds=process.cpu_microseconds / 1e6,
        wall_seconds=wall_seconds,
        peak_memory_bytes=process.peak_kib * 1024,
    )


def _ending(
    program: Program, process: Process, exit_status: int, load: bytes, raised: Raised | None, ended: bool
) -> Ending:
    if process.killed != NOT_KILLED or exit_status == -signal.SIGKILL and process.cpu_microseconds >= 1e6 * program.limits.cpu_seconds:
        return Ending.TIMEOUT
    if process.stdout_bytes >= program.limits.output_bytes:
        return Ending.OUTPUT_LIMIT
    if load == b"S":
        return Ending.SYNTAX
    if raised is not None and raised.type_name == "MemoryError":
        return Ending.MEMORY
    if exit_status < 0:
        return Ending.CRASH
    if raised is not None:
        return Ending.EXCEPTION
    if ended or (program.is_script and load == b"L" and exit_status == 0):
        return Ending.DONE
    return Ending.EXIT


def _step(step: Step) -> tuple[object, ...]:
    given = [_given(each) for each in step.arguments]
    match step.kind:
        case "call":
            return ("call", step.register, step.on, given, [(name, _given(each)) for name, each in step.keywords])
        case "name":
            return ("name", step.register, step.name)
        case "put":
            return ("put", step.register, step.value)
        case "attr":
            return ("attr", step.register, step.on, step.name)
        case "op" | "build":
            return (step.kind, step.register, step.name, given)
        case "read":
            return ("read", step.register, step.as_list)
        case _:
            raise ValueError(f"no step is called {step.kind!r}")


def _given(given: Given) -> tuple[bool, object]:
    return (False, given.value) if given.register is None else (True, given.register)


def _frames(result: bytes) -> tuple[bytes, Raised | None, tuple[Reading, ...], bool]:
    """How loading went, what ended it, the readings, and whether it came to its end."""
    load, raised, ended = b"", None, False
    readings: list[Reading] = []
    at = 0
    while at + _FRAME.size <= len(result) and len(readings) < MAX_FRAMES and not ended:
        kind, size = _FRAME.unpack_from(result, at)
        payload = result[at + _FRAME.size : at + _FRAME.size + size]
        at += _FRAME.size + size
        if len(payload) < size:
            break
        if kind in b"SLB" and not load:
            load = kind
            raised = None if kind == b"L" else read_raised(payload)
        elif kind == b"V":
            readings.append(Reading(reported=Reported.VALUE, data=payload))
        elif kind == b"X":
            readings.append(Reading(reported=Reported.RAISED, raised=read_raised(payload)))
        elif kind in b"OA":
            reported = Reported.OPAQUE if kind == b"O" else Reported.ABSENT
            readings.append(Reading(reported=reported, name=_text(_value(payload))))
        elif kind == b"E":
            ended = True
        elif kind == b"B":
            raised = read_raised(payload)
    return load, raised, tuple(readings), ended


def read_raised(payload: bytes) -> Raised:
    """An exception from its frame; whatever is malformed reads as an exception without a name."""
    match _value(payload):
        case (str(name), list(bases), str(message), str(missing)):
            return Raised(
                type_name=_text(name),
                base_names=tuple(_text(base) for base in bases[:64]),  # pyright: ignore[reportUnknownVariableType]
                message=_text(message),
                missing=_text(missing),
            )
        case _:
            return Raised(type_name="?")


def _value(payload: bytes) -> object:
    try:
        return decode(payload)
    except BadData:
        return None


def _text(value: object) -> str:
    return value[:MAX_NAME].encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""
