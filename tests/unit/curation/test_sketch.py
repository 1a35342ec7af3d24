import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.curation import sketch as sketches
from stillroom.curation.packed_texts import PackedTexts
from stillroom.curation.settings import DedupSettings
from stillroom.curation.shingles import shingle_hashes, shingle_sets
from stillroom.curation.similarity import jaccard
from stillroom.curation.sketch import band_keys, estimated_jaccard
from stillroom.curation.text_kernels import Sketches

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


def sketch(texts: list[str], bins: int) -> Sketches:
    return sketches.sketch(PackedTexts.of(texts), np.arange(len(texts)), bins)


def plain_sketch(text: str, bins: int) -> list[int]:
    """As ``stillroom/curation/sketch.py`` tells it, shingle by shingle."""
    empty = 2**32 - 1
    found = [empty] * bins
    second = [empty] * bins
    numbers = set(shingle_hashes([text])[0].tolist())
    for number in numbers:
        low, high = number % 2**32, number >> 32
        for into, picks, value in ((found, high, low), (second, low, high)):
            slot = (picks >> 16) * bins >> 16
            into[slot] = min(into[slot], value >> 2)
    for slot in range(bins):
        if found[slot] == empty and second[slot] != empty:
            found[slot] = second[slot] | 1 << 30
        elif found[slot] == empty and numbers:
            seed = (slot + 1) * 0x9E3779B97F4A7C15 % 2**64
            seed = (seed ^ seed >> 32) * 0xD6E8FEB86659FD93 % 2**64
            found[slot] = min((number ^ seed) * 0xA0761D6478BD642F % 2**64 >> 34 for number in numbers) | 2 << 30
    return found


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


@given(
    st.lists(st.text("ab \x00é問\U0001f600\ud800", max_size=60) | st.text(max_size=9), max_size=4), st.integers(1, 200)
)
def test_sketches_are_those_of_the_method(texts: list[str], bins: int):
    assert sketch(texts, bins).tolist() == [plain_sketch(text, bins) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ab" * 20_000, id="few shingles"),
        pytest.param("".join(f"{number:x} " for number in range(3_000)) * 3, id="more than are told apart at once"),
        pytest.param("aé" * 9_000 + "".join(map(chr, range(0x4E00, 0x4F00))), id="two and three bytes"),
        pytest.param("x" * 2_044 + "😀" * 700, id="a character over the end of a piece"),
    ],
)
@pytest.mark.parametrize("bins", [190, 640])
def test_a_giant_text_has_the_sketch_of_any_other(text: str, bins: int):
    assert sketch(["a", text], bins)[1].tolist() == plain_sketch(text, bins)


def test_much_of_few_shingles_takes_no_longer_than_it_is_long():
    started = time.process_time()
    sketch(["ab" * 5_000_000], BINS)
    assert time.process_time() - started < 10  # ten million shingles for each of 188 bins would take longer


def test_only_the_rows_that_are_asked_for_are_sketched():
    texts = ["first text", "another", "", "the last"]
    wanted = np.array([3, 1], np.int64)
    assert np.array_equal(sketches.sketch(PackedTexts.of(texts), wanted, BINS), sketch(texts, BINS)[wanted])


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


@given(st.integers(1, 16), st.integers(1, 5), st.integers(0, 4), st.randoms(use_true_random=False))
def test_keys_hold_the_lowest_bits_of_rows(rows: int, bands: int, texts: int, generator: random.Random):
    values = [[generator.getrandbits(32) for _ in range(rows * bands)] for _ in range(texts)]
    bits = 32 // rows
    keys = [
        [sum((of[band * rows + row] % 2**bits) << bits * row for row in range(rows)) for band in range(bands)]
        for of in values
    ]
    found = band_keys(np.array(values, np.uint32).reshape(texts, rows * bands), bands)
    assert found.tolist() == keys


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
