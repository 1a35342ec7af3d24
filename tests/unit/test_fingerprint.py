"""Fingerprints: equal for equal plain data, refused for all else."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.fingerprint import canonical_json, fingerprint, normalise_text

TEXT = st.text(st.characters(codec="utf-8"))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def reordered(value: Any) -> Any:
    """The same value with every mapping's keys the other way round and every list a tuple."""
    if isinstance(value, dict):
        return {key: reordered(item) for key, item in reversed(value.items())}
    return tuple(reordered(item) for item in value) if isinstance(value, list) else value


@given(PLAIN)
def test_order_of_keys_and_kind_of_sequence_do_not_matter(value: Any) -> None:
    assert fingerprint(value) == fingerprint(reordered(value))


@given(PLAIN)
def test_canonical_json_is_json_of_the_same_value_and_a_fixed_point(value: Any) -> None:
    read = json.loads(canonical_json(value))

    assert read == value
    assert canonical_json(read) == canonical_json(value)


@given(PLAIN, PLAIN)
def test_different_values_have_different_fingerprints(one: Any, other: Any) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (canonical_json(one) == canonical_json(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(1.0, 1, id="whole float and integer"),
        pytest.param(-0.0, 0, id="minus zero"),
        pytest.param({"a": [1.0]}, {"a": [1]}, id="nested"),
        pytest.param(StrEnum("Colour", {"RED": "red"})("red"), "red", id="text enum"),
    ],
)
def test_equal_by_design(one: Any, other: Any) -> None:
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(True, 1, id="true is not one"),
        pytest.param(None, "", id="nothing is not empty"),
        pytest.param("1", 1, id="text is not number"),
        pytest.param([["a"], "b"], ["a", ["b"]], id="nesting"),
        pytest.param(["ab", "c"], ["a", "bc"], id="boundaries"),
    ],
)
def test_different_by_design(one: Any, other: Any) -> None:
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({1, 2}, id="set"),
        pytest.param(object(), id="object"),
        pytest.param(Path("a"), id="path"),
        pytest.param(b"bytes", id="bytes"),
        pytest.param({1: "a"}, id="key that is no text"),
        pytest.param([{"deep": frozenset()}], id="nested set"),
        pytest.param((item for item in [1]), id="generator"),
    ],
)
def test_what_has_no_stable_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        fingerprint(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")], "\ud800", {"\ud800": 1}])
def test_values_outside_json_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"finite|surrogates"):
        fingerprint(value)


def test_length_takes_the_first_digits() -> None:
    assert fingerprint("a", length=24) == fingerprint("a")[:24]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("a  b\tc", "a b c", id="runs of white space"),
        pytest.param("a\r\nb\rc", "a\nb\nc", id="line ends"),
        pytest.param("\n a \n", "a", id="outer white space"),
        pytest.param("\uff46oo", "foo", id="compatibility characters"),
        pytest.param("caf\u0065\u0301", "caf\u00e9", id="composition"),
    ],
)
def test_texts_that_read_the_same_are_the_same(one: str, other: str) -> None:
    assert normalise_text(one) == normalise_text(other)


def test_identities_stay_what_lakes_stand_on() -> None:
    """What was paid for under an id would be paid for again under another."""
    assert normalise_text("Give x² in O(n²), ½ H₂O™.") == "Give x2 in O(n2), 1\u20442 H2OTM."


def test_indentation_is_meaning() -> None:
    assert normalise_text("if a:\n    b\nc") != normalise_text("if a:\n    b\n    c")


@given(TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_text(normalise_text(text)) == normalise_text(text)
