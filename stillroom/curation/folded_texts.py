"""The characters of many texts as their words are compared, by whole arrays: what ``plain`` of each gives, sooner.

Of texts that are not ASCII, asking a regular expression for what cannot be seen and changing the case character by
character took as long as all that is done with their words.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stillroom.characters import characters_of_words
from stillroom.wording import CODE_POINTS, UNSEEN, in_one_case, kinds, pairs_in_one_case

CodePoints = NDArray[np.uint8] | NDArray[np.uint32]
SEPARATOR = "\n"
_CASED = 0x20000  # no letter beyond has two cases


def folded_characters(texts: Sequence[str]) -> tuple[CodePoints, NDArray[np.uint8], NDArray[np.int64]]:
    """The characters of folded texts, one after another with a separator between, their kinds, and their starts.

    Returns:
        Code points; of each its kind, as ``stillroom/wording.py`` has them; and where each text begins, and after the
        last one the end, as if a separator followed that too.
    """
    joined = SEPARATOR.join(texts)
    if not joined.isascii():
        texts = _composed(texts)
        joined = SEPARATOR.join(texts)
    starts = np.cumsum([0, *(len(text) + 1 for text in texts)])
    if joined.isascii():
        encoded = joined.encode().lower()
        return np.frombuffer(encoded, np.uint8), np.frombuffer(encoded.translate(kinds()[:256]), np.uint8), starts
    codes = _codes(joined)
    return _one_case()[codes], np.frombuffer(kinds(), np.uint8)[codes], starts


def _composed(texts: Sequence[str]) -> list[str]:
    """Texts without what cannot be seen, powers by themselves, in one case where that goes by more than a character."""
    hidden = np.flatnonzero(_are_unseen()[_codes("".join(texts))])
    holders: list[int] = np.unique(np.searchsorted(np.cumsum([len(text) for text in texts]), hidden, "right")).tolist()
    seen = [*texts]
    for row in holders:
        seen[row] = UNSEEN.sub("", seen[row])
    return [pairs_in_one_case(characters_of_words(text)) for text in seen]


def _codes(text: str) -> NDArray[np.intp]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.intp)


@cache
def _are_unseen() -> NDArray[np.bool_]:
    """Of each code point, whether it cannot be seen."""
    found = np.zeros(CODE_POINTS, bool)
    found[[match.start() for match in UNSEEN.finditer("".join(map(chr, range(CODE_POINTS))))]] = True
    return found


@cache
def _one_case() -> NDArray[np.uint32]:
    """Of each code point that which it is in one case, where that is one character; else its own."""
    found = np.arange(CODE_POINTS, dtype=np.uint32)
    for code in range(_CASED):
        if len(folded := in_one_case(chr(code))) == 1:
            found[code] = ord(folded)
    return found
