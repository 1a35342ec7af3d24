"""Of many signatures exactly those are met that share their wording, or a bucket, with a text that is sought."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation import sought
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import keys_of, sign
from stillroom.curation.sought import Sought
from stillroom.curation.sought_kernels import fill_filters, find_met
from stillroom.curation.text_kernels import SIGNING

SETTINGS = DedupSettings()
TEXTS = st.lists(
    st.one_of(st.text("ab ", max_size=12), st.text("abcdef", min_size=20, max_size=40)),
    min_size=1,
    max_size=12,
    unique=True,
)
SCHEMA = {"id": pl.String, "arrival": pl.Int64, "text": pl.String}


def signed(texts: list[str]) -> pl.DataFrame:
    """One signature for each text, equal ones too."""
    rows = range(len(texts))
    documents = pl.DataFrame({"id": [*map(str, rows)], "arrival": [*rows], "text": texts}, schema_overrides=SCHEMA)
    hashes, different = sign(documents, SETTINGS)
    return documents.select("id", hashes).join(different.drop("id", "arrival"), on="text_hash", maintain_order="left")


@given(TEXTS, TEXTS, st.data())
def test_what_shares_wording_or_a_bucket_is_met_and_nothing_else(
    texts: list[str], others: list[str], data: st.DataObject
):
    others += data.draw(st.lists(st.sampled_from(texts), max_size=3))
    mine, theirs = signed(texts), signed(others)
    hashes = set(mine["text_hash"])
    with_text = keys_of(mine.filter(pl.col("characters") > 0), SETTINGS)
    in_buckets = {(band, key) for band, keys in enumerate(with_text.T.tolist()) for key in keys}
    shares = [any((band, key) in in_buckets for band, key in enumerate(keys)) for keys in keys_of(theirs, SETTINGS)]
    expected = [
        text_hash in hashes or (characters > 0 and shared)
        for text_hash, characters, shared in zip(theirs["text_hash"], theirs["characters"], shares, strict=True)
    ]

    assert Sought(texts, SETTINGS).met_by(theirs).tolist() == expected


def test_texts_are_signed_some_at_a_time_and_once(monkeypatch: pytest.MonkeyPatch):
    sizes: list[int] = []

    def watched(documents: pl.DataFrame, settings: DedupSettings) -> tuple[pl.Series, pl.DataFrame]:
        sizes.append(len(documents))
        return sign(documents, settings)

    monkeypatch.setattr(sought, "_SIGNED_AT_A_TIME", 2)
    monkeypatch.setattr(sought, "sign", watched)
    texts = [f"a text of some length, the one with number {number}" for number in range(5)]
    asked = Sought(texts, SETTINGS)
    assert sizes == []

    for _ in range(2):
        assert asked.met_by(signed([*texts, "something else"])).tolist() == [True] * 5 + [False]
    assert sizes == [2, 2, 1]


def test_a_full_filter_lets_nothing_through_that_is_not_met(monkeypatch: pytest.MonkeyPatch):
    texts, others = ([f"{name} {number} and no more" for number in range(40)] for name in ("one", "other"))
    expected = Sought(texts, SETTINGS).met_by(signed(others)).tolist()
    monkeypatch.setattr(sought, "_FILTER_BITS", (3, 3))

    assert Sought(texts, SETTINGS).met_by(signed(others)).tolist() == expected
    assert not all(expected)


def test_kernels_are_loaded_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch):
    loaded: list[object] = []
    monkeypatch.setattr(sought, "load", loaded.append)
    Sought([], SETTINGS)
    assert loaded == [(*SIGNING, fill_filters, find_met)]
