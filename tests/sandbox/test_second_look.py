"""No honest solution fails for what stands in for its objects, and none passes for what it says beside its tests."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

EXCUSED = [
    pytest.param('P', "class P:\n __match_args__ = ('x',)\n def __init__(s, x): s.x = x\n",
                 'import random\nmatch P(3):\n    case P(x=3):\n        ok = True\n    case _:\n        ok = False\nassert ok', id='class-pattern'),
    pytest.param('f', 'import functools\n@functools.lru_cache\ndef f(x): return tuple(range(x, x + 300))\n',
                 'import random\nassert f(1) is f(1)\nassert f(1)[0] == 1', id='identity-of-a-tuple'),
    pytest.param('f', 'def f(s): return s\n',
                 'import random\nt = (1, [2])\nassert f(t) is t', id='identity-of-an-argument'),
    pytest.param('V', 'class V:\n def __init__(s, x): s.x = x\n def __add__(s, o): return V(s.x + o.x) if isinstance(o, V) else NotImplemented\n',
                 "import pytest\nassert V(1).__add__('a') is NotImplemented\nassert (V(1) + V(2)).x == 3", id='operator-gives-not-implemented'),
    pytest.param('V', 'class V:\n def __init__(s,x): s.x=x\n def __eq__(s,o):\n  if not isinstance(o,V): return NotImplemented\n  return s.x==o.x\n',
                 "import random\nassert V(1)==V(1)\nassert V(1).__eq__('a') is NotImplemented\n", id='comparison-gives-not-implemented'),
    pytest.param('where', "class P:\n __match_args__=('x','y')\n def __init__(s,x,y): s.x=x; s.y=y\ndef where(p):\n match p:\n  case P(0,0): return 'o'\n  case P(x=0): return 'y'\n  case _: return '?'\n",
                 "import random\nassert where(P(0,0))=='o' and where(P(0,3))=='y'\nmatch P(1,2):\n    case P(x, y):\n        r=(x,y)\n    case _:\n        r=None\nassert r==(1,2)\n", id='class-patterns'),
    pytest.param('f', 'from collections import ChainMap\ndef f(a,b): return ChainMap(a,b)\n',
                 "import random\nassert f({'a':1},{'b':2}) == {'a':1,'b':2}\n", id='chain-of-dictionaries'),
    pytest.param('f', 'from typing import NamedTuple, Protocol, TypedDict, runtime_checkable, Optional\nimport typing\nclass P(NamedTuple):\n    x: int\n    y: int = 2\n@runtime_checkable\nclass Shape(Protocol):\n    def area(self) -> float: ...\nclass Sq:\n    def __init__(self, a): self.a = a\n    def area(self) -> float: return self.a ** 2\nclass TD(TypedDict):\n    a: int\ndef f(x: Optional[int] = None) -> list[int]: return [x or 0]\n',
                 "import typing\nfrom typing import get_type_hints, Optional\ndef test_p():\n    assert P(1) == (1, 2) and P(1).x == 1 and isinstance(P(1), tuple) and P._fields == ('x', 'y')\n    assert P(1)._asdict() == {'x': 1, 'y': 2} and P(1)._replace(x=3) == P(3)\ndef test_shape():\n    assert isinstance(Sq(2), Shape) and not isinstance(3, Shape)\n    assert Sq(2).area() == 4\ndef test_hints():\n    assert get_type_hints(f) == {'x': Optional[int], 'return': list[int]}\n    assert get_type_hints(Sq.area) == {'return': float}\n    assert f.__annotations__['return'] == list[int]\n    td: TD = {'a': 1}\n    assert td['a'] == 1\n", id='generic-aliases'),
    pytest.param('P', 'from dataclasses import dataclass, field\n@dataclass\nclass P:\n x: int\n y: list = field(default_factory=list)\n',
                 "from dataclasses import fields, MISSING\nf = {each.name: each for each in fields(P)}\nassert f['x'].default is MISSING\nassert f['y'].default_factory is list\n", id='a-value-that-marks-absence'),
    pytest.param('f', 'from dataclasses import asdict\ndef f(x): return asdict(x)\n',
                 "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nassert f(P(1)) == {'x': 1}\n", id='dataclass-of-the-tests'),
    pytest.param('f', 'def f(x): return type(x).__name__\n',
                 "class Q: pass\nassert f(Q()) == 'Q'\n", id='type-of-an-argument'),
    pytest.param('freeze', 'from collections.abc import Mapping\nclass FrozenDict(Mapping):\n def __init__(s,d): s._d=dict(d)\n def __getitem__(s,k): return s._d[k]\n def __iter__(s): return iter(s._d)\n def __len__(s): return len(s._d)\ndef freeze(d): return FrozenDict(d)\n',
                 "import random\nf=freeze({'a':1})\nassert f == {'a':1}\nassert dict(f)=={'a':1}\n", id='mapping-for-a-dictionary'),
    pytest.param('make', 'from collections import UserDict\nclass L(UserDict): pass\ndef make(): return L(a=1)\n',
                 "import random\nassert make() == {'a':1}\n", id='user-dictionary'),
    pytest.param('make', "from collections import UserString\ndef make(): return UserString('hello')\n",
                 "import random\nassert make() == 'hello' and make().startswith('he')\n", id='user-text'),
    pytest.param('classify', "def classify(x):\n if callable(x): return 'fn'\n if hasattr(x, '__iter__'): return 'iter'\n return 'obj'\n",
                 "import random\nclass Q: pass\nassert classify(Q())=='obj'\n", id='methods-of-an-argument'),
    pytest.param('C', 'class C:\n def __init__(s): s.v = (1,)\n def get_v(s): return s.v\n',
                 "import pytest\nimport unittest\n@pytest.fixture\ndef c():\n    return C()\n@pytest.mark.parametrize('n', [1, 2])\ndef test_same(c, n):\n    assert c.get_v() is c.get_v()\nclass T(unittest.TestCase):\n    def setUp(self): self.c = C()\n    def test_same(self): self.assertIs(self.c.get_v(), self.c.get_v())\nif __name__ == '__main__':\n    unittest.main()\n", id='fixtures-and-cases'),
    pytest.param('f', 'async def f(x): return x\n',
                 'import asyncio\nasync def test_f():\n    x = (1,)\n    assert await f(x) is x\nasyncio.run(test_f())\n', id='awaited'),
    pytest.param('f', 'def f(x): return x\n',
                 'from solution import f\nimport random\nt = (1,)\nassert f(t) is t\n', id='of-a-module'),
    pytest.param('f', 'def f(x): return x\n',
                 'import random\ndef check(candidate):\n    t = (1,)\n    assert candidate(t) is t\n', id='check'),
]  # fmt: skip

FAILS = [
    pytest.param('f', 'def f(x): return list(x)\n',
                 'import random\nt = (1,)\nassert f(t) is t\n', id='identity'),
    pytest.param('f', 'def f(x): return x\ndef g(x): return x\n',
                 'import random\ndef test_a():\n    t = (1,)\n    assert f(t) is t\ndef test_b():\n    assert f(2) == 3\n', id='another-test'),
    pytest.param('P', 'class P:\n def __init__(s, x): s.x = x + 1\n',
                 'import random\nmatch P(3):\n    case P(x=3):\n        ok = True\n    case _:\n        ok = False\nassert P(3).x and ok', id='class-pattern'),
    pytest.param('f', 'def f(x): return 1\n',
                 'import random\nassert f(2) == 2\n', id='plain-data'),
    pytest.param('S', 'class S:\n def __init__(s): s.n = 0\n def push(s): s.n += 2; return s.n\n',
                 'import random\ns = S()\nassert s.push() == 1\n', id='method-of-a-class'),
    pytest.param('f', "import sys\ndef f(x):\n while 'tests_alone' in sys.modules: pass\n",
                 'import random\nassert f(2) == 2\n', id='a-hang-beside-its-tests'),
    pytest.param('f', "import os\ndef f(x): os._exit(0) if 'tests_alone' in __import__('sys').modules else None\n",
                 'import random\nassert f(2) == 2\n', id='a-claim-by-its-end'),
]  # fmt: skip


@pytest.mark.parametrize(("entry_point", "source", "tests"), EXCUSED)
def test_what_fails_only_behind_a_proxy_is_undecided(bench, entry_point, source, tests):
    found = bench.judge(source, tests, entry_point)
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found


@pytest.mark.parametrize(("entry_point", "source", "tests"), FAILS)
def test_what_fails_beside_the_solution_as_well_is_wrong(bench, entry_point, source, tests):
    found = bench.judge(source, tests, entry_point)
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found


def test_an_exception_of_a_solution_that_its_tests_do_not_expect_is_its_own(bench):
    found = bench.judge("def f(x): raise ValueError(x)\n", "import random\nassert f(2) == 2\n", "f")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "exception:ValueError")


CHEAT = """
import sys
def f(x):
    frame = sys._getframe()
    while frame is not None:
        if "expected" in frame.f_globals: return frame.f_globals["expected"]
        frame = frame.f_back
"""


def test_a_solution_that_reads_its_tests_beside_it_does_not_pass(bench):
    found = bench.judge(CHEAT, "import random\nexpected = random.random()\nassert f(2) == expected\n", "f")
    assert found.outcome is not Outcome.PASS


def test_an_object_in_the_place_of_data_is_not_excused(bench):
    liar = "class L:\n def __eq__(s, o): return True\ndef f(x): return L()\n"
    for tests in ("assert f(2) == 4", "assert f(2) != 5\nassert f(2) == 4", "assert [f(2)] == [4]"):
        found = bench.judge(liar, f"import random\n{tests}\n", "f")
        assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found
