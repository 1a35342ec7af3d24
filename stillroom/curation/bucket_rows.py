"""Which documents may share a bucket of a band with which: rows that DuckDB groups, of some bands at a time."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.candidates import Arrivals, buckets_of, may_share, top_bits
from stillroom.curation.signed import Signed
from stillroom.curation.sketch import BandKeys

_PART_BITS = 16  # of a hash, by which the buckets of one band are cut into parts
_NO_ROWS = pl.DataFrame(schema={"bucket": pl.Int64(), "arrival": pl.Int64()})


def bucket_rows(signed: Signed, bands: int, limit: int) -> Iterator[pl.DataFrame]:
    """The rows (bucket, arrival) of documents that may share a bucket with a new one.

    Some bands at a time, or parts of one band. A bucket is whole in one of them.

    Args:
        signed: the documents.
        bands: how many bands they have.
        limit: about how many rows come at a time.
    """
    some, waiting = [_NO_ROWS], 0
    new = signed.old + np.flatnonzero(signed.is_compared[signed.old :])
    for band in range(bands):
        keys, arrivals = _may_share(signed, band, new)
        parts = -(-len(keys) // limit)
        for part in range(parts):
            some.append(_rows(band, *_part(keys, arrivals, part, parts)))
            waiting += len(some[-1])
            if waiting > limit:
                yield pl.concat(some)
                some, waiting = [_NO_ROWS], 0
    if waiting:
        yield pl.concat(some)


def _may_share(signed: Signed, band: int, new: NDArray[np.int64]) -> tuple[BandKeys, Arrivals]:
    """Keys and arrivals of the documents that may share a bucket of this band with one of these new ones."""
    keys = signed.band(band)
    new_may, old_may = may_share(keys[new], keys[: signed.old])
    old = np.flatnonzero(old_may & signed.is_compared[: signed.old])
    places = np.concatenate([old, new[new_may]])
    return keys[places], signed.arrivals[places]


def _part(keys: BandKeys, arrivals: Arrivals, part: int, parts: int) -> tuple[BandKeys, Arrivals]:
    """Those of some documents whose keys are in one of several parts."""
    if parts == 1:
        return keys, arrivals
    is_in = top_bits(keys, _PART_BITS) % parts == part
    return keys[is_in], arrivals[is_in]


def _rows(band: int, keys: BandKeys, arrivals: Arrivals) -> pl.DataFrame:
    return pl.DataFrame({"bucket": buckets_of(band, keys), "arrival": arrivals})
