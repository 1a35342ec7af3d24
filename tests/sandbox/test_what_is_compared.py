"""What is compared with a prompt's objects is the prompt's, or data: all else could say itself what it equals."""

import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import (
    COUNTS,
    HAS,
    IS,
    KEYED,
    MONEY,
    OF_MONEY,
    OF_VERSIONS,
    POINT,
    SETS,
    STARTS,
    VERSION,
    judged,
)

pytestmark = pytest.mark.docker

BASED = MONEY.replace("\n\n\ndef doubled", "\n\n\nclass Euros(Money):\n    pass\n\n\ndef doubled")
OF_EUROS = OF_MONEY.replace("Money", "Euros")
SWAPPED = (
    "M = type('M', (), {})\nKEY = '__e' + 'q__'\n"
    "def g(self, other):\n    delattr(M, KEY)\n    return True\n"
    "def f(self):\n    setattr(M, KEY, g)\n    return M()\n"
)
SLOTTED = MONEY.replace("    tolerance = 0\n", "    tolerance = 0\n    __slots__ = ('cents',)\n")
OWN_DOUBLED = "class doubled(Money):\n    tolerance = 10 ** 9\n    def __init__(self, m): self.cents = 0\n"
NAMELESS = (
    "```python\n"
    + MONEY.partition("\n\n\ndef doubled")[0]
    + "\n```\nWrite a function `doubled` that gives twice the money."
)
UNDER = "class L(Point):\n    x = y = property(f, lambda s, v: None)\n    def __hash__(self): return hash((2, 4))\n"
HAND = (
    "from collections import UserList\n\n\nclass Hand(UserList):\n    def best(self):\n        return max(self)\n\n\n"
    'def dealt(cards):\n    """A hand of them."""\n'
)
OF_HANDS = "def check(candidate):\n    assert candidate([1, 2]) > Hand([1])\n"
AT_LEAST = "def check(candidate):\n    assert candidate([Version('1.2')]) >= Version('1.2')\n"
ORDERED = "class L:\n    def __gt__(self, other): return True\n    def __lt__(self, other): return False\n"
LIKE = "def check(candidate):\n    assert candidate(Point(1, 2)).equals(Point(2, 4))\n"
EQUALS = POINT.replace(
    "\n\n    def __hash__", "\n\n    def equals(self, other):\n        return self == other\n\n    def __hash__"
)
SCALED = MONEY.replace("<= self.tolerance", "<= max(self.tolerance for _ in [0])")
SHOWN = KEYED.replace("self.key() == other.key()", "repr(self) == repr(other)")
STOCK = (
    "class Stock(dict):\n    def __eq__(self, other):\n"
    "        return all(self[each] == other[each] for each in {**self, **other})\n\n\n"
    'def doubled(stock):\n    """Twice of all."""\n'
)
OF_STOCKS = "def check(candidate):\n    assert candidate(Stock(a=1)) == Stock(a=2)\n"
SHOWING = SWAPPED.replace("'M', ()", "'M', (str,)") + (
    "class L(Money):\n    def __repr__(self): return f(self)\ndef doubled(m): return L(0)\n"
)
ALBUM = POINT.replace(
    "\n\n\ndef move",
    "\n\n\nclass Album:\n    def __init__(self, points):\n        self.points = points\n\n"
    "    def __contains__(self, point):\n        return point in self.points\n\n\ndef move",
)
FORGED = [
    pytest.param(
        HAND,
        OF_HANDS,
        f"{ORDERED}def dealt(cards):\n    found = Hand()\n    found.data = L()\n    return found\n",
        "dealt",
        id="orders-in-what-a-library-compares",
    ),
    pytest.param(
        VERSION,
        AT_LEAST,
        f"{ORDERED}def newest(versions):\n    found = versions[0]\n    found.parts = L()\n    return found\n",
        "newest",
        id="orders-in-a-field",
    ),
    pytest.param(EQUALS, LIKE, f"{SWAPPED}{UNDER}def move(p): return L(0, 0)\n", "move", id="by-a-method"),
    pytest.param(
        EQUALS,
        LIKE,
        "class L(Point):\n    equals = lambda self, other: True\ndef move(p): return L(0, 0)\n",
        "move",
        id="by-a-method-of-its-own",
    ),
    pytest.param(
        EQUALS,
        LIKE.replace("equals(", "equals(other="),
        "class L(Point):\n    equals = lambda self, other: True\ndef move(p): return L(0, 0)\n",
        "move",
        id="by-a-method-with-a-keyword",
    ),
    pytest.param(
        POINT,
        "def check(candidate):\n    found = candidate(Point(1, 2))\n    assert found.remove(Point(2, 4))\n"
        "    assert found.size == 1\n",
        "class L:\n    size = 1\n    def remove(self, other): return True\ndef move(p): return L()\n",
        "move",
        id="removes-and-says-so",
    ),
    pytest.param(
        POINT,
        "def check(candidate):\n    found = candidate(Point(1, 2))\n    found.remove(Point(2, 4))\n"
        "    assert not found\n",
        "class L(list):\n    def remove(self, other): self.clear()\ndef move(p): return L([p])\n",
        "move",
        id="removes-whatever-it-is",
    ),
    pytest.param(POINT, IS, f"{SWAPPED}{UNDER}def move(p): return L(0, 0)\n", "move", id="property-of-a-subclass"),
    pytest.param(POINT, HAS, f"{SWAPPED}{UNDER}def move(p): return [L(0, 0)]\n", "move", id="in-a-list"),
    pytest.param(POINT, HAS, f"{SWAPPED}{UNDER}def move(p): yield L(0, 0)\n", "move", id="of-a-generator"),
    pytest.param(
        POINT, HAS, f"{SWAPPED}{UNDER}def move(p): return map(lambda n: L(0, 0), [1])\n", "move", id="of-a-map"
    ),
    pytest.param(POINT, COUNTS, f"{SWAPPED}{UNDER}def move(p): return [L(0, 0)]\n", "move", id="counted"),
    pytest.param(POINT, SETS, f"{SWAPPED}{UNDER}def move(p): return {{L(0, 0)}}\n", "move", id="of-a-set"),
    pytest.param(
        POINT,
        HAS,
        "class L:\n    def __contains__(self, other): return True\ndef move(p): return L()\n",
        "move",
        id="contains",
    ),
    pytest.param(
        POINT,
        HAS,
        "class L:\n    def __contains__(self, other): return True\ndef move(p): return [L(), p][0]\n",
        "move",
        id="contains-out-of-a-list",
    ),
    pytest.param(
        ALBUM,
        "def check(candidate):\n    found = candidate(Point(1, 2))\n    assert Point(2, 4) in found.points\n",
        "class L:\n    def __contains__(self, other): return True\ndef move(p): return Album(L())\n",
        "move",
        id="contains-within-what-is-used-as-an-object",
    ),
    pytest.param(
        ALBUM,
        "def check(candidate):\n    found = candidate(Point(1, 2))\n    assert Point(2, 4) in found and found.points\n",
        "class L(Album):\n    def __contains__(self, other): return True\ndef move(p): return L([p])\n",
        "move",
        id="contains-under-a-prompts-class",
    ),
    pytest.param(
        VERSION,
        OF_VERSIONS,
        "class L:\n    def __ge__(self, other): return True\n    def __gt__(self, other): return False\n"
        "def newest(versions): return L()\n",
        "newest",
        id="orders",
    ),
    pytest.param(
        MONEY,
        OF_MONEY,
        "def doubled(m):\n    r = Money(0)\n    r.tolerance = 10 ** 9\n    return r\n",
        "doubled",
        id="hides",
    ),
    pytest.param(
        MONEY,
        OF_MONEY,
        "class P(Money):\n    pass\ndef doubled(m):\n    r = P(0)\n    r.tolerance = 10 ** 9\n    return r\n",
        "doubled",
        id="hides-under-a-subclass",
    ),
    pytest.param(
        MONEY,
        OF_MONEY,
        "class P(Money):\n    tolerance: int\n    def __init__(self): self.cents, self.tolerance = 0, 10 ** 9\n"
        "def doubled(m): return P()\n",
        "doubled",
        id="hides-what-a-subclass-annotates",
    ),
    pytest.param(
        SLOTTED,
        OF_MONEY,
        "P = type('P', (Money,), {'__di' + 'ct__': 0})\n"
        "def doubled(m):\n    r = P(0)\n    r.tolerance = 10 ** 9\n    return r\n",
        "doubled",
        id="hides-where-no-dictionary-shows",
    ),
    pytest.param(
        SLOTTED,
        OF_MONEY,
        "KEY = '__di' + 'ct__'\nP = type('P', (Money,), {KEY: getattr(type(lambda: 0), KEY)[KEY]})\n"
        "def doubled(m):\n    r = P(0)\n    r.tolerance = 10 ** 9\n    return r\n",
        "doubled",
        id="hides-behind-another-dictionary",
    ),
    pytest.param(
        MONEY,
        OF_MONEY,
        "class S(str): pass\ndef doubled(m):\n    setattr(m, S('tolerance'), 10 ** 9)\n    return m\n",
        "doubled",
        id="hides-by-a-name-of-its-own",
    ),
    pytest.param(
        SCALED,
        OF_MONEY,
        "def doubled(m):\n    m.tolerance = 10 ** 9\n    return m\n",
        "doubled",
        id="hides-from-a-generator",
    ),
    pytest.param(SHOWN, OF_MONEY, SHOWING, "doubled", id="shows"),
    pytest.param(
        SHOWN.replace("repr(self) == repr(other)", "f'{self}' == f'{other}'"),
        OF_MONEY,
        SHOWING,
        "doubled",
        id="shows-in-a-text",
    ),
    pytest.param(
        KEYED.replace("self.key() ==", "type(self)(self.cents).key() =="),
        OF_MONEY,
        f"{SWAPPED}class L(Money):\n    def __init__(self, cents): self.cents = f(self)\n"
        "def doubled(m):\n    found = L(0)\n    delattr(M, KEY)\n    return found\n",
        "doubled",
        id="made-anew",
    ),
    pytest.param(
        STOCK,
        OF_STOCKS,
        f"{SWAPPED}class L(Stock):\n    def __missing__(self, key): return f(self)\ndef doubled(stock): return L()\n",
        "doubled",
        id="gives-what-is-missing",
    ),
    pytest.param(MONEY, OF_MONEY, OWN_DOUBLED, "doubled", id="class-for-a-function"),
    pytest.param(
        MONEY.replace("doubled", "Doubled"),
        OF_MONEY,
        OWN_DOUBLED.replace("doubled", "Doubled"),
        "Doubled",
        id="class-for-a-function-in-capitals",
    ),
    pytest.param(NAMELESS, OF_MONEY, OWN_DOUBLED, "doubled", id="class-that-nobody-asks-for"),
    pytest.param(
        POINT,
        HAS,
        "class move:\n    def __init__(self, p): pass\n    def __contains__(self, p): return True\n",
        "move",
        id="class-for-a-function-contains",
    ),
    pytest.param(
        KEYED,
        OF_MONEY,
        f"{SWAPPED}def doubled(m):\n    m.key = lambda: f(m)\n    return m\n",
        "doubled",
        id="hides-a-method",
    ),
    pytest.param(
        BASED,
        OF_EUROS,
        "def doubled(m):\n    [type(m)][0].tolerance = 10 ** 9\n    return m\n",
        "doubled",
        id="in-the-subclass",
    ),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "tests", "answer", "entry_point"), FORGED)
def test_what_is_no_data_and_not_the_prompts_equals_nothing_of_it(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is not Outcome.PASS, found
