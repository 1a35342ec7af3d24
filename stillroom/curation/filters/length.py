"""Finds texts that are too short or too long, by bounds or as compared with those that they come with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stillroom.curation.filters.finding import Finding

LEAST_TEXTS = 20  # of which outliers are looked for: fewer have no usual length
_CONSISTENT = 0.6745  # makes the median absolute deviation that of a normal distribution (Iglewicz and Hoaglin, 1993)
_CONSISTENT_MEAN = 1.253314  # makes the mean absolute deviation that of a normal distribution: the root of pi / 2
_MOST_OUTLIERS = 0.1  # of the texts: where more lie beyond, they are another kind of text
_LEAST_FACTOR = 2.0  # by which an outlier differs from the median, also where nearly all texts are equally long


@dataclass(frozen=True, slots=True)
class LengthFilter:
    """Bounds of the length of a text in characters.

    Attributes:
        least: shorter ones are too short.
        most: longer ones are too long; None: none is.
        usual: lengths between which a text of the run is no outlier, or None where that is not asked.
    """

    least: int = 0
    most: int | None = None
    usual: tuple[float, float] | None = None

    def find(self, text: str) -> Finding | None:
        """Whether the text is too short or too long."""
        size = len(text)
        if size < self.least:
            return Finding("length:short", f"has {size:,} characters, fewer than {self.least:,}")
        if self.most is not None and size > self.most:
            return Finding("length:long", f"has {size:,} characters, more than {self.most:,}")
        if self.usual is None or self.usual[0] <= size <= self.usual[1]:
            return None
        least, most = self.usual
        which = "short" if size < least else "long"
        return Finding(
            f"length:outlier-{which}",
            f"has {size:,} characters, where {least:,.0f} to {most:,.0f} are usual in the run",
        )


def usual_lengths(lengths: Sequence[int], most_deviation: float) -> tuple[float, float] | None:
    """Between which lengths a text is no outlier, or None where there are too few texts to say, or no usual length.

    Lengths of texts spread by factors, so their logarithms are compared: an outlier's modified z-score, 0.6745 times
    its distance from the median over the median absolute deviation, is beyond ``most_deviation``. (Iglewicz and
    Hoaglin: How to Detect and Handle Outliers, ASQC 1993, who propose 3.5.)

    Where half of the texts are about equally long, that deviation says nothing of the others, and many lie beyond it.
    Then the mean absolute deviation stands in its place, over 1.253314 of it; and where still more than a tenth lie
    beyond, there is no usual length.

    Args:
        lengths: of the texts that it is compared with, in characters.
        most_deviation: the modified z-score up to which a text is usual.
    """
    if len(lengths) < LEAST_TEXTS:
        return None
    logs = np.log(np.array(lengths, np.float64) + 1)
    median = float(np.median(logs))
    distances = np.abs(logs - median)
    for deviation in (np.median(distances) / _CONSISTENT, np.mean(distances) * _CONSISTENT_MEAN):
        reach = max(most_deviation * float(deviation), float(np.log(_LEAST_FACTOR)))
        if np.mean(distances > reach) <= _MOST_OUTLIERS:
            return float(np.exp(median - reach) - 1), float(np.exp(median + reach) - 1)
    return None
