"""Counts of n-grams by how many units have them, over any amount of text, in bounded memory."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.diversity.unseen import Seen
from stillroom.wording import words_and_signs

MOST_KINDS = 4_000_000  # n-grams counted at once, some 250 MB at the peak
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no word is lost: 2^64 over the golden ratio
_SPREAD = np.uint64(0xBF58476D1CE4E5B9)  # of the finalizer of SplitMix64 (Steele et al., 2014)
_COUNTED = {"gram": pl.UInt64(), "units": pl.UInt32()}

Hashes = NDArray[np.uint64]


class GramCounts:
    """How many units, such as prompts with all their answers, have each n-gram.

    N-grams are told apart by 64 bits. Where there are more than ``most_kinds`` of them, only those whose hash falls
    into a half of all hashes are counted, then into a quarter, and so on (adaptive sampling: Flajolet, 1990): it is
    kinds that are left out, never units, so that what is rare stays as rare as it is. Figures are then multiplied by
    that share's inverse; at 2 million kinds and more its error is below 0.1 %.
    """

    def __init__(self, n: int, *, most_kinds: int = MOST_KINDS) -> None:
        """Count nothing yet."""
        self._n = n
        self._most_kinds = most_kinds
        self._halvings = 0
        self._units = 0
        self._counted = pl.DataFrame(schema=_COUNTED)

    def add(self, units: Sequence[Sequence[str]]) -> None:
        """Count further units, of each the n-grams of its texts; no unit may come twice."""
        self._units += len(units)
        grams, owners = self._grams(units)
        is_counted = self._is_counted(grams)
        pairs = pl.DataFrame({"gram": grams[is_counted], "unit": owners[is_counted]}).unique()
        added = pairs.select("gram", pl.lit(1, pl.UInt32()).alias("units"))
        self._counted = pl.concat([self._counted, added]).group_by("gram").agg(pl.col("units").sum())
        while len(self._counted) > self._most_kinds:
            self._halvings += 1
            self._counted = self._counted.filter(pl.Series(self._is_counted(self._counted["gram"].to_numpy())))

    def seen(self) -> Seen:
        """How many n-grams were seen in how many units."""
        histogram = self._counted.group_by("units").len().sort("units")
        return Seen(
            samples=self._units,
            times=histogram["units"].to_numpy().astype(np.int64),
            kinds=histogram["len"].to_numpy().astype(np.int64) << self._halvings,
        )

    def _grams(self, units: Sequence[Sequence[str]]) -> tuple[Hashes, NDArray[np.int64]]:
        """The hashes of all runs of ``n`` words within a text, and the unit of each."""
        split = [(unit, words_and_signs(text)) for unit, texts in enumerate(units) for text in texts]
        lengths = np.array([len(words) for _, words in split], np.int64)
        flat = [word.encode("utf-8", "replace") for _, some in split for word in some]  # half surrogates are no text
        words = pl.Series(flat, dtype=pl.Binary()).hash().to_numpy()
        ends = np.repeat(np.cumsum(lengths), lengths)
        starts = np.flatnonzero(np.arange(len(words)) + self._n <= ends)
        grams = np.zeros(len(starts), np.uint64)
        for offset in range(self._n):
            grams = grams * _MULTIPLIER + words[starts + offset]
        owners = np.repeat(np.array([unit for unit, _ in split], np.int64), lengths)
        return (grams ^ (grams >> np.uint64(31))) * _SPREAD, owners[starts]

    def _is_counted(self, grams: Hashes) -> NDArray[np.bool_]:
        return grams >> np.uint64(64 - self._halvings) == 0 if self._halvings else np.ones(len(grams), bool)
