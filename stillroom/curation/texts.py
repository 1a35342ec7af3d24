"""Texts as the search for duplicates sees them: normalised, and named by a hash of what is left."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from stillroom.characters import same_characters
from stillroom.curation.shingles import BLOCK_CHARS, blocks
from stillroom.fingerprint import fold_blanks

_BLANK, _LINE_END = b" \n"
_OTHER_BLANKS = "\t\v\f\r\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029"  # that NFKC leaves
_PRINTED = re.compile(r"[^ \n]")


def normalise(texts: pl.Series) -> list[str]:
    """``normalised`` of every text, by whole arrays where no blanks are but spaces and line ends."""
    found = [(text if text.isascii() else same_characters(text)).strip(" \n") for text in texts.to_list()]
    for rows in blocks(found):
        some = [found[row] for row in rows]
        joined = "".join(some)
        others = [blank for blank in _OTHER_BLANKS if blank in joined]
        folded = _folded(some) if len(joined) <= BLOCK_CHARS else [_folded_giant(joined)]
        for row, text, by_arrays in zip(rows, some, folded, strict=True):
            has_others = others and any(blank in text for blank in others)
            found[row] = fold_blanks(text) if has_others else by_arrays
    return found


def normalised(text: str) -> str:
    """A text as duplicates have it: the same characters (11² is not 112), line ends, blanks and outer space folded."""
    return fold_blanks(same_characters(text))


def text_hash(normalised: str) -> str:
    """128 bits of BLAKE2b, as 32 hex digits: texts with the same hash are exact duplicates."""
    return hashlib.blake2b(normalised.encode(), digest_size=16).hexdigest()


def _folded(texts: Sequence[str]) -> list[str]:
    """``fold_blanks`` of texts without other blanks, with none around them."""
    encoded = [text.encode() for text in texts]
    joined = b"".join(encoded)
    bounds = np.cumsum([0, *map(len, encoded)])
    codes = np.frombuffer(joined, np.uint8)
    is_blank, is_line_end = codes == _BLANK, codes == _LINE_END
    is_needless = np.zeros(len(codes) + 1, bool)  # of the character before: a blank before a blank or a line end
    np.logical_and(is_blank[:-1], is_blank[1:] | is_line_end[1:], out=is_needless[1:-1])
    edges = np.flatnonzero(is_needless[1:] != is_needless[:-1])
    starts, ends = edges[::2], edges[1::2]
    is_inside = ~is_line_end[starts - 1]  # of a line: indentation stays
    starts, ends = starts[is_inside], ends[is_inside]
    left_out = np.append(0, np.cumsum(ends - starts))
    bounds -= left_out[np.searchsorted(starts, bounds)]
    kept = b"".join(joined[start:end] for start, end in zip([0, *ends.tolist()], [*starts.tolist(), None], strict=True))
    return [kept[start:end].decode() for start, end in pairwise(bounds.tolist())]


def _folded_giant(text: str) -> str:
    """The same for a text of any length, by pieces that begin with a character that is seen."""
    return "".join(folded for piece in _pieces(text) for folded in _folded([piece]))


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while printed := _PRINTED.search(text, start + BLOCK_CHARS):
        yield text[start : printed.start()]
        start = printed.start()
    yield text[start:]
