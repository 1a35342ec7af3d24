"""Knows which lists, sets and dictionaries are parts of which values, so that a change is seen by all its names.

A container that the solution was given may be changed there. What of the tests still holds the old one is out of date.
"""

from collections.abc import Iterable
from typing import cast

_NOTHING: frozenset[int] = frozenset()


class Sharing:
    """Changeable containers by identity; what was asked about is kept alive, so that no identity is used twice."""

    def __init__(self) -> None:
        self._parts: dict[int, tuple[object, frozenset[int], bool]] = {}
        self._given: set[int] = set()

    def parts(self, value: object) -> frozenset[int]:
        """Identities of all lists, sets and dictionaries in a value, itself included."""
        return self._looked_at(value)[1]

    def is_twice(self, value: object) -> bool:
        """Whether one of them is in the value in more than one place, as the rows of ``[[0] * 3] * 3`` are."""
        return self._looked_at(value)[2]

    def give(self, parts: Iterable[int]) -> None:
        """From now on only the solution's process knows what these hold."""
        self._given |= set(parts)

    def is_given(self, value: object) -> bool:
        """Whether the container itself was given."""
        return id(value) in self._given

    def is_outdated(self, value: object) -> bool:
        """Whether a value holds, or is, a container that was given."""
        return bool(self._given) and not self._given.isdisjoint(self.parts(value))

    @property
    def is_nothing_given(self) -> bool:
        """Whether nothing can be out of date."""
        return not self._given

    def _looked_at(self, value: object) -> tuple[object, frozenset[int], bool]:
        if not isinstance(value, list | set | dict | tuple):
            return (value, _NOTHING, False)
        key = id(cast("object", value))
        if key not in self._parts:
            self._parts[key] = self._walked(cast("object", value))
        return self._parts[key]

    def _walked(self, value: object) -> tuple[object, frozenset[int], bool]:
        found: set[int] = set()
        tuples: set[int] = set()
        is_twice = False
        left: list[object] = [value]
        while left:
            item = left.pop()
            if isinstance(item, tuple):
                if id(cast("object", item)) in tuples:
                    is_twice = is_twice or bool(self.parts(cast("object", item)))
                    continue
                tuples.add(id(cast("object", item)))
                left.extend(_containers(cast("tuple[object, ...]", item)))
            elif isinstance(item, list | set | dict):
                if id(cast("object", item)) in found:
                    is_twice = True
                    continue
                found.add(id(cast("object", item)))
                if isinstance(item, list):
                    left.extend(_containers(cast("list[object]", item)))
                elif isinstance(item, dict):
                    left.extend(_containers(cast("dict[object, object]", item).values()))
        return (value, frozenset(found), is_twice)


def _containers(items: Iterable[object]) -> list[object]:
    return [each for each in items if isinstance(each, list | set | dict | tuple)]
