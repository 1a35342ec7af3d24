"""A verdict rests on assertions that were asked and held: what the tests catch, or never come to, says nothing."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

RIGHT = "def f(x):\n    if x < 0: raise ValueError('neg')\n    return x * 2\n"
WRONG = "def f(x):\n    if x < 0: raise ValueError('neg')\n    return 0\n"  # right for 0 alone
IN_PROCESS = "import random\n"  # so that the tests run in a process of their own
FIRST = IN_PROCESS + "assert f(0) == 0\n"

HOLLOW = [
    pytest.param(
        "try:\n    assert f(2) == 4\nexcept AssertionError:\n    print('FAILED')\n",
        "undecided",
        id="caught-by-its-type",
    ),
    pytest.param(
        "for a, b in [(0, 0), (2, 4)]:\n    try:\n        assert f(a) == b\n    except Exception as e:\n        print(e)\n",
        "undecided",
        id="caught-by-any",
    ),
    pytest.param(
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        try:\n"
        "            self.assertEqual(f(2), 4)\n        except Exception as e:\n            print(e)\n",
        "undecided",
        id="of-a-case-caught",
    ),
    pytest.param(
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        same = self.assertEqual\n"
        "        try:\n            same(f(2), 4)\n        except Exception as e:\n            print(e)\n",
        "undecided",
        id="of-a-case-under-another-name",
    ),
    pytest.param(
        "try:\n    if f(2) != 4: raise AssertionError('bad')\nexcept AssertionError as e:\n    print(e)\n",
        "undecided",
        id="raised-and-caught",
    ),
    pytest.param(
        "import contextlib\nwith contextlib.suppress(AssertionError):\n    assert f(2) == 4\n",
        "undecided",
        id="suppressed",
    ),
    pytest.param(
        "def test_two():\n    try:\n        assert f(2) == 4\n    finally:\n        return\n",
        "undecided",
        id="finally-return",
    ),
    pytest.param(
        "import threading\ndef test_two():\n    def work(): assert f(2) == 4\n"
        "    t = threading.Thread(target=work)\n    t.start()\n    t.join()\n",
        "undecided",
        id="in-a-thread",
    ),
    pytest.param(
        "from concurrent.futures import ThreadPoolExecutor\ndef verify(x): assert f(x) == 2 * x\ndef test_pool():\n"
        "    with ThreadPoolExecutor(2) as pool:\n        for x in range(3): pool.submit(verify, x)\n",
        "undecided",
        id="in-a-pool",
    ),
    pytest.param(
        "import asyncio\nasync def verify(x): assert f(x) == 2 * x\nasync def test_all():\n"
        "    await asyncio.gather(verify(1), verify(2), return_exceptions=True)\n",
        "undecided",
        id="gathered-exceptions",
    ),
    pytest.param(
        "def verify():\n    assert f(2) == 4\ndef main():\n    verify()\n",
        "undecided",
        id="called-by-what-nobody-calls",
    ),
    pytest.param(
        "class Checks(object):\n    def test_two(self): assert f(2) == 4\n",
        "undecided",
        id="class-that-is-not-collected",
    ),
    pytest.param(
        "class Base: pass\nclass CheckF(Base):\n    def test_two(self): assert f(2) == 4\n", "undecided", id="mixin"
    ),
    pytest.param(
        "import functools\n@functools.lru_cache\ndef verify():\n    assert f(2) == 4\n", "undecided", id="decorated"
    ),
    pytest.param("def setup_checks():\n    assert f(2) == 4\n", "undecided", id="named-like-a-hook"),
    pytest.param("async def verify(): assert f(2) == 4\ndef test_a(): verify()\n", "undecided", id="not-awaited"),
    pytest.param(
        "def verify(x): assert f(x) == 2 * x\ndef test_map(): map(verify, [1, 2])\n", "undecided", id="lazy-map"
    ),
    pytest.param(
        "def once(fn):\n    def run(): fn\n    return run\n@once\ndef test_two():\n    assert f(2) == 4\n",
        "undecided",
        id="wrapper-that-does-not-call",
    ),
    pytest.param(
        "def each(x):\n    import unittest\n    return lambda: unittest.TestCase().assertEqual(f(x), 2 * x)\nchecks = [each(2)]\n",
        "undecided",
        id="lambda-that-nobody-calls",
    ),
    pytest.param("def test_b(): return f(2) == 4\n", "undecided", id="returned-verdict"),
    pytest.param(
        "import unittest\nclass T(unittest.TestCase):\n    def test_b(self): return f(2) == 4\n",
        "undecided",
        id="returned-verdict-of-a-case",
    ),
    pytest.param("def test_b():\n    assert f(0) == 0\n    return f(2) == 4\n", "undecided", id="returned-false"),
]


@pytest.mark.parametrize(("tests", "reason"), HOLLOW)
def test_no_answer_passes_by_an_assertion_that_did_not_hold_or_never_ran(bench, tests, reason):
    found = bench.judge(WRONG, FIRST + tests, "f")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, f"tests:{reason}"), found


def test_an_assertion_that_raised_is_not_passed_over_either(bench):
    tests = "for a, b in [(0, 0), (-2, 4)]:\n    try:\n        assert f(a) == b\n    except Exception as e:\n        print(e)\n"
    found = bench.judge(RIGHT, IN_PROCESS + tests, "f")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("for each in [f(0)] * f(0):\n    assert each > 0\n", id="loop-over-nothing"),
        pytest.param("try:\n    f(1)\nexcept ValueError as e:\n    assert 'neg' in str(e)\n", id="nothing-raised"),
        pytest.param("if f(0):\n    assert f(1) == 2\n", id="condition"),
        pytest.param(
            "try:\n    import numpyzz\nexcept ImportError:\n    f(0)\nif f(0): assert f(1) == 2\n", id="other-exception"
        ),
    ],
)
def test_tests_that_ask_nothing_say_nothing(bench, tests):
    found = bench.judge(WRONG, IN_PROCESS + tests, "f")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:no-assert"), found


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(
            "try:\n        f(1)\n        pytest.fail('no error')\n    except Exception:\n        pass\n", id="fail"
        ),
        pytest.param(
            "try:\n        with pytest.raises(ValueError): f(1)\n    except Exception:\n        pass\n", id="raises"
        ),
    ],
)
def test_what_pytest_fails_is_no_exception_of_the_tests(bench, tests):
    found = bench.judge(RIGHT, f"{IN_PROCESS}import pytest\ndef test_a():\n    {tests}", "f")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found


CASE = "import unittest\nclass T(unittest.TestCase):\n"
HONEST = [
    pytest.param(
        "def test_a():\n    assert f(2) == 4\ndef test_b():\n    assert f(3) == 6\n"
        "if __name__ == '__main__':\n    for t in (test_a, test_b):\n        try:\n            t()\n            print('ok')\n"
        "        except AssertionError as e:\n            print('FAILED', e)\n",
        id="own-runner",
    ),
    pytest.param(
        "import sys\nfailed = 0\nfor a, b in [(1, 2), (2, 4)]:\n    try:\n        assert f(a) == b\n"
        "    except AssertionError:\n        failed += 1\nassert failed == 0\n",
        id="counted",
    ),
    pytest.param(
        "import sys\ndef main():\n    ok = True\n    for a, b in [(1, 2), (2, 4)]:\n        if f(a) != b:\n"
        "            ok = False\n    if not ok:\n        sys.exit(1)\nmain()\n",
        id="exit-status",
    ),
    pytest.param("r = f(2)\nif r != 4:\n    raise AssertionError(f'got {r}')\n", id="raise"),
    pytest.param("r = f(2)\nif r == 4:\n    print('ok')\nelse:\n    raise Exception('bad')\n", id="raise-in-else"),
    pytest.param(
        "def close(a, b):\n    assert abs(a - b) < 1e-6\ndef same(a, b):\n    if isinstance(b, float):\n"
        "        close(a, b)\n    else:\n        assert a == b\ndef test_a():\n    same(f(2), 4)\n",
        id="helper-for-other-types",
    ),
    pytest.param(
        "def said(e):\n    assert 'neg' in str(e)\ntry:\n    assert f(2) == 4\nexcept ValueError as e:\n    said(e)\n",
        id="helper-for-an-exception",
    ),
    pytest.param("try:\n    f(-1)\n    assert False\nexcept ValueError:\n    pass\n", id="expected"),
    pytest.param(
        "try:\n    f(-1)\nexcept ValueError:\n    pass\nelse:\n    raise AssertionError('no error')\n", id="else"
    ),
    pytest.param("try:\n    f(-1)\n    assert False\nexcept Exception:\n    pass\n", id="expected-of-any-type"),
    pytest.param(
        "try:\n    f(-1)\n    assert False, 'none'\nexcept AssertionError:\n    raise\nexcept ValueError:\n    pass\n",
        id="failure-raised-again",
    ),
    pytest.param(
        "try:\n    f(-1)\n    assert False\nexcept Exception as e:\n    assert isinstance(e, ValueError)\n",
        id="type-asked",
    ),
    pytest.param("try:\n    assert f(2) == 5\nexcept AssertionError:\n    assert f(2) == 4\n", id="either-or"),
    pytest.param(
        "try:\n    assert f(2) == 5\nexcept AssertionError:\n    try:\n        assert f(2) == 6\n    except AssertionError:\n        assert f(2) == 4\n",
        id="either-or-or",
    ),
    pytest.param(
        "def raises(kind, fn, *given):\n    try:\n        fn(*given)\n    except kind:\n        return\n    raise AssertionError('none')\nraises(ValueError, f, -1)\n",
        id="expected-by-a-function-of-its-own",
    ),
    pytest.param("import pytest\nwith pytest.raises(AssertionError):\n    assert f(2) == 5\n", id="failure-expected"),
    pytest.param(
        "import pytest\nwith pytest.raises(ValueError):\n    assert f(-1) == 5\n", id="raised-in-an-assertion"
    ),
    pytest.param(
        CASE
        + "    def test_a(self):\n        with self.assertRaises(AssertionError):\n            self.assertEqual(f(2), 5)\n"
        "        with self.assertRaises(ValueError):\n            self.assertEqual(f(-1), 5)\n",
        id="both-in-a-case",
    ),
    pytest.param(
        CASE + "    def check(self, a, b):\n        self.assertEqual(f(a), b)\n    def test_a(self):\n"
        "        for a, b in [(1, 2), (2, 4)]:\n            with self.subTest(a=a):\n                self.check(a, b)\n",
        id="parts-and-a-method-of-its-own",
    ),
    pytest.param("def test_a():\n    assert f(2) == 4\n    return True\n", id="true-after-assertions"),
    pytest.param(
        "def never(*_):\n    raise AssertionError('called')\ndef test_a():\n    assert f(2) == 4\n    hooks = [never]\n",
        id="what-must-not-be-called",
    ),
    pytest.param(
        "import pytest, sys\ndef helper():\n    assert f(2) == 5\n@pytest.mark.skipif(True, reason='other system')\n"
        "def test_a():\n    helper()\ndef test_b():\n    assert f(2) == 4\n",
        id="helper-of-a-skipped-test",
    ),
    pytest.param(
        "import unittest\nclass A(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls):\n"
        "        raise unittest.SkipTest('no db')\n    def test_a(self): self.assertEqual(f(1), 9)\n"
        "class B(unittest.TestCase):\n    def test_b(self): self.assertEqual(f(2), 4)\n",
        id="class-that-skips-itself",
    ),
    pytest.param(
        "import unittest\ndef test_a():\n    raise unittest.SkipTest('old')\ndef test_b(): assert f(2) == 4\n",
        id="test-that-skips-itself",
    ),
    pytest.param(
        "import sys\nif sys.platform == 'win32':\n    def test_a(): assert f(2) == 5\ndef test_b(): assert f(2) == 4\n",
        id="not-defined-here",
    ),
    pytest.param(
        "import pytest\n@pytest.fixture\ndef given():\n    yield 2\n    assert f(0) == 0\ndef test_a(given): assert f(given) == 4\n",
        id="assertion-of-a-fixture",
    ),
    pytest.param(
        "from unittest.mock import Mock\ndef test_a():\n    m = Mock(side_effect=f)\n    assert m(2) == 4\n"
        "    m.assert_called_once_with(2)\n",
        id="mock",
    ),
    pytest.param(
        "import unittest\ndef test_a():\n    match f(2):\n        case 4: pass\n        case other: raise AssertionError(other)\n"
        "    assert f(1) == 2\n",
        id="match",
    ),
    pytest.param(
        "from unittest import TestCase\ncase = TestCase()\nsame = case.assertEqual\nsame(f(2), 4)\n", id="alias"
    ),
    pytest.param(
        "def test_a():\n    assert f(2) == 4\nresults = [t() for t in (test_a,)]\ntotal = "
        + " + ".join("1" * 900)
        + "\n",
        id="deep-tree",
    ),
]


@pytest.mark.parametrize("tests", HONEST)
def test_a_right_answer_passes_however_the_tests_are_written(bench, tests):
    found = bench.judge(RIGHT, IN_PROCESS + tests, "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(
            "def test_a():\n    assert f(2) == 4\nif __name__ == '__main__':\n    try:\n        test_a()\n"
            "    except AssertionError as e:\n        print('FAILED', e)\n",
            id="own-runner",
        ),
        pytest.param("import unittest\nT = type('T', (unittest.TestCase,), {'test_a': lambda self: self.assertEqual(f(2), 4)})\n",
                     id="class-made-by-type"),
        pytest.param("import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n"
                     "        with self.subTest(1): self.skipTest('old')\n        with self.subTest(2): self.assertEqual(f(2), 4)\n",
                     id="failure-after-a-part-that-skips"),
    ],
)  # fmt: skip
def test_a_wrong_answer_fails_where_a_runner_would_have_said_so(bench, tests):
    found = bench.judge(WRONG, FIRST + tests, "f")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found
