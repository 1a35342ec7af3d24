"""An answer may make a prompt's classes again, however it comes by what they are made of."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

FOR_GENERIC = '''\
from typing import Generic, TypeVar

T = TypeVar("T")


class Box(Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Box) and self.value == other.value


def doubled(box):
    """A box of twice the value."""
'''
OF_GENERIC = """\
def check(candidate):
    assert candidate(Box(2)) == Box(4)
    assert candidate(Box("a")).value == "aa"
"""
FOR_GENERIC_FENCED = """\
Write `doubled(box)`.

```python
class Box(Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Box) and self.value == other.value
```
"""
FOR_REGISTRY = '''\
from enum import IntEnum


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Event:
    seen = {}

    def __init__(self, name, level=Level.LOW):
        self.name, self.level = name, level
        Event.seen[name, level] = Event.seen.get((name, level), 0) + 1

    def __eq__(self, other):
        return (self.name, self.level) == (other.name, other.level)


def raised(event):
    """The event, at the high level."""
'''
OF_REGISTRY = """\
def check(candidate):
    assert candidate(Event("a")) == Event("a", Level.HIGH)
    assert Event.seen["a", 2] == 2
"""
OF_REGISTRY_ = """\
def check(candidate):
    assert candidate(Event("a")).level == 2
    assert Event("b").name == "b"
"""
FOR_RAISED_FENCED = """\
Write `raised(item)`, which gives an item that costs one more.

```python
from dataclasses import dataclass, field
from typing import ClassVar

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)
```
"""
OF_RAISED = """\
def check(candidate):
    assert candidate(Item("a", 4)).price == Item("a", 5).price
    assert candidate(Item("b", 1)).price == Item("b", 2).price
"""
OF_RAISED_ = """\
def check(candidate):
    assert candidate(Item("a", 4)) == Item("a", 5)
    assert candidate(Item("b", 1)) == Item("b", 2)
"""
FOR_RAISED = '''\
from dataclasses import dataclass, field
from typing import ClassVar

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)


def raised(item):
    """An item that costs one more."""
'''
FOR_WARMED_FENCED = """\
Write `warmed(t, by)`.

```python
from math import floor


class Temp:
    def __init__(self, c):
        self.c = c

    def __eq__(self, other):
        return floor(self.c) == floor(other.c)
```
"""
OF_WARMED = """\
def check(candidate):
    assert candidate(Temp(1), 2) == Temp(3)
    assert candidate(Temp(4), 2) == Temp(6)
"""
FOR_WARMED_FENCED_ = """\
Write `warmed(t, by)`.

```python
class Temp:
    def __init__(self, c):
        self.c = c

    def __eq__(self, other):
        return floor(self.c) == floor(other.c)
```
"""
FOR_NORMAL = '''\
class Tag:
    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return normal(self.text) == normal(other.text)


def normal(text):
    """The text in small letters without spaces at its ends."""
'''
OF_NORMAL = """\
def check(candidate):
    assert candidate(" Ab ") == "ab"
    assert Tag("A").text == "A"
"""
FOR_STACK = '''\
class Stack:
    """Has push(value) and pop()."""


class Counted(Stack):
    def size(self):
        return len(self.items)
'''
OF_STACK = """\
def check(candidate):
    s = candidate()
    s.push(3)
    assert s.pop() == 3
"""
HONEST = [
    pytest.param(
        FOR_GENERIC,
        OF_GENERIC,
        """\
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")

class Box(Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Box) and self.value == other.value

def doubled(box: Box[K]) -> Box[K]:
    return Box(box.value * 2)
""",
        "doubled",
        id="generic",
    ),
    pytest.param(
        FOR_GENERIC_FENCED,
        OF_GENERIC,
        """\
from typing import Generic, TypeVar

T = TypeVar("T", bound=object)

class Box(Generic[T]):
    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other):
        return isinstance(other, Box) and self.value == other.value

def doubled(box):
    return Box(box.value * 2)
""",
        "doubled",
        id="generic-fence",
    ),
    pytest.param(
        FOR_REGISTRY,
        OF_REGISTRY,
        """\
def raised(event):
    return Event(event.name, Level.HIGH)
""",
        "raised",
        id="registry",
    ),
    pytest.param(
        FOR_REGISTRY,
        OF_REGISTRY_,
        """\
from enum import IntEnum

class Names(str):
    pass

def raised(event):
    return Event(str(Names(event.name)), Level(2))
""",
        "raised",
        id="registry-own",
    ),
    pytest.param(
        FOR_RAISED_FENCED,
        OF_RAISED,
        """\
from dataclasses import dataclass, field
from typing import ClassVar

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name, item.price + 1, [*item.tags])
""",
        "raised",
        id="again-fence",
    ),
    pytest.param(
        FOR_RAISED_FENCED,
        OF_RAISED_,
        """\
from dataclasses import dataclass, field
from typing import ClassVar

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name, item.price + 1, [*item.tags])
""",
        "raised",
        id="again-fence-eq",
    ),
    pytest.param(
        FOR_RAISED_FENCED,
        OF_RAISED,
        """\
import dataclasses
import typing
from dataclasses import dataclass, field, replace
from typing import *

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return replace(item, price=item.price + 1)
""",
        "raised",
        id="more-imports-fence",
    ),
    pytest.param(
        FOR_RAISED_FENCED,
        OF_RAISED_,
        """\
import dataclasses
import typing

dataclass, field = dataclasses.dataclass, dataclasses.field
ClassVar = typing.ClassVar

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name, item.price + 1, [*item.tags])
""",
        "raised",
        id="bound-fence",
    ),
    pytest.param(
        FOR_RAISED,
        OF_RAISED,
        """\
from dataclasses import dataclass, field
from typing import ClassVar

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name, item.price + 1, [*item.tags])
""",
        "raised",
        id="again-code",
    ),
    pytest.param(
        FOR_RAISED,
        OF_RAISED_,
        """\
from dataclasses import dataclass, field
from typing import ClassVar

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name, item.price + 1, [*item.tags])
""",
        "raised",
        id="again-code-eq",
    ),
    pytest.param(
        FOR_RAISED,
        OF_RAISED,
        """\
import dataclasses
import typing
from dataclasses import dataclass, field, replace
from typing import *

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return replace(item, price=item.price + 1)
""",
        "raised",
        id="more-imports-code",
    ),
    pytest.param(
        FOR_RAISED,
        OF_RAISED_,
        """\
import dataclasses
import typing

dataclass, field = dataclasses.dataclass, dataclasses.field
ClassVar = typing.ClassVar

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name, item.price + 1, [*item.tags])
""",
        "raised",
        id="bound-code",
    ),
    pytest.param(
        FOR_WARMED_FENCED,
        OF_WARMED,
        """\
from math import floor

class Temp:
    def __init__(self, c):
        self.c = c

    def __eq__(self, other):
        return floor(self.c) == floor(other.c)


def warmed(t, by):
    return Temp(t.c + by)
""",
        "warmed",
        id="floor",
    ),
    pytest.param(
        FOR_WARMED_FENCED,
        OF_WARMED,
        """\
class Temp:
    def __init__(self, c):
        self.c = c

    def __eq__(self, other):
        return floor(self.c) == floor(other.c)

from math import *

def warmed(t, by):
    return Temp(t.c + by)
""",
        "warmed",
        id="floor-later",
    ),
    pytest.param(
        FOR_WARMED_FENCED,
        OF_WARMED,
        """\
import math
floor = math.floor

class Temp:
    def __init__(self, c):
        self.c = c

    def __eq__(self, other):
        return floor(self.c) == floor(other.c)


def warmed(t, by):
    return Temp(t.c + by)
""",
        "warmed",
        id="floor-bound",
    ),
    pytest.param(
        FOR_WARMED_FENCED_,
        OF_WARMED,
        """\
import math
from math import floor

class Temp:
    def __init__(self, c):
        self.c = c

    def __eq__(self, other):
        return floor(self.c) == floor(other.c)


def warmed(t, by):
    return Temp(t.c + by)
""",
        "warmed",
        id="floor-untold",
    ),
    pytest.param(
        FOR_NORMAL,
        OF_NORMAL,
        """\
def normal(text):
    return text.strip().lower()
""",
        "normal",
        id="left-to-answer",
    ),
    pytest.param(
        FOR_STACK,
        OF_STACK,
        """\
class Stack:
    def __init__(self):
        self.items = []

    def push(self, value):
        self.items.append(value)

    def pop(self):
        return self.items.pop()
""",
        "Stack",
        id="subclass-of-it",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_a_class_made_as_the_prompt_says_is_the_prompts(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
