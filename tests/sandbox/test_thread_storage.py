"""Threads have storage of their own, share containers from their first call, and may be started in any way."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

QUEUE = "import queue\n_q = queue.Queue()\ndef put(x): _q.put(x)\ndef get(): return _q.get()\n"
STORE = (
    "import threading\n_own = threading.local()\ndef put(x): _own.x = x\ndef get(): return getattr(_own, 'x', None)\n"
)
BUS = """
import threading
class Subscriber:
    def __init__(self, name): self.name = name
class Bus:
    def __init__(self): self.subscribers = set()
    def later(self, names):
        def work():
            for name in names: self.subscribers.add(Subscriber(name))
        t = threading.Thread(target=work)
        t.start()
        return t
    def count(self): return len(self.subscribers)
"""


@pytest.mark.parametrize(
    ("solution", "tests"),
    [
        pytest.param(
            QUEUE,
            "import _thread, time\n_thread.start_new_thread(lambda: (time.sleep(0.1), put(7)), ())\n"
            "assert get() == 7\n",
            id="started-without-a-name",
        ),
        pytest.param(
            QUEUE + "def take(out): out.append(get())\n",
            "import threading, time\nfor _ in range(5):\n    out = []\n"
            "    ts = [threading.Thread(target=take, args=(out,)) for _ in range(4)]\n    for t in ts: t.start()\n"
            "    time.sleep(0.02)\n    for x in range(4): put(x)\n    for t in ts: t.join()\n"
            "    assert sorted(out) == [0, 1, 2, 3]\n",
            id="list-that-several-threads-give",
        ),
        pytest.param(
            STORE,
            "import threading\nfound = []\nput('main')\n"
            "for x in range(70):\n    t = threading.Thread(target=lambda: (found.append(get()), put(x)))\n"
            "    t.start()\n    t.join()\nassert found == [None] * 70\nassert get() == 'main'\n",
            id="storage-of-each-thread-in-turn",
        ),
        pytest.param(
            STORE,
            "import threading\nfound, both = [], threading.Barrier(2)\n"
            "def work(x):\n    put(x)\n    both.wait()\n    found.append(get() == x)\n"
            "ts = [threading.Thread(target=work, args=(x,)) for x in (1, 2)]\nfor t in ts: t.start()\n"
            "for t in ts: t.join()\nassert found == [True, True]\n",
            id="storage-of-threads-at-one-time",
        ),
        pytest.param(
            BUS,
            "import threading\nb = Bus()\nheld = b.subscribers\nt = b.later([str(n) for n in range(30)])\n"
            "while b.count() < 30: pass\nt.join()\nassert sorted(each.name for each in b.subscribers) == "
            "sorted(str(n) for n in range(30))\nassert len(held) == 30\n",
            id="set-of-objects-that-a-thread-fills",
        ),
    ],
)
def test_threads_are_told_apart_and_meet_one_object(bench, solution, tests):
    judgement = bench.judge(solution, tests)
    assert judgement.outcome is Outcome.PASS, judgement


BOTH = """
import threading, time
class Slow:
    def __hash__(self):
        time.sleep(0.02)
        return id(self)
class Bus:
    def __init__(self): self.one, self.two = set(), set()
    def later(self, heard):
        def work():
            for n in range(10):
                self.one.add(Slow())
                heard(n)
        t = threading.Thread(target=work)
        t.start()
        return t
    def sizes(self): return len(self.one), len(self.two)
"""


def test_both_sides_learn_of_objects_of_the_other_at_one_time(bench):
    """To put an object into a set its hash is asked, of a thread that may have something to learn itself."""
    tests = (
        "import threading, time\nclass Handler:\n    def __hash__(self):\n        time.sleep(0.02)\n"
        "        return id(self)\nb, heard = Bus(), []\none, two = b.one, b.two\nt = b.later(heard.append)\n"
        "for n in range(10):\n    two.add(Handler())\n    b.sizes()\nt.join()\n"
        "assert heard == list(range(10))\nassert b.sizes() == (10, 10) == (len(one), len(two))\n"
    )
    judgement = bench.judge(BOTH, tests, "Bus", timeout_seconds=5.0)
    assert judgement.outcome is Outcome.PASS, judgement


def test_an_answer_that_nobody_waits_for_any_more_is_no_other_ones(bench):
    solution = "import time\ndef f(x):\n    time.sleep(x)\n    return x\n"
    tests = (
        "import signal\nclass Late(Exception): pass\ndef ring(*_): raise Late\nsignal.signal(signal.SIGALRM, ring)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.1)\ntry:\n    f(0.4)\n    assert False\nexcept Late: pass\n"
        "assert f(0) == 0\nassert f(0.01) == 0.01\n"
    )
    judgement = bench.judge(solution, tests, "f")
    assert judgement.outcome is Outcome.PASS, judgement


def test_a_solution_that_has_all_threads_there_may_be_says_so(bench):
    solution = (
        "import threading\ndef f(x):\n    try:\n        for _ in range(100):\n"
        "            threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "    except RuntimeError: pass\n    return x\n"
    )
    judgement = bench.judge(solution, "import random\nassert f(2) == 2\n", "f")
    assert judgement.reason == "tests:undecided", judgement
    assert "threads" in judgement.detail, judgement
