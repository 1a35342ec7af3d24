"""Walks through texts of any size in blocks of words that fit into memory."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

import polars as pl

from stillroom.curation.shingles import blocks
from stillroom.curation.word_grams import Words, words_of
from stillroom.curation.word_readings import all_readings

_BLOCK_CHARS = 1 << 19
_PIECE_CHARS, _OVERLAP_CHARS = 1 << 20, 1 << 12
_OVERLAP_WORDS = 256  # also where blanks or tables spread them: 13 of them are looked for, however marks part these
_MOST_OVERLAP_CHARS = 1 << 20
_WORD = re.compile(r"[^\W_]+")


def pieces_of(texts: pl.Series) -> tuple[list[int], list[str]]:
    """What is searched in texts: the row that each piece comes from, and the pieces.

    A text with markup, formulas or typesetting is also there without, and giant ones are cut into overlapping pieces:
    one goes on after the next one's start for 4,096 characters at least, and until it has many words of that.
    """
    rows: list[int] = []
    pieces: list[str] = []
    for row, reading in zip(*all_readings(texts.cast(pl.String)), strict=True):  # no texts at all have no type
        for piece in (reading,) if len(reading) <= _PIECE_CHARS else _cut(reading):
            rows.append(row)
            pieces.append(piece)
    return rows, pieces


def _cut(text: str) -> list[str]:
    starts = range(0, max(len(text) - _OVERLAP_CHARS, 1), _PIECE_CHARS)
    return [text[start : _end(text, start + _PIECE_CHARS)] for start in starts]


def _end(text: str, border: int) -> int:
    """Where a piece ends that the next one begins in at ``border``."""
    if border + _OVERLAP_CHARS >= len(text):
        return len(text)
    words = _WORD.finditer(text, border, border + _MOST_OVERLAP_CHARS)
    last = next(islice(words, _OVERLAP_WORDS - 1, None), None)
    return max(border + _OVERLAP_CHARS, last.end() if last else border + _MOST_OVERLAP_CHARS)


def word_blocks(pieces: Sequence[str]) -> Iterator[tuple[list[int], Words]]:
    """The words of some pieces at a time, and which pieces these are."""
    for block in blocks(pieces, _BLOCK_CHARS):
        yield block, words_of([pieces[piece] for piece in block])
