"""Whoever looks among the calls that are to come finds nothing that is expected of it."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

LOOKING = """
import sys
frame = sys._getframe()
while frame is not None and "steps" not in frame.f_locals: frame = frame.f_back
given = []
for step in frame.f_locals["steps"] if frame else ():
    if step[0] == "call": given += [value for is_register, value in step[3] if not is_register]
    if step[0] == "put": given.append(step[2])
texts = [each for each in given if type(each) is str]
numbers = [each for each in given if type(each) is int]
lists = [each for each in given if type(each) is list]
"""


@pytest.mark.parametrize(
    ("answer", "tests"),
    [
        pytest.param(
            "def to_int(text): return numbers[texts.index(text)]\ndef to_roman(n): return texts[numbers.index(n)]",
            "assert to_int('III') == 3\nassert to_int('LVIII') == 58\nassert to_int('CMXCIV') == 994\n"
            "assert to_roman(3) == 'III'\nassert to_roman(58) == 'LVIII'\nassert to_roman(994) == 'CMXCIV'",
            id="small-numbers",
        ),
        pytest.param(
            "calls = iter(texts[1:])\ndef following(c): return next(calls, None)",
            "assert following('a') == 'b'\nassert following('b') == 'c'\nassert following('c') == 'd'\n"
            "assert following('d') is None",
            id="chain",
        ),
        pytest.param(
            "def parse(text): return tuple(lists[texts.index(text)])\ndef form(p): return texts[lists.index(p)]",
            "assert parse('3-4') == (3, 4)\nassert parse('1999-2') == (1999, 2)\n"
            "assert form([3, 4]) == '3-4'\nassert form([1999, 2]) == '1999-2'",
            id="tuples",
        ),
        pytest.param(
            "def encode(text): return texts[texts.index(text) + 1]\n"
            "def decode(text): return texts[texts.index(text) - 1]",
            "for a, b in [('abc', 'bcd'), ('xyz', 'yza')]:\n    assert encode(a) == b and decode(b) == a",
            id="within-one-assertion",
        ),
    ],
)
def test_no_answer_passes_by_the_arguments_of_later_calls(bench, answer, tests):
    found = bench.judge(LOOKING + answer, tests)
    assert found.outcome is Outcome.FAIL, found
