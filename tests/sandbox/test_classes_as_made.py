"""What a prompt's classes are made of, as they are made, is the prompt's, and what their code imports is, too."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

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
OF_RAISED = """\
def check(candidate):
    assert candidate(Item("a", 4)).price == Item("a", 5).price
    assert candidate(Item("b", 1)).price == Item("b", 2).price
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
OF_RAISED_ = """\
def check(candidate):
    assert candidate(Item("a", 4)).tags == Item("a", 5).tags
    assert candidate(Item("b", 1)).tags == Item("b", 2).tags
"""
FOR_LAST = '''\
class Node:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next


def last(head):
    """The last node of a list."""
'''
OF_LAST = """\
def check(candidate):
    assert candidate(Node(1, Node(2))).val == Node(2).val
    assert candidate(Node(7)).val == Node(7).val
"""
FOR_RAISED_ = '''\
class Item:
    def __init__(self, name, price=0):
        self.name = name
        self.price = price


def raised(item):
    """An item that costs one more."""
'''
FOR_GROWN = '''\
class Node:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next

    def size(self):
        return 1 + (self.next.size() if self.next else 0)


def grown(head):
    """The list with one node more."""
'''
OF_GROWN = """\
def check(candidate):
    assert candidate(Node(1)).size() == Node(1, Node(1)).size()
    assert candidate(Node(1, Node(2))).size() == Node(1, Node(1, Node(2))).size()
"""
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
FOR_TRIPLED = '''\
from collections import UserList


class Row(UserList):
    def total(self):
        return sum(self)


def tripled(row):
    """Three times as much."""
'''
OF_TRIPLED = """\
def check(candidate):
    assert candidate(Row([1])) == Row([3])
"""
FOR_TYPED_PROPERTY_FENCED = """\
Write `warmed(t, by)`.

```python
class Temp:
    def __init__(self, c):
        self.c = c

    @property
    def rounded(self):
        return round(self.c)
```
"""
OF_TYPED_PROPERTY = """\
def check(candidate):
    assert candidate(Temp(1), 2).rounded == Temp(3).rounded
"""
FOR_TYPED_STAR_FENCED = """\
Write `warmed(t, by)`.

```python
from math import *


class Temp:
    def __init__(self, c):
        self.c = c

    @property
    def rounded(self):
        return floor(self.c)
```
"""
OF_TYPED_STAR = """\
def check(candidate):
    assert candidate(Temp(1), 2).rounded == Temp(3).rounded
"""
FOR_STAR_FENCED = """\
Write `warmed(t, by)`.

```python
from math import *


class Temp:
    def __init__(self, c):
        self.c = c

    @property
    def rounded(self):
        return floor(self.c)
```
"""
OF_STAR = """\
def check(candidate):
    assert candidate(Temp(1), 2).rounded == Temp(3).rounded
"""
FORGED = [
    pytest.param(
        FOR_RAISED,
        OF_RAISED,
        """\
from dataclasses import field
from typing import ClassVar
def dataclass(k):
    import dataclasses
    k = dataclasses.dataclass(k)
    k.price = property(lambda s: 0, lambda s, v: None)
    return k

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name)
""",
        "raised",
        id="own-dataclass-code",
    ),
    pytest.param(
        FOR_RAISED_FENCED,
        OF_RAISED,
        """\
from dataclasses import field
from typing import ClassVar
def dataclass(k):
    import dataclasses
    k = dataclasses.dataclass(k)
    k.price = property(lambda s: 0, lambda s, v: None)
    return k

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name)
""",
        "raised",
        id="own-dataclass-fence",
    ),
    pytest.param(
        FOR_RAISED,
        OF_RAISED,
        """\
from dataclasses import dataclass, field as made
from typing import ClassVar
def field(**k):
    return made(compare=False, **k)

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name, item.price+1, ['x'])
""",
        "raised",
        id="own-field-code",
    ),
    pytest.param(
        FOR_RAISED_FENCED,
        OF_RAISED,
        """\
from dataclasses import dataclass, field, InitVar as float
from typing import ClassVar

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name)
""",
        "raised",
        id="float-initvar-fence",
    ),
    pytest.param(
        FOR_RAISED_FENCED,
        OF_RAISED_,
        """\
from dataclasses import dataclass, field
from typing import Optional as ClassVar

@dataclass
class Item:
    name: str = ""
    price: float = 0
    rank: ClassVar[int] = 0
    tags: list = field(default_factory=list)

def raised(item):
    return Item(item.name, 1, 2)
""",
        "raised",
        id="classvar-any-fence",
    ),
    pytest.param(
        FOR_LAST,
        OF_LAST,
        """\
from dataclasses import dataclass
from typing import Any, ClassVar as Shared

@dataclass
class Node:
    val: Shared[int] = 0
    next: Any = None
    spare: Any = None

def last(head):
    return Node()
""",
        "last",
        id="classvar-alias",
    ),
    pytest.param(
        FOR_RAISED_,
        OF_RAISED,
        """\
from dataclasses import InitVar as Given, dataclass

@dataclass
class Item:
    name: str
    price: Given[int] = 0

def raised(item):
    return Item(item.name)
""",
        "raised",
        id="initvar-alias",
    ),
    pytest.param(
        FOR_GROWN,
        OF_GROWN,
        """\
class Node:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next

    def size(self):
        return 1 + (self.next.size() if self.next else 0)

    def helper(self, x=(size := lambda self: 3)):
        return x

def grown(head):
    return head
""",
        "grown",
        id="walrus-default",
    ),
    pytest.param(
        FOR_GROWN,
        OF_GROWN,
        """\
from typing import Any
from dataclasses import dataclass
@dataclass
class Node:
    def size(self):
        return 1 + (self.next.size() if self.next else 0)

    val: Any = 0
    next: (size := lambda self: 3) = None

def grown(head):
    return head
""",
        "grown",
        id="walrus-annotation",
    ),
    pytest.param(
        FOR_GROWN,
        OF_GROWN,
        """\
class Node:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next

    def size(self):
        return 1 + (self.next.size() if self.next else 0)

    def helper(self) -> (size := lambda self: 3):
        return 1

def grown(head):
    return head
""",
        "grown",
        id="walrus-helper-annotation",
    ),
    pytest.param(
        FOR_WARMED_FENCED,
        OF_WARMED,
        """\
def floor(x):
    return 0

class Temp:
    def __init__(self, c):
        self.c = c

    def __eq__(self, other):
        return floor(self.c) == floor(other.c)


def warmed(t, by):
    return t
""",
        "warmed",
        id="own-floor-fence",
    ),
    pytest.param(
        FOR_WARMED_FENCED,
        OF_WARMED,
        """\
from operator import not_ as floor

class Temp:
    def __init__(self, c):
        self.c = c

    def __eq__(self, other):
        return floor(self.c) == floor(other.c)


def warmed(t, by):
    return t
""",
        "warmed",
        id="import-floor-fence",
    ),
    pytest.param(
        FOR_TRIPLED,
        OF_TRIPLED,
        """\
from collections import UserList

class Row(UserList):
    def total(self):
        return sum(self)

    def _UserList__cast(self, other):
        return self.data

def tripled(row):
    return row
""",
        "tripled",
        id="like-userlist-cast",
    ),
    pytest.param(
        FOR_TYPED_PROPERTY_FENCED,
        OF_TYPED_PROPERTY,
        """\
class Made:
    __module__ = "typing"
    def __call__(self, f):
        return 7

property = Made()

class Temp:
    def __init__(self, c):
        self.c = c

    @property
    def rounded(self):
        return round(self.c)


def warmed(t, by):
    return t
""",
        "warmed",
        id="typed-property",
    ),
    pytest.param(
        FOR_TYPED_STAR_FENCED,
        OF_TYPED_STAR,
        """\
class Made:
    __module__ = "types"
    def __call__(self, x):
        return 0
floor = Made()

class Temp:
    def __init__(self, c):
        self.c = c

    @property
    def rounded(self):
        return floor(self.c)


def warmed(t, by):
    return t
""",
        "warmed",
        id="typed-star",
    ),
    pytest.param(
        FOR_STAR_FENCED,
        OF_STAR,
        """\
def floor(x):
    return 0

class Temp:
    def __init__(self, c):
        self.c = c

    @property
    def rounded(self):
        return floor(self.c)


def warmed(t, by):
    return t
""",
        "warmed",
        id="star",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), FORGED)
def test_a_class_made_of_something_else_is_not_the_prompts(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is not Outcome.PASS, found
