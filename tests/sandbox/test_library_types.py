"""Tests that ask whether the solution's objects and classes are of a library's types are answered as in one process."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

PASSES = [
    pytest.param('f', 'import logging\ndef f(n): return logging.getLogger(n)',
                 "import logging\nr = f('x')\nassert isinstance(r, logging.Logger)\nassert r.name == 'x'", id='logger-of-two-lines'),
    pytest.param('build_parser', "import argparse\ndef build_parser():\n p = argparse.ArgumentParser(); p.add_argument('--n', type=int); return p",
                 "import argparse\np = build_parser()\nassert isinstance(p, argparse.ArgumentParser)\nassert p.parse_args(['--n', '3']).n == 3", id='parser-of-two-lines'),
    pytest.param('Worker', 'import threading\nclass Worker(threading.Thread):\n def run(self): self.result = 3\n',
                 'import threading\nassert issubclass(Worker, threading.Thread)\nw = Worker(); w.start(); w.join()\nassert w.result == 3', id='thread-subclass'),
    pytest.param('Color', 'from enum import Enum\nclass Color(Enum):\n RED = 1\n',
                 'from enum import Enum\nassert isinstance(Color.RED, Enum)\nassert issubclass(Color, Enum)\nassert Color.RED.value == 1', id='enum-isinstance'),
    pytest.param('f', 'import functools\ndef f(g, x): return functools.partial(g, x)\n',
                 'import functools\np = f(max, 3)\nassert isinstance(p, functools.partial)\nassert p(5) == 5', id='partial'),
    pytest.param('parse', "import argparse\ndef build_parser():\n    p = argparse.ArgumentParser(prog='tool')\n    p.add_argument('path')\n    p.add_argument('-v','--verbose', action='store_true')\n    sub = p.add_mutually_exclusive_group()\n    sub.add_argument('--a', type=int, default=1)\n    return p\ndef parse(argv): return build_parser().parse_args(argv)\n",
                 "import argparse, pytest\ndef test_ns():\n    ns = parse(['x', '-v'])\n    assert isinstance(ns, argparse.Namespace)\n    assert ns.path == 'x' and ns.verbose is True and ns.a == 1\n    assert vars(ns) == {'path': 'x', 'verbose': True, 'a': 1}\n    assert ns == argparse.Namespace(path='x', verbose=True, a=1)\ndef test_bad():\n    with pytest.raises(SystemExit) as e:\n        parse([])\n    assert e.value.code == 2\ndef test_prog():\n    p = build_parser()\n    assert p.prog == 'tool'\n    assert 'verbose' in p.format_help()\n", id='argparse'),
    pytest.param('make_logger', "import logging\ndef make_logger(name, level=logging.INFO):\n    logger = logging.getLogger(name)\n    logger.setLevel(level)\n    if not logger.handlers:\n        h = logging.StreamHandler()\n        h.setFormatter(logging.Formatter('%(levelname)s %(message)s'))\n        logger.addHandler(h)\n    return logger\n",
                 "import logging\nimport unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        l = make_logger('app')\n        self.assertIsInstance(l, logging.Logger)\n        self.assertEqual(l.name, 'app')\n        self.assertEqual(l.level, logging.INFO)\n        self.assertEqual(len(l.handlers), 1)\n        self.assertIsInstance(l.handlers[0], logging.StreamHandler)\n        self.assertIs(make_logger('app'), l)\n        self.assertTrue(l.isEnabledFor(logging.ERROR))\n", id='logging'),
    pytest.param('Pool', 'import threading, queue\nclass Pool:\n    def __init__(self, n):\n        self.q = queue.Queue(); self.out = []; self.lock = threading.Lock()\n        self.ts = [threading.Thread(target=self._run, daemon=True) for _ in range(n)]\n        for t in self.ts: t.start()\n    def _run(self):\n        while True:\n            f = self.q.get()\n            if f is None: break\n            r = f()\n            with self.lock: self.out.append(r)\n    def submit(self, f): self.q.put(f)\n    def close(self):\n        for _ in self.ts: self.q.put(None)\n        for t in self.ts: t.join()\n',
                 'import threading, queue\np = Pool(2)\nassert isinstance(p.q, queue.Queue)\nassert all(isinstance(t, threading.Thread) for t in p.ts)\nassert p.lock.acquire(blocking=False)\np.lock.release()\np.close()\nassert p.out == []\nassert not any(t.is_alive() for t in p.ts)\n', id='threading'),
    pytest.param('Color', 'from enum import Enum, IntEnum, Flag, auto\nclass Color(Enum):\n    RED = 1\n    GREEN = 2\n    @classmethod\n    def parse(cls, s): return cls[s.upper()]\nclass Perm(Flag):\n    R = auto()\n    W = auto()\nclass Level(IntEnum):\n    LOW = 1\n    HIGH = 2\n',
                 "from enum import Enum, IntEnum, Flag\nimport pytest\ndef test_color():\n    assert issubclass(Color, Enum) and isinstance(Color.RED, Color) and isinstance(Color.RED, Enum)\n    assert Color.parse('red') is Color.RED\n    assert [c.name for c in Color] == ['RED', 'GREEN']\n    assert Color(1) is Color.RED\n    assert Color['GREEN'].value == 2\n    assert len(Color) == 2\n    assert Color.RED != Color.GREEN\n    with pytest.raises(ValueError): Color(9)\n    with pytest.raises(KeyError): Color.parse('x')\n    assert list(Color.__members__) == ['RED', 'GREEN']\n    assert {Color.RED: 1}[Color.RED] == 1\ndef test_perm():\n    assert issubclass(Perm, Flag)\n    assert Perm.R | Perm.W == Perm(3)\n    assert Perm.R in (Perm.R | Perm.W)\ndef test_level():\n    assert issubclass(Level, IntEnum) and Level.HIGH > Level.LOW and Level.HIGH == 2 and isinstance(Level.LOW, int) and isinstance(Level.LOW, IntEnum)\n", id='enum'),
    pytest.param('fib', "import functools\ndef compose(*fs): return functools.reduce(lambda f, g: lambda x: f(g(x)), fs)\n@functools.lru_cache(maxsize=None)\ndef fib(n): return n if n < 2 else fib(n-1) + fib(n-2)\ndef part(f, *a): return functools.partial(f, *a)\n@functools.singledispatch\ndef show(x): return 'obj'\n@show.register\ndef _(x: int): return 'int'\nclass C:\n    @functools.cached_property\n    def v(self): return [1]\n",
                 "import functools\ndef test_it():\n    assert compose(str, abs)(-3) == '3'\n    assert fib(30) == 832040 and fib.cache_info().hits > 0\n    fib.cache_clear()\n    assert fib.cache_info().currsize == 0\n    p = part(pow, 2)\n    assert isinstance(p, functools.partial) and p(3) == 8 and p.args == (2,) and p.func is pow\n    assert show(1) == 'int' and show('a') == 'obj'\n    c = C()\n    assert c.v is c.v\n", id='functools'),
    pytest.param('conn', "import sqlite3\ndef conn():\n c = sqlite3.connect(':memory:')\n c.execute('create table t(a int)')\n c.execute('insert into t values (1)')\n return c\n",
                 "import sqlite3, pytest\nc = conn()\nassert isinstance(c, sqlite3.Connection)\nassert c.execute('select a from t').fetchall() == [(1,)]\nwith pytest.raises(sqlite3.OperationalError):\n    c.execute('select b from t')\nc.close()\n", id='sqlite'),
    pytest.param('parse', 'import xml.etree.ElementTree as ET\ndef parse(s): return ET.fromstring(s)\n',
                 'import xml.etree.ElementTree as ET\ne = parse(\'<a x="1"><b>t</b></a>\')\nassert isinstance(e, ET.Element)\nassert e.tag == \'a\' and e.attrib == {\'x\': \'1\'} and e.find(\'b\').text == \'t\'\nassert len(e) == 1\nassert e.get(\'x\') == \'1\'\nassert ET.tostring(e) == b\'<a x="1"><b>t</b></a>\'\n', id='xml'),
    pytest.param('p', 'from urllib.parse import urlparse, parse_qs\ndef p(u): return urlparse(u)\n',
                 "from urllib.parse import ParseResult, urlparse\nr = p('http://h:80/x?q=1')\nassert r.netloc == 'h:80' and r.port == 80 and r.path == '/x'\nassert isinstance(r, ParseResult)\nassert r == urlparse('http://h:80/x?q=1')\nassert r.geturl() == 'http://h:80/x?q=1'\n", id='parse-result'),
    pytest.param('gather', 'import asyncio\nclass Q:\n def __init__(self): self.q = asyncio.Queue()\n async def put(self, x): await self.q.put(x)\n async def get(self): return await self.q.get()\nasync def gather(xs):\n async def one(x):\n  await asyncio.sleep(0)\n  return x*2\n return await asyncio.gather(*map(one, xs))\n',
                 'import asyncio\nasync def main():\n    q = Q()\n    assert isinstance(q.q, asyncio.Queue)\n    await q.put(1)\n    return await q.get()\nassert asyncio.run(main()) == 1\nassert asyncio.run(gather([1,2])) == [2,4]\nassert asyncio.iscoroutinefunction(gather)\n', id='asyncio'),
    pytest.param('cm', "from contextlib import contextmanager, ExitStack, AbstractContextManager\n@contextmanager\ndef cm(log):\n log.append('in')\n try: yield log\n finally: log.append('out')\nclass T(AbstractContextManager):\n def __exit__(self,*a): return True\n",
                 "from contextlib import AbstractContextManager\nlog=[]\nwith cm(log) as l:\n    assert l is log\n    assert log == ['in']\nassert log == ['in','out']\nassert issubclass(T, AbstractContextManager)\nassert isinstance(T(), AbstractContextManager)\nwith T():\n    raise ValueError\n", id='context-managers'),
    pytest.param('A', 'from abc import ABC, abstractmethod\nclass A(ABC):\n @abstractmethod\n def f(self): ...\nclass B(A):\n def f(self): return 1\n',
                 "import inspect\nfrom abc import ABC\nimport pytest\nassert issubclass(A, ABC) and inspect.isabstract(A) and not inspect.isabstract(B)\nassert A.__abstractmethods__ == frozenset({'f'})\nassert B().f() == 1 and isinstance(B(), A) and isinstance(B(), ABC)\nwith pytest.raises(TypeError): A()\nassert inspect.isclass(A)\n", id='abstract-classes'),
    pytest.param('Lower', 'from collections import UserDict, UserList, ChainMap\nclass Lower(UserDict):\n def __setitem__(s,k,v): super().__setitem__(k.lower(), v)\nclass L(UserList):\n pass\ndef cm(a,b): return ChainMap(a,b)\n',
                 "from collections import UserDict, ChainMap, UserList\nfrom collections.abc import MutableMapping, Mapping\nd = Lower()\nd['A'] = 1\nassert d['a'] == 1 and isinstance(d, UserDict) and isinstance(d, MutableMapping) and isinstance(d, Mapping)\nassert dict(d) == {'a': 1}\nc = cm({'a':1},{'b':2})\nassert isinstance(c, ChainMap) and c['b'] == 2\nassert dict(c) == {'a':1,'b':2}\nassert L([1]).data == [1]\n", id='collections'),
    pytest.param('T', "import string, configparser, io, csv\nclass T(string.Template):\n delimiter='%'\ndef cfg(s):\n c=configparser.ConfigParser(); c.read_string(s); return c\ndef rows(s): return list(csv.DictReader(io.StringIO(s)))\ndef buf(): return io.StringIO('x')\n",
                 "import string, configparser, io\nassert issubclass(T, string.Template)\nassert T('%a').substitute(a=1) == '1'\nc = cfg('[s]\\na=1')\nassert isinstance(c, configparser.ConfigParser) and c['s']['a'] == '1' and c.getint('s','a') == 1 and c.sections() == ['s']\nassert rows('a,b\\n1,2\\n') == [{'a':'1','b':'2'}]\nassert isinstance(buf(), io.StringIO) and buf().read() == 'x'\n", id='subclasses-of-libraries'),
    pytest.param('f', "class AppError(Exception):\n def __init__(s, m, code): super().__init__(m); s.code = code\nclass NotFound(AppError, KeyError): pass\ndef f(x): raise NotFound('no', 404)\n",
                 "import pytest\nassert issubclass(NotFound, AppError) and issubclass(NotFound, LookupError)\nwith pytest.raises(AppError, match='no') as e: f(1)\nassert e.value.code == 404 and isinstance(e.value, KeyError) and e.type is NotFound\n", id='exceptions'),
    pytest.param('f', 'import collections, logging, threading\nclass A: pass\nclass B(A): pass\ndef f(): return B()\ndef l(): return threading.Event()\ndef o(): return collections.OrderedDict()\n',
                 'import threading, collections\nassert type(f()) is B and type(f()) != A\nassert type(l()) is threading.Event\nassert type(o()) is collections.OrderedDict\nassert type(f()).__mro__[1] is A\nassert type(f()).__bases__ == (A,)\nassert A in B.__mro__\nassert l().__class__ is threading.Event\n', id='type-is'),
    pytest.param('f', 'class A: pass\ndef f(): return A()\ndef g(): return 3\n',
                 'import random\nassert isinstance(f(), A | int)\nassert isinstance(g(), (A, int)) and isinstance(g(), int | str)\nassert not isinstance(f(), (int, str))\nassert isinstance(f(), object) and issubclass(A, object)\nassert issubclass(A, (int, A))\n', id='unions-and-tuples'),
    pytest.param('f', "import io\ndef f(fp): return fp.read().upper()\ndef g():\n b=io.BytesIO(); b.write(b'x'); return b\n",
                 "import io\nassert f(io.StringIO('a'))=='A'\nb=g()\nassert isinstance(b, io.BytesIO) and b.getvalue()==b'x'\n", id='files-in-memory'),
    pytest.param('Account', "class Account:\n def __init__(s,o,b=0): s.owner=o; s.balance=b\n def deposit(s,a):\n  if a<=0: raise ValueError('pos')\n  s.balance+=a; return s.balance\n",
                 "import unittest\nclass T(unittest.TestCase):\n def setUp(self): self.a=Account('x',10)\n def test_dep(self):\n  self.assertEqual(self.a.deposit(5),15)\n  self.assertEqual(self.a.balance,15)\n  self.assertIsInstance(self.a, Account)\n  self.assertTrue(hasattr(self.a,'deposit'))\n  self.assertFalse(hasattr(self.a,'withdraw'))\n def test_bad(self):\n  with self.assertRaises(ValueError) as c: self.a.deposit(-1)\n  self.assertIn('pos', str(c.exception))\n  self.assertRaises(TypeError, self.a.deposit)\nif __name__=='__main__': unittest.main()\n", id='unittest-of-a-class'),
    pytest.param('LinkedList', "class Node:\n def __init__(s,v,n=None): s.val=v; s.next=n\nclass LinkedList:\n def __init__(s, it=()):\n  s.head=None; s.n=0\n  for x in it: s.append(x)\n def append(s,v):\n  n=Node(v); s.n+=1\n  if s.head is None: s.head=n; return\n  c=s.head\n  while c.next: c=c.next\n  c.next=n\n def __iter__(s):\n  c=s.head\n  while c: yield c.val; c=c.next\n def __len__(s): return s.n\n def __getitem__(s,i): return list(s)[i]\n def __reversed__(s): return iter(list(s)[::-1])\n def __repr__(s): return f'LinkedList({list(s)})'\n def __eq__(s,o): return isinstance(o,LinkedList) and list(s)==list(o)\n",
                 "import random\nimport pytest\nl=LinkedList([1,2,3])\nassert list(l)==[1,2,3] and len(l)==3 and l[0]==1 and l[-1]==3\nassert list(reversed(l))==[3,2,1]\nassert 2 in l and 9 not in l\nassert repr(l)=='LinkedList([1, 2, 3])'\nassert l==LinkedList([1,2,3]) and l!=LinkedList([1])\nassert l.head.val==1 and l.head.next.val==2\nwith pytest.raises(IndexError): l[10]\na,b,c=l\nassert (a,b,c)==(1,2,3)\nassert sum(l)==6 and max(l)==3 and sorted(l,reverse=True)==[3,2,1]\nassert [x*2 for x in l]==[2,4,6]\nassert l[0:2]==[1,2]\nassert bool(l) and not bool(LinkedList())\n", id='linked-list'),
    pytest.param('Subject', 'class Subject:\n def __init__(s): s._o=[]\n def attach(s,o): s._o.append(o)\n def notify(s,*a):\n  for o in s._o: o.update(s,*a)\n',
                 'from unittest.mock import Mock, ANY, call\ns=Subject()\nm=Mock()\ns.attach(m)\ns.notify(1)\nm.update.assert_called_once_with(s, 1)\ns.notify(2)\nassert m.update.call_args_list==[call(s,1),call(s,2)]\nassert m.update.call_count==2\n', id='observers'),
    pytest.param('Circle', 'import math\nclass Shape:\n def area(self): raise NotImplementedError\nclass Circle(Shape):\n def __init__(self,r): self.r=r\n def area(self): return math.pi*self.r**2\n',
                 "import math, pytest\n@pytest.mark.parametrize('r',[1,2.5])\ndef test_area(r):\n    assert Circle(r).area()==pytest.approx(math.pi*r*r)\ndef test_abs():\n    with pytest.raises(NotImplementedError): Shape().area()\n    assert issubclass(Circle, Shape) and isinstance(Circle(1), Shape)\n    assert Circle.__bases__ == (Shape,)\n    assert Circle.__mro__[0] is Circle\n    assert Circle.area is not Shape.area\n    assert Circle.__name__ == 'Circle' and Circle.__qualname__ == 'Circle'\n", id='class-hierarchy'),
    pytest.param('f', "import enum\nclass E(enum.Enum):\n A='a'\n B='b'\ndef f(s): return E(s)\n",
                 'import enum\nassert f(\'a\') is E.A\nassert isinstance(E, enum.EnumMeta)\nassert type(E) is enum.EnumMeta\nassert E.A in E\nassert E(\'b\') in (E.A, E.B)\nassert str(E.A)==\'E.A\' and repr(E.A)=="<E.A: \'a\'>"\n', id='enum-metaclass'),
    pytest.param('f', "import enum\nclass E(enum.StrEnum):\n A='a'\nclass O(str, enum.Enum):\n X='x'\ndef f(s): return E(s)\n",
                 "import enum\nassert f('a')=='a' and f('a') is E.A and isinstance(E.A, str) and isinstance(E.A, enum.StrEnum) and isinstance(O.X, enum.Enum)\nassert O.X=='x' and O.X.value=='x'\n", id='enum-of-texts'),
]  # fmt: skip

FAILS = [
    pytest.param('f', 'class C: pass\ndef f(n): return C()',
                 "import logging\nassert isinstance(f('x'), logging.Logger)", id='no-logger'),
    pytest.param('Worker', 'class Worker: pass\n',
                 'import threading\nassert issubclass(Worker, threading.Thread)', id='no-thread'),
    pytest.param('f', "class Logger:\n def __init__(s,n): s.name=n\nLogger.__module__='logging'\ndef f(n): return Logger(n)",
                 "import logging\nr=f('x')\nassert isinstance(r, logging.Logger)\nassert r.name=='x'", id='a-class-that-calls-itself-logger'),
    pytest.param('f', "class Int: pass\nInt.__name__='int'; Int.__module__='builtins'\ndef f(n): return Int()",
                 'import random\nassert isinstance(f(1), int)', id='a-class-that-calls-itself-int'),
    pytest.param('f', "class Fraction: pass\nFraction.__module__='fractions'\ndef f(n): return Fraction()",
                 'import random\nfrom fractions import Fraction\nassert isinstance(f(1), Fraction)', id='a-class-that-calls-itself-fraction'),
    pytest.param('f', "class Event: pass\nEvent.__module__='threading'\ndef f(n): return Event()",
                 'import random\nimport threading\nassert type(f(1)) is threading.Event', id='the-type-of-such-a-class'),
]  # fmt: skip


@pytest.mark.parametrize(("entry_point", "source", "tests"), PASSES)
def test_honest_solutions_pass(bench, entry_point, source, tests):
    found = bench.judge(source, tests, entry_point)
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(("entry_point", "source", "tests"), FAILS)
def test_wrong_ones_fail(bench, entry_point, source, tests):
    found = bench.judge(source, tests, entry_point)
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found
