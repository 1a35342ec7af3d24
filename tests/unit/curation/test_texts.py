import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation.texts import normalise, text_hash
from stillroom.fingerprint import normalise_text

TEXT = st.text(st.sampled_from("ab =\n\t\r\f\v\x00\x1c\x7f\u00a0\u2028éﬁe\u03012²½"), max_size=30)


@given(st.lists(TEXT, max_size=5))
def test_columns_are_normalised_as_single_texts_are(texts: list[str]):
    assert normalise(pl.Series(texts, dtype=pl.String())) == [normalise_text(text) for text in texts]


def test_a_hash_names_a_text_for_good():
    assert text_hash("naïve") == "7b633f5f88cb0dd8617039f481fe52e9"
