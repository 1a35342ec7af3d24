"""Generated inputs: different, of the types that the tests use, and the same at every call."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.generated_inputs import Input, _key, generated, inputs_in
from verifiers.plan import Converted, convert


def inputs_of(tests: str, entry_point: str = "f") -> list[Input]:
    plan = convert(tests, entry_point)
    assert isinstance(plan, Converted)
    return inputs_in(plan, entry_point)


@pytest.mark.parametrize(
    ("tests", "inputs"),
    [
        pytest.param("assert f(1, 'a') == 2", [Input(arguments=(1, "a"))], id="literals"),
        pytest.param("assert f(x=1) == 2", [Input(arguments=(), keywords=(("x", 1),))], id="keywords"),
        pytest.param("a = [3, 1]\nf(a)\nassert a == [1, 3]", [Input(arguments=([3, 1],))], id="name"),
        pytest.param("assert f(1) == f(1) == 3", [Input(arguments=(1,))], id="each once"),
        pytest.param("assert f(f(1)) == 2", [Input(arguments=(1,))], id="result of a call"),
        pytest.param("assert g(1) == 2", [], id="another function"),
        pytest.param(
            "assert f(True) == 1\nassert f(1) == 1", [Input(arguments=(True,)), Input(arguments=(1,))], id="types"
        ),
    ],
)
def test_inputs_are_those_of_the_tests(tests: str, inputs: list[Input]) -> None:
    assert [repr(one) for one in inputs_of(tests)] == [repr(one) for one in inputs]


SCALARS = st.one_of(
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=8),
    st.none(),
    st.booleans(),
    st.complex_numbers(),
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.sets(SCALARS, max_size=4),
        st.dictionaries(SCALARS, inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(max_examples=80)
@given(st.lists(st.tuples(DATA, DATA), min_size=1, max_size=4), st.integers(0, 99))
def test_invariants(rows: Sequence[tuple[Any, Any]], seed: int) -> None:
    bases = [Input(arguments=(first,), keywords=(("named", second),)) for first, second in rows]
    before = repr(bases)

    found = generated(bases, count=20, seed=seed)

    keys = [_key(one) for one in found]  # NaN hides from `==`, and sets with NaN in them have no order
    assert keys == [_key(one) for one in generated(bases, count=20, seed=seed)]
    assert repr(bases) == before
    assert len(set(keys)) == len(keys) <= 20
    assert not set(keys) & {_key(base) for base in bases}
    kinds = {type(first) for first, _ in rows}
    for one in found:
        assert type(one.arguments[0]) in kinds
        assert [name for name, _ in one.keywords] == ["named"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((3,), id="whole number"),
        pytest.param((0.5,), id="real number"),
        pytest.param(("ab",), id="text"),
        pytest.param(([1, 2],), id="list"),
        pytest.param(([[1, 2], [3]], "x"), id="nested"),
        pytest.param(({"a": 1},), id="dictionary"),
        pytest.param(({1, 2, 3},), id="set"),
        pytest.param(((1, "a"),), id="record"),
        pytest.param((b"ab",), id="bytes"),
    ],
)
def test_two_hundred_inputs_come_of_one(arguments: tuple[Any, ...]) -> None:
    found = generated([Input(arguments=arguments)], count=256, seed=0)

    assert len(found) == 256
    assert all(list(map(type, one.arguments)) == list(map(type, arguments)) for one in found)


def test_few_values_give_few_inputs() -> None:
    assert [one.arguments for one in generated([Input(arguments=(True,))], count=256, seed=0)] == [(False,)]
    assert generated([Input(arguments=())], count=256, seed=0) == []
    assert generated([], count=256, seed=0) == []


def test_records_keep_their_length() -> None:
    found = generated([Input(arguments=([(1, 2), (3, 4)],))], count=100, seed=0)

    pairs: list[Any] = [pair for one in found for pair in one.arguments[0]]  # pyright: ignore
    assert all(len(pair) == 2 for pair in pairs)
