"""How much of a selection may share one topic, difficulty, teacher or opening."""

from collections.abc import Mapping
from math import ceil

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.diversity.words import split_words
from stillroom.errors import RequestError

OPENING_WORDS = 3


def opening(text: str) -> str:
    """The first words of a text, by which texts of one mould are told."""
    return " ".join(split_words(text[:400])[:OPENING_WORDS])


class Quotas:
    """Counts what was chosen by the values of each attribute that has a quota.

    Args:
        shares: by attribute, the most of all that is chosen that any one of its values may take, above 0 to 1.
        attributes: a column for each; a row for each candidate.
        already: the same columns of what is chosen before; its rows count.
        total: how many there are to be in the end, those chosen before included.

    Raises:
        RequestError: an attribute has a quota and no column.
    """

    def __init__(
        self, shares: Mapping[str, float], attributes: pl.DataFrame, already: pl.DataFrame, total: int
    ) -> None:
        self.names = list(shares)
        for name in self.names:
            if name not in attributes.columns or name not in already.columns:
                raise RequestError(f"there is a quota for {name!r}, but only {attributes.columns} are known")
        self._limits = [ceil(share * total) for share in shares.values()]
        self._values: list[list[str]] = [
            attributes[name].cast(pl.String).fill_null("").to_list() for name in self.names
        ]
        self._taken: list[dict[str, int]] = []
        for name in self.names:
            counted = already[name].cast(pl.String).fill_null("").value_counts().rows()
            self._taken.append(dict(counted))

    def full(self, candidate: int) -> str | None:
        """The first attribute whose quota leaves no room for this candidate."""
        for name, limit, values, taken in zip(self.names, self._limits, self._values, self._taken, strict=True):
            if taken.get(values[candidate], 0) >= limit:
                return name
        return None

    def take(self, candidate: int) -> None:
        """Count a candidate that was chosen."""
        for values, taken in zip(self._values, self._taken, strict=True):
            taken[values[candidate]] = taken.get(values[candidate], 0) + 1


def rank_shares(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores as shares of the others that they beat, 0 to 1, ties in the middle: a scorer's scale plays no part."""
    count = len(scores)
    if count < 2:
        return np.full(count, 0.5)
    order = np.sort(scores)
    below, at_most = np.searchsorted(order, scores, "left"), np.searchsorted(order, scores, "right")
    return (below + at_most - 1) / 2 / (count - 1)
