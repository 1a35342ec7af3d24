"""How long a right program takes, and the limits that follow for wrong ones which are made from it.

Many mutants never end, and waiting for them is most of the cost of running them. So they are given less time than a
solution, but never so little that the clock, and not a test, tells them from their original: a multiple of what that
one took, on the core and in all. Where its tests compute in a process of their own, theirs counts too, since the
limit is one for both.
"""

from dataclasses import dataclass, replace

from stillroom.records.execution import Execution, Executor, Limits, Program

LEAST_SECONDS = 0.5  # of CPU for a mutant
TIMES_SLOWER = 20.0  # than its original, before a mutant counts as one that never ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What the slowest run of a program took: CPU seconds of either of its processes, and seconds in all."""

    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0


class Clocked:
    """An ``Executor`` that takes the time of what another one runs.

    Attributes:
        pace: of the slowest run so far.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.pace = Pace()

    @property
    def image_digest(self) -> str:
        """Digest of the image that programs run in."""
        return self._executor.image_digest

    async def run(self, program: Program) -> Execution:
        """Run one program in a fresh process.

        Raises:
            UnfitProgram: when no process can be given it.
            SandboxError: when the sandbox failed, so that nothing is known about the program.
        """
        found = await self._executor.run(program)
        of_tests = found.tests.cpu_seconds if found.tests is not None else 0.0
        self.pace = Pace(
            cpu_seconds=max(self.pace.cpu_seconds, found.cpu_seconds, of_tests),
            wall_seconds=max(self.pace.wall_seconds, found.wall_seconds),
        )
        return found


def hasty(pace: Pace, most: Limits) -> Limits:
    """The limits of a mutant of a program with this pace; ``most``: those of the program itself."""
    cpu_seconds = min(most.cpu_seconds, max(LEAST_SECONDS, TIMES_SLOWER * pace.cpu_seconds))
    wall_seconds = max(wall_for(cpu_seconds), TIMES_SLOWER * pace.wall_seconds)
    return replace(most, cpu_seconds=cpu_seconds, wall_seconds=min(most.wall_seconds, wall_seconds))


def for_many_calls(limits: Limits) -> Limits:
    """The same where a process makes hundreds of calls rather than a handful; what sleeps in each is not waited for."""
    cpu_seconds = max(limits.cpu_seconds, 2 * LEAST_SECONDS)
    return replace(limits, cpu_seconds=cpu_seconds, wall_seconds=wall_for(cpu_seconds))


def wall_for(cpu_seconds: float) -> float:
    """The wall limit that goes with a limit of CPU: a program may sleep twice as long."""
    return 2 * cpu_seconds + 1
