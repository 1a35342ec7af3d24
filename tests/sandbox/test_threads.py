"""Tests and solutions with threads are judged as in one process: a thread may wait for what another does."""

# ruff: noqa: E501 - a program a line: they are data

import time

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

RIGHT = [
    pytest.param('BoundedQueue', '\nimport threading\nfrom collections import deque\nclass BoundedQueue:\n    def __init__(self, n): self.n, self.q, self.c = n, deque(), threading.Condition()\n    def put(self, x):\n        with self.c:\n            while len(self.q) >= self.n: self.c.wait()\n            self.q.append(x); self.c.notify_all()\n    def get(self):\n        with self.c:\n            while not self.q: self.c.wait()\n            x = self.q.popleft(); self.c.notify_all(); return x\n    def size(self): return len(self.q)\n', 'import threading, time\nq = BoundedQueue(1)\nt = threading.Thread(target=lambda: (time.sleep(0.1), q.put(7)))\nt.start()\nassert q.get() == 7\nt.join()\nassert q.size() == 0\n', id='queue-that-waits-for-a-thread'),
    pytest.param('BoundedQueue', '\nimport threading\nfrom collections import deque\nclass BoundedQueue:\n    def __init__(self, n): self.n, self.q, self.c = n, deque(), threading.Condition()\n    def put(self, x):\n        with self.c:\n            while len(self.q) >= self.n: self.c.wait()\n            self.q.append(x); self.c.notify_all()\n    def get(self):\n        with self.c:\n            while not self.q: self.c.wait()\n            x = self.q.popleft(); self.c.notify_all(); return x\n    def size(self): return len(self.q)\n', 'import threading\nq = BoundedQueue(3)\nout = []\nps = [threading.Thread(target=lambda k=k: [q.put((k, i)) for i in range(30)]) for k in range(4)]\ncs = [threading.Thread(target=lambda: [out.append(q.get()) for i in range(30)]) for k in range(4)]\nfor t in ps + cs: t.start()\nfor t in ps + cs: t.join()\nassert sorted(out) == [(k, i) for k in range(4) for i in range(30)]\n', id='producers-and-consumers'),
    pytest.param('BoundedQueue', '\nimport threading\nfrom collections import deque\nclass BoundedQueue:\n    def __init__(self, n): self.n, self.q, self.c = n, deque(), threading.Condition()\n    def put(self, x):\n        with self.c:\n            while len(self.q) >= self.n: self.c.wait()\n            self.q.append(x); self.c.notify_all()\n    def get(self):\n        with self.c:\n            while not self.q: self.c.wait()\n            x = self.q.popleft(); self.c.notify_all(); return x\n    def size(self): return len(self.q)\n', 'import threading, time\nq = BoundedQueue(1)\nout = []\nt = threading.Thread(target=lambda: out.append(q.get()))\nt.start()\ntime.sleep(0.05)\nq.put(7)\nt.join(2)\nassert out == [7]\nassert q.size() == 0\n', id='thread-that-waits'),
    pytest.param('Foo', '\nimport threading\nclass Foo:\n    def __init__(self): self.a, self.b = threading.Event(), threading.Event()\n    def first(self, p): p(); self.a.set()\n    def second(self, p): self.a.wait(); p(); self.b.set()\n    def third(self, p): self.b.wait(); p()\n', 'import threading\ndef test_order():\n    foo, out = Foo(), []\n    ts = [threading.Thread(target=foo.third, args=(lambda: out.append(3),)), threading.Thread(target=foo.second, args=(lambda: out.append(2),)), threading.Thread(target=foo.first, args=(lambda: out.append(1),))]\n    for t in ts: t.start()\n    for t in ts: t.join()\n    assert out == [1, 2, 3]\n', id='print-in-order'),
    pytest.param('Barrier', '\nimport threading\nclass Barrier:\n    def __init__(self, n): self.n, self.c, self.k = n, threading.Condition(), 0\n    def wait(self):\n        with self.c:\n            self.k += 1; mine = self.k\n            self.c.notify_all()\n            while self.k < self.n: self.c.wait()\n            return mine\n', 'from concurrent.futures import ThreadPoolExecutor\nb = Barrier(2)\nwith ThreadPoolExecutor(2) as pool:\n    found = sorted(pool.map(lambda _: b.wait(), range(2)))\nassert found == [1, 2]\n', id='barrier-in-a-pool'),
    pytest.param('Barrier', '\nimport threading\nclass Barrier:\n    def __init__(self, n): self.n, self.c, self.k = n, threading.Condition(), 0\n    def wait(self):\n        with self.c:\n            self.k += 1; mine = self.k\n            self.c.notify_all()\n            while self.k < self.n: self.c.wait()\n            return mine\n', 'import asyncio\nb = Barrier(2)\nasync def main():\n    return sorted(await asyncio.gather(asyncio.to_thread(b.wait), asyncio.to_thread(b.wait)))\nassert asyncio.run(main()) == [1, 2]\n', id='barrier-in-tasks'),
    pytest.param('ZeroEvenOdd', '\nimport threading\nclass ZeroEvenOdd:\n    def __init__(self, n):\n        self.n=n; self.z, self.e, self.o = threading.Semaphore(1), threading.Semaphore(0), threading.Semaphore(0)\n    def zero(self, p):\n        for i in range(1, self.n+1):\n            self.z.acquire(); p(0); (self.o if i % 2 else self.e).release()\n    def even(self, p):\n        for i in range(2, self.n+1, 2): self.e.acquire(); p(i); self.z.release()\n    def odd(self, p):\n        for i in range(1, self.n+1, 2): self.o.acquire(); p(i); self.z.release()\n', 'import threading\nz, out = ZeroEvenOdd(5), []\nts = [threading.Thread(target=f, args=(out.append,)) for f in (z.zero, z.even, z.odd)]\nfor t in ts: t.start()\nfor t in ts: t.join()\nassert out == [0,1,0,2,0,3,0,4,0,5]\n', id='semaphores'),
    pytest.param('RWLock', "\nimport threading\nclass RWLock:\n    def __init__(self): self.l = threading.RLock(); self.owner=None\n    def acquire(self): self.l.acquire(); self.owner = threading.get_ident()\n    def release(self):\n        if self.owner != threading.get_ident(): raise RuntimeError('not the owner')\n        self.l.release()\n", 'import threading, time\nl = RWLock()\norder = []\ndef work(k):\n    l.acquire(); l.acquire()\n    order.append(k); time.sleep(0.01); order.append(k)\n    l.release(); l.release()\nts = [threading.Thread(target=work, args=(k,)) for k in range(4)]\nfor t in ts: t.start()\nfor t in ts: t.join()\nassert all(order[2*i] == order[2*i+1] for i in range(4)) and sorted(set(order)) == [0,1,2,3]\n', id='owner-of-a-lock'),
    pytest.param('f', 'def f(x): return x * x', 'import threading\nout = {}\nfor round in range(5):\n    ts = [threading.Thread(target=lambda k=k: out.__setitem__(k, f(k))) for k in range(40)]\n    for t in ts: t.start()\n    for t in ts: t.join()\nassert out == {k: k*k for k in range(40)}\n', id='many-threads-in-turn'),
    pytest.param('pmap', 'from concurrent.futures import ThreadPoolExecutor\ndef pmap(f, xs):\n with ThreadPoolExecutor(4) as p: return list(p.map(f, xs))', 'import random\nassert pmap(lambda x: x + 1, range(50)) == list(range(1, 51))\nseen = []\nassert pmap(seen.append, range(20)) == [None]*20\nassert sorted(seen) == list(range(20))\n', id='pool-of-the-solution'),
    pytest.param('Counter', 'import threading\nclass Counter:\n def __init__(s): s.n=0; s.l=threading.Lock()\n def inc(s):\n  with s.l: s.n += 1\n  return s.n', 'import threading\nc = Counter()\ndef work():\n    for _ in range(100): c.inc()\nts = [threading.Thread(target=work) for _ in range(8)]\nfor t in ts: t.start()\nfor t in ts: t.join()\nassert c.n == 800\n', id='counter'),
    pytest.param('f', 'import time\ndef f(x):\n time.sleep(0.4)\n return x', 'from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as pool:\n    assert list(pool.map(f, range(8))) == list(range(8))\n', id='calls-that-sleep'),
    pytest.param('debounce', '\nimport threading, functools\ndef debounce(seconds):\n    def deco(fn):\n        timer = None\n        @functools.wraps(fn)\n        def wrapped(*a, **k):\n            nonlocal timer\n            if timer is not None: timer.cancel()\n            timer = threading.Timer(seconds, fn, a, k)\n            timer.start()\n        return wrapped\n    return deco\n', 'import time\ndef test_last():\n    calls = []\n    @debounce(0.05)\n    def g(x): calls.append(x)\n    g(1); g(2); g(3)\n    time.sleep(0.2)\n    assert calls == [3]\ndef test_twice():\n    calls = []\n    @debounce(0.05)\n    def g(x): calls.append(x)\n    g(1)\n    time.sleep(0.2)\n    g(2)\n    time.sleep(0.2)\n    assert calls == [1, 2]\n', id='timers-that-call-back'),
    pytest.param('EventBus', 'import threading\nclass EventBus:\n def __init__(s): s.h = {}\n def subscribe(s, n, h): s.h.setdefault(n, []).append(h)\n def publish(s, n, d):\n  for h in s.h.get(n, []): threading.Thread(target=h, args=(d,)).start()\n', "import time\nb = EventBus()\nout = []\nb.subscribe('a', out.append)\nb.publish('a', 1)\ntime.sleep(0.1)\nb.publish('a', 2)\ntime.sleep(0.1)\nassert out == [1, 2]\n", id='threads-that-call-back'),
]  # fmt: skip

WRONG = [
    pytest.param('Foo', '\nimport threading\nclass Foo:\n    def __init__(self): self.a, self.b = threading.Event(), threading.Event()\n    def first(self, p): p(); self.a.set()\n    def second(self, p): p(); self.b.set()\n    def third(self, p): self.b.wait(); p()\n', 'import threading\ndef test_order():\n    foo, out = Foo(), []\n    ts = [threading.Thread(target=foo.third, args=(lambda: out.append(3),)), threading.Thread(target=foo.second, args=(lambda: out.append(2),)), threading.Thread(target=foo.first, args=(lambda: out.append(1),))]\n    import time\n    for t in ts: t.start(); time.sleep(0.05)\n    for t in ts: t.join()\n    assert out == [1, 2, 3]\n', id='out-of-order'),
    pytest.param('RWLock', "\nimport threading\nclass RWLock:\n    def __init__(self): self.l = threading.RLock(); self.owner=None\n    def acquire(self):  self.owner = threading.get_ident()\n    def release(self):\n        if self.owner != threading.get_ident(): raise RuntimeError('not the owner')\n        pass\n", 'import threading, time\nl = RWLock()\norder = []\ndef work(k):\n    l.acquire()\n    order.append(k); time.sleep(0.05); order.append(k)\n    l.release()\nts = [threading.Thread(target=work, args=(k,)) for k in range(4)]\nfor t in ts: t.start()\nfor t in ts: t.join()\nassert all(order[2*i] == order[2*i+1] for i in range(4)) and sorted(set(order)) == [0,1,2,3]\n', id='lock-that-locks-nothing'),
    pytest.param('pmap', 'from concurrent.futures import ThreadPoolExecutor\ndef pmap(f, xs):\n with ThreadPoolExecutor(4) as p: return list(p.map(f, xs))[:-1]', 'import random\nassert pmap(lambda x: x + 1, range(50)) == list(range(1, 51))\n', id='pool-of-the-solution'),
    pytest.param('Counter', 'import threading\nclass Counter:\n def __init__(s): s.n=0; s.l=threading.Lock()\n def inc(s):\n  with s.l: s.n += 1\n  return s.n', 'import threading\nc = Counter()\ndef work():\n    for _ in range(100): c.inc()\nts = [threading.Thread(target=work) for _ in range(8)]\nfor t in ts: t.start()\nfor t in ts: t.join()\nassert c.n == 801\n', id='counter'),
    pytest.param('debounce', 'def debounce(seconds):\n    def deco(fn): return fn\n    return deco\n', 'import time\ndef test_last():\n    calls = []\n    @debounce(0.05)\n    def g(x): calls.append(x)\n    g(1); g(2); g(3)\n    time.sleep(0.2)\n    assert calls == [3]\ndef test_twice():\n    calls = []\n    @debounce(0.05)\n    def g(x): calls.append(x)\n    g(1)\n    time.sleep(0.2)\n    g(2)\n    time.sleep(0.2)\n    assert calls == [1, 2]\n', id='no-debounce'),
]  # fmt: skip

FIND = "import gc, sys, threading\ndef link(): return next(each for each in gc.get_objects() if type(each).__name__ == 'Link')\n"
AT_ONCE = "import threading\nout = []\nt = threading.Thread(target=lambda: out.append(f(1)))\nt.start()\nout.append(f(2))\nt.join()\nassert sorted(out) == [11, 12]\n"
HOSTILE = [
    pytest.param("def f(x):\n link().send(9, 'value', (0, 12), lane=0)\n return 11\n", id="answer-before-the-question"),
    pytest.param("def f(x):\n for n in range(1, 9): link().send(n, 'value', (0, 12), lane=0)\n return 11\n", id="answers-to-all-that-may-be-asked"),
    pytest.param("def f(x):\n for lane in (1, 2, 3): link().send(9, 'value', (0, 11), lane=lane)\n return 12\n", id="answers-for-other-threads"),
    pytest.param("def f(x):\n for lane in range(-1, -9000, -1): link().send(1, 'op', 'len', [(0, [])], lane=lane)\n return 11\n", id="many-threads"),
    pytest.param("def f(x):\n for i in range(9000): link().send(i, 'op', 'len', [(0, [])], lane=-1)\n return 11\n", id="flood"),
    pytest.param("def f(x):\n for lane in (0, 1, 2): link().send(0, 'end', lane=lane)\n return 11\n", id="end-of-the-tests-threads"),
    pytest.param("def f(x):\n for lane in (-1, -1, -2): link().send(1, 'op', 'len', [(0, [])], lane=lane); link().send(0, 'end', lane=lane)\n return 11\n", id="threads-that-end-at-once"),
    pytest.param("def f(x):\n link().send(1, 'op', 'len', [(0, [])], lane=1 << 70)\n return 11\n", id="huge-number"),
    pytest.param("def f(x):\n for rest in ((), ('aside',), ('aside', 'op'), ([],)): link().send(1, 'aside', *rest, lane=-1)\n return 11\n", id="requests-aside-without-one"),
    pytest.param("def f(x):\n def more():\n  while True: link().send(1, 'attr', 0, '__globals__', lane=-1)\n threading.Thread(target=more, daemon=True).start()\n return 11\n", id="thread-that-asks-on"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "solution", "tests"), RIGHT)
def test_threads_may_wait_for_each_other(bench, name, solution, tests):
    judgement = bench.judge(solution, tests, name)
    assert judgement.outcome is Outcome.PASS, judgement


@pytest.mark.parametrize(("name", "solution", "tests"), WRONG)
def test_what_is_wrong_with_threads_fails(bench, name, solution, tests):
    judgement = bench.judge(solution, tests, name)
    assert judgement.reason == "wrong-answer", judgement


def test_calls_of_several_threads_run_at_one_time(bench):
    begun = time.monotonic()
    solution = "import time\ndef f(x):\n time.sleep(0.5)\n return x\n"
    tests = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(20) as pool:\n    assert list(pool.map(f, range(20))) == list(range(20))\n"
    )
    assert bench.judge(solution, tests, "f").outcome is Outcome.PASS
    assert time.monotonic() - begun < 5  # 10 in turn, which is also more than the limit


def test_a_solution_that_blocks_for_ever_times_out(bench):
    solution = "import threading\ndef f(x): threading.Event().wait()\n"
    tests = "import threading\nt = threading.Thread(target=f, args=(1,))\nt.start()\nt.join()\nassert f(2) == 2\n"
    assert bench.judge(solution, tests, "f", timeout_seconds=0.5).reason == "timeout"


def test_more_threads_than_can_run_say_nothing(bench):
    solution = "import time\ndef f(x):\n time.sleep(0.2)\n return x\n"
    tests = (
        "import threading\nassert f(1) == 1\nts = [threading.Thread(target=f, args=(k,)) for k in range(70)]\n"
        "for t in ts: t.start()\nfor t in ts: t.join()\n"
    )
    assert bench.judge(solution, tests, "f").reason == "tests:undecided"


@pytest.mark.parametrize("solution", HOSTILE)
def test_messages_that_nobody_awaits_make_no_pass(bench, solution):
    judgement = bench.judge(FIND + solution, AT_ONCE, "f")
    assert judgement.outcome is not Outcome.PASS, judgement
    assert not judgement.reason.startswith("tests:"), judgement


def test_redirected_output_of_threads_is_no_wrong_answer(bench):
    solution = "import time\ndef f(x):\n print(x)\n time.sleep(0.1)\n print(x)\n"
    tests = (
        "import io, threading\nfrom contextlib import redirect_stdout\nheard = io.StringIO()\n"
        "with redirect_stdout(heard):\n"
        "    ts = [threading.Thread(target=f, args=(k,)) for k in range(3)]\n"
        "    for t in ts: t.start()\n    for t in ts: t.join()\n"
        "assert sorted(heard.getvalue().split()) == ['0', '0', '1', '1', '2', '2']\n"
    )
    assert bench.judge(solution, tests, "f").reason in ("", "tests:undecided")
