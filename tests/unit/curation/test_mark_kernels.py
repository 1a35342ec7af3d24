"""A text without a mark is left as it is by what reads that mark, and marks are looked for in each text alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.formulas import formula_readings
from stillroom.curation.mark_kernels import FORMULA, TYPESET, WRITTEN
from stillroom.curation.markup import readings
from stillroom.curation.typesetting import without_typesetting
from stillroom.curation.word_readings import marks_of

PARTS = st.one_of(
    st.sampled_from('\\<>&%]*-[,{}()^#/.:;!?"” \n\t\x00\x1cau09nrtxp²Ωé中😀\u00a0\u2009\ud800'),
    st.sampled_from(["dog", "100", "000", "**", "](", "[1]", "{,}", "\\u4e2d", "\\pi", "%C3%A9", "%20", "&lt;", "<<"]),
)
TEXTS = st.lists(st.lists(PARTS, max_size=14).map("".join), max_size=6)


@given(TEXTS)
def test_what_has_no_mark_has_no_other_reading(texts: list[str]) -> None:
    marks = marks_of(texts).tolist()
    for text, found in zip(texts, marks, strict=True):
        assert found & WRITTEN or readings(text) == [text]
        assert found & FORMULA or formula_readings(text) == []
        assert found & TYPESET or without_typesetting(text) == text
    assert marks == [marks_of([text])[0] for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("def f(x):\n    return x[1] + rows[-1], [1, 2, 3000]", id="code"),
        pytest.param("a < b, 50 % of c && d ** e - f_{1} \\ g", id="signs between blanks"),
        pytest.param("“Naïve” 中文。没有", id="beyond ASCII"),
        pytest.param("\\x41 \\u0041"[:5] + " \\", id="a broken escape"),
        pytest.param("x" * (1 << 21), id="giant"),
    ],
)
def test_plain_texts_have_no_mark(text: str) -> None:
    assert marks_of([text]).tolist() == [0]


def test_marks_of_many_texts_are_those_of_each() -> None:
    assert marks_of(["1,000", "1", ",000", "&lt;", "plain"] * 200).tolist() == [TYPESET, 0, 0, WRITTEN, 0] * 200
