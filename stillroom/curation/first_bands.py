"""Pairs that share a bucket, judged by their keys: those that share it by chance, and those that shared one before.

Two texts that are alike share a bucket in most bands. Without this a pair is written and sorted as often as that.
Those that share one by chance grow with the square of the documents, and nearly all are told by a few bands.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.band_files import BandFiles, Places
from stillroom.curation.candidates import Arrivals, Flags
from stillroom.curation.pair_kernels import add_differing, find_alike, leave_first
from stillroom.curation.settings import DedupSettings, row_bits
from stillroom.curation.sketch import BandKeys, jaccard_of

_PAIRS_AT_A_TIME = 1 << 14

_NO_TEXTS = np.zeros(0, np.int64)


def alike_rows(
    buckets: Arrivals,
    is_kept: Flags,
    is_asked: Flags,
    keys: BandKeys,
    settings: DedupSettings,
    texts: NDArray[np.int64] | None = None,
) -> Iterator[tuple[Arrivals, Arrivals]]:
    """Pairs of rows in a bucket that ``candidates.peer_rows`` names, and that may reach the threshold by a few bands.

    Args:
        buckets: the bucket of each row; those of one bucket stand side by side, in order of arrival.
        is_kept: whether each row is a kept document.
        is_asked: whether each row is compared with those before it.
        keys: of each row in these bands, shape (rows, bands).
        settings: have the threshold, and the number of peers.
        texts: a number for the text of each row, where equal ones are not to be compared.

    Yields:
        Some thousand pairs: the later and the earlier row of each. Of those that reach the threshold one in a million
        is missing.
    """
    peers = settings.bucket_peers
    lower, highest = _row_masks(settings)
    most = _most_differing(keys.shape[1], settings)
    kept, state = np.empty(len(buckets), np.int64), np.zeros(2, np.int64)
    texts = _NO_TEXTS if texts is None else texts
    later, earlier = (np.empty(max(_PAIRS_AT_A_TIME, peers), np.int64) for _ in range(2))
    while state[0] < len(buckets):
        found = find_alike(
            buckets, is_kept, is_asked, texts, keys, peers, lower, highest, most, kept, state, later, earlier
        )
        yield later[:found].copy(), earlier[:found].copy()


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
        leave_first(files.group(number), later, earlier, bands, group[0], crowded.view(np.uint64), is_first)
    return is_first


def estimates(files: BandFiles, later: Places, earlier: Places, settings: DedupSettings) -> NDArray[np.float64]:
    """The Jaccard similarity that the keys of all bands suggest, shape (pairs,); ``later`` and ``earlier`` as above."""
    differing = np.zeros(len(later), np.int64)
    for group in range(len(files.groups)):
        add_differing(files.group(group), later, earlier, *_row_masks(settings), differing)
    return jaccard_of(differing, settings.bands, settings.rows_per_band)


def _row_masks(settings: DedupSettings) -> tuple[np.uint32, np.uint32]:
    """The bits of a key that are not the highest of their row, and those that are."""
    bits = row_bits(settings.rows_per_band)
    ends = sum(1 << bits * row for row in range(settings.rows_per_band))
    return np.uint32(ends * ((1 << bits - 1) - 1)), np.uint32(ends << bits - 1)


def _most_differing(bands: int, settings: DedupSettings) -> int:
    """In how many rows of so many bands a pair may differ for its estimate to be likely; -1 where in none."""
    suggested = jaccard_of(np.arange(bands * settings.rows_per_band + 1), bands, settings.rows_per_band)
    return int((suggested >= settings.least_estimate(bands)).sum()) - 1
