"""What a function does on many inputs, and when two functions do the same there."""

from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.records.execution import Executor, Given, Limits, Program, Reading, Reported, Step
from verifiers.generated_inputs import Input


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one call did: its result first, then what became of each argument that can be changed."""

    readings: tuple[Reading, ...]

    @property
    def is_value(self) -> bool:
        """Whether the call returned data, rather than raised."""
        return self.readings[0].reported is Reported.VALUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a program did on inputs: None from the input on at which it ended."""

    effects: tuple[Effect | None, ...]


async def observe(
    executor: Executor, source: str, entry_point: str, inputs: Sequence[Input], limits: Limits
) -> Observation:
    """Call a function with each of ``inputs``, in one process.

    Raises:
        SandboxError: nothing is known about the program.
    """
    steps = [Step(kind="name", register=0, name=entry_point)]
    sizes: list[int] = []
    register = 1
    for one in inputs:
        given: list[Given] = []
        changeable: list[int] = []
        for value in one.arguments:
            if isinstance(value, list | dict | set):
                steps.append(Step(kind="put", register=register, value=value))
                given.append(Given(register=register))
                changeable.append(register)
                register += 1
            else:
                given.append(Given(value=value))
        steps.append(Step(kind="call", register=register, on=0, arguments=tuple(given)))
        steps.extend(Step(kind="read", register=each) for each in (register, *changeable))
        sizes.append(1 + len(changeable))
        register += 1
    execution = await executor.run(Program(source=source, steps=tuple(steps), limits=limits))
    effects: list[Effect | None] = []
    at = 0
    for size in sizes:
        readings = execution.readings[at : at + size]
        effects.append(Effect(readings=readings) if len(readings) == size else None)
        at += size
    return Observation(effects=tuple(effects))


def same_effect(first: Effect | None, second: Effect | None) -> bool:
    """Whether two calls did the same; exceptions of one type are the same, and what cannot be read never is."""
    if first is None or second is None:
        return False
    return all(map(_same, first.readings, second.readings))


def _same(first: Reading, second: Reading) -> bool:
    if first.raised is not None and second.raised is not None:
        return first.raised.type_name == second.raised.type_name
    return first.reported is second.reported is Reported.VALUE and first.data == second.data
