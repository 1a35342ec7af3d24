"""An object has the methods that it has, and not those of the proxy that stands for it."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

PASSES = [
    pytest.param('C', 'class C:\n def __init__(s): s.inner = D()\nclass D:\n y = 1\n',
                 'import random\nc = C()\nassert not callable(c.inner)\nassert c.inner.y == 1', id='callable'),
    pytest.param('C', 'class C:\n def __init__(s): s.y = 1\n',
                 "import random\nc = C()\nassert not hasattr(c, '__len__')\nassert c.y == 1", id='not-hasattr'),
    pytest.param('P', 'from dataclasses import dataclass\n@dataclass\nclass P:\n x: int\n',
                 'import random\nassert P.__hash__ is None\nassert P(1).x == 1', id='hash-none'),
    pytest.param('CountDown', 'class CountDown:\n def __init__(s, n): s.n = n\n def __iter__(s): return s\n def __next__(s):\n  if s.n <= 0: raise StopIteration\n  s.n -= 1; return s.n + 1\n',
                 'import random\nit = CountDown(3)\nassert iter(it) is it\nassert list(it) == [3, 2, 1]', id='iterator-is-its-own'),
    pytest.param('CountDown', 'class CountDown:\n def __init__(s, n): s.n = n\n def __iter__(s): return s\n def __next__(s):\n  if s.n <= 0: raise StopIteration\n  s.n -= 1; return s.n + 1\n',
                 'it = CountDown(3)\nassert iter(it) is it\nassert list(it) == [3, 2, 1]', id='iterator-is-its-own-in-calls'),
    pytest.param('g', 'def g(n):\n yield from range(n)\n',
                 'import random\nx = g(2)\nassert iter(x) is x\nassert list(x) == [0, 1]', id='generator-is-its-own-iterator'),
    pytest.param('Walk', 'class Walk:\n    def __init__(self, n): self.n = n\n    def __iter__(self): return self\n    def __next__(self):\n        if self.n <= 0: raise StopIteration\n        self.n -= 1\n        return self.n\nclass Bag:\n    def __init__(self, xs): self.xs = list(xs)\n    def __iter__(self): return iter(self.xs)\n    def __len__(self): return len(self.xs)\n    def __contains__(self, x): return x in self.xs\ndef gen(n): yield from range(n)\n',
                 "from collections.abc import Iterator, Iterable, Sized, Container, Collection, Generator, Hashable, Callable, Sequence\nimport random\ndef test_walk():\n    w = Walk(3)\n    assert isinstance(w, Iterator) and isinstance(w, Iterable)\n    assert iter(w) is w\n    assert next(w) == 2 and list(w) == [1, 0] and list(w) == []\ndef test_bag():\n    b = Bag([1, 2])\n    assert isinstance(b, Collection) and isinstance(b, Sized) and isinstance(b, Container) and not isinstance(b, Iterator)\n    assert not isinstance(b, Sequence)\n    assert not hasattr(b, '__next__') and hasattr(b, '__iter__') and not callable(b)\n    assert iter(b) is not b\ndef test_gen():\n    g = gen(3)\n    assert isinstance(g, Generator) and isinstance(g, Iterator)\n    assert iter(g) is g\n    it = iter(g)\n    assert next(it) == 0\n    assert next(g) == 1\n    assert not isinstance(gen, Iterator) and callable(gen)\n", id='collections-abc'),
    pytest.param('H', 'class H:\n def __init__(s): s.cb=None; s.n=3\n def on(s, f): s.cb=f\nclass F:\n def __call__(s): return 1\n',
                 "import random\nh=H()\nassert not callable(h.cb) and not callable(h.n) and callable(h.on)\nf=lambda: 1\nh.on(f)\nassert callable(h.cb) and h.cb is f\nassert callable(F()) and callable(F) and not callable(H())\nassert hasattr(h,'on') and not hasattr(h,'off') and not hasattr(h,'__call__') and hasattr(F(),'__call__')\nassert getattr(h,'zz',5)==5\n", id='callable-and-hasattr'),
    pytest.param('P', 'from dataclasses import dataclass\n@dataclass\nclass P:\n x: int\n',
                 'import random\nassert P(1).x == 1\nassert P.__hash__ is None\nimport pytest\nwith pytest.raises(TypeError): hash(P(1))\n', id='unhashable'),
    pytest.param('P', "class P:\n __slots__=('x',)\n def __init__(s): s.x=1\n",
                 "import random\nimport pytest\np=P()\nassert not hasattr(p,'__dict__')\nassert P.__slots__ == ('x',)\nwith pytest.raises(AttributeError): p.y=1\n", id='slots'),
    pytest.param('f', 'def f(n): yield from range(n)\n',
                 'import statistics, itertools\nassert statistics.mean(f(5))==2\nassert list(itertools.islice(f(10),2,4))==[2,3]\nassert sum(itertools.chain(f(3),f(3)))==6\nassert dict(enumerate(f(2)))=={0:0,1:1}\nassert list(zip(f(2),f(2)))==[(0,0),(1,1)]\nimport collections\nassert collections.Counter(f(2))=={0:1,1:1}\nassert collections.deque(f(3),maxlen=1)==collections.deque([2])\n', id='generators-in-libraries'),
    pytest.param('f', "def f(a, b=1, *args, k, **kw): 'doc'\nclass C:\n def m(self): pass\n @staticmethod\n def s(): pass\n @property\n def p(self): return 1\n",
                 "import inspect\nsig=inspect.signature(f)\nassert list(sig.parameters)==['a','b','args','k','kw']\nassert sig.parameters['b'].default==1\nassert inspect.isfunction(f) and inspect.getdoc(f)=='doc'\nassert inspect.ismethod(C().m)\nassert isinstance(C.p, property)\nassert [n for n,_ in inspect.getmembers(C, inspect.isfunction)]==['m','s']\nassert not inspect.iscoroutinefunction(f)\n", id='inspect'),
    pytest.param('f', 'class R:\n x = 1\n def __int__(s): return 3\n def area(s): return 3\ndef f(n): return R()\n',
                 'import typing\n@typing.runtime_checkable\nclass A(typing.Protocol):\n    def area(self): ...\nr = f(3)\nassert isinstance(r, typing.SupportsInt)\nassert isinstance(r, A)\nassert not isinstance(r, typing.SupportsFloat)', id='protocols'),
    pytest.param('f', 'def f(n): yield from range(n)\n',
                 'import random\ng = f(100)\nfor x in g:\n    if x == 40:\n        break\nassert iter(g) is g and next(g) == 41 and next(iter(g)) == 42\nassert list(g) == list(range(43, 100))\n', id='iterating-on'),
    pytest.param('f', 'def f(it): return iter(it) is it and [next(it), *it]\n',
                 'import random\nclass Up:\n    def __init__(self, n): self.n = n\n    def __iter__(self): return self\n    def __next__(self):\n        if self.n >= 3: raise StopIteration\n        self.n += 1\n        return self.n\nassert f(Up(0)) == [1, 2, 3]\nassert f(iter([1, 2])) == [1, 2]\n', id='an-iterator-of-the-tests'),
    pytest.param('C', 'class C:\n def __init__(s, x=0): s.x=x\n def __len__(s): return s.x\n',
                 "import inspect\nc=C(2)\nc.__init__(5)\nassert c.x==5 and c.__len__()==5\nassert list(inspect.signature(C).parameters)==['x']\nassert list(inspect.signature(C.__init__).parameters)==['s','x']\nassert C.__module__ and C.__name__=='C' and c.__dict__=={'x':5}\n", id='methods-by-their-names'),
    pytest.param('f', 'def f(x): return x+1\n',
                 "import unittest\nclass Base(unittest.TestCase):\n    def setUp(self):\n        super().setUp()\n        self.v = 1\nclass T(Base):\n    def setUp(self):\n        super().setUp()\n        self.w = self.v + 1\n    def test(self):\n        self.assertEqual(f(self.w), 3)\n        self.assertEqual(self.__class__.__name__, 'T')\nclass D(dict):\n    def __getitem__(self, k): return super().__getitem__(k)\n    def __init__(self): super().__init__(a=1)\nassert f(D()['a']) == 2\n", id='super-in-the-tests'),
]  # fmt: skip

FAILS = [
    pytest.param('f', 'class R:\n x = 1\ndef f(n): return R()\n',
                 "import random\nr = f(3)\nassert hasattr(r, '__next__')\nassert hasattr(r, '__iter__')\nassert callable(r)", id='has-not-what-proxies-have'),
    pytest.param('R', 'class R:\n def __init__(s,n): s.n=n\n def __iter__(s): return iter(range(s.n))\n',
                 'import random\nr=R(2)\nassert iter(r) is r', id='an-iterable-is-not-its-iterator'),
    pytest.param('g', 'def g(n):\n yield from range(n+1)\n',
                 'import itertools\nassert list(itertools.islice(g(2), 5)) == [0, 1]', id='generator-in-islice'),
    pytest.param('f', 'class R:\n x = 1\ndef f(n): return R()\n',
                 'from collections.abc import Iterator\nassert isinstance(f(3), Iterator)', id='iterator-of-abc'),
    pytest.param('f', 'class R:\n x = 1\ndef f(n): return R()\n',
                 'import typing\nassert isinstance(f(3), typing.Iterator)', id='iterator-of-typing'),
    pytest.param('f', 'class R:\n x = 1\ndef f(n): return R()\n',
                 'import typing\nassert isinstance(f(3), typing.SupportsInt)', id='protocol'),
]  # fmt: skip


@pytest.mark.parametrize(("entry_point", "source", "tests"), PASSES)
def test_honest_solutions_pass(bench, entry_point, source, tests):
    found = bench.judge(source, tests, entry_point)
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(("entry_point", "source", "tests"), FAILS)
def test_wrong_ones_fail(bench, entry_point, source, tests):
    found = bench.judge(source, tests, entry_point)
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found
