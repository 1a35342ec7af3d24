"""Characters looked at one by one are what folding each text gives."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.folded_texts import foldings, utf8_of
from stillroom.wording import CODE_POINTS, plain

ODD = st.sampled_from(
    [
        *("Σ", "ΟΔΟΣ", "İ", "ß", "ẞ", "Å", "e\u0301", "\u00ad", "\u200b", "\ufeff", "中", "ก", "ﬁ", "Ⅳ", "\n"),
        *(
            "\ud800",
            "😀",
            "\u1100",
            "\u1161",
            "\u11a8",
            "가",
            "\u09c7",
            "\u09be",
            "x²",
            "I\u0307",
            "i\u0307",
            "\U000e0100",
        ),
    ]
)
TEXTS = st.lists(st.lists(st.one_of(ODD, st.text(max_size=4)), max_size=8).map("".join), max_size=6)


def folded_as_cut(texts: list[str]) -> list[str]:
    """What the kernels see of each text."""
    data, bounds, is_ascii = utf8_of(texts)
    one_case = foldings(is_ascii=is_ascii)
    cut = [data[start:end].tobytes() for start, end in pairwise(bounds.tolist())]
    return ["".join(chr(one_case[ord(one)]) for one in part.decode("utf-8", "surrogatepass")) for part in cut]


@given(TEXTS)
def test_characters_are_those_of_each_folded_text(texts: list[str]):
    assert folded_as_cut(texts) == [plain(text) for text in texts]


@pytest.mark.parametrize("after", [pytest.param("", id="alone"), pytest.param("e", id="after a letter")])
def test_every_character_is_folded_as_it_is_by_itself(after: str):
    texts = [
        "".join(f" {after}{chr(code)}" for code in range(first, first + 64)) for first in range(0, CODE_POINTS, 64)
    ]
    assert folded_as_cut(texts) == [plain(text) for text in texts]
