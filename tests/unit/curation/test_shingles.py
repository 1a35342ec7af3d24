import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation import shingles
from stillroom.curation.shingles import blocks, giant_shingle_set, shingle_hashes, shingle_sets

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


@given(st.lists(TEXT, max_size=6))
def test_there_is_a_number_for_every_character(texts: list[str]):
    hashes, counts = shingle_hashes(texts)
    assert counts.tolist() == [max(len(text), 5) if text else 0 for text in texts]
    assert len(hashes) == counts.sum()


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
