"""Lengths: bounds of the recipe, and outliers of the run by the modified z-score of the logarithm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.filters.length import LEAST_TEXTS, LengthFilter, usual_lengths


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        pytest.param(0, "length:short", id="empty"),
        pytest.param(9, "length:short", id="one too few"),
        pytest.param(10, None, id="just enough"),
        pytest.param(20, None, id="just not too many"),
        pytest.param(21, "length:long", id="one too many"),
    ],
)
def test_bounds_are_inclusive(size: int, reason: str | None) -> None:
    found = LengthFilter(least=10, most=20).find("x" * size)
    assert (found and found.reason) == reason
    assert found is None or f"has {size:,} characters" in found.said


def test_outliers_lie_beyond_the_deviation_that_is_usual() -> None:
    usual = usual_lengths([*range(90, 111), 100_000, 3], 3.5)
    assert usual is not None
    one = LengthFilter(usual=usual)
    reasons = {size: found and found.reason for size in (3, 70, 100, 140, 100_000) for found in [one.find("x" * size)]}
    assert reasons == {3: "length:outlier-short", 70: None, 100: None, 140: None, 100_000: "length:outlier-long"}


def test_the_bounds_are_those_of_the_formula() -> None:
    lengths = [
        10,
        20,
        40,
        80,
        160,
        320,
        640,
    ] * 3  # the median of the logs is that of 80, their deviation that of a factor 4
    least, most = usual_lengths(lengths, 3.5) or (0.0, 0.0)
    factor = (81 / 21) ** (3.5 / 0.6745)
    assert least == pytest.approx(81 / factor - 1)
    assert most == pytest.approx(81 * factor - 1)


def test_texts_of_one_length_leave_room_for_a_factor_of_two() -> None:
    usual = usual_lengths([100] * 50, 3.5)
    assert usual == pytest.approx((49.5, 201))


def test_few_texts_have_no_usual_length() -> None:
    assert usual_lengths([100] * (LEAST_TEXTS - 1), 3.5) is None
    assert usual_lengths([100] * LEAST_TEXTS, 3.5) is not None


def test_most_of_one_length_do_not_make_outliers_of_the_others() -> None:
    lengths = [40] * 11 + [85, 90, 100, 110, 120, 140, 160, 180, 200]
    assert usual_lengths(lengths, 3.5) is not None
    least, most = usual_lengths(lengths, 3.5) or (0.0, 0.0)
    assert least < 40 < 200 < most
    assert most < 2_000, "the mean absolute deviation still has an end"


def test_where_many_lie_beyond_there_is_no_usual_length() -> None:
    assert usual_lengths([100] * 80 + [100_000] * 20, 3.5) is None
    assert usual_lengths([100] * 95 + [100_000] * 5, 3.5) == pytest.approx((49.5, 201))


@given(st.lists(st.integers(0, 50_000_000), min_size=LEAST_TEXTS, max_size=60))
def test_nine_of_ten_texts_are_usual_and_their_order_does_not_matter(lengths: list[int]) -> None:
    usual = usual_lengths(lengths, 2.0)
    if usual is None:
        assert usual_lengths(sorted(lengths), 2.0) is None
        return
    assert usual_lengths(sorted(lengths), 2.0) == pytest.approx(usual)
    within = sum(usual[0] - 1e-6 * (1 + usual[0]) <= size <= usual[1] * (1 + 1e-9) + 1e-6 for size in lengths)
    assert within >= 0.9 * len(lengths)
