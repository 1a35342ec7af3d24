"""Which documents of a bucket are compared: each with a bounded number of kept ones that came before it."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.sketch import BandKeys

Arrivals: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

_FILTER_BITS = 22
_FILTER_ODD = np.uint32(0x9E3779B1)
_FILTER_SHIFT = np.uint32(32 - _FILTER_BITS)


def bucket_pairs(buckets: Arrivals, arrivals: Arrivals, is_kept: Flags, peers: int) -> tuple[Arrivals, Arrivals]:
    """Pairs (later, earlier) of documents that share a bucket, earlier ones only where they are kept.

    A document is paired with the first ``peers // 2`` kept documents of its bucket and with the
    ``peers - peers // 2`` latest kept ones before it: with all of them while there are at most ``peers``. What a
    document is paired with depends on nothing that arrives after it, which is why runs one after another find the
    same as one run over everything.

    Args:
        buckets: bucket numbers, ascending.
        arrivals: the documents in them, ascending within a bucket.
        is_kept: whether each of these rows is a kept document.
        peers: the bound, at least 2.

    Returns:
        The later and the earlier document of every pair; a pair may come up once per bucket.
    """
    kept = arrivals[is_kept]
    kept_before = np.cumsum(is_kept) - is_kept
    is_start = np.concatenate([[True], buckets[1:] != buckets[:-1]]) if len(buckets) else np.zeros(0, bool)
    kept_before_bucket = kept_before[is_start][np.cumsum(is_start) - 1]
    in_bucket = kept_before - kept_before_bucket
    later: list[Arrivals] = []
    earlier: list[Arrivals] = []
    latest = peers - peers // 2
    for back in range(1, latest + 1):
        rows = np.flatnonzero(in_bucket >= back)
        later.append(arrivals[rows])
        earlier.append(kept[kept_before[rows] - back])
    for ahead in range(peers // 2):
        rows = np.flatnonzero(in_bucket > latest + ahead)
        later.append(arrivals[rows])
        earlier.append(kept[kept_before_bucket[rows] + ahead])
    return np.concatenate(later), np.concatenate(earlier)


def may_share(new_keys: BandKeys, old_keys: BandKeys) -> tuple[Flags, Flags]:
    """Which documents may share a bucket of one band with a new one: all that do, and a few per cent more.

    A filter over a hash of the keys, before anything is joined: most documents share no bucket, and learn it here
    at a hundredth of a join's price.

    Returns:
        A flag per new document and one per old document.
    """
    in_order = np.sort(new_keys)
    repeated = in_order[1:][in_order[1:] == in_order[:-1]]
    shared = np.zeros(1 << _FILTER_BITS, bool)
    by_new = np.zeros(1 << _FILTER_BITS, bool)
    shared[_slots(repeated)] = True
    by_new[_slots(in_order)] = True
    old_slots = _slots(old_keys)
    old_may = by_new[old_slots]
    shared[old_slots[old_may]] = True
    return shared[_slots(new_keys)], old_may


def _slots(keys: BandKeys) -> BandKeys:
    return keys * _FILTER_ODD >> _FILTER_SHIFT


def choose_representatives(later: Arrivals, earlier: Arrivals) -> dict[int, int]:
    """Who is dropped in favour of whom: in order of arrival, each goes to the earliest kept one it duplicates.

    A document is dropped exactly if it duplicates one that is kept and came before it, so a chain of small changes
    does not drag along a document that resembles nothing kept; this is the first maximal independent set in order.

    Args:
        later: the later document of every pair of duplicates, ascending.
        earlier: the earlier one, ascending among pairs of the same later document.

    Returns:
        Representatives by dropped document.
    """
    representatives: dict[int, int] = {}
    for document, candidate in zip(later.tolist(), earlier.tolist(), strict=True):
        if document not in representatives and candidate not in representatives:
            representatives[document] = candidate
    return representatives
