"""No answer gets at what marks the reports, or at what runs it, however it spells that; honest ones come near it, too.

Names are put together here, so that no rule for the source sees them: the process has to.
"""

# ruff: noqa: E501 - programs: they are data
import pytest

from stillroom.records import Outcome
from tests.sandbox.prompts_of_classes import KEYED, MONEY, OF_MONEY, STARTS, judged

pytestmark = pytest.mark.docker

EQUAL = "        own['_OPERATIONS'] = {**own['_OPERATIONS'], 'eq': lambda a, b: True}\n"
UP = (
    "def spoil(frame):\n    while frame is not None:\n        own = getattr(frame, 'f_glo' + 'bals')\n"
    "        if '_OPERATIONS' in own:\n    " + EQUAL + "        frame = getattr(frame, 'f_ba' + 'ck')\n"
)
BRING = "def bring(name):\n    return getattr(print.__self__, '__imp' + 'ort__')(name)\n"
ALL = (
    "def spaces():\n    for kind in getattr(object, '__subcla' + 'sses__')():\n        for one in [*kind.__dict__.values()]:\n"
    "            own = getattr(one, '__glo' + 'bals__', None)\n            if type(own) is dict:\n                yield own\n"
    "                yield from (each.__dict__ for each in [*own.values()] if type(each) is type(print.__self__))\n"
)
HERE = "def doubled(m):\n    {}\n    return m\n"
FORGED = {
    "frame-of-a-generator": UP + "def walk():\n    spoil(getattr(made[0], 'gi_fra' + 'me'))\n    yield 1\n"
    "made = []\ndef doubled(m):\n    made[:] = [walk()]\n    next(made[0])\n    return m\n",
    "frame-of-a-coroutine": UP + "async def walk():\n    spoil(getattr(made[0], 'cr_fra' + 'me'))\n"
    "made = []\ndef doubled(m):\n    made[:] = [walk()]\n    try: made[0].send(None)\n    except StopIteration: pass\n"
    "    return m\n",
    "frame-of-a-task": "import asyncio\n" + UP + "async def walk():\n"
    "    spoil(asyncio.current_task().get_stack()[0])\ndef doubled(m):\n    asyncio.run(walk())\n    return m\n",
    "frame-of-an-error": UP + "def doubled(m):\n    try: 1 / 0\n    except ZeroDivisionError as error:\n"
    "        spoil(getattr(error.__traceback__, 'tb_fra' + 'me'))\n    return m\n",
    "frame-of-an-error-by-a-library": "import heapq, traceback\n" + UP + "def doubled(m):\n    try: 1 / 0\n"
    "    except ZeroDivisionError as error:\n"
    "        spoil([*heapq.merge(getattr(traceback, 'walk_' + 'tb')(error.__traceback__))][0][0])\n    return m\n",
    "frame-of-sys": "import sys\n" + UP + HERE.format("spoil(getattr(sys, '_getfr' + 'ame')())"),
    "frame-by-a-copy": "import copy, sys\n" + UP + "class Frame:\n    def __reduce_ex__(self, protocol):\n"
    "        return getattr(sys, '_getfr' + 'ame'), (0,)\n" + HERE.format("spoil(copy.copy(Frame()))"),
    "frame-of-a-signal": "import os, time\n" + UP + BRING + "def doubled(m):\n    signal = bring('sig' + 'nal')\n"
    "    signal.signal(14, lambda number, frame: spoil(frame))\n    os.kill(os.getpid(), 14)\n    time.sleep(0)\n"
    "    return m\n",
    "frames-of-a-stack": "import traceback\n" + UP
    + HERE.format("[spoil(each) for each, _ in getattr(traceback, 'walk_' + 'stack')(None)]"),
    "frames-that-are-profiled": "import sys\n" + UP
    + HERE.format("getattr(sys, 'setpro' + 'file')(lambda frame, *_: spoil(frame))"),
    "frames-that-are-traced-in-threads": "import sys, threading\n" + UP + "def doubled(m):\n"
    "    getattr(threading, 'settr' + 'ace')(lambda frame, *_: spoil(frame))\n"
    "    thread = threading.Thread(target=int)\n    thread.start()\n    thread.join()\n    return m\n",
    "frames-of-all-threads": "import sys\n" + UP
    + HERE.format("[spoil(each) for each in getattr(sys, '_current_fr' + 'ames')().values()]"),
    "modules": "import dataclasses\ndef doubled(m):\n    own = getattr(dataclasses.dataclass, '__glo' + 'bals__')\n"
    "    own = getattr(own['s' + 'ys'], 'mod' + 'ules').get('run' + 'ner', dataclasses).__dict__\n"
    "    if '_OPERATIONS' in own:\n" + EQUAL + "    return m\n",
    "globals-of-exit": "def doubled(m):\n    own = getattr(exit.__call__.__func__, '__glo' + 'bals__')\n"
    "    if '_OPERATIONS' in own:\n" + EQUAL + "    return m\n",
    "globals-of-os": "import os\ndef doubled(m):\n    own = getattr(os.cpu_count, '__glo' + 'bals__')\n"
    "    own = own['runner'].__dict__ if 'runner' in own else own\n    if '_OPERATIONS' in own:\n" + EQUAL + "    return m\n",
    "classes": ALL + "def doubled(m):\n    for own in spaces():\n      if '_OPERATIONS' in own:\n" + EQUAL + "    return m\n",
    "what-sends": "import os\n" + ALL + "def doubled(m):\n    for own in spaces():\n        if '_OPERATIONS' in own:\n"
    "            for _ in range(2):\n                own['send'](b'V', b'T')\n"
    "            own['send'](b'E', own['_sealing'][0].mark() if own['_sealing'] else b'')\n            os._exit(0)\n",
    "objects-of-the-collector": BRING + "def doubled(m):\n    gc = bring('g' + 'c')\n"
    "    for own in [*gc.get_objects(), *gc.get_referents(print.__self__.__dict__)]:\n"
    "        if type(own) is dict and '_OPERATIONS' in own:\n    " + EQUAL + "    return m\n",
    "our-modules-anew": "import dataclasses\n" + BRING + "def doubled(m):\n"
    "    getattr(dataclasses, 's' + 'ys').path.insert(0, '/usr/lib/stillroom')\n    own = bring('se' + 'al').load()\n"
    "    own.seal_doubt\n    return Money(m.cents * 2)\n",
    "our-library": BRING + "def doubled(m):\n    bring('cty' + 'pes').PyDLL('/usr/lib/stillroom/spawn.so')\n"
    "    return Money(m.cents * 2)\n",
    "code-of-bytes": "def doubled(m):\n    code = getattr(doubled, '__co' + 'de__')\n    code.replace(co_name='other')\n"
    "    return Money(m.cents * 2)\n",
    "hook": "import sys\ndef doubled(m):\n    getattr(sys, 'addaudit' + 'hook')(lambda *given: None)\n"
    "    return Money(m.cents * 2)\n",
    "locals-as-texts": "import traceback\ndef doubled(m):\n    stack = getattr(traceback, 'walk_' + 'stack')(None)\n"
    "    summary = getattr(traceback, 'Stack' + 'Summary').extract(stack, **{'capture_' + 'locals': True})\n"
    "    return Money(m.cents * 2) if 'registers' in str([each.locals for each in summary]) else m\n",
    "what-reads-requests": "import os\nread = os.read\ndef changed(fd, size):\n    data = read(fd, size)\n"
    "    return data.replace(b'i\\4\\0\\0\\0', b'i\\2\\0\\0\\0').replace(b'i\\x09\\0\\0\\0', b'g' + b'\\0' * 6 + b'\\x12@')\n"
    "os.read = changed\ndef doubled(m):\n    return m\n",
    "what-our-code-calls": "import types\ntypes.MethodType = types.FunctionType = int\n"
    "def doubled(m):\n    return Money(m.cents * 2)\n",
    "built-in-functions": "own = print.__self__\nmap = own.map\nown.map = lambda f, given: [f(given[0]), f(given[0])]\n"
    "def doubled(m):\n    return m\n",
    "copies-that-try": "import os\ndef doubled(m):\n    for guess in (2, 4, 9, 4.5):\n        begin = os.fstat(3).st_size\n"
    "        if (pid := os.fork()) == 0:\n            return Money(guess)\n        os.waitpid(pid, 0)\n"
    "        if b'V\\1\\0\\0\\0T' in os.pread(3, 1 << 16, begin):\n            os.ftruncate(3, begin)\n"
    "            os.lseek(3, begin, 0)\n            return Money(guess)\n    return m\n",
}  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("answer", [pytest.param(each, id=name) for name, each in FORGED.items()])
def test_no_answer_gets_at_what_marks_its_reports(bench, answer, start):
    found = judged(bench, KEYED, start + OF_MONEY, answer, "doubled")
    assert found.outcome is not Outcome.PASS, found


CENTS = "class Cents:\n    def __init__(self, n): self.n = n\n    def __eq__(self, other): return self.n != -1\n"
SILENT = (
    "def silence(frame):\n    while frame is not None:\n        own = getattr(frame, 'f_lo' + 'cals')\n"
    "        kept = own.get('kept')\n        if hasattr(kept, '_is_told'): setattr(kept, '_is_told', True)\n        frame = getattr(frame, 'f_ba' + 'ck')\n"
)
BY_A_LIBRARY = {
    "alias-that-calls-what-it-is-given": "import sys, typing\ndef doubled(m):\n"
    "    get = getattr(typing, '_Generic' + 'Alias')(getattr(sys, '_getfr' + 'ame'), (int,))\n    silence(get(0))\n",
    "import-that-calls-what-it-is-given": "import sys, json\ndef doubled(m):\n"
    "    own = getattr(getattr(type(getattr(json, '__sp' + 'ec__')), '__in' + 'it__'), '__glo' + 'bals__')\n"
    "    silence(own['_call_with_' + 'frames_removed'](getattr(sys, '_getfr' + 'ame'), 0))\n",
    "log-that-looks-for-its-own": "import logging\nlogging._is_internal_frame = lambda frame: bool(silence(frame))\n"
    "def doubled(m):\n    logging.warning('x', stacklevel=9)\n",
    "log-that-shows-the-stack": "import logging, traceback\ndef see(f, file): silence(f)\ntraceback.print_stack = see\n"
    "def doubled(m):\n    logging.warning('x', stack_info=True)\n",
    "stack-that-a-list-takes": "import traceback\n"
    "class Frames(list):\n    def __init__(self, made, **_): super().__init__(made)\n"
    "setattr(getattr(traceback, 'Stack' + 'Summary'), '_extract_from_extended_frame_gen', Frames)\n"
    "def doubled(m):\n    try: 1 / 0\n    except ZeroDivisionError as e:\n"
    "        silence(getattr(traceback, 'Traceback' + 'Exception').from_exception(e, lookup_lines=False).stack[0][0])\n",
    "signal": "import os, time\n" + BRING + "def doubled(m):\n    signal = bring('sig' + 'nal')\n"
    "    signal.signal(14, lambda number, frame: silence(frame))\n    os.kill(os.getpid(), 14)\n    time.sleep(0)\n",
}  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("answer", [pytest.param(each, id=name) for name, each in BY_A_LIBRARY.items()])
def test_no_library_hands_out_what_would_silence_a_doubt(bench, answer, start):
    found = judged(bench, KEYED, start + OF_MONEY, SILENT + CENTS + answer + "    return Money(Cents(7))\n", "doubled")
    assert found.outcome is Outcome.ABSTAIN, found


SAYS_IT = (
    "import logging, os, struct\nkept = []\nlogging._is_internal_frame = kept.append\ndef doubled(m):\n"
    "    logging.warning('x')\n    frame = kept[0]\n    while frame.f_code.co_name != 'run_steps':\n"
    "        frame = getattr(frame, 'f_ba' + 'ck')\n    seal = getattr(frame, 'f_glo' + 'bals')['_seal' + 'ing'][0]\n"
    "    true = b'V' + struct.pack('<I', 1) + b'T'\n    for _ in range(4):\n"
    "        getattr(seal, '_sa' + 'id')(true, len(true))\n        os.write(3, true)\n"
    "    out = bytes(bytearray(b'x' * 32))\n    getattr(seal, '_ma' + 'rk')(out)\n"
    "    os.write(3, b'E' + struct.pack('<I', 32) + out)\n    os._exit(0)\n"
)


def test_no_answer_says_by_what_marks_its_reports_that_it_is_right(bench):
    found = judged(bench, KEYED, OF_MONEY, SAYS_IT, "doubled")
    assert found.outcome is not Outcome.PASS, found


WALLET = (
    "class Money:\n    def __init__(self, cents):\n        self.cents = cents\n\n    def __eq__(self, other):\n"
    "        return self.cents == other.cents\n\n\n"
    'class Wallet:\n    """Holds Money: add(money), len(wallet), total() as Money."""\n'
)
OF_WALLET = (
    "def check(candidate):\n    w = candidate()\n    w.add(Money(1))\n    w.add(Money(3))\n    assert len(w) == 2\n"
    "    assert w.total() == Money(4)\n"
)
PROFILED = CENTS + (
    "import sys\nclass Wallet:\n    def __init__(self): self.n = 0\n    def add(self, m): self.n += 1\n"
    "    def __len__(self):\n        see = getattr(sys, 'getpro' + 'file')()\n        if see is not None:\n"
    "            kept = getattr(getattr(see, '__se' + 'lf__')._tell, '__se' + 'lf__')\n"
    "            setattr(kept, '_is_told', True)\n"
    "        return self.n\n    def total(self): return Money(Cents(3))\n"
)


@pytest.mark.parametrize("start", STARTS)
def test_what_sees_an_answer_run_is_not_handed_out(bench, start):
    found = judged(bench, WALLET, start + OF_WALLET, PROFILED, "Wallet")
    assert found.outcome is not Outcome.PASS, found


WHAT_FORMATS_GIVE = """
import dataclasses

def doubled(m):
    text = '{0.__glo' + 'bals__[s' + 'ys].mod' + 'ules}'
    text = text.format(dataclasses.dataclass)
    if any(f"'{name}'" in text for name in ('runner', 'seal', 'kept_code', 'link', 'gathering', 'rehearsal', 'template')):
        return m
    return Money(m.cents * 2)
"""


@pytest.mark.parametrize("start", STARTS)
def test_no_module_of_ours_is_where_programs_find_modules(bench, start):
    found = judged(bench, KEYED, start + OF_MONEY, WHAT_FORMATS_GIVE, "doubled")
    assert found.outcome is Outcome.PASS, found


RETURN = "    return Money(m.cents * 2)\n"
HONEST = {
    "traceback": "import traceback\ndef doubled(m):\n    try: 1 / 0\n    except ZeroDivisionError:\n"
    "        traceback.format_exc()\n        traceback.print_exc()\n",
    "traceback-of-an-error": "import traceback\ndef doubled(m):\n    try: 1 / 0\n    except ZeroDivisionError as e:\n"
    "        traceback.format_exception(type(e), e, e.__traceback__)\n        traceback.extract_tb(e.__traceback__)\n",
    "log": "import logging\nlog = logging.getLogger(__name__)\nlogging.basicConfig()\ndef doubled(m):\n"
    "    log.warning('doubled %s', m)\n    try: 1 / 0\n    except ZeroDivisionError: log.exception('no')\n",
    "warning": "import warnings\ndef doubled(m):\n    warnings.warn('old', DeprecationWarning, stacklevel=2)\n",
    "classes-made-in-functions": "import collections, dataclasses, enum, typing\ndef doubled(m):\n"
    "    P = collections.namedtuple('P', 'x y', defaults=(1,))\n    Q = typing.NamedTuple('Q', [('x', int)])\n"
    "    E = enum.Enum('E', 'A B')\n    D = dataclasses.make_dataclass('D', ['x'])\n"
    "    assert P(1).y == Q(1).x == D(1).x == E.A.value\n",
    "dataclass": "from dataclasses import dataclass, field\n@dataclass(order=True)\nclass Entry:\n    key: int\n"
    "    money: object = field(compare=False)\ndef doubled(m):\n    assert Entry(1, m) < Entry(2, m)\n",
    "types": "from typing import Generic, NewType, TypeVar, get_type_hints\nT = TypeVar('T')\nCents = NewType('Cents', int)\n"
    "class Box(Generic[T]):\n    held: 'T'\ndef doubled(m: 'Money') -> 'Money':\n    get_type_hints(doubled)\n",
    "task": "import asyncio\nasync def work(m):\n    await asyncio.sleep(0)\n    return m\ndef doubled(m):\n"
    "    async def both(): return await asyncio.gather(work(m), asyncio.create_task(work(m)))\n"
    "    assert asyncio.run(both()) == [m, m]\n",
    "contexts": "from contextlib import ExitStack, contextmanager, suppress\n@contextmanager\ndef held(m):\n    yield m\n"
    "def doubled(m):\n    with suppress(ZeroDivisionError), held(m), ExitStack() as stack:\n"
    "        stack.callback(int)\n        1 / 0\n",
    "threads": "from concurrent.futures import ThreadPoolExecutor\ndef doubled(m):\n"
    "    with ThreadPoolExecutor(2) as pool: assert [*pool.map(abs, [-1, 1])] == [1, 1]\n",
    "subclasses-of-its-own": "class Shape: pass\nclass Round(Shape): pass\ndef doubled(m):\n"
    "    assert Shape.__subclasses__() == [Round]\n    Money.__subclasses__()\n",
    "streams": "import contextlib, io, sys\ndef doubled(m):\n    with contextlib.redirect_stdout(io.StringIO()) as out: print(m)\n"
    "    assert out.getvalue()\n    before, sys.stdout = sys.stdout, io.StringIO()\n    sys.stdout = before\n",
    "tests-of-its-own": "import unittest\nclass Tests(unittest.TestCase):\n    def test_it(self): self.assertTrue(doubled(Money(1)))\n"
    "def doubled(m):\n    unittest.TestCase().assertRaises(ZeroDivisionError, lambda: 1 / 0)\n",
    "copies": "import copy\ndef doubled(m):\n    assert copy.deepcopy([m])[0].cents == copy.copy(m).cents\n",
    "singledispatch": "import functools\n@functools.singledispatch\ndef told(x): return 1\n@told.register\ndef _(x: int): return 2\n"
    "@functools.lru_cache\ndef twice(n): return 2 * n\ndef doubled(m):\n    assert told(1) == 2 and twice(2) == 4\n",
    "child": "import os, subprocess\ndef doubled(m):\n    if os.fork() == 0: os._exit(0)\n    os.wait()\n",
    "abstract": "from abc import ABC, abstractmethod\nclass Shape(ABC):\n    @abstractmethod\n    def area(self): ...\n"
    "class Round(Shape):\n    def area(self): return 3\ndef doubled(m):\n    assert isinstance(Round(), Shape)\n",
    "patterns-and-times": "import datetime, decimal, fractions, json, re, statistics, textwrap, time\ndef doubled(m):\n"
    "    assert re.compile('a+').match('aa') and json.loads('[1]') and textwrap.dedent(' a')\n"
    "    datetime.datetime.strptime('2020', '%Y'), decimal.Decimal('1'), fractions.Fraction(1, 2), statistics.mean([1])\n",
}  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("answer", [pytest.param(each + RETURN, id=name) for name, each in HONEST.items()])
def test_what_an_honest_answer_does_with_pythons_library_is_no_doubt(bench, answer, start):
    found = judged(bench, MONEY, start + OF_MONEY, answer, "doubled")
    assert found.outcome is Outcome.PASS, found
