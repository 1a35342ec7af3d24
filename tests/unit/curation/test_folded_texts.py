"""Folding many texts at once gives what folding each gives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.folded_texts import folded_characters
from stillroom.wording import CODE_POINTS, kinds, plain

ODD = st.sampled_from(
    ["Σ", "ΟΔΟΣ", "İ", "ß", "Å", "e\u0301", "\u00ad", "\u200b", "\ufeff", "中", "ก", "ﬁ", "Ⅳ", "\n", "\ud800", "😀"]
)
TEXTS = st.lists(st.lists(st.one_of(ODD, st.text(max_size=4)), max_size=8).map("".join), max_size=6)


@given(TEXTS)
def test_characters_kinds_and_starts_are_those_of_each_text(texts: list[str]):
    codes, of_codes, starts = folded_characters(texts)
    expected = "\n".join(map(plain, texts))
    assert codes.tolist() == [ord(one) for one in expected]
    assert of_codes.tolist() == [kinds()[ord(one)] for one in expected]
    lengths = [len(plain(text)) + 1 for text in texts]
    assert starts.tolist() == [0, *np.cumsum(lengths).tolist()]


def test_every_character_is_folded_as_it_is_by_itself():
    texts = [" ".join(map(chr, range(first, first + 64))) for first in range(0, CODE_POINTS, 64)]
    codes = folded_characters(texts)[0]
    assert codes.tobytes() == "\n".join(map(plain, texts)).encode("utf-32-le", "surrogatepass")
