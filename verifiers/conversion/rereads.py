"""Finds what tests read of one result more than once: a number is the same each time, whoever says it.

In the calls mode a solution reports its results from its own process, each time that an assertion asks. So a result
could be one number for ``assert r >= 1.41`` and another for ``assert r <= 1.42``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.records.execution import Reading, Reported, Step
from verifiers.sandbox.inside.plain_data import BadData, TooCostly, decode

_RUNNING = ("call", "attr", "op")
_SCALARS = (type(None), bool, int, float, complex, str, bytes)


@dataclass(frozen=True, slots=True)
class Reread:
    """Two readings of one result.

    Attributes:
        first: the position of the one.
        later: that of the other.
        is_fixed: whether nothing of the solution ran between them.
    """

    first: int
    later: int
    is_fixed: bool


def rereads(steps: Sequence[Step]) -> tuple[Reread, ...]:
    """The readings of what was read before, each with the last of those."""
    found: list[Reread] = []
    runs = readings = 0
    names: dict[tuple[str, int], int] = {}  # by name, and what had run by then: the register it was fetched to first
    same: dict[int, int] = {}
    last: dict[int, tuple[int, int]] = {}  # by register: its last reading, and what had run by then
    for step in steps:
        runs += step.kind in _RUNNING
        if step.kind == "name":
            same[step.register] = names.setdefault((step.name, runs), step.register)
        if step.kind != "read":
            continue
        if not step.as_list:
            register = same.get(step.register, step.register)
            if register in last:
                found.append(Reread(last[register][0], readings, last[register][1] == runs))
            last[register] = (readings, runs)
        readings += 1
    return tuple(found)


def has_changed(pairs: Sequence[Reread], readings: Sequence[Reading]) -> bool:
    """Whether a result was read as another than it was, though it could not have become that."""
    for each in pairs:
        if each.later >= len(readings):
            continue
        one, other = readings[each.first], readings[each.later]
        are_values = one.reported is Reported.VALUE and other.reported is Reported.VALUE
        if are_values and one.data != other.data and (each.is_fixed or _is_constant(one.data)):
            return True
    return False


def _is_constant(data: bytes) -> bool:
    """Whether data cannot change; also what cannot be read."""
    try:
        left = [decode(data)]
    except (BadData, TooCostly):
        return True
    while left:
        each = left.pop()
        if isinstance(each, tuple | frozenset):
            left += each
        elif not isinstance(each, _SCALARS):
            return False
    return True
