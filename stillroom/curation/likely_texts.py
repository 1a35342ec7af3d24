"""Leaves out the texts that surely hold no run of words that is known, before all others are cut into words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.folded_texts import ascii_blocks, beside_ascii, utf8_blocks
from stillroom.curation.likely_kernels import add_runs, find_likely
from stillroom.curation.word_grams import folded
from stillroom.curation.word_kernels import Bytes, Hashes, Places, find_texts_with

_SPARE_BYTES = 32  # that are read or written behind a text
_LEAST_PLACES = 10  # bits


class LikelyTexts:
    """Finds texts that may hold a run of some words in a row."""

    def __init__(self, size: int, holding: Sequence[str], runs: int, other_size: int, beginning: Sequence[str]) -> None:
        """Look for all runs of so many words in some texts, and those of another size that others begin with.

        Args:
            size: of the runs, in words.
            holding: texts that have them.
            runs: about how many they have.
            other_size: of the other runs.
            beginning: texts that begin with these.
        """
        self._sizes = size, other_size
        known = [folded(text) for text in holding]
        begins = [folded(text) for text in beginning]
        self._tables = _table(runs), _table(len(begins))
        for texts, of_size, table in zip((known, begins), self._sizes, self._tables, strict=True):
            for _, data, bounds in ascii_blocks(texts):
                add_runs(data, bounds, of_size, texts is begins, *_room(bounds), table)
        self._beside_ascii = beside_ascii([*known, *begins])

    def among(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """The numbers of those of these texts that may hold any, ascending."""
        is_plain = np.fromiter(map(str.isascii, texts), np.bool_, len(texts))
        is_likely = np.empty(len(texts), np.bool_)
        plain, others = np.flatnonzero(is_plain), np.flatnonzero(~is_plain)
        found = np.empty(len(plain), np.bool_)
        for block, data, bounds in ascii_blocks([texts[row] for row in plain.tolist()]):
            self._find(data, bounds, found[block])
        is_likely[plain] = found
        for block, data, bounds in utf8_blocks([texts[row] for row in others.tolist()]):
            found, has_others = np.empty((2, len(bounds) - 1), np.bool_)
            self._find(data, bounds, found)
            find_texts_with(data, bounds, self._beside_ascii, has_others)
            is_likely[others[block]] = found | has_others
        return np.flatnonzero(is_likely)

    def _find(self, data: Bytes, bounds: Places, found: NDArray[np.bool_]) -> None:
        find_likely(data, bounds, *self._sizes, *_room(bounds), *self._tables, found)


def _table(count: int) -> NDArray[np.uint64]:
    """Two tables that have 32 to 64 bits for each run."""
    return np.zeros((2, 1 << max(_LEAST_PLACES, count.bit_length() - 1)), np.uint64)


def _room(bounds: Places) -> tuple[Bytes, Hashes, Hashes, Hashes]:
    """What kernels write the letters (as bytes and as they are packed), edges and sums of a text to."""
    most = int(np.diff(bounds).max()) + _SPARE_BYTES
    packed = np.empty(most // 8 + 1, np.uint64)
    return packed.view(np.uint8), packed, np.empty(most, np.uint64), np.empty(most, np.uint64)
