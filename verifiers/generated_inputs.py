"""Inputs for a function, made from those that its tests use: each a few small changes away from one of them.

What a function takes is known from its tests alone, so an input is a test's call with some values changed by their
type: a number becomes a neighbour, its negative or zero, a text loses or gains a character, a list loses, repeats or
swaps elements, and so on down into nested data. Nothing is evaluated and nothing is drawn from a clock.
"""

import marshal
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from stillroom.records.execution import Data
from verifiers.plan import Converted
from verifiers.wire_data import WIRE_FORMAT, measure

MAX_CHANGES = 4  # of one call
MAX_ITEMS = 2_000  # elements of one call: beyond, programs measure the machine
TRIES_AN_INPUT = 12  # where a type has few values, such as truth, there are no more inputs to find
LETTERS = "abzAZ019 -_.,é"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The arguments of one call."""

    arguments: tuple[Data, ...]
    keywords: tuple[tuple[str, Data], ...] = ()


def inputs_in(plan: Converted, entry_point: str) -> list[Input]:
    """The inputs with which converted tests call ``entry_point``, in order, each once.

    A call whose arguments are not all plain data, such as the result of another call, is left out.
    """
    functions = {step.register for step in plan.steps if step.kind == "name" and step.name == entry_point}
    put = {step.register: step.value for step in plan.steps if step.kind == "put"}
    found: dict[bytes, Input] = {}
    for step in plan.steps:
        if step.kind != "call" or step.on not in functions:
            continue
        given = [*step.arguments, *(value for _, value in step.keywords)]
        if any(one.register is not None and one.register not in put for one in given):
            continue
        values = [one.value if one.register is None else put[one.register] for one in given]
        names = [name for name, _ in step.keywords]
        split = len(step.arguments)
        one = Input(arguments=tuple(values[:split]), keywords=tuple(zip(names, values[split:], strict=True)))
        found.setdefault(_key(one), one)
    return list(found.values())


def generated(bases: Sequence[Input], *, count: int, seed: int) -> list[Input]:
    """Up to ``count`` different inputs made from ``bases``, none of which is among them; the same at every call.

    Fewer come where there are no more to find: a function of one truth value has two inputs.
    """
    if not bases:
        return []
    chance = random.Random(seed)  # noqa: S311 - reproducible, not a secret
    change = _Change(chance, bases)
    seen = {_key(base) for base in bases}
    found: list[Input] = []
    for attempt in range(TRIES_AN_INPUT * count):
        if len(found) == count:
            break
        change.reach = 5 + 100 * (attempt // (3 * count))  # where small numbers are used up, larger ones are taken
        one = change.input(bases[attempt % len(bases)])
        if _size(one) <= MAX_ITEMS and (key := _key(one)) not in seen:
            seen.add(key)
            found.append(one)
    return found


def _key(one: Input) -> bytes:
    """Equal for equal data of equal types; sets are put in order, since theirs depends on their past."""
    return repr(_ordered([one.arguments, one.keywords])).encode("utf-8", "surrogatepass")


def _ordered(value: object) -> object:
    kind = type(value).__name__
    if isinstance(value, set | frozenset):
        return (kind, sorted(repr(_ordered(each)) for each in cast("set[object]", value)))
    if isinstance(value, dict):
        return (kind, [(_ordered(key), _ordered(each)) for key, each in cast("dict[object, object]", value).items()])
    if isinstance(value, list | tuple):
        return (kind, [_ordered(each) for each in cast("list[object]", value)])
    return marshal.dumps(value, WIRE_FORMAT) if isinstance(value, int) and value.bit_length() > 10_000 else value


def _size(one: Input) -> int:
    return measure([*one.arguments, *(value for _, value in one.keywords)], MAX_ITEMS)


class _Change:
    """Changes values by their type; ``seen`` holds what the tests use, to borrow from."""

    def __init__(self, chance: random.Random, bases: Sequence[Input]) -> None:
        self.chance = chance
        self.reach = 0
        self.seen: dict[type, list[Data]] = {}
        for base in bases:
            for value in (*base.arguments, *(value for _, value in base.keywords)):
                for part in _parts(value):
                    self.seen.setdefault(type(part), []).append(part)
        texts = cast("list[str]", self.seen.get(str, []))
        self.letters = "".join(dict.fromkeys("".join(texts))) + LETTERS

    def input(self, base: Input) -> Input:
        """The input with one to a few changes; a value that cannot be changed stays."""
        values = [*base.arguments, *(value for _, value in base.keywords)]
        if values:
            for _ in range(self.chance.choice((1, 1, 2, MAX_CHANGES))):
                place = self.chance.randrange(len(values))
                values[place] = self.value(values[place])
        split = len(base.arguments)
        names = [name for name, _ in base.keywords]
        return Input(arguments=tuple(values[:split]), keywords=tuple(zip(names, values[split:], strict=True)))

    def value(self, value: Data) -> Data:
        """Another value of the same type: sometimes one that the tests use, mostly a small change of this one."""
        same = self.seen.get(type(value), [])
        if same and self.chance.random() < 0.2:
            return self.chance.choice(same)
        try:
            return self.changed(value)
        except TypeError:  # what was borrowed for a set or a key holds a list
            return value

    def changed(self, value: Data) -> Data:
        """A small change by type; None and the like have no other value."""
        match value:
            case bool():
                return not value
            case int():
                return self.whole(value)
            case float():
                return self.real(value)
            case complex():
                return complex(self.real(value.real), self.real(value.imag))
            case str():
                return self.text(value)
            case bytes():
                return self.text(value.decode("latin-1")).encode("latin-1", "replace")
            case list():
                return self.row(value)
            case tuple():
                return self.record(value)
            case set():
                return set(self.row(_in_order(value)))
            case frozenset():
                return frozenset(self.row(_in_order(value)))
            case dict():
                return self.mapping(value)
            case _:
                return value

    def whole(self, value: int) -> int:
        """A neighbour, a relative, or any number of the size."""
        choices = (value + 1, value - 1, value + 2, value * 2, value // 2, -value, 0, 1, 10)
        near = self.chance.randint(-3, min(abs(value), 1 << 60) * 2 + self.reach)
        return self.chance.choice((*choices, near, near, near))

    def real(self, value: float) -> float:
        """As for whole numbers, and halves."""
        choices = (value + 1.0, value - 1.0, value + 0.5, value * 2, value / 2, -value, 0.0)
        return self.chance.choice((*choices, round(value + self.chance.uniform(-5, 5), 2)))

    def text(self, value: str) -> str:
        """A character more or less, another, two swapped, a part, or other cases."""
        at = self.chance.randrange(len(value) + 1)
        letter = self.chance.choice(self.letters)
        choices = (
            value[:at] + letter + value[at:],
            value[:at] + letter + value[at + 1 :],
            value[:at] + value[at + 1 :],
            value[:at] + value[at : at + 1] * 2 + value[at + 1 :],
            value[:at] + value[at + 1 : at + 2] + value[at : at + 1] + value[at + 2 :],
            value[:at],
            value[at:],
            value + value[:at],
            value.swapcase(),
            value[::-1],
            value[:at] + " " + value[at:],
        )
        return self.chance.choice(choices)

    def row(self, value: list[Data]) -> list[Data]:
        """An element changed, removed, repeated, borrowed, moved, or the whole turned round."""
        if not value:
            return self.borrowed()
        at = self.chance.randrange(len(value))
        to = self.chance.randrange(len(value))
        swapped = [*value]
        swapped[at], swapped[to] = swapped[to], swapped[at]
        changed = [*value[:at], self.value(value[at]), *value[at + 1 :]]
        choices = (
            *(changed, changed, changed, swapped, value[::-1]),
            [*value[:at], *value[at + 1 :]],
            [*value[:at], value[to], *value[at:]],
            [*value, self.value(value[at])],
            value[:at],
        )
        return self.chance.choice(choices)

    def borrowed(self) -> list[Data]:
        """Some elements of rows that the tests use, for a row that has none to change."""
        rows = [value for kind in (list, set, frozenset) for value in self.seen.get(kind, [])]
        elements = [each for row in rows for each in _in_order(cast("list[Data]", row))]
        return [self.chance.choice(elements) for _ in range(self.chance.randint(0, 4))] if elements else []

    def record(self, value: tuple[Data, ...]) -> tuple[Data, ...]:
        """One field changed: records keep their length, for a pair of three is no pair."""
        if not value:
            return value
        at = self.chance.randrange(len(value))
        return (*value[:at], self.value(value[at]), *value[at + 1 :])

    def mapping(self, value: dict[Data, Data]) -> dict[Data, Data]:
        """A value or a key changed, an entry removed or added."""
        if not value:
            others = cast("list[dict[Data, Data]]", self.seen.get(dict, []))
            return dict(self.chance.choice(others)) if others else value
        key = self.chance.choice(list(value))
        without = {each: item for each, item in value.items() if each != key}
        choices = (
            (*value.items(), (key, self.value(value[key]))),
            (*value.items(), (self.value(key), self.value(value[key]))),
            (*without.items(), (self.value(key), value[key])),
            tuple(without.items()),
        )
        return dict(self.chance.choice(choices))


def _parts(value: Data) -> Iterator[Data]:
    """The value and everything in it."""
    yield value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _parts(key)
            yield from _parts(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in _in_order(value):
            yield from _parts(item)


def _in_order(value: Iterable[Data]) -> list[Data]:
    """The elements; those of sets in an order that does not depend on hashes."""
    items = list(value)
    return sorted(items, key=lambda each: repr(_ordered(each))) if isinstance(value, set | frozenset) else items
