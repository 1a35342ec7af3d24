"""Tests one by one: each with what it rests on, and none with what another asserts."""

import json
from typing import Any

import pytest

from verifiers.plan import Converted, convert
from verifiers.single_tests import single_tests


def parts(tests: str) -> list[str]:
    return list(single_tests(tests).parts)


def lines(*text: str) -> str:
    return "\n".join(text)


@pytest.mark.parametrize(
    ("tests", "found"),
    [
        pytest.param("assert f(1) == 2\n\nassert f(2)", ["assert f(1) == 2", "assert f(2)"], id="asserts"),
        pytest.param("assert f(1) == 2\nassert f(1)==2\nassert f(2)", ["assert f(1) == 2", "assert f(2)"], id="twice"),
        pytest.param("assert f(", ["assert f("], id="no Python"),
        pytest.param("assert True, 'x'\nassert f(1)\nassert f(2)", ["assert f(1)", "assert f(2)"], id="true anyway"),
        pytest.param("", [""], id="nothing"),
        pytest.param(
            "import math\nassert f(4) == 2\nassert f(9) == math.sqrt(9)",
            ["assert f(4) == 2", "import math\nassert f(9) == math.sqrt(9)"],
            id="import",
        ),
        pytest.param(
            "x = 3\nassert f(x) == 9\nassert f(-x) == 9", ["x = 3\nassert f(x) == 9", "x = 3\nassert f(-x) == 9"],
            id="value",
        ),
        pytest.param(
            "xs = [3, 1]\nassert f(xs) is None\nassert xs == [1, 3]",
            ["xs = [3, 1]\nassert f(xs) is None", "xs = [3, 1]\nf(xs)\nassert xs == [1, 3]"],
            id="data that is changed",
        ),
        pytest.param(
            "got = f(1)\nassert got == 2\ngot = f(2)\nassert got == 4",
            ["got = f(1)\nassert got == 2", "got = f(2)\nassert got == 4"],
            id="name used again",
        ),
        pytest.param(
            "a = [1]\nb = a\nassert f(b) == 1\nassert a == []", ["a = [1]\nb = a\nassert f(b) == 1",
            "a = [1]\nb = a\nf(b)\nassert a == []"], id="two names of one list",
        ),
        pytest.param(
            "random.seed(0)\nassert f() == 1\nassert f() == 2",
            ["random.seed(0)\nassert f() == 1", "random.seed(0)\nassert f() == 2"],
            id="what acts on everything",
        ),
        pytest.param(
            "def near(a, b):\n    assert abs(a - b) < 1\nnear(f(1), 2)\nassert f(0) == 0",
            ["def near(a, b):\n    assert abs(a - b) < 1\nnear(f(1), 2)", "assert f(0) == 0"],
            id="helper that asserts",
        ),
        pytest.param(
            "for x in (1, 2):\n    assert f(x) == x\nfor x in (3, 4):\n    assert f(x) == x",
            ["for x in (1, 2):\n    assert f(x) == x", "for x in (3, 4):\n    assert f(x) == x"],
            id="loops",
        ),
        pytest.param(
            "M = {}\ndef check(candidate):\n    assert candidate(1) == 2\n    assert candidate(2) == 4\ncheck(f)",
            [
                "def check(candidate):\n    assert candidate(1) == 2\ncheck(f)",
                "def check(candidate):\n    assert candidate(2) == 4\ncheck(f)",
            ],
            id="check",
        ),
        pytest.param(
            lines(
                "def test_a():\n    assert f(1) == 1", "def test_b():\n    assert f(2) == 2\n    assert f(3) == 3",
                "if __name__ == '__main__':\n    test_a()\n    test_b()\n    print('ok')",
            ),
            [
                "def test_a():\n    assert f(1) == 1", "def test_b():\n    assert f(2) == 2",
                "def test_b():\n    assert f(3) == 3",
            ],
            id="functions",
        ),
        pytest.param(
            lines("@pytest.fixture", "def stack():", "    return Stack()", "def test_a(stack):", "    stack.push(1)",
                  "    assert stack.pop() == 1", "    assert stack.pop() is None"),
            [
                "@pytest.fixture\ndef stack():\n    return Stack()\n\ndef test_a(stack):\n    stack.push(1)\n"
                "    assert stack.pop() == 1",
                "@pytest.fixture\ndef stack():\n    return Stack()\n\ndef test_a(stack):\n    stack.push(1)\n"
                "    stack.pop()\n    assert stack.pop() is None",
            ],
            id="fixture",
        ),
        pytest.param(
            "with pytest.raises(ValueError):\n    f(-1)\nassert f(1)",
            ["with pytest.raises(ValueError):\n    f(-1)", "assert f(1)"],
            id="raises",
        ),
    ],
)  # fmt: skip
def test_tests_are_taken_apart(tests: str, found: list[str]) -> None:
    assert parts(tests) == found


CASE = """
import unittest
class TestF(unittest.TestCase):
    def setUp(self):
        self.made = Made()
    def near(self, a, b):
        self.assertTrue(abs(a - b) < 1)
    def test_a(self):
        self.made.put(1)
        self.assertEqual(self.made.take(), 1)
        self.assertEqual(self.made.take(), None)
    def test_b(self):
        self.near(f(1), 2)
        self.assertEqual(f(2), 4)
if __name__ == "__main__":
    unittest.main()
"""


def test_methods_of_a_case_keep_its_hooks_and_the_helpers_that_they_call() -> None:
    found = parts(CASE)

    assert all("import unittest" in one and "def setUp" in one for one in found)
    assert ["def near" in one for one in found] == [False, False, True], "what it changes of the case is not known"
    assert found[1].endswith(
        "self.made.put(1)\n        self.made.take()\n        self.assertEqual(self.made.take(), None)"
    )


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("xs = []\nfor x in (1, 2):\n    f(xs, x)\n    assert xs\nassert len(xs) == 2", id="loop before"),
        pytest.param("xs = []\nassert f(xs) or g(xs)\nassert xs == [1]", id="perhaps not called"),
        pytest.param(
            "def test_a():\n    assert f(1)\ndef test_b():\n    assert f(2)\nfor t in (test_a, test_b):\n    t()",
            id="run in a way of its own",
        ),
        pytest.param(
            "log = []\ndef test_a():\n    f(log)\n    assert log\n"
            "def test_b():\n    log.append(f(1))\n    assert len(log) == 2",
            id="functions that share a list",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_told_apart_stays_together(tests: str) -> None:
    assert parts(tests) == [tests]


def test_pairs_are_tests_each_and_equal_ones_are_one() -> None:
    rows: list[dict[str, Any]] = [{"stdin": "1", "stdout": "é"}, {"stdin": "2", "stdout": "4"}]
    found = single_tests(json.dumps([*rows, rows[0], {"stdin": "3", "stdout": "6"}]))

    assert [json.loads(one) for one in found.parts] == [[rows[0]], [rows[1]], [{"stdin": "3", "stdout": "6"}]]
    assert json.loads(found.joined({2, 0})) == [rows[0], {"stdin": "3", "stdout": "6"}]


def test_what_is_kept_is_joined_in_its_order_and_once() -> None:
    found = single_tests(
        "import math\nxs = [2, 1]\nassert f(xs) is None\nassert xs == [1, 2]\nassert g(1) == math.pi\nassert g(2) == 4"
    )

    assert len(found.parts) == 4
    assert found.joined({1, 3}) == "xs = [2, 1]\nf(xs)\nassert xs == [1, 2]\nassert g(2) == 4"
    assert found.joined({0, 1, 2}).splitlines()[2:4] == ["assert f(xs) is None", "assert xs == [1, 2]"]
    assert found.joined({0, 1, 2, 3}).startswith("import math")


def test_parts_of_calls_are_calls() -> None:
    """A part that needs a process of its own where the whole does not would be slower by far."""
    tests = "s = Stack()\nassert s.push(1) is None\nassert s.pop() == 1\nassert len(s) == 0"

    assert isinstance(convert(tests, "Stack"), Converted)
    assert [type(convert(one, "Stack")) for one in parts(tests)] == [Converted] * 3
