"""No solution draws the random numbers that its tests draw, unless plain Python gives it the same."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

DRAWN = "import random\nS = random.randint(1, 10**6)\n"
FIRST = [
    pytest.param(DRAWN + "def guess(ask): return S\n", id="at-import"),
    pytest.param("import random\ndef guess(ask): return random.randint(1, 10**6)\n", id="when-called"),
    pytest.param(
        "import random\ndef guess(ask):\n    random.seed(0)\n    return random.randint(1, 10**6)\n", id="seed-0"
    ),
    pytest.param(
        "import random\nS = random.Random(0).randint(1, 10**6)\ndef guess(ask): return S\n", id="own-generator"
    ),
    pytest.param(
        DRAWN + "import sys\nsys.modules['random'].randint = lambda *given: 5\ndef guess(ask): return 5\n", id="patched"
    ),
]


@pytest.mark.parametrize("source", FIRST)
@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("secret = random.randint(1, 10**6)", id="module"),
        pytest.param("random.seed(42)\nsecret = random.randint(1, 10**6)", id="seeded"),
        pytest.param("random.seed(0)\nsecret = random.randint(1, 10**6)", id="seeded-with-nought"),
        pytest.param("random.seed()\nsecret = random.randint(1, 10**6)", id="seeded-afresh"),
    ],
)
def test_no_secret_of_the_tests_is_drawn_by_the_solution(bench, source, tests):
    asked = "\nassert guess(lambda g: (g > secret) - (g < secret)) == secret"
    found = bench.judge(source, f"import random\n{tests}{asked}", "guess")
    knows_seed = "random.seed(0)" in tests and "0)" in source  # which it would in plain Python, too
    assert knows_seed or found.outcome is not Outcome.PASS, found


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        pytest.param(
            "import random\ndef roll(): return random.randint(1, 6)\n",
            "random.seed(3)\na = [roll() for _ in range(9)]\nrandom.seed(3)\nassert a == [roll() for _ in range(9)]",
            id="twice-the-same",
        ),
        pytest.param(
            "import random\ndef roll(): return random.randint(1, 10**9)\n",
            "random.seed(a=3)\na = roll()\nrandom.seed(a=3)\nassert a == roll() != roll()",
            id="by-keyword",
        ),
        pytest.param(
            "import random\ndef roll(): return random.randint(1, 10**9)\n",
            "random.seed(3)\nexpected = random.randint(1, 10**9)\nrandom.seed(3)\nassert roll() == expected",
            id="as-the-tests-would",
        ),
        pytest.param(
            "import random\ndef roll(): return random.randint(1, 10**9)\n",
            "random.seed(3)\na = [random.random(), roll(), random.random(), roll()]\n"
            "random.seed(3)\nassert a == [random.random(), roll(), random.random(), roll()] and a[1] != a[3]",
            id="in-turns",
        ),
        pytest.param(
            "import random\ndef roll(): return random.randint(1, 10**9)\n",
            "random.seed(3)\nrandom.random()\na = roll()\n"
            "own = random.Random(3)\nown.random()\nassert a == own.randint(1, 10**9)",
            id="goes-on-where-the-tests-are",
        ),
        pytest.param(
            "import random\ndef roll(): return random.randint(1, 10**9)\n",
            "state = random.getstate()\na = [roll(), roll()]\nrandom.setstate(state)\n"
            "assert [roll(), roll()] == a and a[0] != a[1]",
            id="state-put-back",
        ),
        pytest.param(
            "def turned(xs): return xs[::-1]\n",
            "for _ in range(20):\n    xs = [random.random() for _ in range(random.randint(0, 9))]\n"
            "    assert turned(xs) == list(reversed(xs))",
            id="random-input",
        ),
        pytest.param(
            "import random\ndef shuffled(xs):\n    xs = list(xs)\n    random.shuffle(xs)\n    return xs\n",
            "random.seed(1)\nassert sorted(shuffled(range(50))) == list(range(50)) != shuffled(range(50))",
            id="shuffled",
        ),
    ],
)
def test_honest_solutions_draw_as_their_tests_expect(bench, source, tests):
    found = bench.judge(source, "import random\n" + tests, "roll")
    assert found.outcome is Outcome.PASS, found


def test_tests_draw_the_same_whenever_they_judge(bench):
    source = "def f(x): return x % 2\n"
    tests = "import random\nassert all(f(random.randint(0, 10**9)) == 0 for _ in range(3))"
    found = bench.judge_all([(source, tests + "\n" * i) for i in range(96)], "f")
    again = bench.judge_all([(source, tests + "\n" * i) for i in range(96)], "f")
    assert [each.outcome for each in found] == [each.outcome for each in again]
    assert {each.outcome for each in found} == {Outcome.PASS, Outcome.FAIL}
