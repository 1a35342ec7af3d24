"""The exact Jaccard similarity of pairs of texts: shingle sets as sparse rows, intersected by scipy.

Sets of giant texts are intersected by themselves: as rows they would be copied several times over.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array  # pyright: ignore[reportMissingTypeStubs]

from stillroom.curation.shingles import Hashes, shingle_sets

_PAIRS_AT_A_TIME = 2_000
_GIANT = 1 << 20  # shingles of one text
_SOUGHT_AT_A_TIME = 1 << 20


def jaccard(texts: Sequence[str], left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Shared shingles over all shingles, for pairs of normalised texts given by their positions in ``texts``.

    Returns:
        Similarities, shape (pairs,). Nothing resembles a text without shingles, not even another.
    """
    sets = shingle_sets(texts)
    sizes = np.fromiter(map(len, sets), np.int64, len(sets))
    is_giant = (sizes > _GIANT)[left] | (sizes > _GIANT)[right]
    common = np.zeros(len(left), np.int64)
    for pair in np.flatnonzero(is_giant).tolist():
        fewer, more = sorted([sets[int(left[pair])], sets[int(right[pair])]], key=len)
        common[pair] = _common_of_giants(fewer, more)
    common[~is_giant] = _common(
        [few if len(few) <= _GIANT else few[:0] for few in sets], left[~is_giant], right[~is_giant]
    )
    return common / np.maximum(sizes[left] + sizes[right] - common, 1)


def _common(sets: Sequence[Hashes], left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many numbers the two sets of each pair share."""
    ends = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    flat = np.concatenate(sets) if sets else np.zeros(0, np.uint64)
    columns = (flat >> np.uint64(1)).view(np.int64)  # scipy's columns are signed
    rows: Any = csr_array((np.ones(len(flat), np.int8), columns, ends), shape=(len(sets), (1 << 63) - 1))
    common = np.zeros(len(left), np.int64)
    for start in range(0, len(left), _PAIRS_AT_A_TIME):
        part = slice(start, start + _PAIRS_AT_A_TIME)
        both = rows[left[part]].multiply(rows[right[part]]).tocsr()
        common[part] = np.diff(both.indptr)
    return common


def _common_of_giants(fewer: Hashes, more: Hashes) -> int:
    """How many numbers two ascending sets share."""
    common = 0
    for start in range(0, len(fewer), _SOUGHT_AT_A_TIME):
        sought = fewer[start : start + _SOUGHT_AT_A_TIME]
        at = np.minimum(np.searchsorted(more, sought), len(more) - 1)
        common += int((more[at] == sought).sum())
    return common
