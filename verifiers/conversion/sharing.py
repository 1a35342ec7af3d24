"""Knows which lists, sets and dictionaries are parts of which values, so that a change is seen by all its names.

A container that the solution was given may be changed there. What of the tests still holds the old one is out of date.
"""

from collections.abc import Iterable
from typing import cast

_NOTHING: frozenset[int] = frozenset()


class Sharing:
    """Changeable containers by identity; what was asked about is kept alive, so that no identity is used twice."""

    def __init__(self) -> None:
        self._parts: dict[int, tuple[object, frozenset[int], frozenset[int]]] = {}
        self._given: set[int] = set()
        self._arguments: set[int] = set()

    def parts(self, value: object) -> frozenset[int]:
        """Identities of all lists, sets and dictionaries in a value, itself included."""
        return self._looked_at(value)[1]

    def repeated(self, value: object) -> frozenset[int]:
        """Those that are in the value in more than one place, as the rows of ``[[0] * 3] * 3`` are."""
        return self._looked_at(value)[2]

    def give(self, parts: Iterable[int], argument: object = None) -> None:
        """From now on only the solution's process knows what these hold; ``argument`` is what they are parts of."""
        self._given |= set(parts)
        self._arguments.add(id(argument))

    def is_given(self, value: object) -> bool:
        """Whether the container itself was given."""
        return id(value) in self._given

    def is_outdated(self, value: object) -> bool:
        """Whether a value holds, or is, a container that was given."""
        return bool(self._given) and not self._given.isdisjoint(self.parts(value))

    def is_out_of_sight(self, value: object) -> bool:
        """Whether it holds one that was given only as a part of an argument.

        A process of the tests sees what becomes of the arguments themselves, which it sends and gets back whole.
        """
        left = [value]
        while left:
            item = left.pop()
            if id(item) in self._arguments:
                continue
            if id(item) in self._given:
                return True
            left += _items(item)
        return False

    @property
    def is_nothing_given(self) -> bool:
        """Whether nothing can be out of date."""
        return not self._given

    def _looked_at(self, value: object) -> tuple[object, frozenset[int], frozenset[int]]:
        if not isinstance(value, list | set | dict | tuple):
            return (value, _NOTHING, _NOTHING)
        key = id(cast("object", value))
        if key not in self._parts:
            self._parts[key] = self._walked(cast("object", value))
        return self._parts[key]

    def _walked(self, value: object) -> tuple[object, frozenset[int], frozenset[int]]:
        found: set[int] = set()
        tuples: set[int] = set()
        repeated: set[int] = set()
        left = [value]
        while left:
            item = left.pop()
            kind: type[object] = type(item)
            seen = tuples if kind is tuple else found
            if id(item) in seen:
                repeated |= self.parts(item)
                continue
            seen.add(id(item))
            left += _items(item)
        return (value, frozenset(found), frozenset(repeated))


def _items(value: object) -> list[object]:
    """The containers right in a container; a set has none that can be changed."""
    if isinstance(value, dict):
        items: Iterable[object] = cast("dict[object, object]", value).values()
    elif isinstance(value, list | tuple):
        items = cast("list[object]", value)
    else:
        return []
    return [each for each in items if isinstance(each, list | set | dict | tuple)]
