"""Classes of a prompt that change as they are used are what they were, and what else changes them is seen."""

import pytest

from stillroom.capabilities import find_capability
from stillroom.records import Outcome
from verifiers.python_tests import PythonTests

pytestmark = pytest.mark.docker

SHAPES = (
    "from typing import Protocol\n\n\nclass Shape(Protocol):\n    def area(self) -> float: ...\n\n\n"
    "class Unit(Shape):\n    def area(self) -> float:\n        return 1.0\n\n\n"
    "class Sized(Shape):\n    def __init__(self, size):\n        self.size = size\n\n"
    "    def area(self) -> float:\n        return self.size\n\n\nclass Double(Sized):\n    def area(self) -> float:\n"
    '        return 2 * self.size\n\n\ndef total(shapes):\n    """Sum of the areas."""\n'
)
OF_SHAPES = (
    "def check(candidate):\n    assert candidate([Unit(), Unit()]) == 2.0\n"
    "    assert candidate([Unit(), Double(2)]) == 5.0\n    assert candidate([]) == 0\n"
)
BUS = (
    "class Bus:\n    on_error = None\n\n    @classmethod\n    def set_handler(cls, handler):\n"
    "        cls.on_error = handler\n\n\n"
    'def handle(values):\n    """Give the bus each value that is negative, and count them."""\n'
)
OF_BUSES = (
    "def check(candidate):\n    Bus.set_handler(print)\n    assert candidate([1, -1]) == 1\n"
    "    Bus.set_handler(abs)\n    assert candidate([-2, -1]) == 2\n"
)
HANDLED = "    bad = [v for v in values if v < 0]\n    for v in bad:\n        Bus.on_error(v)\n    return len(bad)\n"
STRATEGY = (
    "def first(values):\n    return values[0]\n\n\nstrategy = first\n\n\ndef use(function):\n    global strategy\n"
    "    strategy = function\n\n\nclass Chooser:\n    def choose(self, values):\n        return strategy(values)\n\n"
    "    def use(self, function):\n        use(function)\n\n\n"
    'def chosen(chooser, values):\n    """What it chooses."""\n'
)
OF_CHOOSERS = (
    "def check(candidate):\n    chooser = Chooser()\n    assert candidate(chooser, [3, 1]) == 3\n"
    "    chooser.use(min)\n    assert candidate(chooser, [3, 1]) == 1\n"
)
VECTOR = (
    "from functools import lru_cache\n\n\nclass Vec:\n    def __init__(self, x):\n        self.x = x\n\n"
    "    def __mul__(self, k):\n        return Vec(times(self.x, k))\n\n\ndef times(a, b):\n    return a * b\n\n\n"
    "def _equal(self, other):\n    return self.x == other.x\n\n\ntimes = lru_cache(times)\nVec.__rmul__ = Vec.__mul__\n"
    "Vec.__eq__ = _equal\nsetattr(Vec, '__hash__', None)\n\n\n"
    'def scale(v, k):\n    """Scaled."""\n'
)
OF_VECTORS = (
    "def check(candidate):\n    assert candidate(Vec(2), 3).x == 6\n    assert candidate(Vec(2), 4) == Vec(8)\n"
)
FAMILY = (
    "class Base:\n    pass\n\n\nclass A(Base):\n    pass\n\n\nclass B(A):\n    pass\n\n\n"
    'def all_subclasses(cls: type) -> set[type]:\n    """All classes under a class."""\n'
)
OF_FAMILIES = (
    "def check(candidate):\n    assert candidate(Base) == {A, B}\n    assert candidate(A) == {B}\n"
    "    assert candidate(B) == set()\n"
)
UNDER = (
    "    found = set()\n    left = list(cls.__subclasses__())\n    while left:\n        each = left.pop()\n"
    "        found.add(each)\n        left.extend(each.__subclasses__())\n    return found\n"
)
TASKS = [
    pytest.param(FAMILY, UNDER, OF_FAMILIES, "all_subclasses", id="subclasses"),
    pytest.param(SHAPES, "    return sum(s.area() for s in shapes)\n", OF_SHAPES, "total", id="protocol"),
    pytest.param(BUS, HANDLED, OF_BUSES, "handle", id="handler"),
    pytest.param(STRATEGY, "    return chooser.choose(values)\n", OF_CHOOSERS, "chosen", id="global"),
    pytest.param(VECTOR, "    return k * v\n", OF_VECTORS, "scale", id="completed"),
]
STARTS = [pytest.param("", id="calls"), pytest.param("import random\n", id="process")]


def judged(bench, prompt, tests, answer, entry_point):
    row = {"prompt": prompt, "entry_point": entry_point, "test": tests, "completion": answer}
    submission = find_capability("code").read_submission(row)
    verifier = PythonTests(bench.executor, timeout_seconds=2.0)
    return bench.run(verifier.judge(submission.check, submission.answer))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "body", "tests", "entry_point"), TASKS)
def test_a_class_that_changes_as_it_is_used_stays_the_prompts(bench, prompt, body, tests, entry_point, start):
    head = prompt[prompt.rindex("def ") :]
    fenced = f"Complete the code below.\n\n```python\n{prompt}```\n"
    answers = (body, f"```python\n{head}{body}```", f"```python\nimport math\nBIG = 9\n{prompt}{body}```")
    for asked, answer in [*((prompt, each) for each in answers), *((fenced, each) for each in answers[1:])]:
        found = judged(bench, asked, start + tests, answer, entry_point)
        assert found.outcome is Outcome.PASS, (asked, answer, found)


KEY = "'__e' + 'q__'"
FORGED = [
    pytest.param("setattr([Vec][0], {KEY}, lambda s, o: True)\n", id="before"),
    pytest.param("def _equal(self, other):\n    return True\n\n\n", id="what-completes-it"),
    pytest.param("setattr = lambda *given: None\nlru_cache = lambda f: f\n", id="what-completing-calls"),
]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("before", FORGED)
def test_what_an_answer_did_before_the_prompt_completes_a_class_is_seen(bench, before, start):
    before = before.replace("{KEY}", KEY)
    first, at, rest = VECTOR.partition("times = lru_cache(times)\n")
    text = f"```python\n{first}{before}{at}{rest}    return v\n```"
    for asked in (VECTOR, f"Complete the code below.\n\n```python\n{VECTOR}```\n"):
        tests = "def check(candidate):\n    assert candidate(Vec(2), 4) == Vec(8)\n"
        found = judged(bench, asked, start + tests, text, "scale")
        assert found.outcome is not Outcome.PASS, (asked, found)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(
    ("prompt", "tests", "answer", "entry_point"),
    [
        pytest.param(
            SHAPES,
            "def check(candidate):\n    assert candidate(Sized(1)) == Sized(1)\n",
            "def total(s):\n    for k in [type(s)]: setattr(k, '__in' + 'it__', object.__init__)\n    return s\n",
            "total",
            id="init-of-no-protocol",
        ),
        pytest.param(
            BUS,
            "def check(candidate):\n    assert candidate(Bus()).on_error == 5\n    assert isinstance(Bus(), Bus)\n",
            "def handle(b):\n    for k in [type(b)]: k.on_error = property(lambda s: 5)\n    return b\n",
            "handle",
            id="property-where-nothing-was",
        ),
    ],
)
def test_what_no_use_brings_is_a_change(bench, prompt, tests, answer, entry_point, start):
    found = judged(bench, prompt, start + tests, answer, entry_point)
    assert found.outcome is not Outcome.PASS, found
