"""Pairs of alike vectors that random hyperplanes propose, where comparing all pairs is too much work.

Two vectors lie on one side of a random hyperplane with probability ``p = 1 - angle / pi`` (Charikar, 2002, *Similarity
estimation techniques from rounding algorithms*). They agree in all ``r`` bits of a band with ``p^r``, in any of ``b``
bands with ``1 - (1 - p^r)^b``. Every pair that is proposed is compared.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.candidates import peer_rows
from stillroom.curation.cosine import Rows, Vectors, cosines

RECALL = 0.999
_MOST_BANDS = 128
_BUCKET_PEERS = 64
_ROWS, _TOLD_ROWS = 8_192, 1_024  # at a time
_NONE = np.int32(2**31 - 1)  # above all rows, so that it comes last
_PAIR_BYTES = 8  # of a row's pairs: what is held of each, and as much again for others
_LEAST_ROWS = 8_192
_SEED = 20_021_130


def band_shape(threshold: float) -> tuple[int, int]:
    """How many bits a band has and how many bands there are, so that a pair at the threshold is compared by ``RECALL``.

    The most bits are taken for which at most 128 bands reach 0.999.
    """
    agree = 1.0 - math.acos(min(threshold, 1.0)) / math.pi
    if agree == 1.0:
        return 62, 1
    for bits in range(62, 0, -1):
        miss = 1.0 - agree**bits
        if (bands := math.ceil(math.log(1.0 - RECALL) / math.log(miss))) <= _MOST_BANDS:
            return bits, bands
    return 1, _MOST_BANDS


def likely_pairs(
    vectors: Vectors, first: int, threshold: float, *, most: int, memory_bytes: int
) -> Iterator[tuple[Rows, Rows]]:
    """For each vector from ``first`` on, the first ``most`` of those before it that are proposed and similar enough.

    Some rows at a time, all bands for each: what is held of a row is its ``most`` pairs, which only get better.

    Args:
        vectors: unit rows, shape (n, dims), in their order; fewer than 2^31.
        first: the first row that is asked about.
        threshold: least cosine similarity, above 0.
        most: pairs of a row.
        memory_bytes: about what may be held beside the vectors and some 100 bytes of each.

    Yields:
        The later and the earlier row of pairs, in parts of some thousand rows; ordered by both over all parts.
    """
    at_a_time = max(_LEAST_ROWS, memory_bytes // (most * _PAIR_BYTES))
    for start in range(first, len(vectors), at_a_time):
        stop = min(start + at_a_time, len(vectors))
        found = np.full((stop - start, most), _NONE, np.int32)
        for keys in _keys(vectors, *band_shape(threshold)):
            order = np.argsort(keys, kind="stable")
            everyone = np.ones(len(order), bool)
            for rows, others in peer_rows(keys[order], everyone, _BUCKET_PEERS):
                later, earlier = order[rows], order[others]
                is_asked = (later >= start) & (later < stop)
                _take(found, start, later[is_asked], earlier[is_asked], vectors, threshold)
        for begin in range(0, len(found), _TOLD_ROWS):
            rows, places = np.nonzero(found[begin : begin + _TOLD_ROWS] != _NONE)
            yield rows + (start + begin), found[begin + rows, places].astype(np.int64)


def _keys(vectors: Vectors, bits: int, bands: int) -> Iterator[NDArray[np.int64]]:
    """Of each band the bits of all vectors as one number."""
    generator = np.random.default_rng(_SEED)
    values = np.int64(1) << np.arange(bits, dtype=np.int64)
    for _ in range(bands):
        planes = generator.standard_normal((vectors.shape[1], bits), dtype=np.float32)
        keys = np.zeros(len(vectors), np.int64)
        for start in range(0, len(vectors), _ROWS):
            keys[start : start + _ROWS] = ((vectors[start : start + _ROWS] @ planes) > 0) @ values
        yield keys


def _take(found: NDArray[np.int32], start: int, later: Rows, earlier: Rows, vectors: Vectors, threshold: float) -> None:
    """Put those of these pairs into ``found`` that are alike and belong to a row's first ones.

    What is there already, or would come after all that is, is not compared at all.

    Args:
        found: of each row from ``start`` on, the earlier rows that it is like, ascending, filled up with ``_NONE``.
        start: the first row of ``found``.
        later: no row twice.
        earlier: as many.
        vectors: all vectors.
        threshold: least similarity.
    """
    for begin in range(0, len(later), _ROWS):
        rows, others = later[begin : begin + _ROWS] - start, earlier[begin : begin + _ROWS]
        known = found[rows]
        is_open = (others < known[:, -1]) & ~(known == others[:, None]).any(axis=1)
        rows, others = rows[is_open], others[is_open]
        is_alike = cosines(vectors, rows + start, others) >= threshold
        rows, others = rows[is_alike], others[is_alike]
        more = found[rows]
        more[:, -1] = others
        more.sort(axis=1)
        found[rows] = more
