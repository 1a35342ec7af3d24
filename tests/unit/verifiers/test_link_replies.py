"""Messages from the solution are read as the reader for any value reads them, the usual ones faster."""

import importlib
import marshal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import verifiers.sandbox.inside
from verifiers.sandbox.inside import plain_data

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.just(...)
)
VALUES = SCALARS | st.lists(SCALARS) | st.tuples(SCALARS, st.sets(st.integers()))
ANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def loads(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(verifiers.sandbox.inside.__file__).parent))
    return importlib.import_module("link_replies").loads


NUMBERS = st.integers(0, 2**31 - 1)


def reply(value: object, number: int = 7) -> bytes:
    return marshal.dumps((number, "value", (2, "reply", [(0, value), (0, [None, None, 0])]), None), 2)


@given(value=VALUES, number=NUMBERS)
@ANY
def test_a_reply_is_what_was_sent(loads, value, number):
    found = loads(reply(value, number))
    assert found == plain_data.decode(reply(value, number), is_sparing=False)
    assert repr(found) == repr(plain_data.decode(reply(value, number), is_sparing=False))


@given(value=SCALARS, at=st.integers(0, 200), byte=st.integers(0, 255))
@ANY
def test_a_reply_with_a_wrong_byte_is_read_alike(loads, value, at, byte):
    data = bytearray(reply(value))
    data[at % len(data)] = byte
    try:
        wanted = repr(plain_data.decode(bytes(data), is_sparing=False))
    except plain_data.BadData:
        with pytest.raises(ValueError, match=r"."):
            loads(bytes(data))
    else:
        assert repr(loads(bytes(data))) == wanted


@pytest.mark.parametrize("value", [1, True, None, 0.5, "a"])
def test_what_is_cut_short_or_goes_on_is_no_reply(loads, value):
    for data in (reply(value)[:-1], reply(value) + b"N", reply(value)[1:]):
        with pytest.raises(ValueError, match=r"."):
            loads(data)
