import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation import shingles
from stillroom.curation.shingles import blocks, giant_shingle_set, shingle_hashes, shingle_sets

ODD = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5, 0x85EBCA77C2B2AE63)
MIX = (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93)
TEXT = st.text(st.sampled_from("abc \x00é問\U0001f600\ud800"), max_size=40)


def plain_shingles(text: str) -> set[str]:
    return {text[start : start + 5] for start in range(max(len(text) - 4, min(len(text), 1)))}


@given(st.lists(TEXT, max_size=6))
def test_sets_are_as_large_and_overlap_as_plain_ones(texts: list[str]):
    sets = [set(of_text.tolist()) for of_text in shingle_sets(texts)]
    plain = [plain_shingles(text) for text in texts]
    for one, plain_one in zip(sets, plain, strict=True):
        for other, plain_other in zip(sets, plain, strict=True):
            assert len(one & other) == len(plain_one & plain_other)


@given(st.lists(TEXT, max_size=6))
def test_the_neighbours_of_a_text_do_not_change_its_shingles(texts: list[str]):
    for text, together in zip(texts, shingle_sets(texts), strict=True):
        assert np.array_equal(together, shingle_sets([text])[0])


def plain_hashes(text: str) -> list[int]:
    """As ``hash_shingles`` tells it, in whole numbers."""
    codes = [ord(one) for one in (text if not text or len(text) >= 5 else text.ljust(5, "\U0010ffff"))]
    found: list[int] = []
    for start in range(len(codes) - 4):
        five = codes[start : start + 5]
        packed = sum(code << 8 * place for place, code in enumerate(five))
        linear = sum(code * odd for code, odd in zip(five, ODD, strict=True))
        number = (packed if max(five) < 128 else linear) * MIX[0] % 2**64
        found.append((number ^ number >> 32) * MIX[1] % 2**64)
    return found


@given(st.lists(TEXT | st.text(max_size=20), max_size=6))
def test_numbers_are_those_of_the_formula(texts: list[str]):
    assert [of_text.tolist() for of_text in shingle_hashes(texts)] == [plain_hashes(text) for text in texts]


@pytest.mark.parametrize("character", ["x", "é", "問", "\U0001f600", "\ud800"])
def test_pieces_may_end_anywhere_in_a_character(character: str):
    for before in range(9):
        text = "".join(f"{number:x}" for number in range(before)) + f"{character}ab" * 2_000
        assert shingle_hashes([text])[0].tolist() == plain_hashes(text)


@given(st.text("abc é", min_size=5, max_size=60))
def test_pieces_of_a_giant_text_give_the_same_set(text: str):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shingles, "_PIECE_CHARS", 7)
        assert np.array_equal(giant_shingle_set(text), shingle_sets([text])[0])


@given(st.lists(TEXT, max_size=12))
def test_blocks_hold_every_row_once_and_no_more_than_fits(texts: list[str]):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shingles, "BLOCK_CHARS", 30)
        found = list(blocks(texts))
    assert sorted(row for rows in found for row in rows) == list(range(len(texts)))
    for rows in found:
        assert len({texts[row].isascii() for row in rows}) == 1
        assert len(rows) == 1 or sum(len(texts[row]) for row in rows) <= 30
