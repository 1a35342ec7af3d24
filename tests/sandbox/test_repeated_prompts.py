"""An answer that repeats its prompt, with what stands around the prompt's classes, is judged as if it stood alone."""

import pytest

from stillroom.capabilities import find_capability
from stillroom.records import Outcome
from verifiers.python_tests import PythonTests

pytestmark = pytest.mark.docker

SENTINEL = (
    "MISSING = object()\n\n\nclass Option:\n    def __init__(self, name, default=MISSING):\n"
    "        self.name = name\n        self.default = default\n\n\n"
    'def required(options):\n    """Names of the options without a default."""\n'
)
OF_OPTIONS = "def check(candidate):\n    assert candidate([Option('a'), Option('b', 1), Option('c')]) == ['a', 'c']\n"
REGISTRY = (
    "REGISTRY = {}\nMADE = []\n\n\nclass Plugin:\n    def __init_subclass__(cls, **given):\n"
    "        super().__init_subclass__(**given)\n        REGISTRY[cls.__name__] = cls\n        MADE.append(cls)\n\n\n"
    "class Upper(Plugin):\n    def run(self, s):\n        return s.upper()\n\n\n"
    'def apply(name, s):\n    """Apply the plugin of this name."""\n'
)
OF_PLUGINS = (
    "def check(candidate):\n    assert candidate('Upper', 'a') == 'A'\n    assert Upper().run('b') == 'B'\n"
    "    assert isinstance(Upper(), Plugin)\n"
)
APPLIED = "    return REGISTRY[name]().run(s) if len(MADE) == len(REGISTRY) else None\n"
DECORATED = (
    "import functools\n\nTABLE = []\n\n\ndef register(cls):\n    TABLE.append(cls)\n    return cls\n\n\n"
    "@register\nclass A:\n    table = TABLE\n\n    @functools.lru_cache\n    def name(self):\n        return 'a'\n\n\n"
    'def names():\n    """Names of all that are registered."""\n'
)
OF_NAMES = (
    "def check(candidate):\n    assert candidate() == ['a']\n    assert A().name() == 'a' and len(A.table) == 1\n"
)
NAMED = (
    "from collections import namedtuple\nfrom enum import Enum\nfrom functools import partial\n\n"
    "Cell = namedtuple('Cell', 'row col')\nColor = Enum('Color', 'RED GREEN')\nadded = lambda a, b: a + b\n"
    "one_more = partial(added, 1)\n\n\nclass Grid:\n    def __init__(self, rows, cols):\n"
    "        self.rows, self.cols, self.color = rows, cols, Color.RED\n\n    def cells(self):\n"
    "        return [Cell(r, added(c, one_more(-1))) for r in range(self.rows) for c in range(self.cols)]\n\n\n"
    'def diagonal(grid):\n    """The cells on the diagonal as pairs."""\n'
)
OF_GRIDS = (
    "def check(candidate):\n    assert candidate(Grid(2, 2)) == [(0, 0), (1, 1)]\n"
    "    assert candidate(Grid(1, 2)) == [(0, 0)]\n"
)
DIAGONAL = "    assert grid.color is Color.RED\n    return [(c.row, c.col) for c in grid.cells() if c.row == c.col]\n"
EARLY = (
    'def area(side):\n    """The area of a square."""\n\n\nclass Square:\n    calc = staticmethod(area)\n\n\n'
    "TABLE = {'square': area}\n"
)
OF_AREAS = (
    "def check(candidate):\n    assert candidate(2) == 4\n    assert Square.calc(3) == 9 and Square().calc(2) == 4\n"
)
TASKS = [
    pytest.param(
        SENTINEL,
        "    return [o.name for o in options if o.default is MISSING]\n",
        OF_OPTIONS,
        "required",
        id="sentinel",
    ),
    pytest.param(REGISTRY, APPLIED, OF_PLUGINS, "apply", id="registry"),
    pytest.param(DECORATED, "    return [each().name() for each in TABLE]\n", OF_NAMES, "names", id="decorator"),
    pytest.param(NAMED, DIAGONAL, OF_GRIDS, "diagonal", id="named-tuple"),
]
STARTS = [pytest.param("", id="calls"), pytest.param("import random\n", id="process")]
BEFORE = [
    pytest.param("", id="alone"),
    pytest.param("import math\nimport sys\nsys.setrecursionlimit(5000)\nLIMIT = 10\n", id="with-more-before"),
]


def judged(bench, prompt, tests, answer, entry_point):
    row = {"prompt": prompt, "entry_point": entry_point, "test": tests, "completion": answer}
    submission = find_capability("code").read_submission(row)
    verifier = PythonTests(bench.executor, timeout_seconds=2.0)
    return bench.run(verifier.judge(submission.check, submission.answer))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize(("prompt", "body", "tests", "entry_point"), TASKS)
def test_an_answer_that_repeats_its_prompt_passes(bench, prompt, body, tests, entry_point, before, start):
    for asked in (prompt, f"Complete the code below.\n\n```python\n{prompt}```\n"):
        found = judged(bench, asked, start + tests, f"```python\n{before}{prompt}{body}```", entry_point)
        assert found.outcome is Outcome.PASS, (asked, found)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "body", "tests", "entry_point"), TASKS)
def test_what_is_made_anew_is_so_with_all_around_it(bench, prompt, body, tests, entry_point, start):
    shown = prompt.replace("\n\n\ndef ", "\n    def __repr__(self):\n        return 'it'\n\n\ndef ", 1)
    if entry_point == "names":  # behind the decorator is the class
        shown = prompt.replace(
            "    table = TABLE\n", "    table = TABLE\n\n    def __repr__(self):\n        return 'it'\n"
        )
    found = judged(bench, prompt, start + tests, f"```python\n{shown}{body}```", entry_point)
    assert found.outcome is Outcome.PASS, found


@pytest.mark.parametrize("start", STARTS)
def test_a_class_that_has_what_is_asked_for_is_made_once_more(bench, start):
    answer = EARLY.replace('square."""\n', 'square."""\n    return side * side\n')
    found = judged(bench, EARLY, start + OF_AREAS, f"```python\n{answer}```", "area")
    assert found.outcome is Outcome.PASS, found


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("prompt", "body", "tests", "entry_point"), TASKS)
def test_a_wrong_answer_that_repeats_its_prompt_fails(bench, prompt, body, tests, entry_point, start):
    found = judged(bench, prompt, start + tests, f"```python\n{prompt}    return None\n```", entry_point)
    assert found.outcome is Outcome.FAIL, found
