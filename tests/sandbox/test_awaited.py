"""What tests await of a solution runs in one loop, side by side where the tests say so."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

IMPORT = "import asyncio\n"
MAIN = "import asyncio, time\nasync def main():\n    {}\nasyncio.run(main())\n"

RIGHT = [
    pytest.param("async def f(x):\n    await asyncio.sleep(0.2)\n    return x", "t = time.monotonic()\n    assert await asyncio.gather(f(1), f(2), f(3)) == [1, 2, 3]\n    assert time.monotonic() - t < 0.5", id="side-by-side"),
    pytest.param("event = None\nasync def f():\n    global event\n    event = event or asyncio.Event()\n    await event.wait()\n    return 1\nasync def g():\n    await asyncio.sleep(0.01)\n    event.set()", "assert await asyncio.gather(f(), g()) == [1, None]", id="one-waits-for-another"),
    pytest.param("class Box:\n    def __init__(self): self.lock, self.n = asyncio.Lock(), 0\n    async def add(self):\n        async with self.lock:\n            n = self.n\n            await asyncio.sleep(0)\n            self.n = n + 1", "b = Box()\n    await asyncio.gather(*[b.add() for _ in range(9)])\n    await b.add()\n    assert b.n == 10", id="lock"),
    pytest.param("class Pump:\n    async def start(self):\n        self.out = asyncio.Queue()\n        self.task = asyncio.create_task(self.run())\n    async def run(self):\n        for i in range(3):\n            await asyncio.sleep(0.01)\n            await self.out.put(i)\n    async def get(self): return await self.out.get()", "p = Pump()\n    await p.start()\n    assert [await p.get() for _ in range(3)] == [0, 1, 2]", id="task-of-the-solution"),
    pytest.param("async def f():\n    await asyncio.sleep(30)", "try:\n        await asyncio.wait_for(f(), 0.1)\n        assert False\n    except asyncio.TimeoutError: pass", id="time-out"),
    pytest.param("class W:\n    n = 0\n    done = False\n    async def run(self):\n        try:\n            while True:\n                self.n += 1\n                await asyncio.sleep(0.001)\n        finally: self.done = True", "w = W()\n    t = asyncio.create_task(w.run())\n    await asyncio.sleep(0.1)\n    t.cancel()\n    try: await t\n    except asyncio.CancelledError: pass\n    assert w.n > 3 and w.done", id="cancelled-by-the-tests"),
    pytest.param("async def f(x):\n    if x: raise ValueError('no')\n    return asyncio.get_running_loop().time() >= 0", "assert await f(0)\n    try:\n        await f(1)\n        assert False\n    except ValueError as e: assert str(e) == 'no'", id="raises"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "tests"), RIGHT)
def test_what_is_awaited_runs_as_in_one_loop(bench, source, tests):
    found = bench.judge(IMPORT + source, MAIN.format(tests), "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        pytest.param("async def f(x): return x", "assert await asyncio.gather(f(1), f(2)) == [1, 3]", id="wrong"),
        pytest.param("async def f(x):\n    time.sleep(0.3)\n    return x", "t = time.monotonic()\n    assert await asyncio.gather(f(1), f(2)) == [1, 2]\n    assert time.monotonic() - t < 0.5", id="one-after-the-other"),
    ],
)  # fmt: skip
def test_a_wrong_coroutine_fails(bench, source, tests):
    found = bench.judge("import asyncio, time\n" + source, MAIN.format(tests), "f")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found


def test_nothing_is_said_where_a_task_of_the_solution_should_have_run_meanwhile(bench):
    source = "class W:\n    n = 0\n    async def start(self): self.t = asyncio.create_task(self.run())\n    async def run(self):\n        await asyncio.sleep(0.01)\n        self.n = 1\n"
    tests = MAIN.format("w = W()\n    await w.start()\n    await asyncio.sleep(0.1)\n    assert w.n == 1")
    found = bench.judge(IMPORT + source, tests, "f")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found
