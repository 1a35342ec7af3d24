"""The messages between the driver and the zygote, and what a program's frames mean."""

import marshal
import signal
import struct
from dataclasses import astuple, dataclass, field
from typing import Any, cast

from stillroom.records import Originals
from stillroom.records.execution import (
    Ending,
    Execution,
    Given,
    Program,
    Raised,
    Reading,
    Reported,
    Shortage,
    Step,
    TestsRun,
    TestUnit,
    UnfitProgram,
)
from verifiers.sandbox.inside.plain_data import BadData, decode
from verifiers.sandbox.marks import Marks

JOB = struct.Struct("<4sIIIIIIIQII")
REPORT = struct.Struct("<4sIBBQ")
PROCESS = struct.Struct("<iBQIIIII")
HELLO = struct.Struct("<4sI")
FORMAT = 2
MAX_SOURCE_BYTES = 1 << 20
MAX_JOB_BYTES = 64 << 20
MAX_FRAMES = 100_000
MAX_NAME = 500
MAX_BASES = 64
MAX_TYPE_NAME = 80
MAX_SAID_BYTES = 64 << 10  # of what a frame says about an exception or a name; there may be thousands of them
NOT_KILLED, KILLED_CPU, KILLED_WALL, NOT_NEEDED, UNCONFINED, STARVED = range(
    6
)  # why the zygote says that a process ended

# What the kernel did for want of memory while a program ran: nothing that is known, kill a process of the container for
# the container's limit, or for the machine's memory; nobody counts.
NO_KILL, OWN_KILL, FOREIGN_KILL, UNKNOWN = range(4)

_FRAME = struct.Struct("<cI")
SEALED = "sealed"  # as in inside/runner.py
_FORGED = "not all that the program reported was written by what runs it"
_DOUBTED = "the program reached for what runs it: frames, code made of bytes, or hooks"


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
    kills: int = UNKNOWN


def encode_job(number: int, program: Program, patience: float, key: bytes) -> bytes:
    """The message that starts a program.

    Args:
        number: of the job.
        program: what to run.
        patience: seconds beyond its wall limit that it may wait for a core.
        key: of the marks behind what is reported of it, where it has such: ``marks.new_key()``.

    Raises:
        UnfitProgram: when the message would be too large, or data in it is nested too deeply.
    """
    try:
        tests, solution = (key + each if each else b"" for each in _payloads(program))
    except ValueError as error:  # of marshal, which knows a depth of its own
        raise UnfitProgram(f"the program's data cannot be sent: {error}") from error
    size = len(tests) + len(solution) + len(program.stdin)
    if size > MAX_JOB_BYTES:
        raise UnfitProgram(f"source, tests and arguments of {size} bytes; at most {MAX_JOB_BYTES} are sent")
    limits = program.limits
    head = JOB.pack(
        b"JOB1",
        number,
        len(solution),
        len(tests),
        len(program.stdin),
        max(1, int(limits.cpu_seconds * 1000)),
        max(1, int(limits.wall_seconds * 1000)),
        int(patience * 1000),
        limits.memory_bytes,
        limits.output_bytes,
        program.keep_output_bytes,
    )
    return head + tests + solution + program.stdin


def _payloads(program: Program) -> tuple[bytes, bytes]:
    """What the process of the tests gets, where there is one, and what that of the solution gets."""
    tests, kept = b"", (_said(program.originals),) if program.originals.names else ()
    sealed = (SEALED,) if kept else ()  # it compares objects of its own with others
    if program.tests:
        job: tuple[object, ...] = (*sealed, "serve", program.source, *kept)
        tests = marshal.dumps((*sealed, "tests", program.tests, program.entry_point, program.draws_seed), FORMAT)
    elif program.is_script:
        job = ("script", program.source, list(program.arguments))
    else:
        job = (*sealed, "calls", program.source, [_step(step) for step in program.steps], *kept)
    return tests, marshal.dumps(job, FORMAT)


def _said(originals: Originals) -> tuple[Any, ...]:
    """What the process of a solution is told of these; which their classes and methods are it finds there."""
    *said, _, _ = astuple(originals)
    return tuple(said)


def encode_ping(number: int) -> bytes:
    """The message that asks whether the zygote is alive."""
    return JOB.pack(b"PING", number, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def read_execution(program: Program, processes: list[Process], wall_seconds: float, key: bytes) -> Execution:
    """What the dead processes of a job and the frames they left say came of the program; ``key``: that of the job.

    Raises:
        SandboxBroken: when a process never became the program.
    """
    process = processes[0]
    for each in processes:
        if each.killed == UNCONFINED:
            raise SandboxBroken(each.stderr.decode(errors="replace"))
        if each.killed == STARVED:
            raise SandboxBroken(
                f"the machine was so busy that a program waited for a core and was not done after {wall_seconds:.0f} s"
            )
    is_marked = bool(program.originals.names) and not program.tests
    frames = _frames(process.result, Marks(key) if is_marked else None)
    of_tests = _frames(processes[1].result[1:]) if len(processes) > 1 else None
    exit_status = _exit_status(process)
    return Execution(
        ending=_ending(program, process, frames),
        raised=frames.raised,
        readings=tuple(frames.readings),
        stdout=process.stdout,
        stderr=process.stderr,
        stdout_bytes=process.stdout_bytes,
        exit_status=exit_status,
        cpu_seconds=process.cpu_microseconds / 1e6,
        wall_seconds=wall_seconds,
        peak_memory_bytes=process.peak_kib * 1024,
        tests=None if of_tests is None else _tests_run(program, processes[1], of_tests),
        shortage=_SHORTAGES.get(process.kills, Shortage.UNKNOWN),
        changed=frames.changed or ("" if of_tests is None else of_tests.changed),
    )


_SHORTAGES = {NO_KILL: Shortage.NONE, OWN_KILL: Shortage.OURS, FOREIGN_KILL: Shortage.FOREIGN}


def _exit_status(process: Process) -> int:
    code = process.wait_status
    return -(code & 0x7F) if code & 0x7F else code >> 8


def _ending(program: Program, process: Process, frames: "_Frames") -> Ending:
    status = _exit_status(process)
    over_cpu = process.cpu_microseconds >= 1e6 * program.limits.cpu_seconds
    if process.killed in (KILLED_CPU, KILLED_WALL) or (status == -signal.SIGKILL and over_cpu):
        return Ending.TIMEOUT
    is_cut = not frames.ended and len(process.result) >= program.limits.output_bytes  # while it wrote a result
    if is_cut or process.stdout_bytes >= program.limits.output_bytes:
        return Ending.OUTPUT_LIMIT
    if frames.load == b"S":
        return Ending.SYNTAX
    if frames.raised is not None and frames.raised.type_name == "MemoryError":
        return Ending.MEMORY
    if status < 0 and process.killed == NOT_KILLED:
        return Ending.CRASH
    if frames.raised is not None:
        return Ending.EXCEPTION
    if frames.ended or process.killed == NOT_NEEDED:
        return Ending.DONE
    if program.is_script and status == 0:  # also by os._exit(0), before it could say so: its output alone is judged
        return Ending.DONE
    return Ending.EXIT


def _tests_run(program: Program, process: Process, frames: "_Frames") -> TestsRun:
    is_waiting = process.result[:1] == b"W"
    ending = _ending(program, process, frames)
    found = frames.tests
    match found:
        case (list(), bool(gone), int(calls), str(absent), int(asserted)):
            units = cast("tuple[list[object]]", found)[0]
            return TestsRun(
                ending=Ending.DONE,
                units=tuple(_unit(each) for each in units),
                is_solution_gone=gone,
                calls=calls,
                absent=_text(absent),
                asserted=asserted,
                is_waiting=is_waiting,
                exit_status=_exit_status(process),
                cpu_seconds=process.cpu_microseconds / 1e6,
            )
        case _:
            return TestsRun(
                ending=Ending.EXIT if ending is Ending.DONE else ending,
                is_waiting=is_waiting,
                exit_status=_exit_status(process),
                cpu_seconds=process.cpu_microseconds / 1e6,
            )


def _unit(found: object) -> TestUnit:
    match found:
        case (str(name), "passed", str(), tuple(), str(), str()):
            return TestUnit(name=_text(name), ending="passed")
        case (str(name), str(ending), str(kind), tuple(), str(message), str(missing)):
            bases = cast("tuple[tuple[object, ...], ...]", found)[3]
            names = tuple(_text(base) for base in bases[:MAX_BASES])
            raised = Raised(
                type_name=_text(kind)[:MAX_TYPE_NAME], base_names=names, message=_text(message), missing=_text(missing)
            )
            return TestUnit(name=_text(name), ending=_text(ending), raised=raised)
        case _:
            return TestUnit(name="?", ending="broken")


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


@dataclass(slots=True)
class _Frames:
    """How loading went, what ended it, the readings, whether it came to its end, and what was changed of a prompt's."""

    load: bytes = b""
    raised: Raised | None = None
    readings: list[Reading] = field(default_factory=list[Reading])
    ended: bool = False
    tests: object = None
    changed: str = ""


def _frames(result: bytes, marks: Marks | None = None) -> _Frames:
    """What the frames of a process say; ``marks``: theirs, where that has to be what stands behind them."""
    found = _Frames()
    at = 0
    while at + _FRAME.size <= len(result) and len(found.readings) < MAX_FRAMES and not found.ended:
        kind, size = _FRAME.unpack_from(result, at)
        payload = result[at + _FRAME.size : at + _FRAME.size + size]
        begin, at = at, at + _FRAME.size + size
        if len(payload) < size:
            break
        if marks is not None and kind == b"E" and payload != marks.mark():
            is_doubted = payload == marks.mark(is_doubted=True)
            found.changed = found.changed or (_DOUBTED if is_doubted else _FORGED)
        elif marks is not None:
            marks.add(result[begin:at])
        if kind in b"SLB" and not found.load:
            found.load = kind
            found.raised = None if kind == b"L" else read_raised(payload)
        elif kind in b"VU":
            found.readings.append(Reading(reported=Reported.VALUE, data=payload, is_exact=kind == b"V"))
        elif kind == b"X":
            found.readings.append(Reading(reported=Reported.RAISED, raised=read_raised(payload)))
        elif kind in b"OA":
            reported = Reported.OPAQUE if kind == b"O" else Reported.ABSENT
            found.readings.append(Reading(reported=reported, name=_text(_value(payload[:MAX_SAID_BYTES]))))
        elif kind == b"T":
            found.tests = _value(payload)
        elif kind == b"C":
            found.changed = _text(_value(payload[:MAX_SAID_BYTES])) or "?"
        elif kind == b"E":
            found.ended = True
        elif kind == b"B":
            found.raised = read_raised(payload)
    return found


def read_raised(payload: bytes) -> Raised:
    """An exception from its frame; whatever is malformed reads as an exception without a name."""
    found = _value(payload[:MAX_SAID_BYTES])
    match found:
        case (str(name), list(), str(message), str(missing)):
            bases = cast("tuple[list[object], ...]", found)[1]
            return Raised(
                type_name=_text(name)[:MAX_TYPE_NAME],
                base_names=tuple(_text(base) for base in bases[:MAX_BASES]),
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
