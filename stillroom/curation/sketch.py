"""MinHash sketches by one-permutation hashing in rounds, in a few array operations per block of text.

Classical MinHash hashes every shingle once for each row of the sketch. Here a shingle falls into one bin with one
value, and a bin keeps its least (Li, Owen, Zhang, NeurIPS 2012); a second round does the same with the halves of the
hash exchanged, for bins that stayed empty; and a bin that is empty even then takes the least of a hash of its own
over all shingles. That is Fast Similarity Sketching (Dahlgaard, Knudsen, Thorup, FOCS 2017, arXiv:1704.04370) cut
down to two rounds. The top bits of a value say which of the three it came from, and lesser ones win: all texts look
at shingles in the same order, so that two sketches agree in a bin with probability equal to the Jaccard similarity,
for texts of any length.
"""

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.settings import SHINGLE_CHARS, row_bits
from stillroom.curation.shingles import BLOCK_CHARS, Counts, Hashes, blocks, giant_shingle_set, mix, shingle_hashes

Sketches: TypeAlias = NDArray[np.uint32]
BandKeys: TypeAlias = NDArray[np.uint32]

_EMPTY = np.uint32(0xFFFFFFFF)
_VALUE_BITS = 30  # of a bin's 32; the top two say where the value came from, so that lesser sources win
_FIRST, _SECOND, _OWN = np.uint32(0), np.uint32(1 << _VALUE_BITS), np.uint32(2 << _VALUE_BITS)
_OWN_ODD = np.uint64(0xA0761D6478BD642F)
_OWN_AT_A_TIME = 1 << 17


def sketch(texts: Sequence[str], bins: int) -> Sketches:
    """One row of ``bins`` values per text, shape (texts, bins). A text without shingles has no sketch: all empty."""
    _keep_memory_between_blocks()
    sketches = np.full((len(texts), bins), _EMPTY, np.uint32)
    for rows in blocks(texts):
        if len(texts[rows[0]]) > BLOCK_CHARS:
            sketches[rows] = _sketch_giant(texts[rows[0]], bins)
        else:
            sketches[rows] = _sketch_block(*shingle_hashes([texts[row] for row in rows]), bins)
    return sketches


def band_keys(sketches: Sketches, bands: int) -> BandKeys:
    """The rows of each band side by side in one 32-bit key, shape (texts, bands).

    Each row gives its lowest ``32 // rows`` bits, six where a band has five rows. That is enough to tell bands apart
    (different ones share a key once in 2^30), and the keys alone still tell in how many rows two sketches agree.
    """
    rows = sketches.reshape(len(sketches), bands, -1)
    bits = row_bits(rows.shape[2])
    keys = np.zeros(rows.shape[:2], np.uint32)
    for row in range(rows.shape[2]):
        keys |= (rows[:, :, row] & np.uint32((1 << bits) - 1)) << np.uint32(bits * row)
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


@cache
def _keep_memory_between_blocks() -> None:
    """Once a process: free one large array, after which glibc no longer returns each block's arrays to the kernel.

    glibc maps arrays above a threshold afresh each time, and the threshold grows to the largest that was freed. With
    it at 31 MiB blocks reuse their memory and need a third less time; elsewhere this does nothing.
    """
    np.empty(31 << 20, np.uint8)


def _sketch_block(hashes: Hashes, counts: Counts, bins: int) -> Sketches:
    sketches = np.full((len(counts), bins), _EMPTY, np.uint32)
    first_bin = np.arange(0, len(counts) * bins, bins, dtype=np.uint32)
    _fill(sketches, hashes, np.repeat(first_bin, counts))
    _fill_empty(sketches, hashes, counts)
    return sketches


def _sketch_giant(text: str, bins: int) -> Sketches:
    """A bin's least value over a text is the least over its pieces: giant texts are worked through piece by piece."""
    sketches = np.full((1, bins), _EMPTY, np.uint32)
    for start in range(0, len(text) - SHINGLE_CHARS + 1, BLOCK_CHARS):
        hashes, _ = shingle_hashes([text[start : start + BLOCK_CHARS + SHINGLE_CHARS - 1]])
        _fill(sketches, hashes, np.zeros(len(hashes), np.uint32))
    if (sketches == _EMPTY).any():  # few different shingles in much text
        few = giant_shingle_set(text)
        _fill_empty(sketches, few, np.array([len(few)], np.int64))
    return sketches


def _fill(sketches: Sketches, hashes: Hashes, first_bin: NDArray[np.uint32]) -> None:
    """Drop every shingle into two bins: one half of its hash picks the bin, the other half is the value in it.

    The second time the halves change places, and the value counts only where the bin had none the first time.
    """
    flat = sketches.reshape(-1)
    bins = np.uint32(sketches.shape[1])
    low = hashes.astype(np.uint32)
    high = (hashes >> np.uint64(32)).astype(np.uint32)
    for picks, value, source in ((high, low, _FIRST), (low, high, _SECOND)):
        slot = picks >> np.uint32(16)
        slot *= bins
        slot >>= np.uint32(16)
        slot += first_bin
        tagged = value >> np.uint32(32 - _VALUE_BITS)
        tagged |= source
        np.minimum.at(flat, slot.astype(np.intp), tagged)


def _fill_empty(sketches: Sketches, hashes: Hashes, counts: Counts) -> None:
    """Let every bin that is still empty take the least of a hash of its own over all shingles of its text.

    A text of ``n`` shingles leaves ``e^(-2n/bins)`` of its bins empty: half a bin of 190 at 600 shingles, and never
    more than 7,000 hashes to compute for a text of any length.
    """
    starts = np.cumsum(counts) - counts
    texts, bins = np.nonzero((sketches == _EMPTY) & (counts > 0)[:, None])
    work = np.cumsum(counts[texts])
    for some in np.split(np.arange(len(texts)), np.flatnonzero(np.diff(work // _OWN_AT_A_TIME)) + 1):
        if not len(some):
            continue
        sizes = counts[texts[some]]
        ends = np.cumsum(sizes)
        shingles = np.arange(int(ends[-1])) + np.repeat(starts[texts[some]] - (ends - sizes), sizes)
        seeds = mix(bins[some].astype(np.uint64) + np.uint64(1))
        own = (hashes[shingles] ^ np.repeat(seeds, sizes)) * _OWN_ODD
        least = np.minimum.reduceat(own, ends - sizes) >> np.uint64(64 - _VALUE_BITS)
        sketches[texts[some], bins[some]] = least.astype(np.uint32) | _OWN
