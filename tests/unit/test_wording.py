"""Words are the same wherever they are compared, counted or measured, in scripts with spaces and without."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.word_grams import folded, words_of
from stillroom.wording import beginning, plain, words_and_signs, words_in

HINDI = "यह हिन्दी का एक वाक्य है"
THAI = "เขียนฟังก์ชันที่"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("def Sum_of(x): return x+1", ["def", "sum", "of", "x", "return", "x", "1"], id="code"),
        pytest.param("Größe, naïve", ["grösse", "naïve"], id="Latin"),
        pytest.param(unicodedata.normalize("NFD", "Größe, naïve"), ["grösse", "naïve"], id="decomposed"),
        pytest.param(HINDI, HINDI.split(), id="Hindi"),
        pytest.param("كِتَابٌ جَدِيدٌ", ["كِتَابٌ", "جَدِيدٌ"], id="vocalised Arabic"),
        pytest.param("தமிழ் மொழி", ["தமிழ்", "மொழி"], id="Tamil"),
        pytest.param("编写函数, 然后", [*"编写函数然后"], id="Chinese"),
        pytest.param("プログラム", [*"プログラム"], id="kana"),
        pytest.param("ที่นี่", ["ที่", "นี่"], id="Thai letters have their marks"),
        pytest.param(
            "a\U0001e922\U0001e944, \U00020000b", ["a\U0001e922\U0001e944", "\U00020000", "b"], id="other planes"
        ),
        pytest.param("a \u02dc b \u0301", ["a", "b"], id="marks without a letter"),
        pytest.param("ﬁne \uff21\uff22", ["fine", "ab"], id="compatible forms"),
        pytest.param("co\u00adop\u200bera\u2060te", ["cooperate"], id="what cannot be seen"),
    ],
)
def test_words_of_each_script(text: str, words: list[str]) -> None:
    assert words_in(text) == words


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Die Straße ist heiß", id="German"),
        pytest.param("İzmir'de \u0131l\u0131k bir iklim", id="Turkish"),
        pytest.param("\u039f δρόμος της ζωής", id="Greek"),
    ],
)
def test_words_are_the_same_in_any_case(text: str) -> None:
    for written in (text.upper(), text.lower(), text.title(), text.swapcase()):
        assert words_in(written) == words_in(text)
    assert words_in("STRAẞE, istanbul") == words_in("Strasse, İstanbul")


def test_arabic_letters_that_are_drawn_out_are_the_same_words() -> None:
    assert words_in("تفـــاحة") == words_in("تفاحة")


def test_signs_stand_between_words() -> None:
    assert words_and_signs("Sum_of(x) \u2265 2\u3002") == [*("sum", "_", "of", "(", "x", ")", "\u2265", "2", "\u3002")]


LETTERS = st.characters(categories=("L", "M", "N", "P", "Z", "Cf"), exclude_characters="\\")
OF_SCRIPTS = st.sampled_from(
    "aZ_ 9,\u0301\u0939\u093f\u0e01\u0e34\u0e48\u1000\u1039\u3042\u3099\u5199\u3005\u200d\U00020000\U0001e922\U0001e944"
)


@given(st.text(LETTERS | OF_SCRIPTS, max_size=40))
def test_what_is_compared_and_what_is_counted_are_the_same_words(text: str) -> None:
    compared = words_of([text])
    characters = folded(text)

    assert characters == plain(text)
    spans = zip(compared.starts.tolist(), compared.ends.tolist(), strict=True)
    assert [characters[start:end] for start, end in spans] == words_in(text)


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        pytest.param("Write a  function, please", 3, "Write a  function", id="English"),
        pytest.param("Write", 3, "Write", id="fewer"),
        pytest.param("", 3, "", id="none"),
        pytest.param("a b!" * 50_000, 100_001, "a b!" * 50_000, id="fewer in a long text"),
        pytest.param(HINDI, 2, "यह हिन्दी", id="Hindi"),
        pytest.param("क\u094d\u200dष ख ग", 2, "क\u094d\u200dष ख", id="joined within a word"),
        pytest.param("请编写一个函数,计算", 3, "请编写一个函", id="two of Chinese are as much as one"),
        pytest.param(THAI, 1, "เขียน", id="four of Thai are as much as one"),
        pytest.param("用Python编写函数", 3, "用Python编写函", id="mixed"),
    ],
)
def test_a_beginning_has_an_amount_of_words(text: str, words: int, expected: str) -> None:
    assert beginning(text, words) == expected
