"""Everything that a text says as words: as it stands, and without what writing adds to it."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.folded_texts import ascii_blocks, utf8_blocks
from stillroom.curation.formulas import OF_FORMULAS, formula_readings
from stillroom.curation.mark_kernels import FORMULA, SEPARATOR, TYPESET, WRITTEN, find_marks
from stillroom.curation.markup import readings
from stillroom.curation.typesetting import OTHER_HYPHENS, OTHER_SEPARATORS, RAISED_DIGITS, without_typesetting
from stillroom.wording import CODE_POINTS

_ASCII, _PLANE = 0x80, 0x10000  # no letter of a formula is beyond


def readings_of_words(text: str) -> list[str]:
    """A text, then what it says without markup, without commands of formulas and without typesetting, each once."""
    found = readings(text)
    found += formula_readings(_plain(found))
    return [*dict.fromkeys((*found, *map(without_typesetting, found)))]


def all_readings(texts: pl.Series) -> tuple[list[int], list[str]]:
    """``readings_of_words`` of each text, sooner: one look at each byte tells which of them may have any.

    Returns:
        The row that each reading is of, and the readings; those of a row may be parted.
    """
    found: list[str] = texts.to_list()
    marks = marks_of(found)
    places: list[int] = np.flatnonzero(marks & (WRITTEN | FORMULA)).tolist()
    of_places = [readings(found[row]) if marks[row] & WRITTEN else [found[row]] for row in places]
    of_written: Iterator[int] = iter(marks_of([one for of_row in of_places for one in of_row[1:]]).tolist())
    rows: list[int] = []
    further: list[str] = []
    bits: list[int] = []
    for row, of_row in zip(places, of_places, strict=True):
        own = [int(marks[row]), *islice(of_written, len(of_row) - 1)]
        if own[min(1, len(own) - 1)] & FORMULA:
            of_row = [*dict.fromkeys((*of_row, *formula_readings(_plain(of_row))))]
            own += [TYPESET] * (len(of_row) - len(own))
        rows += [row] * (len(of_row) - 1)
        further += of_row[1:]
        bits += own[1:]
    typeset = [(row, found[row]) for row in np.flatnonzero(marks & TYPESET).tolist()]
    typeset += [(row, one) for row, one, own in zip(rows, further, bits, strict=True) if own & TYPESET]
    spoken = [(row, reading, without_typesetting(reading)) for row, reading in typeset]
    changed = [(row, plain) for row, reading, plain in spoken if plain != reading]
    rows = [*range(len(found)), *rows, *(row for row, _ in changed)]
    return rows, [*found, *further, *(plain for _, plain in changed)]


def marks_of(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Of each text the bits of what it may say besides: all that it does, and few more."""
    is_ascii = np.fromiter((text.isascii() for text in texts), np.bool_, len(texts))
    marks = np.zeros(len(texts), np.uint8)
    plain, others = np.flatnonzero(is_ascii), np.flatnonzero(~is_ascii)
    found = np.zeros(len(plain), np.uint8)
    for block, data, bounds in ascii_blocks([texts[row] for row in plain.tolist()]):
        find_marks(data, bounds, _marks_beyond_ascii(), found[block])
    marks[plain] = found
    for block, data, bounds in utf8_blocks([texts[row] for row in others.tolist()]):
        found = np.zeros(len(bounds) - 1, np.uint8)
        find_marks(data, bounds, _marks_beyond_ascii(), found)
        marks[others[block]] = found
    return marks


@cache
def _marks_beyond_ascii() -> NDArray[np.uint8]:
    """Of each code point the bits of texts that have it."""
    found = np.zeros(CODE_POINTS, np.uint8)
    found[[code for code in range(_ASCII, _PLANE) if OF_FORMULAS.match(chr(code))]] |= FORMULA
    found[[ord(one) for one in RAISED_DIGITS + OTHER_HYPHENS]] |= TYPESET
    found[[ord(one) for one in OTHER_SEPARATORS]] |= SEPARATOR
    return found


def _plain(of_text: list[str]) -> str:
    """Of the readings of a text the one without markup."""
    return of_text[min(1, len(of_text) - 1)]
