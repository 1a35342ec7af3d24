"""Pairs that share a bucket, judged by their keys: those that share it by chance, and those that shared one before.

Two texts that are alike share a bucket in most bands. Without this a pair is written and sorted as often as that.
Those that share one by chance grow with the square of the documents, and nearly all are told by a few bands.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.band_files import BandFiles, Places
from stillroom.curation.candidates import Arrivals, Flags, buckets_of
from stillroom.curation.settings import DedupSettings
from stillroom.curation.sketch import BandKeys, differing_rows, estimated_jaccard, jaccard_of

_AT_A_TIME = 1 << 14  # pairs whose keys stay in the second-level cache


def seem_alike(keys: BandKeys, later: NDArray[np.int64], earlier: NDArray[np.int64], settings: DedupSettings) -> Flags:
    """Which pairs may reach the threshold, by a few bands alone.

    Args:
        keys: of some documents in these bands, shape (documents, bands).
        later: the rows of the pairs' later documents in ``keys``.
        earlier: the rows of their earlier ones.
        settings: have the threshold.

    Returns:
        A flag per pair: of those that reach the threshold it is false for one in a million.
    """
    may_be = np.zeros(len(later), bool)
    least = settings.least_estimate(keys.shape[1])
    for some in _slices(len(later)):
        left, right = (np.take(keys, side[some], axis=0) for side in (later, earlier))
        may_be[some] = estimated_jaccard(left, right, settings.rows_per_band) >= least
    return may_be


def is_first_shared(
    files: BandFiles, later: Places, earlier: Places, bands: NDArray[np.int64], crowded: Arrivals
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
    for number, group in enumerate(files.groups):
        keys, in_group = files.group(number), np.array(group)
        asked = np.flatnonzero(is_first & (bands > group[0]))
        for some in (asked[part] for part in _slices(len(asked))):
            left, right = (np.take(keys, side[some], axis=0) for side in (later, earlier))
            pairs, columns = np.nonzero((left == right) & (in_group < bands[some, None]))
            counts = ~_are_in(crowded, buckets_of(in_group[columns], left[pairs, columns]))
            is_first[some[pairs[counts]]] = False
    return is_first


def estimates(files: BandFiles, later: Places, earlier: Places, settings: DedupSettings) -> NDArray[np.float64]:
    """The Jaccard similarity that the keys of all bands suggest, shape (pairs,); ``later`` and ``earlier`` as above."""
    differing = np.zeros(len(later), np.int64)
    for group in range(len(files.groups)):
        keys = files.group(group)
        for some in _slices(len(later)):
            left, right = (np.take(keys, side[some], axis=0) for side in (later, earlier))
            differing[some] += differing_rows(left, right, settings.rows_per_band)
    return jaccard_of(differing, settings.bands, settings.rows_per_band)


def _slices(count: int) -> Iterator[slice]:
    return (slice(start, start + _AT_A_TIME) for start in range(0, count, _AT_A_TIME))


def _are_in(ascending: Arrivals, buckets: Arrivals) -> Flags:
    """Which of these buckets are among the ascending ones."""
    if not len(ascending):
        return np.zeros(len(buckets), bool)
    at = np.searchsorted(ascending, buckets)
    return ascending[np.minimum(at, len(ascending) - 1)] == buckets
