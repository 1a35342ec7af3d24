"""Buckets of one band: keys and the numbers of their documents, put into words that are sorted, and what words share.

A key and a number are one 64-bit word, so that sorting words sorts buckets, and the documents within each. A document
is read, sorted and told to be alone in its bucket without any other array of all documents.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.candidates import KEY_BITS, Arrivals
from stillroom.curation.text_kernels import BandKeys
from stillroom.kernels import kernel

Words: TypeAlias = NDArray[np.uint64]

MOST_NUMBERS = 1 << 32

_32, _LOW_32 = np.uint64(32), np.uint64(0xFFFFFFFF)
_SPREAD, _16 = np.uint32(0x9E3779B1), np.uint32(16)


@kernel(
    'int64(Array(uint32, 1, "A", readonly=True), int64[::1], int64[::1], int64, int64, uint64[::1])',
)
def pack_keys(keys: BandKeys, places: Arrivals, numbers: Arrivals, part: int, parts: int, words: Words) -> int:
    """Puts the key and the number of each document into a word: of one part of the keys, where there are several.

    Args:
        keys: of one band, by place.
        places: of the documents that are wanted.
        numbers: by place, below ``MOST_NUMBERS``.
        part: which of the parts of all keys is wanted.
        parts: how many there are.
        words: room for as many words as there are places.

    Returns:
        How many words there are.
    """
    size = 0
    for place in places:
        key = keys[place]
        if parts == 1 or (np.uint32(key * _SPREAD) >> _16) % parts == part:
            words[size] = np.uint64(key) << _32 | np.uint64(numbers[place])
            size += 1
    return size


@kernel("int64(uint64[::1], int64)")
def count_shared(words: Words, first: int) -> int:
    """Of words in order, how many share their key with another, where one of them has a number from ``first`` on."""
    size = start = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or words[end] >> _32 != words[start] >> _32:
            if end - start > 1 and words[end - 1] & _LOW_32 >= np.uint64(first):
                size += end - start
            start = end
    return size


@kernel("void(uint64[::1], int64, int64, int64[::1], int64[::1], int64[::1])")
def take_shared(words: Words, first: int, band: int, buckets: Arrivals, numbers: Arrivals, sizes: Arrivals) -> None:
    """Of the words that ``count_shared`` counts the buckets in this band, the numbers, and how large each bucket is."""
    size = start = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or words[end] >> _32 != words[start] >> _32:
            if end - start > 1 and words[end - 1] & _LOW_32 >= np.uint64(first):
                for at in range(start, end):
                    buckets[size] = np.int64(words[at] >> _32) | band << KEY_BITS
                    numbers[size] = np.int64(words[at] & _LOW_32)
                    sizes[size] = end - start
                    size += 1
            start = end


BUCKETS = (pack_keys, count_shared, take_shared)
