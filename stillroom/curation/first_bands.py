"""Pairs that share a bucket, told in few bands: those that share it by chance, and those that shared one before.

Two texts that are alike share a bucket in most bands. Without this a pair is written and sorted as often as that.
Those that share one by chance grow with the square of the documents, and nearly all are told by a few bands.
"""

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.band_files import BandFiles
from stillroom.curation.candidates import Arrivals, Flags, buckets_of
from stillroom.curation.settings import DedupSettings
from stillroom.curation.sketch import estimated_jaccard

_AT_A_TIME = 1 << 15  # pairs whose keys stay in the second-level cache


def seem_alike(
    files: BandFiles, later: NDArray[np.int32], earlier: NDArray[np.int32], settings: DedupSettings
) -> Flags:
    """Which pairs may reach the threshold, by the first bands alone.

    Args:
        files: the keys of all bands.
        later: places of the pairs' later documents.
        earlier: places of their earlier ones.
        settings: have the threshold.

    Returns:
        A flag per pair: of those that reach the threshold it is false for one in a million.
    """
    may_be = np.zeros(len(later), bool)
    if not len(later):
        return may_be
    keys = files.beginnings()
    least = settings.least_estimate(keys.shape[1])
    for start in range(0, len(later), _AT_A_TIME):
        some = slice(start, start + _AT_A_TIME)
        left, right = (np.take(keys, side[some], axis=0) for side in (later, earlier))
        may_be[some] = estimated_jaccard(left, right, settings.rows_per_band) >= least
    return may_be


def is_first_shared(
    files: BandFiles,
    later: NDArray[np.int32],
    earlier: NDArray[np.int32],
    bands: NDArray[np.int64],
    crowded: Arrivals,
) -> Flags:
    """Of pairs that share a bucket of a band, which share none of a band before it where all pairs were made.

    Args:
        files: the keys of all bands.
        later: places of the pairs' later documents.
        earlier: places of their earlier ones.
        bands: the band in which each pair was found.
        crowded: numbers of the buckets of which not all pairs were made, ascending.

    Returns:
        A flag per pair.
    """
    is_first = np.ones(len(bands), bool)
    left = np.arange(len(bands))
    for band in range(int(bands.max(initial=0))):
        left = left[bands[left] > band]
        if not len(left):
            break
        keys = files.at(band, later[left])
        is_shared = keys == files.at(band, earlier[left])
        is_shared[is_shared] = ~_are_in(crowded, buckets_of(band, keys[is_shared]))
        is_first[left[is_shared]] = False
        left = left[~is_shared]
    return is_first


def _are_in(ascending: Arrivals, buckets: Arrivals) -> Flags:
    """Which of these buckets are among the ascending ones."""
    if not len(ascending):
        return np.zeros(len(buckets), bool)
    at = np.searchsorted(ascending, buckets)
    return ascending[np.minimum(at, len(ascending) - 1)] == buckets
