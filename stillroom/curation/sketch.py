"""MinHash sketches by one-permutation hashing in rounds.

Classical MinHash hashes every shingle once for each row of the sketch. Here a shingle falls into one bin with one
value, and a bin keeps its least (Li, Owen, Zhang, NeurIPS 2012); a second round does the same with the halves of the
hash exchanged, for bins that stayed empty; and a bin that is empty even then takes the least of a hash of its own
over all shingles. That is Fast Similarity Sketching (Dahlgaard, Knudsen, Thorup, FOCS 2017, arXiv:1704.04370) cut
down to two rounds. The top bits of a value say which of the three it came from, and lesser ones win: all texts look
at shingles in the same order, so that two sketches agree in a bin with probability equal to the Jaccard similarity,
for texts of any length. A text of ``n`` shingles leaves ``e^(-2n/bins)`` of its bins to the last: half a bin of 190 at
600 shingles. Their work is bounded by counting a shingle once (``text_kernels``).
"""

import numpy as np
from numpy.typing import NDArray

from stillroom.curation import text_kernels
from stillroom.curation.packed_texts import PackedTexts
from stillroom.curation.settings import row_bits
from stillroom.curation.text_kernels import BandKeys, Sketches


def sketch(texts: PackedTexts, rows: NDArray[np.int64], bins: int) -> Sketches:
    """One row of ``bins`` values for each of these texts, shape (rows, bins).

    A text without shingles has no sketch: all its bins have the value of empty ones, 2^32 - 1.
    """
    sketches = np.empty((len(rows), bins), np.uint32)
    text_kernels.fill_sketches(texts.data, texts.bounds, rows, sketches)
    return sketches


def band_keys(sketches: Sketches, bands: int) -> BandKeys:
    """The rows of each band side by side in one 32-bit key, shape (texts, bands).

    Each row gives its lowest ``32 // rows`` bits, six where a band has five rows. That is enough to tell bands apart
    (different ones share a key once in 2^30), and the keys alone still tell in how many rows two sketches agree.
    """
    keys = np.empty((len(sketches), bands), np.uint32)
    text_kernels.fill_band_keys(sketches, keys, row_bits(sketches.shape[1] // bands))
    return keys


def estimated_jaccard(left: BandKeys, right: BandKeys, rows_per_band: int) -> NDArray[np.float64]:
    """The Jaccard similarity that band keys suggest, shape (pairs,), from the rows they agree in."""
    return jaccard_of(differing_rows(left, right, rows_per_band), left.shape[1], rows_per_band)


def differing_rows(left: BandKeys, right: BandKeys, rows_per_band: int) -> NDArray[np.int64]:
    """In how many rows of some bands the sketches of each pair differ, shape (pairs,)."""
    bits = row_bits(rows_per_band)
    differ = left ^ right
    gathered = 1  # of each row's bits, in its lowest
    while gathered < bits:
        step = min(gathered, bits - gathered)
        differ |= differ >> np.uint32(step)
        gathered += step
    differ &= np.uint32(sum(1 << bits * row for row in range(rows_per_band)))
    of_bands = np.bitwise_count(differ)
    differing = np.zeros(len(differ), np.int64)
    for band in range(differ.shape[1]):  # four times as fast as a sum along so short an axis
        differing += of_bands[:, band]
    return differing


def jaccard_of(differing: NDArray[np.int64], bands: int, rows_per_band: int) -> NDArray[np.float64]:
    """The Jaccard similarity that so many differing rows of these bands suggest.

    Rows of different values agree by chance once in ``2^bits``, which is taken off (b-bit minwise hashing: Li, König,
    WWW 2010, arXiv:0910.3349).
    """
    chance = 0.5 ** row_bits(rows_per_band)
    return (1.0 - differing / (bands * rows_per_band) - chance) / (1.0 - chance)
