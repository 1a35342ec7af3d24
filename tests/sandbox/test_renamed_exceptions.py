"""A name of the solution's for ``AssertionError`` is no leave to swallow what the tests assert, however they use it."""

# ruff: noqa: E501 - a program a line: they are data

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

OWN = "class NegativeError(ValueError): pass\n"
RIGHT = "def root(x):\n    if x < 0: raise NegativeError('negative')\n    return x ** 0.5\n"
WRONG = "def root(x):\n    return abs(x) ** 0.5\n"  # raises nothing
FIRST = "import random, pytest, unittest, solution\nassert root(4) == 2\n"  # in a process of their own
CASE = "class T(unittest.TestCase):\n    def test_a(self):\n"

TESTS = {
    "case": CASE
    + "        with self.assertRaises(NegativeError):\n            root(-1)\n            self.fail('none')\n",
    "case-equal": CASE
    + "        with self.assertRaises(NegativeError):\n            self.assertEqual(root(-1), 'never')\n",
    "case-called": CASE
    + "        def ask(x): assert root(x) == 'never'\n        self.assertRaises(NegativeError, ask, -1)\n",
    "case-text": CASE
    + "        with self.assertRaisesRegex(NegativeError, ''):\n            assert root(-1) == 'never'\n",
    "raises": "with pytest.raises(NegativeError):\n    root(-1)\n    assert False\n",
    "raises-called": "def ask(x): assert root(x) == 'never'\npytest.raises(NegativeError, ask, -1)\n",
    "one-of-two": "with pytest.raises((KeyError, NegativeError)):\n    assert root(-1) == 'never'\n",
    "of-a-module": "with pytest.raises(solution.NegativeError):\n    assert root(-1) == 'never'\n",
    "imported": "from solution import NegativeError as E\nwith pytest.raises(E):\n    assert root(-1) == 'never'\n",
    "under-another-name": "E = NegativeError\nwith pytest.raises(E):\n    assert root(-1) == 'never'\n",
    "parametrised": "@pytest.mark.parametrize('kind', [NegativeError])\ndef test_a(kind):\n"
    "    with pytest.raises(kind):\n        assert root(-1) == 'never'\n",
    "caught": "try:\n    root(-1)\n    assert False\nexcept NegativeError:\n    pass\n",
    "text-asked": "try:\n    root(-1)\n    assert False, 'not negative'\n"
    "except NegativeError as e:\n    assert 'negative' in str(e)\n",
    "type-asked": "try:\n    root(-1)\n    assert False\nexcept Exception as e:\n    assert isinstance(e, NegativeError)\n",
    "type-asked-later": "with pytest.raises(Exception) as found:\n    root(-1)\n    assert False\n"
    "assert isinstance(found.value, NegativeError)\n",
}
RENAMED = [
    pytest.param("NegativeError = AssertionError\n", id="assertion"),
    pytest.param("NegativeError = BaseException\n", id="any"),
    pytest.param("NegativeError = (Exception, KeyError)\n", id="a-tuple"),
    pytest.param("class AssertionError(Exception): pass\nNegativeError = AssertionError\n", id="named-so"),
]


@pytest.mark.parametrize("renamed", RENAMED)
def test_no_answer_passes_by_an_exception_that_it_renamed_and_never_raised(bench, renamed):
    found = bench.judge_all([(renamed + WRONG, FIRST + tests) for tests in TESTS.values()], "root")
    passed = {name: each for name, each in zip(TESTS, found, strict=True) if each.outcome is Outcome.PASS}
    assert passed == {}
    assert sum(each.reason == "tests:undecided" for each in found) > len(found) / 2


@pytest.mark.parametrize("own", [OWN, OWN.replace("ValueError", "AssertionError"), "NegativeError = ValueError\n"])
def test_an_answer_that_raises_its_exception_passes_them_all(bench, own):
    found = bench.judge_all([(own + RIGHT, FIRST + tests) for tests in TESTS.values()], "root")
    assert {name: each for name, each in zip(TESTS, found, strict=True) if each.outcome is not Outcome.PASS} == {}


@pytest.mark.parametrize(
    "kinds",
    ["NegativeError.__bases__", "NegativeError.__mro__[:-1]", "NegativeError.__base__", "NegativeError.__bases__[-1]"],
)
def test_no_answer_passes_by_what_its_exception_is_a_kind_of(bench, kinds):
    own = OWN.replace("ValueError", "AssertionError")
    tests = f"with pytest.raises({kinds}):\n    assert root(-1) == 'never'\n"
    found = bench.judge(own + WRONG, FIRST + tests, "root")
    assert found.outcome is not Outcome.PASS, found
    assert bench.judge(own + RIGHT, FIRST + tests, "root").outcome is Outcome.PASS


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("with pytest.raises(NegativeError):\n    root(-1).nothing\n", id="raises"),
        pytest.param("try:\n    assert root(-1).nothing\nexcept NegativeError:\n    pass\n", id="in-an-assertion"),
        pytest.param(
            "try:\n    root(-1).nothing\n    assert False\nexcept NegativeError:\n    pass\n", id="before-one"
        ),
    ],
)
def test_what_the_tests_raise_themselves_is_no_exception_of_an_answer_that_calls_them_all_its_own(bench, tests):
    found, honest = bench.judge_all(
        [("NegativeError = Exception\n" + WRONG, FIRST + tests), (OWN + RIGHT, FIRST + tests)], "root"
    )
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found
    assert honest.outcome is Outcome.PASS, honest


@pytest.mark.parametrize(
    ("own", "tests"),
    [
        pytest.param(OWN, "with pytest.raises(AssertionError):\n    assert root(9) == 5\n", id="by-its-name"),
        pytest.param(OWN, "E = AssertionError\nwith pytest.raises(E):\n    assert root(9) == 5\n", id="by-another"),
        pytest.param(
            OWN,
            "class Mine(AssertionError): pass\ndef ask():\n    if root(9) != 5: raise Mine()\n"
            "with pytest.raises(Mine):\n    ask()\n",
            id="by-a-class-of-theirs",
        ),
        pytest.param(
            "NegativeError = Exception\n",
            "with pytest.raises(NegativeError):\n    root(-1)\n    assert False\n"
            "try:\n    root(-1)\n    assert False\nexcept NegativeError as e:\n    assert 'neg' in str(e)\n",
            id="any-that-is-raised",
        ),
        pytest.param(
            OWN,
            "with pytest.raises(NegativeError):\n    raise NegativeError('of the tests')\n",
            id="raised-by-the-tests",
        ),
        pytest.param(
            OWN.replace("ValueError", "AssertionError"),
            "with pytest.raises(NegativeError):\n    raise NegativeError('of the tests')\n",
            id="an-assertion-raised-by-the-tests",
        ),
    ],
)
def test_tests_that_wait_for_a_failure_of_their_own_or_for_what_is_raised_hold(bench, own, tests):
    found = bench.judge(own + RIGHT, FIRST + tests + "with pytest.raises(NegativeError):\n    root(-1)\n", "root")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found
