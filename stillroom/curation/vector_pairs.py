"""Pairs of vectors whose cosine similarity reaches a threshold: all, or where that is too much work, nearly all."""

from collections.abc import Iterator

import numpy as np

from stillroom.curation.cosine import SLACK, Rows, Vectors, cosines
from stillroom.curation.hyperplanes import likely_pairs

MOST_PAIRS = 64  # with earlier vectors that are looked for of one: the first of them
MOST_WORK = 5e12  # products of numbers, about two minutes on two cores; beyond, candidates are compared alone
_MEMORY_BYTES = 1 << 30
_ROWS, _COLUMNS = 1_024, 8_192
_LEAST_COLUMNS = 2 * MOST_PAIRS
_PRODUCT_BYTES = 40  # of two vectors: the product, whether it reaches the threshold, and where it stands if it does


def pairs(
    vectors: Vectors, first: int, threshold: float, *, most_work: float = MOST_WORK, memory_bytes: int = _MEMORY_BYTES
) -> Iterator[tuple[Rows, Rows]]:
    """For each vector from ``first`` on, the first ``MOST_PAIRS`` before it that are similar enough.

    Args:
        vectors: unit rows, shape (n, dims), in their order.
        first: the first row that is asked about; all rows before it only answer.
        threshold: least cosine similarity, above 0.
        most_work: up to how many products of numbers all pairs are compared. Beyond it only pairs that agree in all
            bits of a band are, see ``hyperplanes``; of these too the first ``MOST_PAIRS`` count.
        memory_bytes: about what may be held beside the vectors and some 100 bytes of each.

    Returns:
        The later and the earlier row of pairs, in parts of some thousand rows; ordered by both over all parts.
    """
    asked, dims = len(vectors) - first, vectors.shape[1]
    if float(asked) * len(vectors) * dims <= most_work:
        return _all_pairs(vectors, first, threshold, memory_bytes)
    return likely_pairs(vectors, first, threshold, most=MOST_PAIRS, memory_bytes=memory_bytes)


def _all_pairs(vectors: Vectors, first: int, threshold: float, memory_bytes: int) -> Iterator[tuple[Rows, Rows]]:
    """Block by block; who has its pairs is asked about no more, so that a million equal vectors are soon done."""
    most_columns = max(_LEAST_COLUMNS, min(_COLUMNS, memory_bytes // (_ROWS * _PRODUCT_BYTES)))
    for start in range(first, len(vectors), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(vectors)))
        counts = np.zeros(len(rows), np.int64)
        found = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
        for column, after in _column_blocks(int(rows[-1]), most_columns):
            open_ = np.flatnonzero(counts < MOST_PAIRS)
            if not len(open_):
                break
            products = vectors[rows[open_]] @ vectors[column:after].T
            later, earlier = (side.astype(np.int64) for side in np.nonzero(products >= threshold - SLACK))
            is_before = earlier + column < rows[open_[later]]
            at, earlier = open_[later[is_before]], earlier[is_before] + column
            is_alike = cosines(vectors, rows[at], earlier) >= threshold
            at, earlier = at[is_alike], earlier[is_alike]
            counts += np.bincount(at, minlength=len(rows))
            found.append((rows[at], earlier))
        yield _first_of_each(*(np.concatenate(side) for side in zip(*found, strict=True)))


def _column_blocks(stop: int, most: int) -> Iterator[tuple[int, int]]:
    """Few columns first, then more and more: where all vectors are alike, the first few suffice."""
    start, size = 0, min(_LEAST_COLUMNS, most)
    while start < stop:
        yield start, min(start + size, stop)
        start, size = start + size, min(2 * size, most)


def _first_of_each(later: Rows, earlier: Rows) -> tuple[Rows, Rows]:
    """These pairs, ordered by both; of each later row the first ``MOST_PAIRS``."""
    order = np.lexsort((earlier, later))
    later, earlier = later[order], earlier[order]
    place = np.arange(len(later)) - np.searchsorted(later, later)
    return later[place < MOST_PAIRS], earlier[place < MOST_PAIRS]
