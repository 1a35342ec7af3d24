"""Many texts as the words in them are cut: in UTF-8, composed, and of each character what it counts as.

Few texts have a character that is not composed, cannot be seen or is more than one in another case. Only these are
asked for more than a look at each character: what all others are after ``plain`` is what each of their characters is.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from stillroom.characters import characters_of_words
from stillroom.curation.word_kernels import Bytes, CodePoints, Places, find_texts_with
from stillroom.wording import BETWEEN, CODE_POINTS, MARK, UNSEEN, in_one_case, kinds, pairs_in_one_case

_ASCII = 0x80
_CASED = 0x20000  # no letter beyond has two cases
_NORMALIZED = 0x40000  # no character beyond has a form of its own in NFKC
_PARTING = "\n"  # which no character composes with
_BLOCK_CHARS = 1 << 18


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


def ascii_blocks(texts: Sequence[str]) -> Iterator[tuple[slice, Bytes, Places]]:
    """Some texts at a time: which, all their characters as one array, and where each begins and the last ends.

    What of them is not ASCII is a question mark then. A longer text than a block stands alone.
    """
    for block in _blocks(texts):
        bounds = np.cumsum([0, *map(len, texts[block])])
        yield block, np.frombuffer("".join(texts[block]).encode("ascii", "replace"), np.uint8), bounds


def utf8_blocks(texts: Sequence[str]) -> Iterator[tuple[slice, Bytes, Places]]:
    """As ``ascii_blocks``, of texts beyond ASCII: their bytes in UTF-8, of as many characters at a time."""
    for block in _blocks(texts):
        yield block, *joined_utf8([text.encode("utf-8", "surrogatepass") for text in texts[block]])


def _blocks(texts: Sequence[str]) -> Iterator[slice]:
    ends = np.fromiter(accumulate(map(len, texts)), np.int64, len(texts))
    first = begin = 0
    while first < len(texts):
        after = max(first + 1, int(np.searchsorted(ends, begin + _BLOCK_CHARS, "right")))
        yield slice(first, after)
        first, begin = after, int(ends[after - 1])


def beside_ascii(known: Sequence[str]) -> Bytes:
    """Of each code point beyond ASCII, whether it may be a part of words of texts that are known, given as folded.

    A text without any holds none of their words but those that it has in ASCII.
    """
    found = _may_be_of_words().copy()
    codes = [*map(ord, set[str]().union(*known))]
    is_known = np.zeros(CODE_POINTS, np.bool_)
    is_known[:_ASCII] = True
    is_known[codes] = True
    is_letter = (found == 1) & ~_may_be_changed().view(np.bool_) & (np.frombuffer(kinds(), np.uint8) != MARK)
    found[is_letter] = is_known[_one_case(CODE_POINTS)[is_letter]]
    return found


@cache
def _may_be_of_words() -> Bytes:
    """Of each code point, whether it is more than what stands between words, by itself or after another."""
    found = np.frombuffer(kinds(), np.uint8) != BETWEEN
    for code in np.flatnonzero(~found & _may_be_changed().view(np.bool_)).tolist():
        composed = _composed(chr(code))
        found[code] = not composed or any(kinds()[ord(one)] != BETWEEN for one in composed)
    return found.view(np.uint8)


@cache
def _may_be_changed() -> Bytes:
    """Of each code point, whether ``_composed`` changes it, by itself or after another."""
    found = np.frombuffer(kinds(), np.uint8) == MARK
    characters = list(map(chr, range(_ASCII, _NORMALIZED)))
    joined = _PARTING.join(characters)
    composed, parted = (unicodedata.normalize(form, joined).split(_PARTING) for form in ("NFKC", "NFD"))
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
