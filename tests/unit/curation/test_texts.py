import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation import texts as texts_module
from stillroom.curation.texts import normalise, normalised, normalised_blocks, text_hash

TEXT = st.text(st.sampled_from("ab =\n\t\r\f\v\x00\x1c\x7f\x85\u00a0\u1680\u2028éﬁe\u03012²½"), max_size=30)
WITH_FEW_BLANKS = st.text(st.sampled_from("ab  \né\u3000😀"), max_size=60)


@given(st.lists(TEXT, max_size=5))
def test_columns_are_normalised_as_single_texts_are(texts: list[str]):
    assert normalise(pl.Series(texts, dtype=pl.String())) == [normalised(text) for text in texts]


@given(st.lists(TEXT | WITH_FEW_BLANKS, max_size=5), st.integers(1, 12))
def test_they_are_wherever_blocks_end(texts: list[str], most_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts_module, "BLOCK_BYTES", most_bytes)
        assert normalise(pl.Series(texts, dtype=pl.String())) == [normalised(text) for text in texts]


@given(st.lists(TEXT | WITH_FEW_BLANKS, max_size=5))
def test_characters_of_a_block_are_counted(texts: list[str]) -> None:
    (block,) = normalised_blocks(pl.Series(texts, dtype=pl.String()))
    assert block.characters().tolist() == [len(normalised(text)) for text in texts]


def test_blocks_are_of_few_bytes_but_for_a_longer_text() -> None:
    texts = pl.Series(["x" * 1_000] * 600 + ["y" * 1_000_000] + ["z"] * 3)
    sizes = [len(block.data) for block in normalised_blocks(texts)]
    assert sum(sizes) == 1_600_003
    assert sorted(sizes)[-2] <= texts_module.BLOCK_BYTES


def test_each_blank_is_known() -> None:
    texts = [f"a{chr(code)}b  c{chr(code)} \n{chr(code)}d" for code in range(0x110000) if chr(code).isspace()]
    assert normalise(pl.Series(texts)) == [normalised(text) for text in texts]


def test_a_hash_names_a_text_for_good():
    assert text_hash("naïve") == "7b633f5f88cb0dd8617039f481fe52e9"
    assert text_hash(memoryview("naïve".encode())) == text_hash("naïve")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Is 11² a prime?", "Is 112 a prime?", id="power"),
        pytest.param("Compute 10⁻³ exactly.", "Compute 10\u22123 exactly.", id="negative power"),
        pytest.param("Find f(x₁).", "Find f(x1).", id="index"),
        pytest.param("Take 1½ of it.", "Take 11\u20442 of it.", id="fraction"),
    ],
)
def test_what_stands_raised_or_lowered_makes_another_text(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)
