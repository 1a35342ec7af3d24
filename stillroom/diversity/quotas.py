"""How much of a selection may share one topic, difficulty, teacher or opening."""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from math import ceil

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.errors import RequestError
from stillroom.wording import beginning, words_in

OPENING_WORDS = 3
_OPENING_CHARACTERS = 400  # in which they are looked for


def opening(text: str) -> str:
    """The first words of a text, by which texts of one mould are told."""
    return " ".join(words_in(beginning(text[:_OPENING_CHARACTERS], OPENING_WORDS)))


def of_share(share: float, count: int) -> int:
    """A share of so many, rounded up; exact by the share's decimal digits: 0.55 of 100 is 55, not 56."""
    return ceil(Fraction(str(share)) * count)


class Quotas:
    """Counts what was chosen by the values of each attribute that has a quota.

    A row whose value is not known (null or "") has no part in that attribute's quota: what is not known of two rows is
    not the same of both.

    Args:
        shares: by attribute, the most of all that is chosen that any one of its values may take, above 0 to 1.
        attributes: a column for each; a row for each candidate.
        already: the same columns of what is chosen before; its rows count.

    Raises:
        RequestError: an attribute has a quota and no column.
    """

    def __init__(self, shares: Mapping[str, float], attributes: pl.DataFrame, already: pl.DataFrame) -> None:
        self.names = list(shares)
        for name in self.names:
            if name not in attributes.columns or name not in already.columns:
                raise RequestError(f"there is a quota for {name!r}, but only {attributes.columns} are known")
        self._shares = list(shares.values())
        self._values: list[list[str]] = [_known_values(attributes[name]) for name in self.names]
        self._before = [Counter(value for value in _known_values(already[name]) if value) for name in self.names]
        self._limits = [0] * len(self.names)
        self._taken = [Counter(before) for before in self._before]

    def begin(self, total: int) -> None:
        """Count anew, by the limits where there are to be ``total`` in the end, those chosen before included."""
        self.widen(total)
        self._taken = [Counter(before) for before in self._before]

    def widen(self, total: int) -> None:
        """Go on by the limits of another total."""
        self._limits = [of_share(share, total) for share in self._shares]

    def room(self, wanted: int, total: int) -> int:
        """How many of these find room at the most where there are to be ``total`` in the end: each quota by itself."""
        rooms = [wanted]
        for share, values, before in zip(self._shares, self._values, self._before, strict=True):
            limit, offered = of_share(share, total), Counter(values)
            unlimited = offered.pop("", 0)
            rooms.append(unlimited + sum(min(n, max(0, limit - before[value])) for value, n in offered.items()))
        return min(rooms)

    def full(self, candidate: int) -> str | None:
        """The first attribute whose quota leaves no room for this candidate."""
        for name, limit, values, taken in zip(self.names, self._limits, self._values, self._taken, strict=True):
            if values[candidate] and taken[values[candidate]] >= limit:
                return name
        return None

    def take(self, candidate: int) -> None:
        """Count a candidate that was chosen."""
        for values, taken in zip(self._values, self._taken, strict=True):
            taken[values[candidate]] += 1


def _known_values(column: pl.Series) -> list[str]:
    return column.cast(pl.String).fill_null("").to_list()


def rank_shares(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores as shares of the others that they beat, 0 to 1, ties in the middle: a scorer's scale plays no part."""
    count = len(scores)
    if count < 2:
        return np.full(count, 0.5)
    order = np.sort(scores)
    below, at_most = np.searchsorted(order, scores, "left"), np.searchsorted(order, scores, "right")
    return (below + at_most - 1) / 2 / (count - 1)
