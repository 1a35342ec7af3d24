"""Measures of wording, against plain implementations and what their papers say of them."""

import random
import zlib
from collections import Counter
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.diversity import Corpus, compression_ratio, distinct_n, self_bleu, self_repetition
from stillroom.wording import words_and_signs

SETS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=12).map(" ".join), min_size=2, max_size=7)


def varied(count: int, vocabulary: int, seed: int = 0, length: int = 40) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(f"w{draw.randrange(vocabulary)}" for _ in range(length)) for _ in range(count)]


def test_distinct_n_of_the_whole_is_scaled_by_its_words() -> None:
    texts = ["a b a b", "a b c"]
    figure = distinct_n(Corpus.read(texts), 2, words=7)

    assert figure is not None
    assert figure.value == pytest.approx(3 / 7)  # ab ba ab, ab bc, whichever order; 7 words, as Li et al. have it


def test_distinct_n_is_free_of_the_size_of_the_set() -> None:
    small, large = (Corpus.read(varied(count, 500, seed=count)) for count in (100, 2_000))
    plain = [len(np.unique(corpus.words)) / len(corpus.words) for corpus in (small, large)]
    assert plain[0] > 10 * plain[1]

    of_small, of_large = (distinct_n(corpus, 1, words=1_000) for corpus in (small, large))

    assert of_small is not None
    assert of_large is not None
    assert of_small.value == pytest.approx(of_large.value, rel=0.05)
    assert of_large.low is not None
    assert of_large.high is not None
    assert of_large.low <= of_large.value <= of_large.high


def test_what_is_too_small_is_not_measured() -> None:
    corpus = Corpus.read(["a b c"])

    assert distinct_n(corpus, 1, words=4) is None
    assert distinct_n(corpus, 4, words=3) is None
    assert distinct_n(Corpus.read(["a", "b", "c"]), 2, words=3) is None
    assert compression_ratio(["abc"], size_bytes=4) is None
    assert compression_ratio([], size_bytes=1) is None


def test_compression_ratio_is_that_of_zlib_and_free_of_the_size_of_the_set() -> None:
    texts = varied(1, 50, length=500)
    figure = compression_ratio(texts, size_bytes=1_000)
    assert figure is not None
    assert figure.value == pytest.approx(1_000 / len(zlib.compress(texts[0].encode()[:1_000], 9)))

    few, many = (compression_ratio(varied(count, 300, seed=count), size_bytes=10_000) for count in (100, 2_000))
    monotone = compression_ratio(["the same text over and over"] * 1_000, size_bytes=10_000)
    assert few is not None
    assert many is not None
    assert monotone is not None
    assert few.value == pytest.approx(many.value, rel=0.03)
    assert monotone.value > 20 * many.value


@given(SETS, st.integers(1, 4))
def test_self_repetition_is_that_of_its_definition(texts: list[str], n: int) -> None:
    found = [[tuple(words[at : at + n]) for at in range(len(words) - n + 1)] for words in map(words_and_signs, texts)]
    counts = [
        sum(gram in other for gram in grams for place, other in enumerate(found) if place != text)
        for text, grams in enumerate(found)
    ]

    assert self_repetition(Corpus.read(texts), n) == pytest.approx(sum(log(1 + count) for count in counts) / len(texts))


@given(SETS)
def test_self_bleu_is_bleu_of_each_against_the_others(texts: list[str]) -> None:
    words = [words_and_signs(text) for text in texts]
    expected = [bleu(one, words[:place] + words[place + 1 :]) for place, one in enumerate(words)]

    assert self_bleu(Corpus.read(texts)) == pytest.approx(sum(expected) / len(expected))


def bleu(hypothesis: list[str], references: list[list[str]]) -> float:
    """BLEU-4 as Papineni et al. (2002) define it, with method 1 of Chen & Cherry, one n-gram at a time."""
    logs = 0.0
    for n in (1, 2, 3, 4):
        mine = Counter(tuple(hypothesis[at : at + n]) for at in range(len(hypothesis) - n + 1))
        theirs = [Counter(tuple(one[at : at + n]) for at in range(len(one) - n + 1)) for one in references]
        matched = sum(min(count, max(one[gram] for one in theirs)) for gram, count in mine.items())
        if n == 1 and not matched:
            return 0.0
        logs += log((matched or 0.1) / max(1, len(hypothesis) - n + 1)) / 4
    nearest = min((len(one) for one in references), key=lambda length: (abs(length - len(hypothesis)), length))
    penalty = 1.0 if len(hypothesis) > nearest else exp(1 - nearest / len(hypothesis))
    return penalty * exp(logs)


def test_extremes() -> None:
    same = Corpus.read(["one two three four five"] * 5)
    apart = Corpus.read(varied(5, 10**9))

    assert self_bleu(same) == pytest.approx(1.0)
    assert self_bleu(apart) == 0.0
    assert self_repetition(same) == pytest.approx(log(1 + 2 * 4))
    assert self_repetition(apart) == 0.0
    assert self_bleu(Corpus.read(["alone"])) == self_repetition(Corpus.read([])) == 0.0
