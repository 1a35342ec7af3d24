"""Which documents share a bucket of a band: band by band, or in parts of one band, by sorting keys.

Everything that is asked of each document is one sort of 8 bytes, in room that all bands use in turn: whoever is alone
in a bucket, as most are, is not met again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.bucket_kernels import MOST_NUMBERS, count_shared, pack_keys, take_shared
from stillroom.curation.budget import Budget
from stillroom.curation.candidates import Arrivals, may_share
from stillroom.curation.signed import Signed


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBuckets:
    """Rows of whole buckets that hold a new document and at least one more.

    Attributes:
        buckets: the bucket of each row, those of one bucket side by side.
        arrivals: the document of each, ascending within a bucket.
        sizes: how many rows its bucket has.
    """

    buckets: Arrivals
    arrivals: Arrivals
    sizes: NDArray[np.int64]


def shared_buckets(signed: Signed, bands: int, budget: Budget) -> Iterator[SharedBuckets]:
    """The buckets of all bands in which a new document is not alone, in order of bands; a few million rows at a time.

    Args:
        signed: the documents.
        bands: how many bands they have.
        budget: says how many rows come at a time, and how many are sorted together. A bucket is never cut.
    """
    waiting: list[SharedBuckets] = []
    rows = 0
    for some in _by_part(signed, bands, budget.sorted_rows):
        waiting.append(some)
        rows += len(some.buckets)
        if rows > budget.bucket_rows:
            yield _together(waiting)
            waiting, rows = [], 0
    if rows:
        yield _together(waiting)


def _by_part(signed: Signed, bands: int, limit: int) -> Iterator[SharedBuckets]:
    new = signed.old + np.flatnonzero(signed.is_compared[signed.old :])
    numbers, arrivals = _numbers(signed.arrivals)
    first = signed.documents.first if arrivals is None else int(np.searchsorted(arrivals, signed.documents.first))
    words = np.empty(0, np.uint64)
    for band in range(bands):
        keys = signed.band(band)
        places = np.concatenate([_old_that_may_share(signed, keys, new), new]) if signed.old else new
        parts = -(-len(places) // limit)
        if len(words) < len(places):
            words = np.empty(len(places), np.uint64)
        for part in range(parts):
            some = words[: pack_keys(keys, places, numbers, part, parts, words)]
            some.sort()
            buckets, found, sizes = np.empty((3, count_shared(some, first)), np.int64)
            take_shared(some, first, band, buckets, found, sizes)
            yield SharedBuckets(buckets=buckets, arrivals=found if arrivals is None else arrivals[found], sizes=sizes)


def _old_that_may_share(signed: Signed, keys: NDArray[np.uint32], new: Arrivals) -> Arrivals:
    return np.flatnonzero(may_share(keys[new], keys[: signed.old]) & signed.is_compared[: signed.old])


def _numbers(arrivals: Arrivals) -> tuple[Arrivals, Arrivals | None]:
    """Numbers in order of these arrivals that go into half a word; and the arrivals by number, where those differ."""
    if not len(arrivals) or arrivals.max() < MOST_NUMBERS:
        return arrivals, None
    ascending = np.sort(arrivals)
    return np.searchsorted(ascending, arrivals), ascending


def _together(parts: list[SharedBuckets]) -> SharedBuckets:
    return SharedBuckets(
        buckets=np.concatenate([part.buckets for part in parts]),
        arrivals=np.concatenate([part.arrivals for part in parts]),
        sizes=np.concatenate([part.sizes for part in parts]),
    )
