"""What only looks different is the same, and what stands raised or lowered is not what stands on the line."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.characters import characters_of_words, has_raised, same_characters
from stillroom.wording import words_in

ANY = st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("x9²⁻³ₙ₁½¾ªº㎡ﬁＡ\u0301\u0327 "), max_size=30)
POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
INDICES = "₀₁₂₃₄₅₆₇₈₉"


@pytest.mark.parametrize(
    ("text", "same", "words"),
    [
        pytest.param("11²", "11²", ["11", "2"], id="power"),
        pytest.param("10⁻³ ", "10⁻³ ", ["10", "3"], id="with its sign"),
        pytest.param("aₙ₊₁ = aₙ²", "aₙ₊₁ = aₙ²", ["a", "n", "1", "a", "n", "2"], id="index and power"),
        pytest.param("3½", "3½", ["3", "1", "2"], id="fraction"),
        pytest.param("5㎡", "5m²", ["5m", "2"], id="unit"),
        pytest.param("x²³", "x²³", ["x", "23"], id="power of two digits"),
        pytest.param("1º, 2ª", "1o, 2a", ["1o", "2a"], id="ordinals"),
        pytest.param(
            "ﬁne \uff21\uff22 \uff12 e\u0301", "fine AB 2 é", ["fine", "ab", "2", "é"], id="what only looks different"
        ),
    ],
)
def test_powers_indices_and_fractions_stay(text: str, same: str, words: list[str]) -> None:
    assert same_characters(text) == same
    assert words_in(text) == words


@given(ANY)
def test_all_else_is_nfkc_and_nothing_changes_twice(text: str) -> None:
    same = same_characters(text)
    assert same_characters(same) == same
    assert same_characters(unicodedata.normalize("NFD", text)) == same
    assert unicodedata.normalize("NFKC", same) == unicodedata.normalize("NFKC", text)
    if not has_raised(text):
        assert same == characters_of_words(text) == unicodedata.normalize("NFKC", text)


@given(st.text("abxyz", min_size=1, max_size=3), st.integers(0, 10**6), st.booleans())
def test_a_power_or_an_index_has_the_words_that_latex_has(name: str, number: int, is_power: bool) -> None:
    raised = str(number).translate(str.maketrans("0123456789", POWERS if is_power else INDICES))
    sign = "^" if is_power else "_"
    assert words_in(f"{name}{raised} = 4") == words_in(f"{name}{sign}{{{number}}} = 4")
    assert words_in(f"{name}<sup>{number}</sup>")[0] == words_in(f"{name}{raised}")[0] == name


@pytest.mark.parametrize("kind", ["<super>", "<sub>", "<fraction>"])
def test_all_of_the_first_plane_are_told(kind: str) -> None:
    """But the ordinals, which are letters of their word."""
    codes = [code for code in range(0x10000) if unicodedata.decomposition(chr(code)).startswith(kind)]
    assert len(codes) > 15
    assert "".join(chr(code) for code in codes if not has_raised(chr(code))) in ("", "ªº")


def test_units_with_a_power_are_told() -> None:
    held = ("²", "³")
    units = [chr(code) for code in range(0x3300, 0x3400) if _parts(chr(code)).endswith(held)]
    assert len(units) == 12
    assert [same_characters(unit) for unit in units] == [_parts(unit) for unit in units]


def _parts(unit: str) -> str:
    return "".join(chr(int(part, 16)) for part in unicodedata.decomposition(unit).split() if not part.startswith("<"))
