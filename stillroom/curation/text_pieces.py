"""Walks through texts of any size in blocks of words that fit into memory."""

from collections.abc import Iterator, Sequence

from stillroom.curation.shingles import blocks
from stillroom.curation.word_grams import Words, words_of

_BLOCK_CHARS = 1 << 18
_PIECE_CHARS, _OVERLAP_CHARS = 1 << 20, 1 << 12


def pieces_of(texts: Sequence[str]) -> tuple[list[int], list[str]]:
    """Giant texts cut into overlapping pieces: the row that each piece comes from, and the pieces."""
    rows: list[int] = []
    pieces: list[str] = []
    for row, text in enumerate(texts):
        for start in range(0, max(len(text) - _OVERLAP_CHARS, 1), _PIECE_CHARS):
            rows.append(row)
            pieces.append(text[start : start + _PIECE_CHARS + _OVERLAP_CHARS])
    return rows, pieces


def word_blocks(pieces: Sequence[str]) -> Iterator[tuple[list[int], Words]]:
    """The words of some pieces at a time, and which pieces these are."""
    for block in blocks(pieces, _BLOCK_CHARS):
        yield block, words_of([pieces[piece] for piece in block])
