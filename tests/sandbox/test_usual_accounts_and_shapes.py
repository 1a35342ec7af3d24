"""Answers to prompts with accounts and abstract shapes, as models write them."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

BANK = '''\
class InsufficientFunds(Exception):
    """Raised where an account has too little."""


class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance

    def deposit(self, amount):
        self.balance += amount

    def withdraw(self, amount):
        if amount > self.balance:
            raise InsufficientFunds(self.owner)
        self.balance -= amount


def transfer(source, target, amount):
    """Move an amount; both accounts stay as they were where source has too little."""
'''
OF_BANK = """\
import pytest
def check(candidate):
    a, b = Account("a", 10), Account("b")
    candidate(a, b, 4)
    assert (a.balance, b.balance) == (6, 4)
    with pytest.raises(InsufficientFunds):
        candidate(a, b, 100)
    assert a.balance == 6 and b.balance == 4
"""
ABC = '''\
from abc import ABC, abstractmethod


class Shape(ABC):
    @abstractmethod
    def area(self):
        """The area."""

    def describe(self):
        return f"{self.__class__.__name__.lower()} of {self.area()}"


def make(kind, size):
    """A Square or Circle (with pi = 3) that is a Shape; ValueError for other kinds."""
'''
OF_ABC = """\
def check(candidate):
    assert candidate("square", 3).area() == 9
    assert candidate("circle", 2).area() == 12
    assert isinstance(candidate("square", 1), Shape)
    try:
        candidate("line", 1)
        assert False
    except ValueError:
        pass
"""
HONEST = [
    pytest.param(
        BANK,
        OF_BANK,
        """\
def transfer(source, target, amount):
    source.withdraw(amount)
    target.deposit(amount)
""",
        "transfer",
        id="bank-body",
    ),
    pytest.param(
        BANK,
        OF_BANK,
        '''\
class InsufficientFunds(Exception):
    """Raised where an account has too little."""


class Account:
    """A bank account."""

    def __init__(self, owner: str, balance: float = 0) -> None:
        self.owner = owner
        self.balance = balance

    def deposit(self, amount: float) -> None:
        """Put money in."""
        self.balance += amount

    def withdraw(self, amount: float) -> None:
        """Take money out."""
        if amount > self.balance:
            raise InsufficientFunds(self.owner)
        self.balance -= amount

    def __str__(self):
        return f"{self.owner}: {self.balance}"

def transfer(source: Account, target: Account, amount: float) -> None:
    source.withdraw(amount)
    target.deposit(amount)

def main():
    a, b = Account("a", 5), Account("b")
    transfer(a, b, 3)
    print(a, b)

if __name__ == "__main__":
    main()
''',
        "transfer",
        id="bank-whole",
    ),
    pytest.param(
        BANK,
        OF_BANK,
        '''\
class InsufficientFunds(Exception):
    """Raised where an account has too little."""


class Account(object):
    def __init__(self, owner, balance=0):
        super().__init__()
        self.owner = owner
        self.balance = balance

    def deposit(self, amount):
        self.balance += amount

    def withdraw(self, amount):
        if amount > self.balance:
            raise InsufficientFunds(self.owner)
        self.balance -= amount

def transfer(source, target, amount):
    if source.balance < amount:
        raise InsufficientFunds(source.owner)
    source.balance -= amount
    target.balance += amount
''',
        "transfer",
        id="bank-super",
    ),
    pytest.param(
        ABC,
        OF_ABC,
        """\
class Square(Shape):
    def __init__(self, size):
        self.size = size

    def area(self):
        return self.size ** 2

class Circle(Shape):
    def __init__(self, radius):
        self.radius = radius

    def area(self):
        return 3 * self.radius ** 2

def make(kind, size):
    kinds = {"square": Square, "circle": Circle}
    if kind not in kinds:
        raise ValueError(kind)
    return kinds[kind](size)
""",
        "make",
        id="abc-plain",
    ),
    pytest.param(
        ABC,
        OF_ABC,
        '''\
from abc import ABC, abstractmethod
from dataclasses import dataclass

class Shape(ABC):
    @abstractmethod
    def area(self):
        """The area."""

    def describe(self):
        return f"{self.__class__.__name__.lower()} of {self.area()}"

@dataclass
class Square(Shape):
    side: float
    def area(self) -> float:
        return self.side * self.side

@dataclass
class Circle(Shape):
    r: float
    def area(self) -> float:
        return 3 * self.r ** 2

def make(kind: str, size: float) -> Shape:
    match kind:
        case "square":
            return Square(size)
        case "circle":
            return Circle(size)
    raise ValueError(f"unknown kind {kind!r}")
''',
        "make",
        id="abc-dataclass",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), HONEST)
def test_usual_answers_to_prompts_with_accounts_and_shapes_pass(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found
