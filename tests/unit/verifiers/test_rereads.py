"""A result that is read twice is one value, as far as it cannot have changed between the readings."""

import marshal
from typing import Any, cast

import pytest

from stillroom.records.execution import Reading, Reported
from verifiers.conversion.rereads import Reread, has_changed, rereads
from verifiers.plan import Converted, convert


def pairs(tests: str) -> list[bool]:
    found = convert(tests, "f")
    assert isinstance(found, Converted), found
    assert found.rereads == rereads(found.steps)
    return [each.is_fixed for each in found.rereads]


@pytest.mark.parametrize(
    ("tests", "fixed"),
    [
        pytest.param("assert f(1) == 2\nassert f(1) == 2", [], id="two-calls"),
        pytest.param("r = f(1)\nassert r > 1\nassert r < 3", [True], id="two-assertions"),
        pytest.param("r = f(1)\nassert r > 1 and r < 3 and r != 5", [True, True], id="one-assertion"),
        pytest.param("r = f(1)\nassert r > 1\nassert f(2) == 3\nassert r < 3", [False], id="call-between"),
        pytest.param("assert N > 1\nassert N < 3\nassert f(2)", [True], id="name"),
        pytest.param("assert N > 1\nassert f(2)\nassert N < 3", [], id="name-that-may-be-bound-anew"),
    ],
)
def test_readings_of_one_result_are_found(tests: str, fixed: list[bool]) -> None:
    assert pairs(tests) == fixed


@pytest.mark.parametrize(
    ("one", "other", "is_fixed", "expected"),
    [
        pytest.param(1.5, 1.5, True, False, id="same"),
        pytest.param(1.5, 2.5, False, True, id="number"),
        pytest.param("a", "b", False, True, id="text"),
        pytest.param((1, (2,)), (1, (3,)), False, True, id="tuple"),
        pytest.param([1], [1, 2], False, False, id="list-that-could-change"),
        pytest.param(([1],), ([2],), False, False, id="list-in-a-tuple"),
        pytest.param([1], [1, 2], True, True, id="list-that-could-not"),
    ],
)
def test_what_cannot_have_changed_has_not(one: object, other: object, is_fixed: bool, expected: bool) -> None:
    readings = [Reading(reported=Reported.VALUE, data=marshal.dumps(cast("Any", each), 2)) for each in (one, other)]
    assert has_changed([Reread(0, 1, is_fixed)], readings) is expected
    assert not has_changed([Reread(0, 1, is_fixed)], readings[:1])
