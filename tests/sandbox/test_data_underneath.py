"""A list, a dictionary or a set of the solution's own class is compared by what is in it, whatever that is."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

SOURCE = """
from decimal import Decimal
from enum import Enum
from fractions import Fraction
class Row(list): pass
class Bag(set): pass
class Table(dict): pass
class Mode(Enum):
    FAST = 1
class Card:
    def __init__(self, n): self.n = n
    def __eq__(self, other): return isinstance(other, Card) and self.n == other.n
    def __hash__(self): return hash(self.n)
class Lying:
    def __eq__(self, other): return True
    __hash__ = None
def row(): return Row([Fraction(1, 2), Fraction(1, 3)])
def bag(): return Bag([Fraction(1, 2)])
def prices(): return Table(a=Decimal("1.5"), b=[Decimal(2)])
def settings(): return Table(mode=Mode.FAST)
def deck(): return Row([Card(0), Card(1)])
def hand(): return Bag([Card(0)])
def of_rows(): return Row([row(), bag()])
def lying(): return Row([Lying(), Lying()])
def itself():
    found = Row([1])
    found.append(found)
    return found
def nested(depth):
    found = Row()
    for n in range(depth): found = Row([n, found])
    return found
def deep():
    found = []
    for n in range(150): found = [found]
    return Row(found)
kept = Row([1, 2])
def with_what_does_not_cross(): return kept, deep()[0]
"""
TESTS = "import random\nfrom decimal import Decimal\nfrom fractions import Fraction\n"


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert row() == [Fraction(1, 2), Fraction(1, 3)]", id="fractions"),
        pytest.param("assert row() != [Fraction(1, 2)]\nassert row() < [Fraction(1)]", id="fractions-otherwise"),
        pytest.param("assert row() + [1] == [Fraction(1, 2), Fraction(1, 3), 1]", id="sum"),
        pytest.param("r = row()\nr += [1]\nassert r[2] == 1", id="sum-in-place"),
        pytest.param("assert bag() == {Fraction(1, 2)}", id="set"),
        pytest.param("assert prices() == {'a': Decimal('1.5'), 'b': [Decimal(2)]}", id="dictionary"),
        pytest.param("assert settings() == {'mode': Mode.FAST}", id="enumeration"),
        pytest.param("assert deck() == [Card(0), Card(1)]\nassert deck() != [Card(1)]", id="objects"),
        pytest.param("assert hand() == {Card(0)}", id="set-of-objects"),
        pytest.param("assert of_rows() == [[Fraction(1, 2), Fraction(1, 3)], {Fraction(1, 2)}]", id="of-its-own-kind"),
        pytest.param("r = itself()\nassert r[0] == 1 and r[1] is r and len(r) == 2", id="itself"),
        pytest.param("r = nested(300)\nassert r[0] == 299 and r[1][0] == 298", id="nested"),
        pytest.param("r = deck()\nr.append(Card(2))\nassert r == [Card(0), Card(1), Card(2)]", id="changed"),
    ],
)
def test_what_is_in_a_container_of_an_own_class_is_compared(bench, tests):
    found = bench.judge(SOURCE, TESTS + tests, "row")
    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert row() == [Fraction(1, 2), Fraction(1, 4)]", id="fractions"),
        pytest.param("assert bag() == {Fraction(1, 3)}", id="set"),
        pytest.param("assert prices() == {'a': Decimal('1.5')}", id="dictionary"),
        pytest.param("assert deck() == [Card(0), Card(2)]", id="objects"),
        pytest.param("assert deck() == [0, 1]", id="objects-for-data"),
        pytest.param("assert lying() == [5, 6]", id="lying"),
    ],
)
def test_what_is_wrong_in_a_container_of_an_own_class_fails(bench, tests):
    found = bench.judge(SOURCE, TESTS + tests, "row")
    assert (found.outcome, found.reason) == (Outcome.FAIL, "wrong-answer"), found


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("r = []\nfor n in range(150): r = [r]\nassert deep() == r", id="nested-too-deeply"),
        pytest.param(
            "import unittest\nclass T(unittest.TestCase):\n    def test_a(self): with_what_does_not_cross()\n"
            "    def test_b(self): self.assertEqual(kept, [1, 2])\n",
            id="told-in-a-message-that-never-came",
        ),
    ],
)
def test_data_that_could_not_be_told_is_no_denial(bench, tests):
    found = bench.judge(SOURCE, TESTS + tests, "row")
    assert (found.outcome, found.reason) == (Outcome.ABSTAIN, "tests:undecided"), found
