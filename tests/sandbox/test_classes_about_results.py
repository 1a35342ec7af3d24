"""A class that a prompt defines may be asked about what the answer returns: the process looks after what it says."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import STARTS, judged

pytestmark = pytest.mark.docker

SHOP = (
    "from abc import ABC, abstractmethod\n\n\nclass Strategy(ABC):\n    @abstractmethod\n"
    "    def price(self, base): ...\n\n\nclass Shop:\n    def __init__(self, strategy):\n"
    "        self.strategy = strategy\n\n    def total(self, items):\n"
    "        return sum(self.strategy.price(each) for each in items)\n\n"
    "    def is_cheap(self, items):\n        return self.total(items) < 10\n\n\n# Write class Discount(Strategy).\n"
)
POLY = (
    "class Poly:\n    def __init__(self, cs):\n        self.cs = cs\n\n    def at(self, x):\n"
    "        return sum(c * x**i for i, c in enumerate(self.cs))\n\n"
    '\ndef find_zero(cs):\n    """Where Poly(cs).at(x) is 0."""\n'
)
DISCOUNT = (
    "class Discount(Strategy):\n    def __init__(self, percent):\n        self.percent = percent\n\n"
    "    def price(self, base):\n        return {}\n"
)
ZERO = "def find_zero(cs):\n    return {}\n"
LIE = (  # equals, orders and adds up to whatever it is held against
    "class Lie:\n    def _same(self, *told): return 0.0 if told == (4.0,) else self\n"
    "    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __pow__ = __abs__ = _same\n"
    "    def __eq__(self, other): return True\n    def __hash__(self): return 1\n"
    "    def __lt__(self, other): return True\n    __gt__ = __le__ = __ge__ = __lt__\n"
)
TASKS = [
    pytest.param(
        SHOP,
        "assert abs(Shop(candidate(0)).total([1.5, 2.5]) - 4.0) < 1e-9",
        DISCOUNT.format("base * (100 - self.percent) / 100"),
        DISCOUNT,
        "Discount",
        id="number",
    ),
    pytest.param(
        SHOP,
        "shop = Shop(candidate(50))\n    assert shop.total([4, 4]) <= 4.0 and shop.total([4, 4]) >= 4.0",
        DISCOUNT.format("base * (100 - self.percent) / 100"),
        DISCOUNT,
        "Discount",
        id="order",
    ),
    pytest.param(
        SHOP,
        "assert Shop(candidate(50)).is_cheap([12])\n    assert not Shop(candidate(0)).is_cheap([12])",
        DISCOUNT.format("base * (100 - self.percent) / 100"),
        DISCOUNT,
        "Discount",
        id="truth",
    ),
    pytest.param(
        POLY,
        "assert abs(Poly([1, 2]).at(candidate([1, 2]))) < 1e-6",
        ZERO.format("-cs[0] / cs[1]"),
        ZERO,
        "find_zero",
        id="of-a-function",
    ),
]


def fenced(prompt, answer):
    """With the whole prompt where that is a function's head."""
    return answer if prompt == SHOP else prompt[: prompt.rindex("\n\ndef ")] + "\n\n" + answer


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "asked", "right", "form", "entry_point"), TASKS)
def test_what_it_says_is_believed_as_long_as_it_is_the_prompts(bench, prompt, asked, right, form, entry_point, start):
    tests = f"{start}def check(candidate):\n    {asked}\n"
    found = judged(bench, prompt, tests, fenced(prompt, right), entry_point)
    assert found.outcome is Outcome.PASS, found
    name = "Shop" if prompt == SHOP else "Poly"
    for wrong in (
        form.format(17),
        LIE + form.format("Lie()"),
        form.format(17) + f"{name}.total = {name}.at = lambda self, x: 0\n{name}.is_cheap = lambda self, x: x != [1]\n",
        f"class {name}:\n    def __init__(self, x): pass\n    def total(self, x): return 4\n"
        "    def at(self, x): return 0\n    def is_cheap(self, x): return True\n" + form.format(17),
    ):
        found = judged(bench, prompt, tests, fenced(prompt, wrong), entry_point)
        assert found.outcome is not Outcome.PASS, (wrong, found)
