"""Many texts as the words in them are cut: in UTF-8, composed, and of each character what it counts as.

Few texts have a character that is not composed, cannot be seen or is more than one in another case. Only these are
asked for more than a look at each character: what all others are after ``plain`` is what each of their characters is.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from stillroom.characters import characters_of_words
from stillroom.curation.word_kernels import Bytes, CodePoints, Places, find_texts_with
from stillroom.wording import CODE_POINTS, MARK, UNSEEN, in_one_case, kinds, pairs_in_one_case

_ASCII = 0x80
_CASED = 0x20000  # no letter beyond has two cases
_NORMALIZED = 0x40000  # no character beyond has a form of its own in NFKC
_BETWEEN = "\n"  # which no character composes with


def utf8_of(texts: Sequence[str]) -> tuple[Bytes, Places, bool]:
    """Texts in UTF-8, without what cannot be seen, with powers by themselves, in NFKC.

    Returns:
        The bytes of all, where each begins and the last ends, and whether all of them are ASCII.
    """
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    data, bounds = joined_utf8(encoded)
    if all(text.isascii() for text in texts):
        return data, bounds, True
    is_changed = np.empty(len(texts), np.bool_)
    find_texts_with(data, bounds, _may_be_changed(), is_changed)
    rows: list[int] = np.flatnonzero(is_changed).tolist()
    if rows:
        for row in rows:
            encoded[row] = _composed(texts[row]).encode("utf-8", "surrogatepass")
        data, bounds = joined_utf8(encoded)
    return data, bounds, False


def foldings(*, is_ascii: bool) -> CodePoints:
    """Of each code point, or of ASCII alone, that which it is in one case."""
    return _one_case(_ASCII if is_ascii else CODE_POINTS)


@cache
def kinds_of_characters() -> Bytes:
    """The kind of each code point, as ``stillroom/wording.py`` has them."""
    return np.frombuffer(kinds(), np.uint8)


def joined_utf8(encoded: Sequence[bytes]) -> tuple[Bytes, Places]:
    """All bytes as one array, and where each text begins and the last ends."""
    return np.frombuffer(b"".join(encoded), np.uint8), np.cumsum([0, *map(len, encoded)])


@cache
def _may_be_changed() -> Bytes:
    """Of each code point, whether ``_composed`` changes it, by itself or after another."""
    found = np.frombuffer(kinds(), np.uint8) == MARK
    characters = list(map(chr, range(_ASCII, _NORMALIZED)))
    joined = _BETWEEN.join(characters)
    composed, parted = (unicodedata.normalize(form, joined).split(_BETWEEN) for form in ("NFKC", "NFD"))
    for one, other, parts in zip(characters, composed, parted, strict=True):
        found[ord(one)] |= one != other
        if len(parts) > 1:
            found[ord(parts[-1])] = True  # it composes with what is before it
    found[[match.start() for match in UNSEEN.finditer("".join(map(chr, range(CODE_POINTS))))]] = True
    found[[ord("\u00df"), ord("\u1e9e")]] = True  # `ss`
    return found.view(np.uint8)


def _composed(text: str) -> str:
    """A text without what cannot be seen, with powers by themselves, and `ss` for a letter that is that in one case."""
    return pairs_in_one_case(characters_of_words(UNSEEN.sub("", text)))


@cache
def _one_case(most: int) -> NDArray[np.uint32]:
    """Of each code point that which it is in one case, where that is one character; else its own."""
    found = np.arange(most, dtype=np.uint32)
    for code in range(min(most, _CASED)):
        if len(folded := in_one_case(chr(code))) == 1:
            found[code] = ord(folded)
    return found
