"""Pairs of vectors whose cosine similarity reaches a threshold: all, or where that is too much work, nearly all.

Vectors have unit length, so products are cosines. Every pair is judged by its product in double precision, which does
not hang on what else is searched.
"""

import math
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.candidates import bucket_pairs

Vectors: TypeAlias = NDArray[np.float32]
Rows: TypeAlias = NDArray[np.int64]

MOST_PAIRS = 64  # with earlier vectors that are looked for of one: the first of them
MOST_WORK = 5e12  # products of numbers, about two minutes on two cores; beyond, candidates are compared alone
RECALL = 0.999
_MOST_BANDS = 128
_BUCKET_PEERS = 64
_ROWS, _COLUMNS = 1_024, 8_192
_PAIRS_AT_A_TIME = 20_000
_SLACK = 1e-5  # what single precision may be off by
_SEED = 20_021_130


def pairs(vectors: Vectors, first: int, threshold: float, *, most_work: float = MOST_WORK) -> tuple[Rows, Rows]:
    """For each vector from ``first`` on, the first ``MOST_PAIRS`` before it that are similar enough.

    Args:
        vectors: unit rows, shape (n, dims), in their order.
        first: the first row that is asked about; all rows before it only answer.
        threshold: least cosine similarity, above 0.
        most_work: up to how many products of numbers all pairs are compared. Beyond it only pairs that agree in all
            bits of a band are, see ``band_shape``; of these too the first ``MOST_PAIRS`` count.

    Returns:
        The later and the earlier row of every pair, ordered by both.
    """
    asked, dims = len(vectors) - first, vectors.shape[1]
    is_all = float(asked) * len(vectors) * dims <= most_work
    found = [*(_all_pairs(vectors, first, threshold) if is_all else _likely_pairs(vectors, first, threshold))]
    later = np.concatenate([np.zeros(0, np.int64), *(some for some, _ in found)])
    earlier = np.concatenate([np.zeros(0, np.int64), *(some for _, some in found)])
    order = np.lexsort((earlier, later))
    later, earlier = later[order], earlier[order]
    is_other = np.ones(len(later), bool)
    is_other[1:] = (np.diff(later) != 0) | (np.diff(earlier) != 0)
    later, earlier = later[is_other], earlier[is_other]
    place = np.arange(len(later)) - np.searchsorted(later, later)
    return later[place < MOST_PAIRS], earlier[place < MOST_PAIRS]


def all_before(vectors: Vectors, row: int, threshold: float) -> Rows:
    """All rows before this one that are similar enough, ascending."""
    likely = np.flatnonzero(vectors[:row] @ vectors[row] >= threshold - _SLACK)
    return likely[cosines(vectors, np.full(len(likely), row), likely) >= threshold]


def cosines(vectors: Vectors, left: Rows, right: Rows) -> NDArray[np.float64]:
    """Cosine similarities of pairs of rows, in double precision."""
    found = np.zeros(len(left))
    for start in range(0, len(left), _PAIRS_AT_A_TIME):
        some = slice(start, start + _PAIRS_AT_A_TIME)
        found[some] = (vectors[left[some]].astype(np.float64) * vectors[right[some]]).sum(axis=1)
    return found


def band_shape(threshold: float) -> tuple[int, int]:
    """How many bits a band has and how many bands there are, so that a pair at the threshold is compared by ``RECALL``.

    Two vectors lie on one side of a random hyperplane with probability ``p = 1 - angle / pi`` (Charikar, 2002,
    *Similarity estimation techniques from rounding algorithms*). They agree in all ``r`` bits of a band with ``p^r``,
    in any of ``b`` bands with ``1 - (1 - p^r)^b``. The most bits are taken for which at most 128 bands reach 0.999.
    """
    agree = 1.0 - math.acos(min(threshold, 1.0)) / math.pi
    if agree == 1.0:
        return 62, 1
    for bits in range(62, 0, -1):
        miss = 1.0 - agree**bits
        if (bands := math.ceil(math.log(1.0 - RECALL) / math.log(miss))) <= _MOST_BANDS:
            return bits, bands
    return 1, _MOST_BANDS


def _all_pairs(vectors: Vectors, first: int, threshold: float) -> Iterator[tuple[Rows, Rows]]:
    """Block by block; who has its pairs is asked about no more, so that a million equal vectors are soon done."""
    for start in range(first, len(vectors), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(vectors)))
        counts = np.zeros(len(rows), np.int64)
        for column, after in _column_blocks(int(rows[-1])):
            open_ = np.flatnonzero(counts < MOST_PAIRS)
            if not len(open_):
                break
            products = vectors[rows[open_]] @ vectors[column:after].T
            later, earlier = (side.astype(np.int64) for side in np.nonzero(products >= threshold - _SLACK))
            is_before = earlier + column < rows[open_[later]]
            at, earlier = open_[later[is_before]], earlier[is_before] + column
            is_alike = cosines(vectors, rows[at], earlier) >= threshold
            at, earlier = at[is_alike], earlier[is_alike]
            counts += np.bincount(at, minlength=len(rows))
            yield rows[at], earlier


def _column_blocks(stop: int) -> Iterator[tuple[int, int]]:
    """Few columns first, then more and more: where all vectors are alike, the first few suffice."""
    start, size = 0, min(2 * MOST_PAIRS, _COLUMNS)
    while start < stop:
        yield start, min(start + size, stop)
        start, size = start + size, min(2 * size, _COLUMNS)


def _likely_pairs(vectors: Vectors, first: int, threshold: float) -> Iterator[tuple[Rows, Rows]]:
    bits, bands = band_shape(threshold)
    generator = np.random.default_rng(_SEED)
    for _ in range(bands):
        planes = generator.standard_normal((vectors.shape[1], bits), dtype=np.float32)
        keys = np.zeros(len(vectors), np.int64)
        for start in range(0, len(vectors), _COLUMNS):
            sides = (vectors[start : start + _COLUMNS] @ planes) > 0
            keys[start : start + _COLUMNS] = sides @ (np.int64(1) << np.arange(bits, dtype=np.int64))
        order = np.lexsort((np.arange(len(keys)), keys))
        later, earlier = bucket_pairs(keys[order], order, np.ones(len(order), bool), _BUCKET_PEERS)
        is_asked = later >= first
        later, earlier = later[is_asked], earlier[is_asked]
        is_alike = cosines(vectors, later, earlier) >= threshold
        yield later[is_alike], earlier[is_alike]
