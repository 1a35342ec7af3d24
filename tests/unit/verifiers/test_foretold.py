"""No expected value is in the solution's process as the argument of a call that comes later."""

import pytest

from verifiers.plan import Converted, convert


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert encode('abc') == 'bcd'\nassert decode('bcd') == 'abc'", id="text"),
        pytest.param("assert 'bcd' == encode('abc')\nassert decode('bcd') == 'abc'", id="swapped"),
        pytest.param("assert encode(1994) == 'MCMXCIV'\nassert decode('MCMXCIV') == 1994", id="numeral"),
        pytest.param("assert encode({'a': 1}) == [('a', 1)]\nassert decode([('a', 1)]) == {'a': 1}", id="containers"),
        pytest.param("assert encode(2) == -1500\nassert decode(-1500) == 2", id="large-number"),
        pytest.param("x = 'bcd'\nassert encode('abc') == x\nassert decode(x) == 'abc'", id="named"),
        pytest.param("assert encode('abc') in ('bcd', 'cde')\nassert decode(text='bcd') == 'abc'", id="one-of"),
        pytest.param("assert parse('1,2') == [1, 2]\nassert add(([1, 2], [3])) == [1, 2, 3]", id="part"),
        pytest.param("assert name(1) == 'one'\nassert count({'one': 1, 'two': 2}) == 2", id="key"),
        pytest.param("assert root(2) == 1.41\nassert add([[1.41, 1]]) == 2", id="number-in-a-list"),
        pytest.param("assert parse('3-4') == (3, 4)\nassert form([3, 4]) == '3-4'", id="tuple-as-list"),
        pytest.param("assert root(4e6) == 2000.0\nassert square(2000) == 4e6", id="float-as-int"),
        pytest.param("assert parse('1999,2') == [1999, 2]\nassert add(1999, 2) == 2001", id="items-as-arguments"),
        pytest.param(
            "assert parse('3-4') == (3, 4)\nassert parse('5-2') == (5, 2)\nassert form(3, 4) == '3-4'\n"
            "assert form(5, 2) == '5-2'",
            id="small-items-as-arguments",
        ),
        pytest.param(
            "assert to_int('III') == 3\nassert to_int('LVIII') == 58\nassert to_roman(3) == 'III'\n"
            "assert to_roman(58) == 'LVIII'\nassert to_int('') == 0",
            id="small-numbers",
        ),
        pytest.param("assert f('a') == 'b'\nassert f('b') == 'c'\nassert f('c') == 'd'", id="chain"),
        pytest.param("for a, b in [(2, 4), (4, 8), (8, 16)]:\n    assert f(a) == b", id="chain-in-a-loop"),
        pytest.param(
            "for a, b in [('abc', 'bcd'), ('xyz', 'yza')]:\n    assert encode(a) == b and decode(b) == a", id="and"
        ),
        pytest.param("assert encode('abc') == 'bcd' and decode('bcd') == 'abc'", id="and-once"),
        pytest.param(
            "one = encode('abc')\ntwo = decode('bcd')\nassert one == 'bcd'\nassert two == 'abc'", id="kept-by-name"
        ),
        pytest.param(
            "T = {'abc': 'bcd', 'xyz': 'yza'}\nfor k in T:\n    assert encode(k) == T[k] and decode(T[k]) == k",
            id="of-a-table",
        ),
        pytest.param("w = 'abc'\nassert (encode(w), decode(w[::-1])) == (w[::-1], w)", id="computed"),
        pytest.param("a = f('abc')\nb = f('bcd')\nassert a == 'bcd' and b == 'cde'", id="kept-by-name-and"),
        pytest.param("n = len(encode('abc'))\nx = decode(1999)\nassert n == 1999 and x == 'abc'", id="kept-and-asked"),
        pytest.param("assert (encode('abc'), decode('bcd')) == ('bcd', 'abc')", id="in-a-tuple"),
        pytest.param("assert [f('a'), f('b'), f('c')] == ['b', 'c', 'd']\nassert [f('x')] == ['y']", id="in-a-list"),
        pytest.param("y = ['b', 'c']\nassert encode('a') == ['b', 'c']\nsort(y)\nassert y == ['b', 'c']", id="changed"),
    ],
)
def test_what_a_later_call_is_given_is_sent_when_it_is_due(tests):
    found = convert(tests, "encode")
    assert isinstance(found, Converted), found
    assert found.foretold


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param("assert f(1) == 2\nassert f(2) == 3", id="small-numbers"),
        pytest.param("assert abs(f([1.0]) - 2.0) < 1e-6\nassert f([1.0, 2.0]) == 3.0", id="small-floats"),
        pytest.param("assert f('abc') == 'abc'", id="own-argument"),
        pytest.param("assert f(2) == 3\nassert f(3) == 6\nassert f(7) == 2", id="one-small-number-by-accident"),
        pytest.param(
            "assert f(2) == 3\nassert f(3) == 5\nassert f(5) == 71\nassert f(6) == 72\nassert f(8) == 73",
            id="two-of-five",
        ),
        pytest.param("assert f([3, 2]) == [2, 3]\nassert f([2, 3, 4]) == [2, 3, 4]", id="items-of-its-own-argument"),
        pytest.param(
            "assert f(2, 9) == [3, 4]\nassert f(3, 6) == [5, 7]\nassert f(4, 5) == [6, 8]\nassert f(7, 8) == [9, 9]",
            id="items-of-many-arguments",
        ),
        pytest.param("assert f('abc') == 'bcd'\nassert g('abc') == 'xyz'", id="earlier-argument"),
        pytest.param("assert f('abc') == 'xyz' and f('bcd') == 'bcd'", id="own-argument-behind-and"),
        pytest.param("assert abs(f(2.5) - 19.63) < 0.01\nassert rate(100, 0.01) == 101.5", id="tolerance"),
        pytest.param("assert f(2)[1999] == 5\nassert g(1999) == 7", id="index"),
        pytest.param("s = f()\ns.push('abc')\ns.push('bcd')\nassert s.pop() == 'bcd'", id="argument-of-a-statement"),
        pytest.param("assert f([]) == []\nassert f([1]) == [1]\nassert f(True) is True", id="little"),
    ],
)
def test_what_is_known_by_then_or_guessed_anyway_becomes_calls(tests):
    found = convert(tests, "f")
    assert isinstance(found, Converted), found
    assert not found.foretold


def test_what_is_nested_deeply_is_looked_into():
    found = convert("x = []\nfor i in range(2500):\n    x = [x]\nassert f(x) == 2500\nassert g([2500, 1]) == 1", "f")
    assert isinstance(found, Converted), found
