"""Texts as the search for duplicates sees them: normalised, and named by a hash of what is left."""

import hashlib
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl

from stillroom.characters import same_characters
from stillroom.curation import text_kernels
from stillroom.curation.packed_texts import PackedTexts
from stillroom.fingerprint import fold_blanks

BLOCK_BYTES = 1 << 18  # of texts in work; a longer one is a block by itself
_OTHER_BLANKS = "\x85\u1680\u2028\u2029"  # beyond ASCII, that NFKC leaves


def normalise(texts: pl.Series) -> list[str]:
    """``normalised`` of every text."""
    return [str(text, "utf-8") for block in normalised_blocks(texts) for text in block.each()]


def normalised_blocks(texts: pl.Series) -> Iterator[PackedTexts]:
    """``normalised`` of every text, some of them at a time."""
    texts = texts.cast(pl.String)  # no texts at all have no type
    blocks = texts.str.len_bytes().cast(pl.Int64).cum_sum().to_numpy() // BLOCK_BYTES
    for start, end in pairwise([0, *(np.flatnonzero(np.diff(blocks)) + 1).tolist(), len(texts)]):
        yield _normalised_block(texts[start:end])


def normalised(text: str) -> str:
    """A text as duplicates have it: the same characters (11² is not 112), line ends, blanks and outer space folded."""
    return fold_blanks(same_characters(text))


def text_hash(normalised: str | memoryview) -> str:
    """128 bits of BLAKE2b, as 32 hex digits: texts with the same hash are exact duplicates.

    Args:
        normalised: the text, or its bytes in UTF-8.
    """
    data = normalised.encode() if isinstance(normalised, str) else normalised
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _normalised_block(texts: pl.Series) -> PackedTexts:
    encoded: list[bytes] = texts.cast(pl.Binary).to_list()
    is_folded = np.zeros(len(encoded), bool)
    for row, data in enumerate(encoded):
        if not data.isascii():
            text = same_characters(data.decode())
            if any(blank in text for blank in _OTHER_BLANKS):
                is_folded[row] = True
                text = fold_blanks(text)
            encoded[row] = text.encode()
    packed = PackedTexts.of_bytes(encoded)
    folded = np.empty(len(packed.data), np.uint8)
    bounds = np.empty(len(packed.bounds), np.int64)
    text_kernels.fold_blanks(packed.data, packed.bounds, is_folded, folded, bounds)
    return PackedTexts(data=folded[: bounds[-1]], bounds=bounds)
