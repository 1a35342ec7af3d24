"""What a function does on many inputs, as the driver sees it; and when two functions do the same.

Behaviour is what a call returns or raises, and what it leaves in the lists, sets and dictionaries that it was given.
It is compared here, in the driver: programs only report plain data.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from stillroom.records.execution import (
    Data,
    Ending,
    Execution,
    Executor,
    Given,
    Limits,
    Program,
    Reading,
    Reported,
    Step,
)
from verifiers.generated_inputs import Input
from verifiers.sandbox.inside.plain_data import BadData, decode

MIN_EQUAL_INPUTS = 200  # on which two functions must do the same before they count as the same; fewer show nothing
MAX_LOST = 6  # inputs that may end the program before the rest is given up: each costs a whole time limit
_FUNCTION = 0  # the register that holds it


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
    """What a program did on inputs: None for an input at which it ended, or after which it was given up."""

    effects: tuple[Effect | None, ...]
    programs: int
    cpu_seconds: float


async def observe(
    executor: Executor,
    source: str,
    entry_point: str,
    inputs: Sequence[Input],
    limits: Limits,
    *,
    most_lost: int = MAX_LOST,
) -> Observation:
    """Call a function with each of ``inputs``, in one process as far as it lives.

    Args:
        executor: runs the program.
        source: defines the function.
        entry_point: its name.
        inputs: what it is called with, in order.
        limits: of one process, for all its calls.
        most_lost: how many inputs may end the process, by a time limit say, before the rest is given up.

    Raises:
        SandboxError: nothing is known about the program.
    """
    effects: list[Effect | None] = []
    programs, cpu_seconds = 0, 0.0
    while len(effects) < len(inputs) and programs <= most_lost:
        left = inputs[len(effects) :]
        steps, sizes = _steps(entry_point, left)
        execution = await executor.run(Program(source=source, steps=steps, limits=limits))
        programs += 1
        cpu_seconds += execution.cpu_seconds
        if execution.ending in (Ending.SYNTAX, Ending.EXCEPTION):
            break  # it did not even load
        effects += _effects(execution, sizes)
        if len(effects) < len(inputs):
            effects.append(None)
    effects += [None] * (len(inputs) - len(effects))
    return Observation(effects=tuple(effects), programs=programs, cpu_seconds=cpu_seconds)


def same_effect(first: Effect | None, second: Effect | None) -> bool:
    """Whether two calls did the same; exceptions of one type are the same, and what cannot be read never is."""
    if first is None or second is None or len(first.readings) != len(second.readings):
        return False
    return all(_same_reading(one, other) for one, other in zip(first.readings, second.readings, strict=True))


def same_value(first: object, second: object) -> bool:
    """Equality as tests see it (``1 == 1.0 == True``), but for NaN, which equals itself here."""
    if isinstance(first, float) and isinstance(second, float) and math.isnan(first):
        return math.isnan(second)
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        ours, theirs = cast("list[object]", first), cast("list[object]", second)
        is_kind = isinstance(first, list) == isinstance(second, list)
        return is_kind and len(ours) == len(theirs) and all(map(same_value, ours, theirs))
    if isinstance(first, dict) and isinstance(second, dict):
        mine, yours = cast("dict[object, object]", first), cast("dict[object, object]", second)
        return mine.keys() == yours.keys() and all(same_value(value, yours[key]) for key, value in mine.items())
    return first == second


def _same_reading(first: Reading, second: Reading) -> bool:
    if first.reported is not second.reported:
        return False
    if first.reported is Reported.RAISED:
        return (
            first.raised is not None and second.raised is not None and first.raised.type_name == second.raised.type_name
        )
    if first.reported is not Reported.VALUE:
        return False
    if first.data == second.data:
        return True
    try:
        return same_value(decode(first.data), decode(second.data))
    except BadData:
        return False


def _steps(entry_point: str, inputs: Sequence[Input]) -> tuple[tuple[Step, ...], list[int]]:
    """Steps that make the calls, and how many readings each call has."""
    steps = [Step(kind="name", register=_FUNCTION, name=entry_point)]
    sizes: list[int] = []
    register = _FUNCTION + 1
    for one in inputs:
        changeable: list[int] = []

        def given(value: Data, changeable: list[int] = changeable) -> Given:
            nonlocal register
            if not isinstance(value, list | dict | set):
                return Given(value=value)
            steps.append(Step(kind="put", register=register, value=value))
            changeable.append(register)
            register += 1
            return Given(register=register - 1)

        arguments = tuple(given(value) for value in one.arguments)
        keywords = tuple((name, given(value)) for name, value in one.keywords)
        steps.append(Step(kind="call", register=register, on=_FUNCTION, arguments=arguments, keywords=keywords))
        steps.append(Step(kind="read", register=register, as_list=True))
        steps.extend(Step(kind="read", register=each) for each in changeable)
        sizes.append(1 + len(changeable))
        register += 1
    return tuple(steps), sizes


def _effects(execution: Execution, sizes: Sequence[int]) -> list[Effect]:
    """The effects of the calls that reported in full."""
    found: list[Effect] = []
    at = 0
    for size in sizes:
        if at + size > len(execution.readings):
            break
        found.append(Effect(readings=execution.readings[at : at + size]))
        at += size
    return found
