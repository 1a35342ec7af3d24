"""A figure with the interval in which it lies 95 times in a hundred."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959964  # quantile of the normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure and its 95 % interval; an exact figure has none, and None for both bounds."""

    value: float
    low: float | None = None
    high: float | None = None


def of_draws(values: NDArray[np.float64]) -> Estimate:
    """Mean over draws, and where the middle 95 % of them lie."""
    low, high = np.percentile(values, [2.5, 97.5])
    mean = float(values.mean())
    return Estimate(value=mean, low=min(mean, float(low)), high=max(mean, float(high)))  # equal draws round apart
