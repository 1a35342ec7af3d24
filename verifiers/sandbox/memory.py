"""How much memory the container has, and whose fault it is where the kernel killed somebody for want of it."""

import os
import signal
from dataclasses import replace

from stillroom.records.execution import Ending, Execution, Shortage
from verifiers.sandbox import wire

LEAST_MEMORY_BYTES = 4 << 30  # of the container, for programs that take much while the others take little
MEMORY_OF_A_SLOT = 256 << 20  # a program with numpy takes 100 MB
MEMORY_SHARE = 0.75  # of the machine's: a teacher may be beside it


def memory_for(slots: int) -> int:
    """Bytes for a container that runs so many programs at a time."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(max(LEAST_MEMORY_BYTES, slots * MEMORY_OF_A_SLOT), int(MEMORY_SHARE * machine))


def may_be_anothers(execution: Execution) -> bool:
    """Whether a program may have failed for the memory that others took; of its children nobody else would tell."""
    return execution.shortage in (Shortage.OURS, Shortage.FOREIGN) or _was_killed(execution)


def refuse_foreign_kill(execution: Execution) -> None:
    """Say nothing of a program that was killed, alone in a container that had memory left.

    Raises:
        wire.SandboxBroken: as said.
    """
    if execution.shortage is Shortage.FOREIGN:
        raise wire.SandboxBroken("the machine ran out of memory, and the kernel killed a process of the sandbox")
    if execution.shortage is Shortage.NONE and _was_killed(execution):
        raise wire.SandboxBroken("a program's process was killed from outside of the sandbox")


def _was_killed(execution: Execution) -> bool:
    """SIGKILL that the zygote did not send and no CPU limit explains, as where the container ran out of memory."""
    tests = execution.tests
    return _is_kill(execution.ending, execution.exit_status) or (
        tests is not None and _is_kill(tests.ending, tests.exit_status)
    )


def out_of_memory(execution: Execution) -> Execution:
    """What is said of processes that ran with nothing beside them: the memory that one lacked it took itself."""
    if _is_kill(execution.ending, execution.exit_status):
        execution = replace(execution, ending=Ending.MEMORY)
    tests = execution.tests
    if tests is not None and _is_kill(tests.ending, tests.exit_status):
        execution = replace(execution, tests=replace(tests, ending=Ending.MEMORY, is_waiting=False))
    return execution


def _is_kill(ending: Ending, exit_status: int) -> bool:
    return ending is Ending.CRASH and exit_status == -signal.SIGKILL
