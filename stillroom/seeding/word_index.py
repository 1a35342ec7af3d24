"""Which texts share how many words with a query: an upper bound of their common subsequence, from sorted arrays."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]

_WORD_BITS = np.int64(32)


class WordIndex:
    """The words of some texts, given as numbers below 2^32, with the texts that have them."""

    def __init__(self, texts: Sequence[Numbers]) -> None:
        """Sort all words of all texts; about a second for four million words."""
        self.lengths = np.array([len(text) for text in texts], np.int64)
        words = np.concatenate([*texts, np.zeros(0, np.int64)])
        owners = np.repeat(np.arange(len(texts), dtype=np.int64), self.lengths)
        order = np.argsort(owners << _WORD_BITS | words, kind="stable")
        words, owners = words[order], owners[order]
        keys = _occurrence(owners << _WORD_BITS | words) << _WORD_BITS | words
        order = np.argsort(keys, kind="stable")
        self._keys, self._owners = keys[order], owners[order].astype(np.int32)

    def shared_words(self, query: Numbers) -> Numbers:
        """How many words each text shares with the query, counted as often as both have them; shape (texts,).

        A common subsequence cannot be longer. The ``k``-th occurrence of a word counts as a word of its own, so that
        one pass over the lists of texts that have it adds up the smaller of the two counts.
        """
        words = np.sort(query)
        keys = _occurrence(words) << _WORD_BITS | words
        starts, stops = (np.searchsorted(self._keys, keys, side).tolist() for side in ("left", "right"))
        lists = [self._owners[start:stop] for start, stop in zip(starts, stops, strict=True)]
        together = np.concatenate([*lists, np.zeros(0, np.int32)])
        return np.bincount(together, minlength=len(self.lengths))


def _occurrence(ascending: Numbers) -> Numbers:
    """For each of ascending numbers how many equal ones come before it."""
    place = np.arange(len(ascending), dtype=np.int64)
    is_first = np.concatenate([[True], ascending[1:] != ascending[:-1]]) if len(ascending) else np.zeros(0, bool)
    return place - np.maximum.accumulate(np.where(is_first, place, 0)) if len(ascending) else place
