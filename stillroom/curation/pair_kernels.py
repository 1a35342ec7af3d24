"""Pairs of documents by their band keys: which are alike at first sight, and which share a bucket of a band before.

These are asked of each pair that shares a bucket, which by chance grow with the square of the documents.
"""

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.candidates import KEY_BITS, Arrivals, Flags
from stillroom.curation.text_kernels import BandKeys
from stillroom.curation.word_kernels import is_among
from stillroom.kernels import kernel

_1, _2, _4, _24 = (np.uint32(number) for number in (1, 2, 4, 24))
_TWOS, _FOURS, _EIGHTS, _SUM = (np.uint32(number) for number in (0x55555555, 0x33333333, 0x0F0F0F0F, 0x01010101))


@kernel()
def _differing(left: BandKeys, right: BandKeys, lower: np.uint32, highest: np.uint32) -> int:
    """In how many rows two documents differ, of whose keys each has a few bits a row.

    Adding the lower bits of a row to themselves where they are all set carries into its highest bit if any is set.
    """
    differing = np.uint32(0)
    for band in range(len(left)):
        differ = np.uint32(left[band] ^ right[band])
        rows = np.uint32((np.uint32((differ & lower) + lower) | differ) & highest)
        rows = np.uint32(rows - ((rows >> _1) & _TWOS))
        rows = np.uint32((rows & _FOURS) + ((rows >> _2) & _FOURS))
        rows = np.uint32((rows + (rows >> _4)) & _EIGHTS)
        differing += np.uint32(rows * _SUM) >> _24
    return int(differing)


@kernel(
    'int64(int64[::1], Array(bool_, 1, "C", readonly=True), bool_[::1], int64[::1], uint32[:, ::1], int64, uint32,'
    " uint32, int64, int64[::1], int64[::1], int64[::1], int64[::1])"
)
def find_alike(
    buckets: Arrivals,
    is_kept: Flags,
    is_asked: Flags,
    texts: Arrivals,
    keys: BandKeys,
    peers: int,
    lower: np.uint32,
    highest: np.uint32,
    most: int,
    kept: Arrivals,
    state: Arrivals,
    later: Arrivals,
    earlier: Arrivals,
) -> int:
    """The pairs of ``candidates.peer_rows`` whose keys differ in few rows, until there may be no room for one row's.

    Args:
        buckets: the bucket of each row; those of one bucket stand side by side, in order of arrival.
        is_kept: by row, whether later ones are compared with it.
        is_asked: by row, whether it is compared with those before it.
        texts: by row, a number for its text, equal ones of which are not compared; empty where all are.
        keys: by row, in some bands.
        peers: with how many a row is compared at most.
        lower: the bits of a key that are not the highest of their row.
        highest: those that are.
        most: in how many rows two may differ.
        kept: room for one number a row.
        state: the row to go on with, and how many kept ones its bucket has before it; zeros at first.
        later: room for rows of pairs, ``peers`` at least.
        earlier: as much.

    Returns:
        How many pairs were found; all are when ``state`` names the end of the rows.
    """
    size, row, before = 0, state[0], state[1]
    while row < len(buckets) and size + peers <= len(later):
        if row > 0 and buckets[row] != buckets[row - 1]:
            before = 0
        for place in range(min(before, peers) if is_asked[row] else 0):
            other = kept[place if place < peers // 2 else place + max(before - peers, 0)]
            if len(texts) > 0 and texts[row] == texts[other]:
                continue
            if _differing(keys[row], keys[other], lower, highest) <= most:
                later[size] = row
                earlier[size] = other
                size += 1
        if is_kept[row]:
            kept[before] = row
            before += 1
        row += 1
    state[0] = row
    state[1] = before
    return size


@kernel(
    'void(Array(uint32, 2, "C", readonly=True), int32[::1], int32[::1], int64[::1], int64, uint64[::1], bool_[::1])',
)
def leave_first(
    keys: BandKeys,
    later: NDArray[np.int32],
    earlier: NDArray[np.int32],
    bands: NDArray[np.int64],
    first_band: int,
    crowded: NDArray[np.uint64],
    is_first: Flags,
) -> None:
    """Takes the flag from pairs that share a bucket of these bands, before the band that they were found in.

    Args:
        keys: by place, in bands from ``first_band`` on.
        later: places of the pairs' later documents.
        earlier: places of their earlier ones.
        bands: the band in which each pair was found.
        first_band: the first of these bands.
        crowded: numbers of buckets that do not count, ascending.
        is_first: a flag for each pair.
    """
    for pair in range(len(later)):
        if not is_first[pair] or bands[pair] <= first_band:
            continue
        left, right = keys[later[pair]], keys[earlier[pair]]
        for band in range(min(len(left), bands[pair] - first_band)):
            if left[band] == right[band]:
                bucket = np.int64(left[band]) | (first_band + band) << KEY_BITS
                if not is_among(crowded, np.uint64(bucket)):
                    is_first[pair] = False
                    break


@kernel('void(Array(uint32, 2, "C", readonly=True), int32[::1], int32[::1], uint32, uint32, int64[::1])')
def add_differing(
    keys: BandKeys,
    later: NDArray[np.int32],
    earlier: NDArray[np.int32],
    lower: np.uint32,
    highest: np.uint32,
    differing: NDArray[np.int64],
) -> None:
    """Adds to the count of each pair in how many rows of these bands it differs; the arguments are as above."""
    for pair in range(len(later)):
        differing[pair] += _differing(keys[later[pair]], keys[earlier[pair]], lower, highest)


PAIRS = (find_alike, leave_first, add_differing)
