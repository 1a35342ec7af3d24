"""Inputs for a function, made from those with which its tests call it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from stillroom.records.execution import Data
from verifiers.plan import Converted

TRIES_AN_INPUT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The arguments of one call."""

    arguments: tuple[Data, ...]


def inputs_in(plan: Converted, entry_point: str) -> list[Input]:
    """The inputs with which converted tests call ``entry_point``; calls by keyword or with computed data left out."""
    functions = {step.register for step in plan.steps if step.kind == "name" and step.name == entry_point}
    put = {step.register: step.value for step in plan.steps if step.kind == "put"}
    found: list[Input] = []
    for step in plan.steps:
        if step.kind == "call" and step.on in functions and not step.keywords:
            given = step.arguments
            if all(one.register is None or one.register in put for one in given):
                found.append(
                    Input(arguments=tuple(one.value if one.register is None else put[one.register] for one in given))
                )
    return found


def generated(bases: Sequence[Input], *, count: int, seed: int) -> list[Input]:
    """Up to ``count`` different inputs, each a test's with its values changed; the same at every call."""
    chance = random.Random(seed)  # noqa: S311 - reproducible
    found: dict[str, Input] = {}
    for attempt in range(TRIES_AN_INPUT * count if bases else 0):
        if len(found) == count:
            break
        base = bases[attempt % len(bases)]
        one = Input(arguments=tuple(_changed(value, chance) for value in base.arguments))
        found.setdefault(repr(one), one)
    return list(found.values())


def _changed(value: Data, chance: random.Random) -> Data:
    match value:
        case bool() | None:
            return value
        case int():
            return chance.choice([value, value + chance.randint(-9, 9), -value, value * 2])
        case float():
            return chance.choice([value, value + chance.randint(-9, 9) / 4, -value])
        case str():
            cut = chance.randint(0, len(value))
            return chance.choice([value, value[:cut], value[cut:] + value[:cut], value + chance.choice("aZ 9")])
        case list():
            items = [_changed(item, chance) for item in cast("list[Data]", value)]
            return chance.choice([items, items[1:], items[::-1], items + items[:1]])
        case tuple():
            return tuple(_changed(item, chance) for item in cast("tuple[Data, ...]", value))
        case dict():
            pairs = cast("dict[Data, Data]", value)
            return {key: _changed(item, chance) for key, item in pairs.items() if chance.random() > 0.2}
        case _:
            return value
