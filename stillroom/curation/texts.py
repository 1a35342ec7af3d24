"""Texts as the search for duplicates sees them: normalised, and named by a hash of what is left."""

import hashlib

import polars as pl

from stillroom.characters import same_characters
from stillroom.fingerprint import fold_blanks

_BEYOND_ASCII = r"[^\n !-~]"  # or a tab, or another line end: what only ``normalised`` itself can judge
_TRAILING_BLANKS = r"([^\n ]) +\n"
_RUN_OF_BLANKS = r"([^\n ])  +"  # not at the start of a line: indentation stays


def normalise(texts: pl.Series) -> list[str]:
    """``normalised`` of every text, by whole columns if it can."""
    stripped = texts.str.strip_chars(" \n")
    folded = stripped.str.replace_all(_TRAILING_BLANKS, "${1}\n").str.replace_all(_RUN_OF_BLANKS, "${1} ")
    found = folded.to_list()
    for row in stripped.str.contains(_BEYOND_ASCII).arg_true().to_list():
        found[row] = normalised(stripped[row])
    return found


def normalised(text: str) -> str:
    """A text as duplicates have it: the same characters (11² is not 112), line ends, blanks and outer space folded."""
    return fold_blanks(same_characters(text))


def text_hash(normalised: str) -> str:
    """128 bits of BLAKE2b, as 32 hex digits: texts with the same hash are exact duplicates."""
    return hashlib.blake2b(normalised.encode(), digest_size=16).hexdigest()
