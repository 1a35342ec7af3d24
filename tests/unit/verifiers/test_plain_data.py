import contextlib
import marshal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.sandbox.inside.plain_data import BadData, decode

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.complex_numbers(allow_nan=False)
    | st.text() | st.binary() | st.just(...)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(SCALARS, inner) | st.sets(SCALARS)
    | st.frozensets(SCALARS),
    max_leaves=30,
)  # fmt: skip


@given(VALUES)
def test_what_marshal_writes_is_read_back_with_its_types(value):
    found = decode(marshal.dumps(value, 2))
    assert found == value
    assert type(found) is type(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_bad_data(data):
    with contextlib.suppress(BadData):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[\xff\xff\xff\x7f", id="long-list"),
        pytest.param(b"(\x01\x00\x00\x00" * 500 + b"N", id="deep"),
        pytest.param(b"l\xff\xff\xff\x7f", id="long-int"),
        pytest.param(b"c", id="code"),
        pytest.param(b"0", id="stray-end"),
        pytest.param(b"NN", id="two-values"),
        pytest.param(b"<\x01\x00\x00\x00[\x00\x00\x00\x00", id="unhashable"),
        pytest.param(marshal.dumps({i * ((1 << 61) - 1): 0 for i in range(3000)}, 2), id="collisions"),
    ],
)
def test_what_is_out_of_bounds_is_bad_data(data):
    with pytest.raises(BadData):
        decode(data)


def test_a_large_integer_is_read_in_little_time():
    value = 7**200_000
    assert decode(marshal.dumps(value, 2)) == value
