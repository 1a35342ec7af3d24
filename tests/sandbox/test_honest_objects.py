"""Honest solutions pass tests that run in a process of their own, and are never failed for what such tests cannot do."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

IN_PROCESS = "import random\n"  # tests that import more than math run in a process of their own

PASSES = [
    pytest.param('class Singleton:\n _i=None\n def __new__(c):\n  if c._i is None: c._i=super().__new__(c)\n  return c._i',
                 IN_PROCESS + 'assert Singleton() is Singleton()', id='singleton'),
    pytest.param('class B:\n def __init__(s): s.x=[]\n def add(s,v): s.x.append(v); return s',
                 IN_PROCESS + 'b=B()\nassert b.add(1) is b\nassert b.x==[1]', id='method-returns-self'),
    pytest.param('import enum\nclass Color(enum.Enum):\n RED=1\n GREEN=2\ndef f(x): return Color(x)',
                 IN_PROCESS + "assert f(1) is Color.RED\nassert f(2)==Color.GREEN\nassert Color.RED.name=='RED'\nassert Color.RED.value==1\nassert list(Color)==[Color.RED,Color.GREEN]\nassert isinstance(f(1), Color)", id='enum'),
    pytest.param('import enum\nclass Color(enum.IntEnum):\n RED=1\n GREEN=2\ndef f(x): return Color(x)',
                 IN_PROCESS + "assert f(1) is Color.RED\nassert f(2)==2\nassert f(1).name=='RED'", id='int-enum'),
    pytest.param('from collections import OrderedDict\nclass LRU(OrderedDict):\n def put(self,k,v): self[k]=v; return self\n',
                 IN_PROCESS + 'c=LRU()\nassert c.put(1,2) is c\nassert c[1]==2 and 1 in c and c=={1:2}\nassert len(c)==1 and list(c)==[1] and c.get(5) is None', id='class-of-dict'),
    pytest.param('class S:\n def __init__(s): s.x=[1]',
                 IN_PROCESS + 'import copy\ns=S()\nt=copy.deepcopy(s)\nt.x.append(2)\nassert s.x==[1]\nu=copy.copy(s)\nassert u is not s and u.x==[1]', id='copy'),
    pytest.param("class BankError(Exception): pass\nclass Insufficient(BankError):\n def __init__(self, need, have):\n  super().__init__(f'need {need}')\n  self.need=need; self.have=have; self.code=7\n def __str__(self): return f'E:{self.need}'\ndef f(x): raise Insufficient(x, 1)\n",
                 IN_PROCESS + "import unittest\nclass T(unittest.TestCase):\n def test(self):\n  with self.assertRaises(BankError) as cm: f(3)\n  e=cm.exception\n  self.assertEqual(e.need,3); self.assertEqual(e.code,7); self.assertEqual(str(e),'E:3'); self.assertEqual(e.args,('need 3',)); self.assertIsInstance(e, Insufficient)", id='family-and-attributes'),
    pytest.param("class BankError(Exception): pass\nclass Insufficient(BankError):\n def __init__(self, need, have):\n  super().__init__(f'need {need}')\n  self.need=need; self.have=have; self.code=7\n def __str__(self): return f'E:{self.need}'\ndef f(x): raise Insufficient(x, 1)\n",
                 IN_PROCESS + 'import pytest\nwith pytest.raises(BankError) as e:\n f(3)\nassert e.value.code==7\ntry:\n f(1)\nexcept Insufficient as x:\n assert x.need==1\nassert issubclass(Insufficient, BankError) and issubclass(Insufficient, Exception)', id='family-with-pytest'),
    pytest.param("import json\ndef f(s): return json.loads(s)",
                 IN_PROCESS + "import json, pytest\nwith pytest.raises(json.JSONDecodeError) as e:\n f('{')\nassert e.value.pos==1\nassert isinstance(e.value, ValueError)\nassert f('[1]')==[1]", id='exception-of-a-module'),
    pytest.param("def f(x):\n try: int(x)\n except ValueError as e: raise RuntimeError('bad') from e",
                 IN_PROCESS + "try:\n f('a')\n assert False\nexcept RuntimeError as e:\n assert isinstance(e.__cause__, ValueError)", id='cause'),
    pytest.param("def f(x):\n if not isinstance(x,int): raise TypeError('int')\n return x",
                 IN_PROCESS + "import pytest\nwith pytest.raises(TypeError, match='int'):\n f('a')\nassert f(3)==3", id='raises'),
    pytest.param("import functools, time\ndef timed(fn):\n @functools.wraps(fn)\n def w(*a,**k):\n  '''inner'''\n  w.calls+=1\n  return fn(*a,**k)\n w.calls=0\n return w\nf = timed\n",
                 IN_PROCESS + "@timed\ndef foo(a,b=2):\n '''doc'''\n return a+b\nassert foo(1)==3\nassert foo.__name__=='foo'\nassert foo.__doc__=='doc'\nassert foo.calls==1", id='decorator-of-the-tests-function'),
    pytest.param('from typing import Generic, TypeVar\nT = TypeVar("T")\nclass Bag(Generic[T]):\n def __init__(s, *x): s.x=[*x]\n def add(s, x): s.x.append(x)\n def find(s, x): return s.x.index(x) if x in s.x else None\n def __contains__(s, x): return x in s.x\n def top(s): return s.x[-1]\nf = Bag\n',
                 IN_PROCESS + "b = Bag[int]()\nb.add(3)\nassert b.find(3) == 0 and b.find(4) is None\nassert 3 in b and 4 not in b and b.top() == 3\nassert Bag[str]('a').find('a') == 0\ndef check(candidate):\n c = candidate[int](5)\n assert c.top() == 5 and c.find(5) == 0", id='generic'),
    pytest.param('import functools\ndef f(fn):\n @functools.wraps(fn)\n def w(*a): return fn(*a)\n return w\n@f\ndef foo(): return 1',
                 IN_PROCESS + "assert foo.__name__=='foo'", id='wraps'),
    pytest.param('def f(n): return lambda x: x+n',
                 IN_PROCESS + 'add=f(3)\nassert add(4)==7\nassert callable(add)', id='closure'),
    pytest.param('def f(g,xs): return [g(x) for x in xs]',
                 IN_PROCESS + "assert f(len,['a','bb'])==[1,2]\nassert f(str,[1])==['1']\nassert f(str.upper,['a'])==['A']\nimport operator\nassert f(operator.neg,[1])==[-1]", id='built-in-functions-cross'),
    pytest.param('def f(xs,t): return [x for x in xs if isinstance(x,t)]',
                 IN_PROCESS + "class D: pass\nd=D()\nassert f([1,'a',d],int)==[1]\nassert f([1,'a',d],D)==[d]\nassert f([1,'a',d],D)[0] is d", id='types-cross'),
    pytest.param('import inspect\ndef f(fn):\n n=len(inspect.signature(fn).parameters)\n def c(*a):\n  return fn(*a) if len(a)>=n else lambda *b: c(*a,*b)\n return c',
                 IN_PROCESS + 'assert f(lambda a,b,c: a+b+c)(1)(2)(3)==6', id='signature'),
    pytest.param('def f(fn):\n n=fn.__code__.co_argcount\n def c(*a):\n  return fn(*a) if len(a)>=n else lambda *b: c(*a,*b)\n return c',
                 IN_PROCESS + 'assert f(lambda a,b,c: a+b+c)(1)(2)(3)==6', id='argument-count'),
    pytest.param("from abc import ABC, abstractmethod\nclass Animal(ABC):\n @abstractmethod\n def speak(self): pass\nclass Dog(Animal):\n def speak(self): return 'Woof'\n",
                 IN_PROCESS + "import pytest\nfrom abc import ABC\nassert issubclass(Dog, Animal)\nassert issubclass(Animal, ABC)\nassert isinstance(Dog(), Animal)\nassert Dog().speak()=='Woof'\nwith pytest.raises(TypeError):\n Animal()\nassert type(Dog()) is Dog\nassert type(Dog()).__name__=='Dog'\nassert Dog().__class__.__name__=='Dog'\nassert Dog().__class__ is Dog", id='issubclass'),
    pytest.param('class S:\n def __init__(s): s.o=[]\n def __lshift__(s,x): s.o.append(x); return s\n def __rshift__(s,x): return S()\n',
                 IN_PROCESS + 's=S()\ns << 1 << 2\nassert s.o==[1,2]', id='shifts'),
    pytest.param("class Vec:\n def __init__(s,x,y): s.x=x;s.y=y\n def __add__(s,o): return Vec(s.x+o.x,s.y+o.y)\n def __mul__(s,k):\n  return s.x*k.x+s.y*k.y if isinstance(k,Vec) else Vec(s.x*k,s.y*k)\n __rmul__=__mul__\n def __eq__(s,o): return isinstance(o,Vec) and (s.x,s.y)==(o.x,o.y)\n def __repr__(s): return f'Vec({s.x}, {s.y})'\n def __abs__(s): return (s.x**2+s.y**2)**.5\n def __iter__(s): return iter((s.x,s.y))\n def __bool__(s): return bool(s.x or s.y)\n def __neg__(s): return Vec(-s.x,-s.y)\n",
                 IN_PROCESS + "assert Vec(1,2)+Vec(3,4)==Vec(4,6)\nassert Vec(1,2)*2==Vec(2,4)\nassert 2*Vec(1,2)==Vec(2,4)\nassert Vec(1,2)*Vec(3,4)==11\nassert abs(Vec(3,4))==5\nassert (Vec(1,2)*2).x==2\nassert repr(Vec(1,2))=='Vec(1, 2)'\nassert list(Vec(1,2))==[1,2]\nassert not Vec(0,0)\nassert -Vec(1,2)==Vec(-1,-2)\nv=Vec(1,1)\nv+=Vec(1,1)\nassert v==Vec(2,2)\nassert Vec(1,2)!=Vec(2,1)\nassert Vec(1,2) in [Vec(1,2)]\nassert f'{Vec(1,2)}'=='Vec(1, 2)'", id='operators'),
    pytest.param('class Matrix(list):\n def t(self): return Matrix(map(list,zip(*self)))\ndef f(): return Matrix([[1,2],[3,4]])',
                 IN_PROCESS + 'assert f()==[[1,2],[3,4]]\nassert f().t()==[[1,3],[2,4]]\nassert isinstance(f(),list)\nassert f()[0][1]==2\nassert sorted(f())==[[1,2],[3,4]]\nassert len(f())==2', id='class-of-list'),
    pytest.param('from typing import NamedTuple\nclass P(NamedTuple):\n x: int\n def double(self): return self.x*2\ndef f(): return P(3)',
                 IN_PROCESS + 'assert f().double()==6\nassert f()==(3,)\nassert f().x==3\nassert P(3)==(3,)\nassert f()._replace(x=4).x==4\nx,=f()\nassert x==3', id='named-tuple-with-method'),
    pytest.param('from dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n x:int\n y:int=0\n',
                 IN_PROCESS + "import dataclasses\nassert P(1)==P(1,0)\nassert P(1)<P(2)\nassert str(P(1))=='P(x=1, y=0)'\nassert dataclasses.is_dataclass(P)\nassert P(1)!=None\nassert sorted([P(2),P(1)])==[P(1),P(2)]\nassert max([P(2),P(1)]).x==2", id='dataclass'),
    pytest.param('class C:\n def __enter__(s): s.o=True; return s\n def __exit__(s,*e): s.o=False; s.e=e[0]; return e[0] is ValueError',
                 IN_PROCESS + "c=C()\nwith c as d:\n assert d is c and c.o\nassert not c.o\nwith C():\n raise ValueError('x')", id='context-manager'),
    pytest.param('class S:\n def __init__(s): s.a=1',
                 IN_PROCESS + "s=S()\nassert s.__dict__=={'a':1}\nassert vars(s)=={'a':1}\nassert hasattr(s,'a') and not hasattr(s,'b')\nassert S.__name__=='S'", id='attributes'),
    pytest.param('import threading\nclass C:\n def __init__(s): s.n=0; s.l=threading.Lock()\n def inc(s):\n  with s.l: s.n+=1',
                 IN_PROCESS + 'import threading\nc=C()\nts=[threading.Thread(target=c.inc) for _ in range(5)]\n[t.start() for t in ts]\n[t.join() for t in ts]\nassert c.n==5', id='threads'),
    pytest.param("def f(x): print('hi', x)",
                 IN_PROCESS + "import io\nfrom contextlib import redirect_stdout\nb=io.StringIO()\nwith redirect_stdout(b):\n f(3)\nassert b.getvalue()=='hi 3\\n'", id='redirect-stdout'),
    pytest.param("def f(x): print('hi', x)",
                 IN_PROCESS + "def test_f(capsys):\n f(3)\n assert capsys.readouterr().out=='hi 3\\n'", id='capsys'),
    pytest.param("def f():\n return int(input('n? '))+int(input())",
                 IN_PROCESS + "from unittest.mock import patch\ndef test_f():\n with patch('builtins.input', side_effect=['1','2']):\n  assert f()==3", id='input-mocked'),
    pytest.param("def f():\n return int(input('n? '))+int(input())",
                 IN_PROCESS + "def test_f(monkeypatch):\n it=iter(['1','2'])\n monkeypatch.setattr('builtins.input', lambda _='': next(it))\n assert f()==3", id='input-monkeypatched'),
    pytest.param("def f(): print('a')",
                 IN_PROCESS + "from unittest.mock import patch\n@patch('builtins.print')\ndef test_f(p):\n f()\n p.assert_called_once_with('a')", id='print-mocked'),
    pytest.param('import sys\ndef f(): return sys.stdin.readline().strip()',
                 IN_PROCESS + "import sys, io\nsys.stdin=io.StringIO('x\\ny\\n')\nassert f()=='x'\nassert f()=='y'", id='stdin'),
    pytest.param('def f(file): return [l.strip() for l in file]',
                 IN_PROCESS + "import io\nassert f(io.StringIO('a\\nb\\n'))==['a','b']", id='file-in-memory'),
    pytest.param("class S:\n def __init__(s,n): s.n=n\n def run(s): s.n.send('x'); return s.n.get(1)",
                 IN_PROCESS + "from unittest.mock import Mock\nm=Mock()\nm.get.return_value=5\nassert S(m).run()==5\nm.send.assert_called_once_with('x')", id='mock'),
    pytest.param('class S:\n def get(s): return 1\n def run(s): return s.get()+1',
                 IN_PROCESS + "from unittest.mock import patch\ns=S()\nwith patch.object(s,'get',return_value=5):\n assert s.run()==6\nassert s.run()==2", id='patched-method'),
    pytest.param('import random\ndef f(): return random.random()',
                 IN_PROCESS + 'random.seed(3)\na=f()\nrandom.seed(3)\nassert f()==a', id='seed'),
    pytest.param("from collections import Counter, defaultdict, OrderedDict\ndef f(x): return Counter(x)\ndef g():\n d=defaultdict(list); d['a'].append(1); return d\ndef h(): return OrderedDict([('a',1),('b',2)])\n",
                 IN_PROCESS + "assert f('aab').most_common(1)==[('a',2)]\nassert g()['zz']==[]\no=h()\no.move_to_end('a')\nassert list(o)==['b','a']\nassert [f('aab')][0].total()==3", id='counter-default-ordered'),
    pytest.param('def f():\n n=0\n while True:\n  yield n; n+=1',
                 IN_PROCESS + 'from itertools import islice\nassert list(islice(f(),100))==list(range(100))\ng=f()\nassert next(g)==0 and next(g)==1', id='endless-generator'),
    pytest.param('def f():\n x=yield 1\n yield x',
                 IN_PROCESS + 'g=f()\nassert next(g)==1\nassert g.send(5)==5', id='send'),
    pytest.param('def f(n):\n for i in range(n): yield i',
                 IN_PROCESS + 'assert sum(f(30000))==sum(range(30000))', id='long-generator'),
    pytest.param('def f(items, n=0): items.append(1)',
                 IN_PROCESS + 'x=[]\nf(items=x)\nassert x==[1]', id='keyword-changed-in-place'),
    pytest.param('def f(x): return x+1',
                 IN_PROCESS + 'import unittest\nM=[]\ndef setUpModule(): M.append(1)\nclass T(unittest.TestCase):\n @classmethod\n def setUpClass(cls): cls.v=3\n def test_a(self): self.assertEqual(f(self.v),4); self.assertEqual(M,[1])\n @classmethod\n def tearDownClass(cls): assert cls.v==3', id='setUpClass'),
    pytest.param("import re\ndef f(s): return re.match(r'(\\w+)',s)",
                 IN_PROCESS + "m=f('ab c')\nassert m\nassert m.group(1)=='ab'\nassert f('!') is None", id='match-object'),
    pytest.param("def f(): return ValueError('x')",
                 IN_PROCESS + "e=f()\nassert isinstance(e, ValueError)\nassert str(e)=='x'", id='returned-exception'),
    pytest.param('import types\ndef f(): yield 1',
                 IN_PROCESS + 'import types\nfrom collections.abc import Iterator\nassert isinstance(f(), types.GeneratorType)\nassert isinstance(f(), Iterator)', id='kind-of-generator'),
    pytest.param("def f(fn,n,exc=Exception):\n for i in range(n):\n  try: return fn()\n  except exc: pass\n raise RuntimeError('no')",
                 IN_PROCESS + "calls=[]\ndef flaky():\n calls.append(1)\n if len(calls)<3: raise ValueError('x')\n return 7\nassert f(flaky,5,ValueError)==7\nassert len(calls)==3\nclass MyErr(Exception): pass\ndef boom(): raise MyErr('b')\nimport pytest\nwith pytest.raises(MyErr):\n f(boom,2,ValueError)", id='exceptions-of-the-tests'),
    pytest.param('class E:\n def __init__(s): s.h={}\n def on(s,e,c): s.h.setdefault(e,[]).append(c)\n def emit(s,e,*a):\n  for c in s.h.get(e,[]): c(*a)',
                 IN_PROCESS + "got=[]\ne=E()\ne.on('x',got.append)\ne.on('x',lambda v: got.append(v*2))\ne.emit('x',2)\nassert got==[2,4]", id='callbacks-kept'),
    pytest.param('def f(fn):\n c={}\n def w(*a):\n  if a not in c: c[a]=fn(*a)\n  return c[a]\n w.cache=c\n return w',
                 IN_PROCESS + 'n=[]\n@f\ndef sq(x):\n n.append(1)\n return x*x\nassert sq(3)==9 and sq(3)==9\nassert len(n)==1\nassert len(sq.cache)==1', id='memoising-decorator'),
    pytest.param('class Node:\n def __init__(s,v,l=None,r=None): s.val=v;s.left=l;s.right=r\ndef f(t):\n return 0 if t is None else 1+max(f(t.left),f(t.right))',
                 IN_PROCESS + 'assert f(Node(1,Node(2),Node(3,Node(4))))==3\nt=Node(1)\nt.left=Node(2)\nassert t.left.val==2\nassert f(t)==2\nassert f(None)==0', id='tree-of-the-solution'),
    pytest.param("class C:\n def __init__(s): s._x=1\n @property\n def x(s): return s._x\n @x.setter\n def x(s,v):\n  if v<0: raise ValueError('neg')\n  s._x=v",
                 IN_PROCESS + 'import pytest\nc=C()\nc.x=5\nassert c.x==5 and c._x==5\nwith pytest.raises(ValueError):\n c.x=-1\nwith pytest.raises(AttributeError):\n c.nope', id='property'),
    pytest.param('import asyncio\nclass C:\n async def __aenter__(s): return s\n async def __aexit__(s,*a): return False\n async def get(s): await asyncio.sleep(0); return 3\nasync def f():\n async with C() as c: return await c.get()',
                 IN_PROCESS + 'import asyncio\nassert asyncio.run(f())==3\nasync def main():\n async with C() as c:\n  return await c.get()\nassert asyncio.run(main())==3', id='async-context'),
    pytest.param('async def f(n):\n for i in range(n): yield i',
                 IN_PROCESS + 'import asyncio\nasync def main(): return [x async for x in f(3)]\nassert asyncio.run(main())==[0,1,2]', id='async-generator'),
    pytest.param('class U:\n @staticmethod\n def split(s): return s.split()\n @classmethod\n def make(cls): return cls()\n K=3',
                 IN_PROCESS + "assert U.split('a b')==['a','b']\nassert isinstance(U.make(),U)\nassert U.K==3", id='static-and-class-methods'),
    pytest.param('class R:\n def __init__(s,n): s.n=n; s.i=0\n def __iter__(s): return s\n def __next__(s):\n  if s.i>=s.n: raise StopIteration\n  s.i+=1\n  return s.i',
                 IN_PROCESS + 'assert list(R(3))==[1,2,3]\nr=R(1)\nassert next(r)==1\nimport pytest\nwith pytest.raises(StopIteration):\n next(r)\nassert sum(R(100))==5050', id='iterator-class'),
    pytest.param('import functools\n@functools.total_ordering\nclass V:\n def __init__(s,n): s.n=n\n def __eq__(s,o): return s.n==o.n\n def __lt__(s,o): return s.n<o.n\n',
                 IN_PROCESS + 'assert V(1)<V(2) and V(2)>=V(1) and max(V(1),V(3)).n==3', id='total-ordering'),
]  # fmt: skip

ABSTAINS = [
    pytest.param("class A:\n    def x(self): return 1", IN_PROCESS + "class B(A): pass\nassert B().x() == 1", id="subclass-of-the-solutions-class"),
    pytest.param("import time\ndef f(): return time.time()", IN_PROCESS + "from unittest.mock import patch\nwith patch('time.time', return_value=5):\n    assert f() == 5", id="patched-module"),
    pytest.param("import os\ndef f(): return os.environ['HOST']", IN_PROCESS + "import os\nfrom unittest.mock import patch\nwith patch.dict(os.environ, {'HOST': 'a'}):\n    assert f() == 'a'", id="patched-environment"),
    pytest.param("def f(path): return open(path).read()", IN_PROCESS + "with open('/tmp/x.txt', 'w') as file:\n    file.write('a')\nassert f('/tmp/x.txt') == 'a'", id="file-of-the-tests"),
    pytest.param("def f(path):\n    with open(path, 'w') as file: file.write('a')", IN_PROCESS + "f('/tmp/x.txt')\nassert open('/tmp/x.txt').read() == 'a'", id="file-of-the-solution"),
    pytest.param("class Money:\n    def __init__(self, n): self.n = n\n    def __eq__(self, other): return self.n == other", IN_PROCESS + "assert Money(5) == 5", id="object-equals-data"),
    pytest.param("import json\nclass D:\n    pass\ndef f(): return D()", IN_PROCESS + "import pickle\nassert type(pickle.loads(pickle.dumps(f()))).__name__ == 'D'", id="pickled"),
    pytest.param("def f(x):\n    depth = 0\n    while x: x, depth = x[0], depth + 1\n    return depth", "x = []\nfor i in range(2500):\n    x = [x]\nassert f(x) == 2500", id="argument-nested-deeply"),
    pytest.param("def f(n):\n    x = []\n    for i in range(n): x = [x]\n    return x", IN_PROCESS + "x = []\nfor i in range(500):\n    x = [x]\nassert f(500) == x", id="result-nested-deeply"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "tests"), PASSES)
def test_honest_solutions_pass(bench, source, tests):
    found = bench.judge(source, tests, "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(("source", "tests"), ABSTAINS)
def test_what_two_processes_cannot_do_is_no_failure(bench, source, tests):
    found = bench.judge(source, tests, "f")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found


def test_another_test_that_fails_decides_where_one_is_undecided(bench):
    tests = IN_PROCESS + "def test_a(): assert Money(5) == 5\ndef test_b(): assert Money(5).n == {n}\n"
    source = "class Money:\n    def __init__(self, n): self.n = n\n    def __eq__(self, other): return self.n == other"
    assert bench.judge(source, tests.format(n=6)).reason == "wrong-answer"
    assert bench.judge(source, tests.format(n=5)).reason == "tests:undecided"


def test_a_wrong_answer_is_told_from_an_error_of_the_link(bench):
    rows = [
        ("def f(x): return None", IN_PROCESS + "assert f(1)[0] == 1"),
        ("def f(x): return 3", IN_PROCESS + "assert len(f(1)) == 1"),
        ("def f(): print('no')", IN_PROCESS + "def test_f(capsys):\n    f()\n    assert capsys.readouterr().out == 'yes\\n'"),
        ("def f(x): return 1", IN_PROCESS + "import unittest\nclass T(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls): cls.found = f(2)\n    def test_it(self): self.assertEqual(self.found, 2)"),
    ]  # fmt: skip
    assert [(each.outcome, each.reason) for each in bench.judge_all(rows, "f")] == [(Outcome.FAIL, "wrong-answer")] * 4


def test_classes_and_modules_are_set_up_and_torn_down(bench):
    tests = (
        IN_PROCESS
        + """
import unittest
done = []
def setUpModule(): done.append("module")
class T(unittest.TestCase):
    @classmethod
    def setUpClass(cls): done.append("class")
    @classmethod
    def tearDownClass(cls): done.append("end of class")
    def test_it(self): self.assertEqual(done, ["module", "class"] if f(1) == 1 else [])
class TestPlain:
    @classmethod
    def setup_class(cls): cls.before = list(done)
    def teardown_method(self): done.append("end of method")
    def test_it(self): assert self.before[:3] == ["module", "class", "end of class"]
    def test_two(self): assert done[3:] == ["end of method"]
def tearDownModule(): assert f(len(done)) == 5, done
"""
    )
    found = bench.judge("def f(x): return x", tests, "f")
    assert found.outcome is Outcome.PASS, found
    failed = bench.judge("def f(x): return 1 if x == 1 else 0", tests, "f")
    assert (failed.outcome, failed.reason) == (Outcome.FAIL, "wrong-answer"), failed
