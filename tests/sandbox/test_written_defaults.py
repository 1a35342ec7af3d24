"""What a prompt leaves to be written anew, an answer's class may say, where tests hold it against data of theirs."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

ANIMAL = (
    "class Animal:\n    def __init__(self, name):\n        self.name = name\n\n    def speak(self):\n"
    "        return {says}\n\n\n"
    'def make(kind, name):\n    """A dog says Woof, a cat Meow."""\n'
)
OF_ANIMALS = (
    'def check(candidate):\n    assert candidate("dog", "Rex").speak() == "Woof"\n'
    '    assert candidate("cat", "Tom").speak() == "Meow"\n'
)
IN_A_LOOP = (
    'def check(candidate):\n    for kind, says in [("dog", "Woof"), ("cat", "Meow")]:\n'
    '        animal = candidate(kind, "Rex")\n        assert isinstance(animal, Animal)\n'
    "        assert animal.speak() == says, kind\n"
)
ANIMALS = (
    'class Dog(Animal):\n    def speak(self): return "Woof"\n'
    'class Cat(Animal):\n    def speak(self): return "Meow"\n'
    'def make(kind, name): return {"dog": Dog, "cat": Cat}[kind](name)\n'
)
SHAPE = (
    "class Shape:\n    def area(self):\n        return 0\n\n    def is_large(self):\n"
    "        return self.area() > 10\n\n\n"
    'def make(kind, *sizes):\n    """A "box" of two sizes or a "circle" of a radius."""\n'
)
AREAS = (
    'def check(candidate):\n    assert candidate("box", 2, 3).area() == 6\n'
    '    assert abs(candidate("circle", 1).area() - 3.14159) < 1e-4\n'
    '    assert round(candidate("circle", 1).area(), 2) == 3.14\n'
)
SHAPES = (
    "import math\nclass Box(Shape):\n    def __init__(self, w, h): self.w, self.h = w, h\n"
    "    def area(self): return self.w * self.h\n"
    "class Circle(Shape):\n    def __init__(self, r): self.r = r\n    def area(self): return math.pi * self.r ** 2\n"
    'def make(kind, *sizes): return {"box": Box, "circle": Circle}[kind](*sizes)\n'
)
CART = (
    "class Discount:\n    def apply(self, price):\n        return price\n\n\n"
    "class Cart:\n    def __init__(self, discount=None):\n        self.prices = []\n"
    "        self.discount = discount or Discount()\n\n    def add(self, price):\n        self.prices.append(price)\n\n"
    "    def total(self):\n        return self.discount.apply(sum(self.prices))\n\n"
    "    def is_cheap(self):\n        return self.total() < 10\n\n\n"
    'def cart(percent):\n    """A cart whose total is less by some percent."""\n'
)
TOTAL = "def check(candidate):\n    c = candidate(10)\n    c.add(100)\n    assert c.total() == 90\n"
PERCENT = (
    "class Percent(Discount):\n    def __init__(self, percent): self.percent = percent\n"
    "    def apply(self, price): return price * (100 - self.percent) / 100\n"
    "def cart(percent): return Cart(Percent(percent))\n"
)
VEHICLE = (
    "class Vehicle:\n    def __init__(self, wheels):\n        self.wheels = wheels\n\n    def describe(self):\n"
    '        return f"{type(self).__name__} with {self.wheels} wheels"\n\n    def same_kind(self, other):\n'
    "        return type(self) is type(other)\n\n    def __eq__(self, other):\n"
    "        if type(self) is not type(other):\n            return NotImplemented\n"
    "        return self.wheels == other.wheels\n\n\n"
    'def make(kind):\n    """A Car has 4 wheels, a Bike 2."""\n'
)
OF_VEHICLES = (
    'def check(candidate):\n    assert candidate("car").describe() == "Car with 4 wheels"\n'
    '    assert candidate("car").same_kind(candidate("car"))\n'
    '    assert not candidate("bike").same_kind(candidate("car"))\n'
    '    assert candidate("bike") != candidate("car") and candidate("bike") != Vehicle(2)\n'
)
VEHICLES = (
    "class Car(Vehicle):\n    def __init__(self): super().__init__(4)\n"
    "class Bike(Vehicle):\n    def __init__(self): super().__init__(2)\n"
    'def make(kind): return Car() if kind == "car" else Bike()\n'
)
STAFF = (
    "class Employee:\n    def __init__(self, name, salary):\n        self.name = name\n        self.salary = salary\n\n"
    "    def pay(self):\n        return self.salary\n\n    def __str__(self):\n"
    '        return f"{self.name} earns little"\n\n\n'
    'def manager(name, salary):\n    """A manager, who is paid a tenth more."""\n'
)
OF_STAFF = (
    'def check(candidate):\n    assert candidate("Ann", 100).pay() == 110\n'
    '    assert str(candidate("Ann", 100)) == "Ann manages"\n'
)
MANAGER = (
    "class Manager(Employee):\n    def pay(self): return super().pay() * 11 // 10\n"
    '    def __str__(self): return f"{self.name} manages"\ndef manager(name, salary): return Manager(name, salary)\n'
)
ACCOUNT = (
    "class Account:\n    def __init__(self, owner, sums=()):\n        self.owner, self._sums = owner, list(sums)\n\n"
    "    @property\n    def balance(self):\n        return sum(self._sums)\n\n    def shown(self):\n"
    "        return '%s' % self\n\n    def __repr__(self):\n"
    "        return f'Account({self.owner!r}, {len(self._sums)})'\n\n\n"
    'def savings(owner, rate):\n    """An account with `add_interest(amount)`."""\n'
)
OF_ACCOUNTS = (
    "def check(candidate):\n    a = candidate('A', 2)\n    a.add_interest(5)\n    assert a.balance == 10\n"
    "    assert isinstance(a, Account)\n"
)
SAVINGS = (
    "class Savings(Account):\n    def __init__(self, owner, rate):\n        super().__init__(owner)\n"
    "        self.rate = rate\n    def add_interest(self, amount): self._sums.append(amount * self.rate)\n"
    "    def __repr__(self): return 'Savings'\ndef savings(owner, rate): return Savings(owner, rate)\n"
)
RULES = (
    "class Rule:\n    def accepts(self, text):\n        return True\n\n\n"
    'def at_least(n):\n    """A rule that accepts texts of some length."""\n'
)
OF_RULES = 'def check(candidate):\n    assert candidate(3).accepts("abc")\n    assert not candidate(3).accepts("ab")\n'
RULE = (
    "class Length(Rule):\n    def __init__(self, n): self.n = n\n"
    "    def accepts(self, text): return len(text) >= self.n\n"
    "def at_least(n): return Length(n)\n"
)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("prompt", "tests", "answer", "entry_point"),
    [
        pytest.param(ANIMAL.format(says='"..."'), OF_ANIMALS, ANIMALS, "make", id="constant"),
        pytest.param(ANIMAL.format(says='"..."'), IN_A_LOOP, ANIMALS, "make", id="expected-of-a-loop"),
        pytest.param(
            ANIMAL.format(says='f"{self.name} makes a sound"'), OF_ANIMALS, ANIMALS, "make", id="text-of-fields"
        ),
        pytest.param(SHAPE, AREAS, SHAPES, "make", id="zero"),
        pytest.param(CART, TOTAL, PERCENT, "cart", id="what-it-is-given-within-another"),
        pytest.param(VEHICLE, OF_VEHICLES, VEHICLES, "make", id="looks-for-the-name-of-its-type"),
        pytest.param(STAFF, OF_STAFF, MANAGER, "manager", id="field-and-text"),
        pytest.param(RULES, OF_RULES, RULE, "at_least", id="constant-truth"),
        pytest.param(ACCOUNT, OF_ACCOUNTS, SAVINGS, "savings", id="text-that-nobody-asks-for"),
    ],
)
def test_a_class_may_say_what_the_prompt_leaves_open(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is Outcome.PASS, found


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("prompt", "tests", "answer", "entry_point"),
    [
        pytest.param(ANIMAL.format(says='"..."'), OF_ANIMALS, ANIMALS.replace("Meow", "Miau"), "make", id="constant"),
        pytest.param(SHAPE, AREAS, SHAPES.replace("** 2", "* 2"), "make", id="zero"),
        pytest.param(CART, TOTAL, PERCENT.replace("100 -", "99 -"), "cart", id="within-another"),
        pytest.param(RULES, OF_RULES, RULE.replace(">=", ">"), "at_least", id="constant-truth"),
    ],
)
def test_a_class_that_says_something_else_fails(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found


SCORE = (
    "class Board:\n    def __init__(self, cells):\n        self.cells = cells\n        self._solved = False\n\n"
    "    def score(self):\n        return sum(1 for each in self.cells if each)\n\n    def errors(self):\n"
    "        return []\n\n    def update(self):\n        self._solved = all(self.cells)\n\n"
    "    def solved(self):\n        return self._solved\n\n"
    "class Strict(Board):\n    def errors(self):\n        return [each for each in self.cells if not each]\n\n\n"
    'def fill(board):\n    """Fill the empty cells (0)."""\n'
)
FORGED = "class B({base}):\n    def {method}(self): return {value}\ndef fill(board): return B(board.cells)\n"


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("prompt", "tests", "answer", "entry_point"),
    [
        pytest.param(
            SCORE,
            "def check(candidate):\n    assert candidate(Board([1, 0, 2])).score() == 3\n",
            FORGED.format(base="Board", method="score", value="3"),
            "fill",
            id="what-is-counted",
        ),
        pytest.param(
            SCORE,
            "def check(candidate):\n    assert candidate(Strict([1, 0, 2])).errors() == []\n",
            FORGED.format(base="Board", method="errors", value="[]"),
            "fill",
            id="nothing",
        ),
        pytest.param(
            SCORE,
            "def check(candidate):\n    b = candidate(Board([1, 0, 2]))\n    b.update()\n    assert b.solved()\n",
            FORGED.format(base="Board", method="solved", value="True"),
            "fill",
            id="field-that-others-store",
        ),
        pytest.param(
            SCORE,
            "def check(candidate):\n    assert Board([1, 2]).score() == 2\n"
            "    assert candidate(Board([1, 0, 2])).score() == Board([1, 2, 3]).score()\n",
            FORGED.format(base="Board", method="score", value="3"),
            "fill",
            id="what-the-prompts-own-gives",
        ),
        pytest.param(
            SHAPE,
            'def check(candidate):\n    assert candidate("box", 4, 5).is_large()\n',
            "class Box(Shape):\n    def area(self): return 99\ndef make(kind, *sizes): return Box()\n",
            "make",
            id="within-a-truth",
        ),
        pytest.param(
            CART,
            "def check(candidate):\n    c = candidate(99)\n    c.add(100)\n    assert c.is_cheap()\n",
            "class Free(Discount):\n    def apply(self, price): return 0\ndef cart(percent): return Cart(Free())\n",
            "cart",
            id="within-what-is-within-a-truth",
        ),
        pytest.param(
            STAFF,
            'def check(candidate):\n    assert candidate("Ann", 100).pay()\n'
            '    assert str(candidate("Ann", 100)) == str(Employee("Ann", 1))\n',
            'class Manager(Employee):\n    def __str__(self): return "Ann earns little"\n'
            'def manager(name, salary): return Manager("", 1)\n',
            "manager",
            id="text-against-the-prompts-own",
        ),
        pytest.param(
            VEHICLE.replace(
                "def same_kind",
                "def is_even(self):\n        return type(self)(self.wheels).wheels % 2 == 0\n\n    def same_kind",
            ),
            'def check(candidate):\n    assert candidate("trike").is_even()\n',
            "class Car(Vehicle):\n    def __init__(self, _): self.wheels = 4\n"
            "def make(kind):\n    car = Car(4)\n    car.wheels = 3\n    return car\n",
            "make",
            id="makes-another-by-its-type",
        ),
        pytest.param(
            ACCOUNT,
            OF_ACCOUNTS.replace("a.balance == 10", "a.shown() == 'Savings'"),
            SAVINGS,
            "savings",
            id="text-of-what-is-counted",
        ),
    ],
)
def test_what_judges_is_not_left_open(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found
