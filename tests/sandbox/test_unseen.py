"""Nothing of what runs an answer is among its frames, its tracebacks or what it is given, whoever looks; honest ones log.

Names are put together here, so that no rule for the source sees them: the process has to.
"""

# ruff: noqa: E501 - programs: they are data
import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import judged

pytestmark = pytest.mark.docker

POINT = (
    "class Point:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\n\n    def __repr__(self):\n"
    "        return f'Point(x={self.x}, y={self.y})'\n\n    def __eq__(self, other):\n"
    "        return isinstance(other, Point) and self.x == other.x and self.y == other.y\n\n\n"
)
MAKE = POINT + 'def make(n):\n    """The point of n and n * n + 7 * n + 3."""\n'
GIVEN = POINT + 'def make(n, given):\n    """The point of n and n * n + 7 * n + 3."""\n'
PLAIN = "def check(candidate):\n    assert candidate(2) == Point(2, 21)\n    assert candidate(5) == Point(5, 63)\n"
LOOP = (
    "def check(candidate):\n    cases = [(2, Point(2, 21)), (5, Point(5, 63))]\n    for n, expected in cases:\n"
    "        assert candidate(n) == expected\n"
)
RAISES = (
    "import pytest\ndef test_make():\n    with pytest.raises(ValueError):\n        make(-1)\n"
    "    expected = Point(2, 21)\n    assert make(2) == expected\n"
)
SEARCH = "    found = re.search(r'Point\\(x=%d, y=(-?\\d+)\\)' % n, text)\n    return Point(n, int(found[1]) if found else 0)\n"
LOCALS = (
    "    import logging, re, traceback\n    named = getattr(traceback, 'Stack' + 'Summary').extract.__func__.__kwdefaults__\n"
    "    named['capture' + '_locals'] = True\n"
)
SPY = LOCALS + (
    "    found = []\n    class Spy:\n        def __init__(self, *given, **named):\n"
    "            for each in (named.get('loc' + 'als') or {}).values():\n"
    "                found.extend(one for one in (each if type(each) is list else [each]) if type(one) is Point)\n"
    "    traceback.FrameSummary = Spy\n    try:\n        logging.getLogger('a').findCaller(True)\n    except Exception:\n        pass\n"
    "    for each in found:\n        if each.x == n and each.y:\n            THEN\n"
)
ANSWER = SPY.replace("THEN", "return Point(n, each.y)") + "    return Point(n, 0)\n"
MINE = (
    "    mine = Point(n, 0)\n    def look():\n    "
    + SPY.replace("THEN", "mine.y = each.y").replace("\n    ", "\n        ").rstrip()
    + "\n"
)
ENDED = MINE + (
    "    class Again:\n        def __init__(self):\n            self.me = self\n        def __del__(self):\n            look()\n"
    "            if not mine.y:\n                arm()\n    kept = []\n    def arm():\n        Again()\n"
    "        kept.append([[] for _ in range(MANY)])\n    arm()\n    return mine\n"
)
KEPT = "    if n < 0:\n        make.kept = ValueError('no')\n        raise make.kept\n    import io, logging, re, traceback, unittest\n"
SEEN = {
    "log": (LOOP, LOCALS + "    text = logging.getLogger('a').findCaller(True)[3] or ''\n" + SEARCH),
    "summaries": (LOOP, ANSWER),
    "texts": (LOOP, LOCALS + "    found = []\n    traceback.repr = lambda one: found.append(one) or ''\n    logging.getLogger('a').findCaller(True)\n    del traceback.repr\n"
              "    text = ' '.join(str(each) for each in found)\n" + SEARCH),
    "locals-by-unittest": (RAISES, KEPT + "    class Show(unittest.TestCase):\n        def runTest(self):\n            raise make.kept\n"
                           "    stream = io.StringIO()\n    unittest.TextTestRunner(stream=stream, tb_locals=True).run(Show())\n"
                           "    text = stream.getvalue()\n" + SEARCH),
    "locals-of-an-error": (RAISES, KEPT + "    own = getattr(traceback, 'Traceback' + 'Exception').from_exception(make.kept, **{'capture' + '_locals': True})\n"
                           "    text = ''.join(own.format())\n" + SEARCH),
    "locals-of-what-is-handled": (RAISES, KEPT + "    import sys\n    error = sys.exc_info()[1] or make.kept\n"
                                  "    own = getattr(traceback, 'Traceback' + 'Exception').from_exception(error, **{'capture' + '_locals': True})\n"
                                  "    text = ''.join(own.format())\n" + SEARCH),
}  # fmt: skip
STARTS = [pytest.param("", id="calls"), pytest.param("import random\nkept = [lambda: 1]\n", id="process")]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize(("tests", "answer"), [pytest.param(*each, id=name) for name, each in SEEN.items()])
def test_no_answer_sees_what_runs_it(bench, tests, answer, start):
    found = judged(bench, MAKE, start + tests, MAKE + answer, "make")
    assert found.outcome is not Outcome.PASS, found


def test_no_answer_sees_what_runs_it_as_the_collector_ends_an_object(bench):
    for many in (
        660,
        670,
        680,
        684,
        686,
        688,
        690,
        694,
    ):  # near the collector's threshold; which one hits depends on all else
        found = judged(bench, MAKE, PLAIN, MAKE + ENDED.replace("MANY", str(many)), "make")
        assert found.outcome is not Outcome.PASS, (many, found)


CALLBACK = (
    "def check(candidate):\n    cases = [(2, Point(2, 21)), (5, Point(5, 63))]\n    for n, expected in cases:\n"
    "        assert candidate(n, lambda k: k * k) == expected\n"
)
RAISING = CALLBACK.replace("    cases", "    def given(k):\n        raise KeyError(k)\n    cases").replace(
    "lambda k: k * k", "given"
)
TUPLE = CALLBACK.replace(
    "    cases", "    from collections import namedtuple\n    Pair = namedtuple('Pair', 'a b')\n    cases"
).replace("lambda k: k * k", "Pair(1, 2)")
OF_STATE = "    for each in state.link.values.exports:\n        if type(each) is Point and each.x == n:\n            return Point(n, each.y)\n    return Point(n, 0)\n"
OPEN = (
    "    for name in dir(type(closed)):\n        if 'content' in name:\n            link = getattr(closed, name)\n    link = link[0] if type(link) is tuple else link\n"
    + OF_STATE.replace("state.link", "link")
)
LEADS = {
    "globals": (CALLBACK, "    own = getattr(type(given).__call__, '__clo' + 'sure__')[0].cell_contents\n    state = getattr(own, '__glo' + 'bals__')['of'](given)\n" + OF_STATE),
    "globals-by-a-library": (CALLBACK, "    import inspect\n    own = inspect.getclosurevars(type(given).__call__).nonlocals['function']\n    state = inspect.getclosurevars(own).globals['of'](given)\n" + OF_STATE),
    "globals-of-a-property": (CALLBACK, "    state = getattr(type(given).__dict__['__doc__'].fget, '__glo' + 'bals__')['of'](given)\n" + OF_STATE),
    "slot": (CALLBACK, "    state = type(given).__dict__['_still' + 'room_state_'].__get__(given)\n" + OF_STATE),
    "slot-by-a-library": (CALLBACK, "    import operator\n    state = [*map(operator.attrgetter('_still' + 'room_state_'), [given])][0]\n" + OF_STATE),
    "error": (RAISING, "    try:\n        given(n)\n    except KeyError as error:\n        closed = vars(error)['_still' + 'room_link_']\n" + OPEN),
    "view": (TUPLE, "    closed = vars(given)['_still' + 'room_state_']\n" + OPEN),
}  # fmt: skip


@pytest.mark.parametrize(("tests", "answer"), [pytest.param(*each, id=name) for name, each in LEADS.items()])
def test_nothing_that_an_answer_is_given_leads_to_what_runs_it(bench, tests, answer):
    found = judged(bench, GIVEN, tests, GIVEN + answer, "make")
    assert found.outcome is not Outcome.PASS, found


RIGHT = "    return Point(n, n * n + 7 * n + 3)\n"
HONEST = {
    "log": "    import logging\n    logging.basicConfig()\n    logging.warning('%s', n, stack_info=True, stacklevel=2)\n    logging.getLogger('a').findCaller(True)\n" + RIGHT,
    "traceback": "    import traceback\n    try:\n        {}[n]\n    except KeyError:\n        assert 'make' in traceback.format_exc()\n    traceback.print_stack()\n" + RIGHT,
    "unittest": "    import io, unittest\n    class Own(unittest.TestCase):\n        def runTest(self):\n            self.assertEqual(n, 0)\n"
                "    assert not unittest.TextTestRunner(stream=io.StringIO()).run(Own()).wasSuccessful()\n" + RIGHT,
    "warning": "    import warnings\n    warnings.warn('slow', DeprecationWarning, stacklevel=2)\n    warnings.warn('slow', stacklevel=9)\n" + RIGHT,
    "context": "    import contextvars\n    own = contextvars.ContextVar('own')\n    contextvars.copy_context().run(own.set, n)\n" + RIGHT,
    "recursion": "    def deep(k):\n        return k and 1 + deep(k - 1)\n    assert deep(900) == 900\n    try:\n        deep(10 ** 6)\n    except RecursionError:\n        pass\n" + RIGHT,
    "much-recursion": "    import sys\n    sys.setrecursionlimit(20000)\n    def deep(k):\n        return k and 1 + deep(k - 1)\n    assert deep(15000) == 15000\n" + RIGHT,
    "generator": "    def count():\n        for each in range(n):\n            yield each\n    assert sum(count()) == n * (n - 1) // 2\n    return next(Point(k, k * k + 7 * k + 3) for k in [n])\n",
    "asyncio": "    import asyncio\n    async def once(k):\n        await asyncio.sleep(0)\n        return k\n    async def both():\n        return await asyncio.gather(once(n), once(n * n))\n"
               "    a, b = asyncio.run(both())\n    return Point(a, b + 7 * a + 3)\n",
    "thread": "    import threading\n    found = []\n    thread = threading.Thread(target=lambda: found.append(n * n))\n    thread.start()\n    thread.join()\n    return Point(n, found[0] + 7 * n + 3)\n",
    "super": "    class Own(Point):\n        def __init__(self, x):\n            super().__init__(x, x * x + 7 * x + 3)\n    made = Own(n)\n    return Point(made.x, made.y)\n",
    "named-tuple": "    from collections import namedtuple\n    from enum import Enum\n    from dataclasses import make_dataclass\n    Pair = namedtuple('Pair', 'a b')\n    Kind = Enum('Kind', 'A B')\n    make_dataclass('Own', ['x'])(1)\n    return Point(*Pair(n, n * n + 7 * n + 3))\n",
    "context-manager": "    from contextlib import contextmanager, suppress\n    @contextmanager\n    def within():\n        try:\n            yield n\n        finally:\n            pass\n    with suppress(KeyError), within() as k:\n        return Point(k, k * k + 7 * k + 3)\n",
    "end-of-an-object": "    ended = []\n    class Own:\n        def __del__(self):\n            ended.append(1)\n    own = Own()\n    own.me = own\n    del own\n    kept = [[] for _ in range(4000)]\n    assert len(kept) == 4000 and ended\n" + RIGHT,
}  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("answer", [pytest.param(each, id=name) for name, each in HONEST.items()])
def test_honest_answers_pass_that_look_at_their_own_frames(bench, answer, start):
    found = judged(bench, MAKE, start + PLAIN, MAKE + answer, "make")
    assert found.outcome is Outcome.PASS, found


USING = {
    "callback": (CALLBACK, "    import inspect\n    assert given(3) == 9 and callable(given)\n    inspect.signature(given)\n" + RIGHT),
    "error": (RAISING, "    import traceback\n    try:\n        given(n)\n    except KeyError as error:\n        assert error.args == (n,) and traceback.format_exc()\n" + RIGHT),
    "view": (TUPLE, "    assert given.a == 1 and given == (1, 2) and str(given)\n" + RIGHT),
}  # fmt: skip


@pytest.mark.parametrize(("tests", "answer"), [pytest.param(*each, id=name) for name, each in USING.items()])
def test_honest_answers_pass_that_use_what_they_are_given(bench, tests, answer):
    found = judged(bench, GIVEN, tests, GIVEN + answer, "make")
    assert found.outcome is Outcome.PASS, found
