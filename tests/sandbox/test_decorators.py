"""Decorators of a solution, round functions of the tests: right ones pass and wrong ones fail, whatever they copy."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

WRAPS = "import functools\ndef f(fn):\n @functools.wraps(fn)\n def w(*a, **k):\n"
TWICE = "calls = []\n@f\ndef g(x: int, y=2, *, z=3) -> str:\n    'Doc.'\n    calls.append(x)\ng(1)\nassert calls == [1, 1]\nassert g.__name__ == 'g' and g.__doc__ == 'Doc.'\n"
CHECKED = "import pytest\n@f\ndef add(a: int, b: int) -> str: return str(a) + str(b)\nassert add(1, 2) == '12'\nwith pytest.raises(TypeError):\n    add('x', 2)\n"
ONCE = "@f\nclass A:\n    x: int = 1\n    def __init__(self): self.y = 2\nassert A() is A()\nassert A().y == 2\nassert A.__name__ == 'A'\n"
SINGLETON = "import functools\ndef f(cls):\n made = {{}}\n @functools.wraps(cls)\n def get(*a, **k):\n  {}made[cls] = cls(*a, **k)\n  return made[cls]\n return get\n"
BY_TYPES = " def w(*a):\n  for v, (n, t) in zip(a, types.items()):\n   if {}not isinstance(v, t): raise TypeError(n)\n  return fn(*a)\n return w\n"

RIGHT = [
    pytest.param(f"{WRAPS}  fn(*a, **k)\n  return fn(*a, **k)\n return w\n", TWICE, id="wraps"),
    pytest.param("def f(fn):\n types = fn.__annotations__\n" + BY_TYPES.format(""), CHECKED, id="annotations"),
    pytest.param("import typing\ndef f(fn):\n types = typing.get_type_hints(fn)\n" + BY_TYPES.format(""), CHECKED, id="hints"),
    pytest.param("def f(fn): return fn.__annotations__.get('return')\n", "from typing import Optional\nclass Q: pass\ndef g(a) -> Optional[int]: pass\ndef q() -> Q: pass\nassert f(g) == Optional[int]\nassert f(q) is Q\n", id="types-of-results"),
    pytest.param("def f(fn): return fn.__defaults__, fn.__kwdefaults__\n", "def g(a, b=2, *, c=3): pass\ndef h(a): pass\nassert f(g) == ((2,), {'c': 3})\nassert f(h) == (None, None)\n", id="defaults"),
    pytest.param(SINGLETON.format("if cls not in made: "), ONCE, id="class"),
    pytest.param(f"{WRAPS}  return fn(*a, **k)\n w.tags = getattr(fn, 'tags', []) + [1]\n return w\n", "@f\n@f\ndef g(a): return a\nassert g(1) == 1 and g.tags == [1, 1]\n", id="twice-decorated"),
]  # fmt: skip

WRONG = [
    pytest.param(f"{WRAPS}  return fn(*a, **k)\n return w\n", TWICE, id="wraps"),
    pytest.param("def f(fn):\n def w(*a, **k):\n  fn(*a, **k)\n  return fn(*a, **k)\n return w\n", TWICE, id="name-is-lost"),
    pytest.param("def f(fn):\n types = fn.__annotations__\n" + BY_TYPES.format("False and "), CHECKED, id="annotations"),
    pytest.param("import typing\ndef f(fn):\n types = typing.get_type_hints(fn)\n" + BY_TYPES.format("False and "), CHECKED, id="hints"),
    pytest.param("def f(fn): return fn.__defaults__, {}\n", "def g(a, b=2, *, c=3): pass\nassert f(g) == ((2,), {'c': 3})\n", id="defaults"),
    pytest.param(SINGLETON.format(""), ONCE, id="class"),
    pytest.param(f"{WRAPS}  try: return fn(*a, **k)\n  except Exception: pass\n return w\n", "import pytest\n@f\ndef bad(): raise ValueError('x')\nwith pytest.raises(ValueError):\n    bad()\n", id="exception-is-lost"),
]  # fmt: skip

HOSTILE = [
    pytest.param("def f(fn):\n fn.__kwdefaults__['expected'] = 0\n return 0\n", "def ok(x, *, expected=3): return x == expected\nr = f(ok)\nassert ok(r)\n", id="default-by-name"),
    pytest.param("def f(fn):\n fn.__defaults__[0].clear()\n return []\n", "def ok(x, expected=[3]): return x == expected\nr = f(ok)\nassert ok(r)\n", id="list-in-a-default"),
    pytest.param("def f(fn):\n fn.__defaults__ = ([],)\n return []\n", "def ok(x, expected=[3]): return x == expected\nr = f(ok)\nassert ok(r)\n", id="defaults"),
    pytest.param("def f(fn):\n fn.__dict__['expected'] = 5\n return 5\n", "def ok(): pass\nr = f(ok)\nassert getattr(ok, 'expected', 4) == r\n", id="attributes"),
    pytest.param("def f(fn): return fn.__globals__['EXPECTED']\n", "EXPECTED = 3\ndef g(): pass\nassert f(g) == EXPECTED\n", id="globals"),
    pytest.param("def f(fn): return fn.__wrapped__.__globals__['EXPECTED']\n", "import functools\nEXPECTED = 3\ndef g(): pass\n@functools.wraps(g)\ndef h(): pass\nassert f(h) == EXPECTED\n", id="wrapped"),
    pytest.param("def f(cls): return cls.__dict__['expected']\n", "class A:\n    expected = 3\nassert f(A) == A.expected + 0\n", id="class"),
]  # fmt: skip


@pytest.mark.parametrize(("solution", "tests"), RIGHT)
def test_a_right_decorator_passes(bench, solution, tests):
    judgement = bench.judge(solution, tests, "f")
    assert judgement.outcome is Outcome.PASS, judgement


@pytest.mark.parametrize(("solution", "tests"), WRONG)
def test_a_wrong_decorator_fails(bench, solution, tests):
    judgement = bench.judge(solution, tests, "f")
    assert judgement.reason in ("wrong-answer", "exception:TypeError"), judgement


@pytest.mark.parametrize(("solution", "tests"), HOSTILE)
def test_a_decorator_changes_no_function_of_the_tests_and_looks_into_none(bench, solution, tests):
    judgement = bench.judge(solution, tests, "f")
    assert judgement.outcome is not Outcome.PASS, judgement
