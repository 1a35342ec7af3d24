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
UNDER = "class L(Point):\n    x = y = property(f, lambda s, v: None)\n    def __hash__(self): return hash((2, 4))\n"
FORGED = [
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
