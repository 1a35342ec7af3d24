"""Which of many documents share a bucket with texts that are sought, by their band keys: one look at each document."""

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.text_kernels import BandKeys
from stillroom.curation.word_kernels import is_among
from stillroom.kernels import kernel

_SPREAD = np.uint32(0x9E3779B1)
_1, _3, _7 = np.uint32(1), np.uint32(3), np.uint32(7)


@kernel("void(uint32[::1], int64[::1], int64, uint8[:, ::1])")
def fill_filters(sought: BandKeys, bounds: NDArray[np.int64], bits: int, filters: NDArray[np.uint8]) -> None:
    """Sets a bit for each key of each band, by ``bits`` of a hash of it."""
    shift = np.uint32(32 - bits)
    for band in range(len(filters)):
        for at in range(bounds[band], bounds[band + 1]):
            place = _place(sought[at], shift)
            filters[band, place >> _3] |= np.uint8(_1 << (place & _7))


@kernel(
    'void(Array(uint32, 2, "C", readonly=True), Array(bool_, 1, "C", readonly=True), uint32[::1], int64[::1], int64,'
    " uint8[:, ::1], bool_[::1])"
)
def find_met(
    keys: BandKeys,
    is_asked: NDArray[np.bool_],
    sought: BandKeys,
    bounds: NDArray[np.int64],
    bits: int,
    filters: NDArray[np.uint8],
    is_met: NDArray[np.bool_],
) -> None:
    """Sets a flag for each document that is asked about of whose keys one is sought in its band.

    Args:
        keys: shape (documents, bands).
        is_asked: by document.
        sought: the keys that are sought in the first band, ascending, then those in the second, and so on.
        bounds: where those of each band begin, and where the last ones end.
        bits: of the filters.
        filters: a bit for each key that is sought, shape (bands, 2^bits / 8), as ``fill_filters`` leaves them.
        is_met: the flags.
    """
    shift = np.uint32(32 - bits)
    for document in range(len(is_met)):
        if not is_asked[document]:
            continue
        for band in range(keys.shape[1]):
            key = keys[document, band]
            place = _place(key, shift)
            is_likely = filters[band, place >> _3] & np.uint8(_1 << (place & _7))
            if is_likely and is_among(sought[bounds[band] : bounds[band + 1]], key):
                is_met[document] = True
                break


@kernel()
def _place(key: np.uint32, shift: np.uint32) -> np.uint32:
    """The highest bits of a hash."""
    return np.uint32(key * _SPREAD) >> shift  # the product of two is a number of 64 bits
