"""Tests run as their author would have run them by hand: under ``__main__``, with their own runners left out."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

RIGHT = "def f(x): return x * 2"
WRONG = "def f(x): return 0"  # right for 0 alone
FIRST = "import random\nassert f(0) == 0\n"
CASE = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): self.assertEqual(f(0), 0)\n"

GUARDED = [
    pytest.param(FIRST + "if __name__ == '__main__':\n    assert f(2) == 4\n", id="equal"),
    pytest.param(FIRST + "if '__main__' == __name__:\n    assert f(2) == 4\n", id="reversed"),
    pytest.param(FIRST + "if __name__ in ('__main__', 'builtins'):\n    assert f(2) == 4\n", id="in"),
    pytest.param(FIRST + "if __name__ == '__main__' and True:\n    assert f(2) == 4\n", id="and"),
    pytest.param(FIRST + "if (__name__ ==\n        '__main__'):\n    assert f(2) == 4\n", id="two-lines"),
    pytest.param(
        FIRST + "try:\n    if __name__ == '__main__':\n        assert f(2) == 4\nfinally: pass\n", id="in-a-try"
    ),
    pytest.param(FIRST + "match __name__:\n    case '__main__':\n        assert f(2) == 4\n", id="match"),
    pytest.param(FIRST + "if __name__ != '__main__':\n    pass\nelse:\n    assert f(2) == 4\n", id="else"),
    pytest.param(
        CASE + "if __name__ == '__main__':\n    assert f(2) == 4\n    unittest.main()\n", id="beside-a-runner"
    ),
    pytest.param(
        CASE + "def verify():\n    assert f(2) == 4\nif __name__ == '__main__':\n    verify()\n    unittest.main()\n",
        id="called-beside-a-runner",
    ),
]
RUNNERS = [
    pytest.param("if __name__ == '__main__':\n    unittest.main()\n", id="guarded"),
    pytest.param("unittest.main()\n", id="bare"),
    pytest.param("import unittest as ut\nut.main(exit=False)\n", id="under-another-name"),
    pytest.param("from unittest import main\nif __name__ == '__main__':\n    main()\n", id="imported"),
    pytest.param(
        "import pytest, sys\nif __name__ == '__main__':\n    sys.exit(pytest.main([__file__]))\n", id="pytest"
    ),
    pytest.param(
        "import sys\nresult = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T))\n"
        "sys.exit(not result.wasSuccessful())\n",
        id="run-by-hand",
    ),
]
ENDS = [
    pytest.param(
        "def main():\n    assert f(2) == 4\n    return 0\nif __name__ == '__main__':\n    sys.exit(main())\n", id="0"
    ),
    pytest.param(
        "def main():\n    assert f(2) == 4\nif __name__ == '__main__':\n    raise SystemExit(main())\n", id="none"
    ),
    pytest.param("assert f(2) == 4\nsys.exit()\n", id="sys.exit"),
    pytest.param("assert f(2) == 4\nexit(0)\n", id="exit"),
    pytest.param("assert f(2) == 4\nquit()\n", id="quit"),
    pytest.param("if f(2) != 4:\n    sys.exit('wrong')\nsys.exit(False)\n", id="text"),
]


@pytest.mark.parametrize("tests", GUARDED)
def test_what_a_person_would_have_run_is_run(bench, tests):
    right, wrong = bench.judge_all([(RIGHT, tests), (WRONG, tests)], "f")
    assert (right.outcome, right.reason) == (Outcome.PASS, ""), right
    assert (wrong.outcome, wrong.reason) == (Outcome.FAIL, "wrong-answer"), wrong


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_runner_that_the_tests_start_decides_nothing_alone(bench, runner):
    tests = "from solution import f\n" + CASE.replace("f(0), 0", "f(2), 4") + runner
    right, wrong = bench.judge_all([(RIGHT, tests), (WRONG, tests)], "f")
    assert (right.outcome, right.reason) == (Outcome.PASS, ""), right
    assert (wrong.outcome, wrong.reason) == (Outcome.FAIL, "wrong-answer"), wrong


@pytest.mark.parametrize("tests", ENDS)
def test_tests_may_end_themselves_as_scripts_do(bench, tests):
    right, wrong = bench.judge_all([(RIGHT, "import sys\n" + tests), (WRONG, "import sys\n" + tests)], "f")
    assert (right.outcome, right.reason) == (Outcome.PASS, ""), right
    assert (wrong.outcome, wrong.reason) == (Outcome.FAIL, "wrong-answer"), wrong


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(
            "from solution import f\nimport numpyzz as np\nassert f(2) == 4\n", id="library-after-the-solution"
        ),
        pytest.param("assert f(0) == 0\nimport numpyzz as np\nassert f(2) == 4\n", id="library-after-a-call"),
        pytest.param(
            "import pytest\nfrom solution import f\n@pytest.mark.parametrize('a,b', [(1, 2), (2, 4, 5)])\n"
            "def test_a(a, b): assert f(a) == b\n",
            id="ragged-cases",
        ),
        pytest.param(
            "import sys\nfrom solution import f\nassert sys.version_info >= (9, 9)\nassert f(2) == 4\n", id="version"
        ),
        pytest.param(
            "cases = [(1, 2), (2, 4)]\nassert len(cases) == 3\nfor a, b in cases: assert f(a) == b\n", id="calls"
        ),
    ],
)
def test_what_the_tests_get_wrong_by_themselves_fails_no_answer(bench, tests):
    for source in (RIGHT, WRONG):
        found = bench.judge(source, tests, "f")
        assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:unusable"), found


REGISTRY = "SEEN = set()\ndef f(x):\n    if x in SEEN: return False\n    SEEN.add(x)\n    return True\n"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("if __name__ == '__main__':\n    test_it()\n", id="called"),
        pytest.param("for each in [test_it]: each()\n", id="by-a-loop"),
    ],
)
def test_what_the_tests_ran_themselves_is_not_run_again(bench, more):
    tests = "import random\ndef test_it():\n    assert f('a') is True\n    assert f('a') is False\n" + more
    found = bench.judge(REGISTRY, tests, "f")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


def test_a_function_that_the_tests_call_with_arguments_of_their_own_is_no_test_by_itself(bench):
    tests = "import random\ndef test(candidate, given):\n    assert candidate(given) == 4\ntest(f, 2)\n"
    right, wrong = bench.judge_all([(RIGHT, tests), (WRONG, tests)], "f")
    assert [right.outcome, wrong.outcome] == [Outcome.PASS, Outcome.FAIL], (right, wrong)
