import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation import shingles
from stillroom.curation import sketch as sketch_module
from stillroom.curation.settings import DedupSettings
from stillroom.curation.shingles import shingle_sets
from stillroom.curation.similarity import jaccard
from stillroom.curation.sketch import band_keys, estimated_jaccard, sketch

BINS = 190
WORDS = [
    "the",
    "of",
    "to",
    "and",
    "a",
    "in",
    "is",
    "it",
    "you",
    "that",
    "he",
    "was",
    "for",
    "on",
    "are",
    "with",
    "as",
    "his",
    "they",
    "be",
    "at",
    "one",
    "have",
    "this",
    "from",
]


def prose(generator: random.Random, chars: int) -> str:
    return " ".join(generator.choices(WORDS, k=chars // 3))[:chars]


@pytest.mark.parametrize("chars", [10, 60, 200, 1_000, 5_000])
def test_agreement_of_bins_estimates_jaccard_at_any_length(chars: int):
    generator = random.Random(chars)
    whole = [prose(generator, chars) for _ in range(300)]
    changed = [text[: -chars // 4] + prose(generator, chars // 4) for text in whole]
    agreement = (sketch(whole, BINS) == sketch(changed, BINS)).mean(axis=1)
    rows = np.arange(300)
    error = agreement - jaccard(whole + changed, rows, rows + 300)
    deviation = 0.5 / np.sqrt(BINS)  # the most that classical MinHash has
    assert abs(error.mean()) < 4 * deviation / np.sqrt(300)
    assert np.sqrt((error**2).mean()) < deviation


@given(st.lists(st.text("ab é問", max_size=30), min_size=1, max_size=6))
def test_a_sketch_depends_on_the_set_of_shingles_alone(texts: list[str]):
    together = sketch(texts, 20)
    for row, text in enumerate(texts):
        assert np.array_equal(sketch([text], 20)[0], together[row])
    for one, set_of_one in enumerate(shingle_sets(texts)):
        for other, set_of_other in enumerate(shingle_sets(texts)):
            if np.array_equal(set_of_one, set_of_other):
                assert np.array_equal(together[one], together[other])


@given(st.text("abé", min_size=5, max_size=200))
def test_a_giant_text_has_the_sketch_of_any_other(text: str):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shingles, "BLOCK_CHARS", 5)
        patch.setattr(sketch_module, "BLOCK_CHARS", 5)
        by_pieces = sketch([text], 20)
    assert np.array_equal(by_pieces, sketch([text], 20))


def test_no_bin_of_a_text_with_shingles_stays_empty():
    assert (sketch(["a", "ab cd", "x" * 500], BINS) != 0xFFFFFFFF).all()
    assert (sketch([""], BINS) == 0xFFFFFFFF).all()


def test_keys_of_bands_differ_where_any_row_does():
    sketches = np.zeros((6, 10), np.uint32)
    for row in range(1, 6):
        sketches[row, row - 1] = row
    keys = band_keys(sketches, 2)
    assert len(set(keys[:, 0].tolist())) == 6
    assert len(set(keys[:, 1].tolist())) == 1


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
def test_no_pair_above_the_threshold_is_estimated_too_low_to_compare(threshold: float):
    settings = DedupSettings(threshold=threshold)
    generator = random.Random(7)
    whole = [prose(generator, 400) for _ in range(500)]
    changed = [text[: 400 - round(400 * (1 - threshold) * 0.7)] + "!" * 20 for text in whole]
    bins = settings.bands * settings.rows_per_band
    left, right = (band_keys(sketch(texts, bins), settings.bands) for texts in (whole, changed))
    rows = np.arange(500)
    exact = jaccard(whole + changed, rows, rows + 500)
    estimated = estimated_jaccard(left, right, settings.rows_per_band)
    assert (estimated[exact >= threshold] >= settings.least_estimate(settings.bands)).all()
    assert abs((estimated - exact).mean()) < 0.02


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9])
def test_enough_bands_for_the_recall_that_is_promised(threshold: float):
    settings = DedupSettings(threshold=threshold)
    found = 1 - (1 - threshold**settings.rows_per_band) ** settings.bands
    assert found >= settings.recall
    assert settings.bands <= 40
