"""A program to run, what came of it, and the protocol of what runs it.

A *failing program* is an ``Execution``; a *failing sandbox* is a ``SandboxError``.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from stillroom.records.originals import NO_ORIGINALS, Originals

Data: TypeAlias = "bool | int | float | complex | str | bytes | list[Data] | tuple[Data, ...] | set[Data] | frozenset[Data] | dict[Data, Data] | None"  # noqa: E501
"""What travels between the driver and a program: built-in data, exactly, and nothing that can act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may use.

    Attributes:
        cpu_seconds: CPU time of a process; the deadline that a busy machine does not shorten.
        wall_seconds: from its start; ends programs that sleep. Waiting for a core is no reason to end there.
        memory_bytes: address space of a process.
        output_bytes: the most that it may write to a file, stdout and stderr included.
    """

    cpu_seconds: float = 5.0
    wall_seconds: float = 10.0
    memory_bytes: int = 1 << 30
    output_bytes: int = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An argument of a step: plain data, or what an earlier step left in a register."""

    value: Data = None
    register: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One instruction to the process that runs a solution.

    Attributes:
        kind: ``name`` (fetch a global of the solution), ``put`` (plain data), ``call``, ``attr``, ``op`` (a
            built-in function or operator), ``build`` (a container with registers in it), ``read`` (report).
        register: where the result goes; for ``read``, what is reported.
        name: the global, attribute, operation or container kind.
        on: the register that is called or whose attribute is taken.
        as_list: for ``read``: take the items of what is no plain data.
    """

    kind: str
    register: int
    name: str = ""
    on: int = 0
    value: Data = None
    arguments: tuple[Given, ...] = ()
    keywords: tuple[tuple[str, Given], ...] = ()
    as_list: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Untrusted source and how to run it.

    Attributes:
        source: Python source text.
        steps: calls to make once the source has been run as a module; with none and ``is_script`` false it is
            only loaded.
        is_script: run as ``__main__`` with ``stdin`` and ``arguments``.
        tests: Python source that runs in a process of its own and reaches the solution through a socket.
        entry_point: the name under which ``tests`` know the solution's function.
        draws_seed: with what the random numbers of ``tests`` begin; the solution is not told.
        keep_output_bytes: how much of stdout and stderr to report.
        originals: what a prompt defines in ``source``, and what is to stay as it was.
    """

    source: str
    steps: tuple[Step, ...] = ()
    is_script: bool = False
    stdin: bytes = b""
    arguments: tuple[str, ...] = ()
    tests: str = ""
    entry_point: str = ""
    draws_seed: int = 0
    limits: Limits = Limits()
    keep_output_bytes: int = 4096
    originals: Originals = NO_ORIGINALS


class UnfitProgram(ValueError):
    """No process can be given this program: it is too large, or its data is nested too deeply."""


class Ending(StrEnum):
    """How a program's process ended."""

    DONE = "done"
    SYNTAX = "syntax"
    EXCEPTION = "exception"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output-limit"
    CRASH = "crash"
    EXIT = "exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception that a program raised, by name; ``missing`` is what a NameError or ImportError missed."""

    type_name: str
    base_names: tuple[str, ...] = ()
    message: str = ""
    missing: str = ""


class Reported(StrEnum):
    """What a ``read`` step reported."""

    VALUE = "value"
    RAISED = "raised"
    OPAQUE = "opaque"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The report of one ``read`` step, in the order of the steps.

    Attributes:
        data: a value in the wire's form (see ``verifiers.sandbox.inside.plain_data``).
        is_exact: whether the data is all of the value: it is not of a ``Counter``, which is a dictionary and more.
        name: the type of an opaque value, or the name that the program does not define.
    """

    reported: Reported
    data: bytes = b""
    is_exact: bool = True
    raised: Raised | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestUnit:
    """One function or method of tests that ran in a process of their own, or their module level.

    Attributes:
        ending: ``passed``, ``failed`` (an assertion), ``raised`` (by the solution), ``gone`` (the solution's
            process ended), ``too-much`` (it returned more than is read), ``undecided`` (the tests ask what two
            processes cannot answer), ``skipped`` (before it called the solution), ``broken-result`` (an error of the
            tests after they had used the solution) or ``broken`` (before, or by their own doing).
        raised: the exception that ended it.
    """

    __test__ = False  # pytest: a record, not a test

    name: str
    ending: str
    raised: Raised | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsRun:
    """What came of tests in a process of their own.

    Attributes:
        ending: how their process ended.
        units: how each of them ended, as far as they came.
        is_solution_gone: the solution's process ended while it was still needed.
        calls: requests that the tests made of the solution.
        absent: a name that the tests use and neither they nor the solution define, or "".
        asserted: assertions that were asked, whatever came of them.
        is_waiting: the process was waiting for the solution when it ended.
        exit_status: the process's exit code, or minus the signal that ended it.
        cpu_seconds: that the process took.
    """

    __test__ = False

    ending: Ending
    units: tuple[TestUnit, ...] = ()
    is_solution_gone: bool = False
    calls: int = 0
    absent: str = ""
    asserted: int = 0
    is_waiting: bool = False
    exit_status: int = 0
    cpu_seconds: float = 0.0


class Shortage(StrEnum):
    """Whether the kernel killed processes beside or of a program for want of memory, while it ran."""

    NONE = "none"
    OURS = "ours"  # for the limit of all programs together
    FOREIGN = "foreign"  # for the machine's memory
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What came of a program. All of it but ending, times and memory are the program's own claims.

    Attributes:
        raised: the exception that ended it while it was loaded or run, where there was one.
        readings: one for each ``read`` step that was reached.
        exit_status: the process's exit code, or minus the signal that ended it.
        stdout_bytes: how much it wrote; ``stdout`` is the beginning.
        tests: in the two-process form, what came of the tests.
        shortage: of memory, while it ran.
        changed: "" or what of the program's ``originals`` was not as it had been, or what else says itself what it
            equals.
    """

    ending: Ending
    raised: Raised | None = None
    readings: tuple[Reading, ...] = ()
    stdout: bytes = b""
    stderr: bytes = b""
    stdout_bytes: int = 0
    exit_status: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_memory_bytes: int = 0
    tests: TestsRun | None = None
    shortage: Shortage = Shortage.UNKNOWN
    changed: str = ""


class Executor(Protocol):
    """Runs untrusted programs. Safe to use from many tasks of one event loop."""

    @property
    def image_digest(self) -> str:
        """Digest of the image that programs run in."""
        ...

    async def run(self, program: Program) -> Execution:
        """Run one program in a fresh process.

        Raises:
            UnfitProgram: when no process can be given it.
            SandboxError: when the sandbox failed, so that nothing is known about the program.
        """
        ...
