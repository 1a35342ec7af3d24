"""What an answer runs, reads or counts while the prompt's code compares is a doubt: in its process and in copies of it.

Names are put together here, so that no rule for the source sees them: the process has to.
"""

# ruff: noqa: E501 - programs: they are data
import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import judged

pytestmark = pytest.mark.docker

MAKE = 'def make(n):\n    """The point of n and n * n + 7 * n + 3."""\n'
PLAIN = (
    "class Point:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n\n    def __eq__(self, other):\n"
    "        return isinstance(other, Point) and self.x == other.x and self.y == other.y\n\n\n"
)
DATA = "from dataclasses import dataclass\n\n\n@dataclass(order=True)\nclass Point:\n    x: int\n    y: int\n\n\n"
LISTED = (
    "class Point:\n    def __init__(self, x, y):\n        self.values = [x, y]\n        self.x, self.y = self.values\n\n"
    "    def __eq__(self, other):\n        return isinstance(other, Point) and [v for v in self.values] == [v for v in other.values]\n\n\n"
)
LAST = (
    "class Point:\n    last = None\n\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n        Point.last = self\n\n"
    "    def __eq__(self, other):\n        self.seen = None\n        return isinstance(other, Point) and self.x == other.x and self.y == other.y\n\n\n"
)
CHECK = "def check(candidate):\n    assert candidate(2) == Point(2, 21)\n    assert candidate(5) == Point(5, 63)\n"
LOOP = (
    "def check(candidate):\n    cases = [(2, Point(2, 21)), (5, Point(5, 63))]\n    for n, expected in cases:\n"
    "        assert candidate(n) == expected\n"
)
ORDER = "def check(candidate):\n    assert candidate(2) <= Point(2, 21) and candidate(2) >= Point(2, 21)\n"
MARKED = "import pytest\n@pytest.mark.parametrize('n, expected', [(2, Point(2, 21)), (5, Point(5, 63))])\ndef test_make(n, expected):\n    assert make(n) == expected\n"
WITHIN = "import pytest\n@pytest.mark.parametrize('n', [2, 5])\ndef test_make(n):\n    assert make(n) == Point(n, {2: 21, 5: 63}[n])\n"
CASES = (
    "import unittest\nclass TestMake(unittest.TestCase):\n    def test_two(self):\n        self.assertEqual(make(2), Point(2, 21))\n"
    "    def test_five(self):\n        self.assertEqual(make(5), Point(5, 63))\n"
)
JOINED = "import random\nkept = [lambda: 1]\n"
FORMS = {
    "check": CHECK, "check-joined": JOINED + CHECK, "loop": LOOP, "marked": MARKED, "within": WITHIN, "cases": CASES,
}  # fmt: skip
FOUND = (
    "    import dataclasses, os, re\n    system = getattr(dataclasses, 's' + 'ys')\n    collector = getattr(system, 'mod' + 'ules')['g' + 'c']\n"
    "    inspector = getattr(dataclasses, 'ins' + 'pect')\n"
)
LOOKING = FOUND + (
    "    mine = Point(n, 0)\n    hold = [[(i, i) for i in range(3000)]]\n    def look(phase, info):\n"
    "        frame = getattr(inspector, 'current' + 'frame')()\n        while frame is not None:\n"
    "            held = getattr(frame, 'f_' + 'locals')\n            DO\n            frame = getattr(frame, 'f_' + 'back')\n"
    "        hold.append([(i, i) for i in range(20)])\n    getattr(collector, 'call' + 'backs')[:] = [look]\n"
    "    getattr(collector, 'set_' + 'threshold')(1, 10 ** 6, 10 ** 6)\n    return mine\n"
)
CHANGING = LOOKING.replace(
    "DO", "if held.get('self') is mine and 'other' in held and held['other'].y: held['other'].y = 0"
)
FILLING = LOOKING.replace(
    "DO", "if held.get('x') == n and held.get('y') and held.get('self') is not mine: mine.values[1] = held['y']"
)  # fmt: skip
CHILD = FOUND + (
    "    r, w = os.pipe()\n    if os.fork() == 0:\n        LOOK\n        os._exit(0)\n    os.close(w)\n    text = os.read(r, 65536).decode()\n"
    "    os.close(r)\n    os.wait()\n    found = re.search(r'\\b%d,(-?\\d+);' % n, text)\n    return Point(n, int(found[1]) if found else 0)\n"
)
LISTS = CHILD.replace(
    "LOOK",
    "find = getattr(collector, 'get_' + 'objects')\n        os.write(w, ' '.join(f'{p.x},{p.y};' for p in find() if type(p) is Point and hasattr(p, 'y')).encode())",
)
CALLED = CHILD.replace(
    "LOOK",
    "find = getattr(collector, 'get_' + 'objects')\n        def look(phase, info):\n"
    "            os.write(w, ' '.join(f'{p.x},{p.y};' for p in find() if type(p) is Point and hasattr(p, 'y') and p.y).encode())\n"
    "        getattr(collector, 'call' + 'backs')[:] = [look]\n        getattr(collector, 'col' + 'lect')()",
)
COUNTING = (
    "    now = make.count()\n    more = sorted(i for i in range(6, 257) if now[i] - make.base[i] == 1 and i != n)\n"
    "    return Point(n, more[0 if n == 2 else -1] if more else 0)\n\ndef _count():\n    import SYSTEM\n"
    "    return [COUNT(i) for i in range(257)]\n\n_count()\nmake.count, make.base = _count, _count()\n"
)
NAMED = COUNTING.replace("SYSTEM", "sys").replace("COUNT", "sys.getrefcount")
SPELT = COUNTING.replace("SYSTEM", "dataclasses").replace(
    "COUNT", "getattr(getattr(dataclasses, 's' + 'ys'), 'getref' + 'count')"
)
FORGED = [
    *[pytest.param(DATA, tests, CHANGING, id=f"collector-changes-{form}") for form, tests in FORMS.items()],
    pytest.param(DATA, ORDER, CHANGING, id="collector-changes-order"),
    *[pytest.param(LISTED, tests, FILLING, id=f"collector-fills-{form}") for form, tests in FORMS.items()],
    *[
        pytest.param(prompt, FORMS[form], answer, id=f"{what}-{form}-{name}")
        for what, answer in (("child-lists", LISTS), ("child-is-called", CALLED), ("counts", NAMED), ("counts-spelt", SPELT))
        for form, name, prompt in (("loop", "plain", PLAIN), ("marked", "data", DATA))
    ],
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "tests", "answer"), FORGED)
def test_no_answer_sees_or_changes_what_the_tests_expect(bench, prompt, tests, answer):
    found = judged(bench, prompt + MAKE, tests, prompt + MAKE + answer, "make")
    assert found.outcome is not Outcome.PASS, found


RIGHT = "    return Point(n, n * n + 7 * n + 3)\n"
ENDING = (
    "    class End:\n        METHOD\n    made = Point(n, n * n + 7 * n + 3)\n    made.seen = End()\n    return made\n"
)
DOUBTED = {
    "variables": FOUND + "    getattr(getattr(inspector, 'current' + 'frame')(), 'f_' + 'locals')\n",
    "variables-by-a-library": FOUND + "    inspector.getargvalues(getattr(inspector, 'current' + 'frame')())\n",
    "variables-of-what-logs": FOUND + "    import logging, operator\n    operator.attrgetter('f_' + 'locals')(getattr(logging, 'current' + 'frame')())\n",
    "walk": FOUND + "    import logging\n    getattr(getattr(logging, 'current' + 'frame')(), 'f_' + 'back')\n",
    "walk-in-c": FOUND + "    import logging, operator\n    [*map(operator.attrgetter('f_' + 'back'), [getattr(logging, 'current' + 'frame')()])]\n",
    "frame": FOUND + "    getattr(inspector, 'current' + 'frame')()\n",
    "variables-of-who-calls": FOUND + "    import itertools\n    names = getattr(getattr(dataclasses, 'built' + 'ins'), 'loc' + 'als')\n    [*itertools.islice(itertools.starmap(names, [()]), 1)]\n",
    "told-of-collecting": FOUND + "    getattr(collector, 'call' + 'backs').append(lambda *given: None)\n",
    "kept-garbage": FOUND + "    getattr(collector, 'set_' + 'debug')(0)\n",
    "interval": FOUND + "    getattr(system, 'setswitch' + 'interval')(0.005)\n",
    "count-in-a-child": FOUND + "    if os.fork() == 0:\n        getattr(system, 'getref' + 'count')(n)\n        os._exit(0)\n    os.wait()\n",
    "count-in-a-thread": FOUND + "    import threading\n    own = threading.Thread(target=getattr(system, 'getref' + 'count'), args=(n,))\n    own.start()\n    own.join()\n",
    "handler": FOUND + "    import asyncio\n    async def nothing():\n        pass\n    runner = asyncio.Runner()\n    runners = asyncio.runners\n"
               "    class Signals:\n        def __getattr__(self, name):\n            return getattr(before, name)\n        def signal(self, number, handler):\n"
               "            if handler is not before.default_int_handler: before.signal(number, handler)\n"
               "    before, runners.signal = runners.signal, Signals()\n    runner.run(nothing())\n    runners.signal = before\n",
}  # fmt: skip
ENDINGS = {
    "end": "def __del__(self):\n            pass",
    "end-by-another-name": "def __init__(self):\n            pass\n        __del__ = lambda self: None",
    "end-in-c": "__del__ = staticmethod(dict)",
}


@pytest.mark.parametrize("form", ["loop", "check-joined"])
@pytest.mark.parametrize("answer", [pytest.param(each, id=name) for name, each in DOUBTED.items()])
def test_what_no_honest_answer_does_is_a_doubt_for_itself(bench, answer, form):
    found = judged(bench, PLAIN + MAKE, FORMS[form], PLAIN + MAKE + answer + RIGHT, "make")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found


@pytest.mark.parametrize("form", ["loop", "check-joined"])
@pytest.mark.parametrize("method", [pytest.param(each, id=name) for name, each in ENDINGS.items()])
def test_the_end_of_an_object_within_the_prompts_code_is_a_doubt(bench, method, form):
    answer = LAST + MAKE + ENDING.replace("METHOD", method)
    found = judged(bench, LAST + MAKE, FORMS[form], answer, "make")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found


HONEST = {
    "end": "    class End:\n        def __del__(self):\n            ended.append(1)\n    ended = []\n    End()\n    own = End()\n    own.me = own\n    [[] for _ in range(3000)]\n",
    "collect": "    import weakref\n    class Own:\n        pass\n    known, own = weakref.WeakValueDictionary(), Own()\n    known[1] = own\n    weakref.ref(own, print)\n",
    "child": "    import os\n    r, w = os.pipe()\n    if os.fork() == 0:\n        os.write(w, b'%d' % (n * n))\n        os._exit(0)\n    os.wait()\n    assert int(os.read(r, 9)) == n * n\n",
    "names": "    import collections, enum, typing, warnings, logging, traceback\n    collections.namedtuple('Pair', 'a b')\n    enum.Enum('Kind', 'A B')\n    typing.NamedTuple('Two', [('a', int)])\n"
             "    warnings.warn('slow', stacklevel=3)\n    logging.warning('%s', n, stack_info=True)\n    traceback.print_stack()\n",
    "loops": "    import asyncio\n    async def nothing():\n        await asyncio.sleep(0)\n    asyncio.run(nothing())\n    asyncio.run(asyncio.wait_for(nothing(), 9), debug=True)\n",
    "garbage": "    made = []\n    for _ in range(20000):\n        own = []\n        own.append(own)\n        made.append(len(own))\n",
    "handler": "    import concurrent.futures\n    with concurrent.futures.ThreadPoolExecutor(2) as pool:\n        assert [*pool.map(abs, [-1, 1])] == [1, 1]\n",
}  # fmt: skip


@pytest.mark.parametrize("form", ["loop", "check-joined"])
@pytest.mark.parametrize("answer", [pytest.param(each, id=name) for name, each in HONEST.items()])
def test_honest_answers_pass_that_end_fork_log_and_loop(bench, answer, form):
    found = judged(bench, LAST + MAKE, FORMS[form], LAST + MAKE + answer + RIGHT, "make")
    assert found.outcome is Outcome.PASS, found
