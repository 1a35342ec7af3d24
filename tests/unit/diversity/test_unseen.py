"""Estimates of what has not been seen, against published values and against what further samples really bring."""

import numpy as np
import pytest

from stillroom.diversity import Seen, chao1, coverage, expected_new, is_reliable

# Spiders of the Harvard Forest (Ellison et al., 2010), with which Chao et al. (2014) and their package iNEXT show it.
GIRDLED = [46, 22, 17, 15, 15, 9, 8, 6, 6, 4, *[2] * 4, *[1] * 12]
LOGGED = [88, 22, 16, 15, 13, 10, 8, 8, 7, 7, 7, 5, 4, 4, 4, 3, 3, 3, 3, *[2] * 4, *[1] * 14]


@pytest.mark.parametrize(
    ("counts", "samples", "observed", "value", "low", "high"),
    [
        pytest.param(GIRDLED, 168, 26, 43.893, 30.511, 96.971, id="girdled"),
        pytest.param(LOGGED, 252, 37, 61.403, 43.502, 128.583, id="logged"),
    ],
)
def test_chao1_of_published_counts(
    counts: list[int], samples: int, observed: int, value: float, low: float, high: float
) -> None:
    seen = Seen.of_counts(counts)
    found = chao1(seen)

    assert (seen.samples, seen.observed) == (samples, observed)
    assert (found.value, found.low, found.high) == (
        pytest.approx(value, abs=5e-4),
        pytest.approx(low, abs=2e-3),
        pytest.approx(high, abs=2e-2),
    )


def test_chao1_without_pairs_and_corrected_for_bias() -> None:
    # 10 + 9/10 (5 x 4) / 2 with no pair; with three pairs and five singles 8 + (n-1)/n (5 x 4) / (2 x 4)
    assert chao1(Seen.of_counts([1] * 5 + [5])).value == pytest.approx(6 + 9 / 10 * 10)
    corrected = chao1(Seen.of_counts([1] * 5 + [2] * 3), bias_corrected=True)
    assert corrected.value == pytest.approx(8 + 10 / 11 * 2.5)
    assert corrected.low is not None
    assert corrected.high is not None
    assert 8 < corrected.low < corrected.value < corrected.high


def test_good_turing_coverage_of_published_counts() -> None:
    found = coverage(Seen.of_counts(GIRDLED))

    assert found.value == pytest.approx(1 - 12 / 168)
    margin = 1.959964 * (12 * (1 - 12 / 168) + 2 * 4) ** 0.5 / 168
    assert (found.low, found.high) == (pytest.approx(found.value - margin), pytest.approx(found.value + margin))


def test_extrapolation_of_published_counts() -> None:
    seen = Seen.of_counts(GIRDLED)

    assert 26 + expected_new(seen, 168).value == pytest.approx(34.73, abs=0.01)
    assert 26 + expected_new(seen, 10**7).value == pytest.approx(43.893, abs=1e-3)  # Chao1 is its limit
    assert expected_new(seen, 0).value == 0.0
    assert is_reliable(seen, 168)
    assert not is_reliable(seen, 169)


def test_nothing_and_everything_seen() -> None:
    nothing = Seen.of_counts([])
    assert (coverage(nothing).value, chao1(nothing).value, expected_new(nothing, 1_000).value) == (0.0, 0.0, 0.0)
    often = Seen.of_counts([50, 60, 70])
    assert (coverage(often).value, chao1(often).value, expected_new(often, 1_000).value) == (1.0, 3.0, 0.0)
    single = Seen.of_counts([1])
    assert coverage(single).value == 0.0
    assert expected_new(single, 1_000).value == 0.0  # one sample tells nothing of what there is


def zipf(kinds: int, exponent: float) -> np.ndarray:
    shares = 1 / np.arange(1, kinds + 1) ** exponent
    return shares / shares.sum()


@pytest.mark.parametrize("exponent", [0.0, 0.7])
def test_what_a_thousand_further_samples_bring_is_told_beforehand(exponent: float) -> None:
    shares, generator = zipf(1_500, exponent), np.random.default_rng(4)
    errors: list[float] = []
    held: list[bool] = []
    for trial in range(60):
        first = generator.multinomial(1_000, shares)
        brought = int(((generator.multinomial(1_000, shares) > 0) & (first == 0)).sum())
        told = expected_new(Seen.of_counts(first), 1_000, seed=trial)
        assert told.low is not None
        assert told.high is not None
        errors.append(told.value / brought - 1)
        held.append(told.low <= brought <= told.high)

    assert abs(float(np.mean(errors))) < 0.08
    assert np.mean(held) > 0.8


def test_of_samples_with_many_kinds_each_a_kind_counts_once_a_sample() -> None:
    chances, generator = zipf(4_000, 0.8) * 30, np.random.default_rng(5)
    chances = np.minimum(chances, 0.9)
    first = generator.binomial(500, chances)
    brought = int(((generator.binomial(500, chances) > 0) & (first == 0)).sum())

    seen = Seen.of_counts(first, samples=500)

    assert seen.sightings == first.sum()
    assert expected_new(seen, 500).value == pytest.approx(brought, rel=0.15)


def test_coverage_holds_in_its_interval() -> None:
    shares, generator = zipf(500, 1.0), np.random.default_rng(6)
    held: list[bool] = []
    for _ in range(200):
        first = generator.multinomial(600, shares)
        found = coverage(Seen.of_counts(first))
        assert found.low is not None
        assert found.high is not None
        held.append(found.low <= shares[first > 0].sum() <= found.high)

    assert np.mean(held) > 0.9
