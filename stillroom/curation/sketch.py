"""MinHash sketches by one-permutation hashing in rounds, in a few array operations per block of text.

Classical MinHash hashes every shingle once per row of the sketch. Here a shingle falls into one bin with one value,
and a bin keeps its least value: one pass instead of 190. Bins that stay empty are filled by further rounds with
other hashes, until every bin has a value (Fast Similarity Sketching: Dahlgaard, Knudsen, Thorup, FOCS 2017,
arXiv:1704.04370). A value's top bits are its round, so that an earlier round always wins. All texts thus look at
shingles in the same order, and two sketches agree in a bin with probability equal to the Jaccard similarity, for
texts of any length.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.settings import SHINGLE_CHARS
from stillroom.curation.shingles import Counts, Hashes, distinct, mix, shingle_hashes

Sketches: TypeAlias = NDArray[np.uint32]
BandKeys: TypeAlias = NDArray[np.uint32]

_EMPTY = np.uint32(0xFFFFFFFF)
_BLOCK_CHARS = 1 << 16  # shingles of a block stay in the second-level cache: four times the speed of one long array
_ROUND_BITS = 5
_VALUE_BITS = 32 - _ROUND_BITS
_LAST_ROUND = (1 << _ROUND_BITS) - 1  # its bins each take a hash of their own
_ROUND_STEP = 0xA0761D6478BD642F
_BAND_ODD = (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1)


def sketch(texts: Sequence[str], bins: int) -> Sketches:
    """One row of ``bins`` values per text, shape (texts, bins). A text without shingles has no sketch: all empty."""
    sketches = np.full((len(texts), bins), _EMPTY, np.uint32)
    is_ascii = np.fromiter((text.isascii() for text in texts), bool, len(texts))
    for rows in (np.flatnonzero(is_ascii), np.flatnonzero(~is_ascii)):  # ASCII has a faster way to shingles
        for block in _blocks(texts, rows.tolist()):
            if len(texts[block[0]]) > _BLOCK_CHARS:
                sketches[block] = _sketch_giant(texts[block[0]], bins)
            else:
                sketches[block] = _sketch_block(*shingle_hashes([texts[row] for row in block]), bins)
    return sketches


def band_keys(sketches: Sketches, bands: int) -> BandKeys:
    """The rows of each band folded into one 32-bit key, shape (texts, bands).

    Different rows share a key with probability 2^-32; the exact verification that follows drops such pairs.
    """
    rows = sketches.reshape(len(sketches), bands, -1)
    keys = np.zeros(rows.shape[:2], np.uint32)
    for row in range(rows.shape[2]):
        keys += rows[:, :, row]
        keys *= np.uint32(_BAND_ODD[row % len(_BAND_ODD)])
        keys ^= keys >> np.uint32(15)
    return keys


def _blocks(texts: Sequence[str], rows: Sequence[int]) -> Iterator[list[int]]:
    """Rows in blocks of texts that have at most ``_BLOCK_CHARS`` characters together; a longer text stands alone."""
    block: list[int] = []
    chars = 0
    for row in rows:
        if block and chars + len(texts[row]) > _BLOCK_CHARS:
            yield block
            block, chars = [], 0
        block.append(row)
        chars += len(texts[row])
    if block:
        yield block


def _sketch_block(hashes: Hashes, counts: Counts, bins: int) -> Sketches:
    sketches = np.full((len(counts), bins), _EMPTY, np.uint32)
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    _fill(sketches, hashes, owner, 0)
    for number in range(1, _LAST_ROUND // 2 + 1):
        unfinished = (sketches == _EMPTY).any(axis=1) & (counts > 0)
        if not unfinished.any():
            return sketches
        wanted = unfinished[owner]
        hashes, owner = hashes[wanted], owner[wanted]
        _fill(sketches, mix(hashes ^ np.uint64(number * _ROUND_STEP & 0xFFFFFFFFFFFFFFFF)), owner, 2 * number)
    for row in np.flatnonzero((sketches == _EMPTY).any(axis=1) & (counts > 0)).tolist():
        _fill_bin_by_bin(sketches[row], hashes[owner == row])
    return sketches


def _sketch_giant(text: str, bins: int) -> Sketches:
    """A bin's least value over a text is the least over its pieces: giant texts are worked through piece by piece."""
    sketches = np.full((1, bins), _EMPTY, np.uint32)
    for start in range(0, len(text) - SHINGLE_CHARS + 1, _BLOCK_CHARS):
        hashes, _ = shingle_hashes([text[start : start + _BLOCK_CHARS + SHINGLE_CHARS - 1]])
        _fill(sketches, hashes, np.zeros(len(hashes), np.int64), 0)
    if (sketches == _EMPTY).any():  # few different shingles in much text
        few = distinct(shingle_hashes([text])[0])
        return _sketch_block(few, np.array([len(few)], np.int64), bins)
    return sketches


def _fill(sketches: Sketches, hashes: Hashes, owner: NDArray[np.int64], first_round: int) -> None:
    """Drop every shingle into its bin, for two rounds: each half of a hash picks the bin that the other is put in."""
    bins = np.uint32(sketches.shape[1])
    start_of_row = owner * sketches.shape[1]
    low, high = hashes.view("<u4")[0::2], hashes.view("<u4")[1::2]
    for number, picks, value in ((first_round, high, low), (first_round + 1, low, high)):
        slot = (picks >> np.uint32(16)) * bins >> np.uint32(16)
        tagged = value >> np.uint32(_ROUND_BITS)
        tagged |= np.uint32(number << _VALUE_BITS)
        np.minimum.at(sketches.reshape(-1), start_of_row + slot, tagged)


def _fill_bin_by_bin(sketch_row: NDArray[np.uint32], hashes: Hashes) -> None:
    """The last resort of tiny texts: every empty bin takes its own least hash over all shingles."""
    empty = np.flatnonzero(sketch_row == _EMPTY)
    seeds = mix(empty.astype(np.uint64) + np.uint64(1))
    least = mix(distinct(hashes)[:, None] ^ seeds[None, :]).min(axis=0)
    sketch_row[empty] = (least >> np.uint64(64 - _VALUE_BITS)).astype(np.uint32) | np.uint32(_LAST_ROUND << _VALUE_BITS)
