"""Pairs that share several buckets, told from those that share their first: each is looked at once."""

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.band_files import BandFiles
from stillroom.curation.candidates import Flags


def is_first_shared(
    files: BandFiles, later: NDArray[np.int32], earlier: NDArray[np.int32], bands: NDArray[np.int64]
) -> Flags:
    """Of pairs that share a bucket of a band, which share none of a band before it.

    Two texts that are alike share a bucket in most bands, so that after one or two bands few pairs are left to ask
    about. Without this a pair is estimated, written and sorted as often as it shares a bucket.

    Args:
        files: the keys of all bands.
        later: places of the pairs' later documents.
        earlier: places of their earlier ones.
        bands: the band in which each pair was found.

    Returns:
        A flag per pair.
    """
    is_first = np.ones(len(bands), bool)
    left = np.arange(len(bands))
    for band in range(int(bands.max(initial=0))):
        left = left[bands[left] > band]
        if not len(left):
            break
        is_shared = files.at(band, later[left]) == files.at(band, earlier[left])
        is_first[left[is_shared]] = False
        left = left[~is_shared]
    return is_first
