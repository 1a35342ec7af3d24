import contextlib
import itertools
import marshal
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.sandbox.inside.plain_data import BadData, TooCostly, decode

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


MERSENNE = (1 << 61) - 1  # integers are hashed modulo this


def _raw_set(items, *, kind=b"<"):
    """A set as its bytes say it: Python itself would be slow to make it."""
    return kind + struct.pack("<I", len(items)) + b"".join(marshal.dumps(each, 2) for each in items)


def _same_hash(count, start=0):
    return [(start + each) * MERSENNE for each in range(count)]


def _nested(depth, width):
    """Frozen sets in frozen sets, of which all at one depth have the same hash."""
    found = [_raw_set(_same_hash(3, 3 * each), kind=b">") for each in range(width**depth)]
    while len(found) > 1:
        found = [
            b">" + struct.pack("<I", width) + b"".join(found[at : at + width]) for at in range(0, len(found), width)
        ]
    return found[0]


def _walk(count):
    """Keys of different hashes that all begin to look for a place where a long row of others stands."""
    bits = 18
    place, row = 0, []
    for _ in range(count):
        row.append(place)
        place = (5 * place + 1) % (1 << bits)
    return row + [each << 40 for each in range(1, count)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_raw_set([*range(75_000), *_same_hash(220_000)]), id="few-among-many"),
        pytest.param(b"(" + struct.pack("<I", 300) + _raw_set(_same_hash(900)) * 300, id="many-small-sets"),
        pytest.param(b"{" + b"".join(marshal.dumps(each, 2) + b"N" for each in _same_hash(50_000)) + b"0", id="dict"),
        pytest.param(_raw_set([(each,) for each in _same_hash(20_000)]), id="tuples"),
        pytest.param(_raw_set([complex(1000003 * each, -each) for each in range(1, 20_000)]), id="complex"),
        pytest.param(_raw_set([float(each) * 2.0**61 for each in range(1, 20_000)]), id="floats"),
        pytest.param(_nested(4, 10), id="sets-in-sets"),
        pytest.param(_raw_set(_walk(60_000)), id="row-of-places"),
    ],
)
def test_keys_that_were_chosen_to_be_slow_cost_little_time(data):
    before = time.process_time()
    with contextlib.suppress(TooCostly):
        decode(data)
    assert time.process_time() - before < 3


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(set(itertools.product(range(-3, 3), repeat=4)), id="grid"),
        pytest.param({frozenset(each) for each in itertools.combinations(range(12), 4)}, id="sets-in-a-set"),
        pytest.param({each: str(each) for each in range(10_000)}, id="dict"),
        pytest.param([{"a": each, "b": {each}} for each in range(2_000)], id="rows"),
        pytest.param({each / 7 for each in range(5_000)}, id="floats"),
        pytest.param({str(each) for each in range(10_000)}, id="texts"),
    ],
)
def test_keys_that_programs_return_are_read(value):
    assert decode(marshal.dumps(value, 2)) == value


def test_a_reader_under_a_time_limit_of_its_own_refuses_no_honest_value():
    value = {each: each for each in range(60_000)}
    with pytest.raises(TooCostly):
        decode(marshal.dumps(value, 2))
    assert decode(marshal.dumps(value, 2), is_sparing=False) == value
