"""Wilson's interval, against figures worked out by others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.calibration import wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (0, 100, 0.0, 0.036994),
        (75, 75, 0.951276, 1.0),
        (5, 10, 0.236593, 0.763407),
        (1, 10, 0.017876, 0.404150),
        (0, 0, 0.0, 1.0),
    ],
)
def test_bounds(part: int, whole: int, low: float, high: float) -> None:
    assert wilson(part, whole) == pytest.approx((low, high), abs=1e-6)


@given(st.integers(1, 10_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_interval_holds_the_share_and_mirrors(counts: tuple[int, int]) -> None:
    part, whole = counts
    low, high = wilson(part, whole)
    assert 0 <= low <= part / whole <= high <= 1
    assert wilson(whole - part, whole) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("part", "whole"), [(-1, 3), (4, 3)])
def test_no_share_is_refused(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(part, whole)
