"""Which documents of a bucket are compared: each with a bounded number of kept ones that came before it."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.sketch import BandKeys

Arrivals: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

KEY_BITS = 32  # of a bucket's number; above them is its band's

_FILTER_BITS = (12, 28)
_SLOTS_PER_DOCUMENT = 4
_ROOMY_BITS, _SLOTS_IN_ROOM = 19, 64  # half a mebibyte, which stays in the second-level cache: there it may be sparser
_SPREAD = np.uint32(0x9E3779B1)
_KEYS_AT_A_TIME = 1 << 15  # whose slots stay in cache: arrays of a million need three times as long
_PAIRS_WALKED = 100_000


def peer_rows(buckets: Arrivals, is_kept: Flags, peers: int) -> Iterator[tuple[Arrivals, Arrivals]]:
    """Which rows of a bucket are compared with which before them: pairs of row numbers, earlier ones only of the kept.

    A document is paired with the first ``peers // 2`` kept documents of its bucket and with the
    ``peers - peers // 2`` latest kept ones before it: with all of them while there are at most ``peers``. What a
    document is paired with depends on nothing that arrives after it, which is why runs one after another find the
    same as one run over everything.

    Args:
        buckets: the bucket of each row, ascending; within a bucket rows are in order of arrival.
        is_kept: whether each row is a kept document.
        peers: the bound, at least 2.

    Yields:
        The later and the earlier row of pairs, in ``peers`` parts, of which each has at most one pair for a later row.
    """
    kept = np.flatnonzero(is_kept)
    kept_before = np.cumsum(is_kept) - is_kept
    is_start = starts(buckets)
    kept_before_bucket = kept_before[is_start][np.cumsum(is_start) - 1]
    in_bucket = kept_before - kept_before_bucket
    latest = peers - peers // 2
    for back in range(1, latest + 1):
        rows = np.flatnonzero(in_bucket >= back)
        yield rows, kept[kept_before[rows] - back]
    for ahead in range(peers // 2):
        rows = np.flatnonzero(in_bucket > latest + ahead)
        yield rows, kept[kept_before_bucket[rows] + ahead]


def whole_buckets(buckets: Arrivals, at_a_time: int) -> Iterator[slice]:
    """Rows in order of their buckets, about so many at a time; no bucket is cut."""
    begins = np.flatnonzero(starts(buckets))
    cuts = begins[1:][np.diff(begins // at_a_time) > 0]
    edges = [0, *cuts.tolist(), len(buckets)]
    yield from (slice(begin, end) for begin, end in pairwise(edges) if begin < end)


def starts(buckets: Arrivals) -> Flags:
    """Of rows in order of their buckets, which is the first of its bucket."""
    found = np.ones(len(buckets), bool)
    np.not_equal(buckets[1:], buckets[:-1], out=found[1:])
    return found


def may_share(new_keys: BandKeys, old_keys: BandKeys) -> Flags:
    """Which old documents may share a bucket of one band with a new one: all that do, and a few per cent more.

    A filter over a hash of the keys, before anything is sorted: most documents share no bucket with a few new ones, and
    learn it here at a hundredth of the price.
    """
    may = np.zeros(len(old_keys), bool)
    if not len(old_keys):
        return may
    least, most = _FILTER_BITS
    roomy = min((_SLOTS_IN_ROOM * len(new_keys)).bit_length(), _ROOMY_BITS)
    bits = min(max(least, roomy, (_SLOTS_PER_DOCUMENT * len(new_keys)).bit_length()), most)
    by_new = np.zeros(1 << bits, bool)
    by_new[_top_bits(new_keys, bits)] = True
    for start in range(0, len(old_keys), _KEYS_AT_A_TIME):
        some = slice(start, start + _KEYS_AT_A_TIME)
        slots = _top_bits(old_keys[some], bits).astype(np.intp)
        np.take(by_new, slots, out=may[some], mode="clip")  # none is outside; without a mode it would copy
    return may


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
    for start in range(0, len(later), _PAIRS_WALKED):
        some = slice(start, start + _PAIRS_WALKED)
        for document, candidate in zip(later[some].tolist(), earlier[some].tolist(), strict=True):
            if document not in representatives and candidate not in representatives:
                representatives[document] = candidate
    return representatives


def _top_bits(keys: BandKeys, bits: int) -> BandKeys:
    """The highest bits of a hash of each key."""
    return keys * _SPREAD >> np.uint32(32 - bits)
