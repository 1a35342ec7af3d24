"""The exact Jaccard similarity of pairs of texts: shingle sets as sparse rows, intersected by scipy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array  # pyright: ignore[reportMissingTypeStubs]

from stillroom.curation.shingles import shingle_sets

_PAIRS_AT_A_TIME = 2_000


def jaccard(texts: Sequence[str], left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Shared shingles over all shingles, for pairs of normalised texts given by their positions in ``texts``.

    Returns:
        Similarities, shape (pairs,). Nothing resembles a text without shingles, not even another.
    """
    sets = shingle_sets(texts)
    ends = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    flat = np.concatenate(sets) if sets else np.zeros(0, np.uint64)
    columns = (flat >> np.uint64(1)).view(np.int64)  # scipy's columns are signed
    rows: Any = csr_array((np.ones(len(flat), np.int8), columns, ends), shape=(len(sets), (1 << 63) - 1))
    sizes = np.diff(ends)
    common = np.zeros(len(left), np.int64)
    for start in range(0, len(left), _PAIRS_AT_A_TIME):
        part = slice(start, start + _PAIRS_AT_A_TIME)
        both = rows[left[part]].multiply(rows[right[part]]).tocsr()
        common[part] = np.diff(both.indptr)
    return common / np.maximum(sizes[left] + sizes[right] - common, 1)
