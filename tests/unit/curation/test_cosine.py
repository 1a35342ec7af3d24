"""Pairs of alike vectors: all of them, or as surely as is said, the first of each."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.curation import cosine
from stillroom.curation.cosine import MOST_PAIRS, RECALL, Vectors, all_before, band_shape, cosines, pairs


def vectors(count: int, dims: int, seed: int, spread: float = 0.3, clusters: int = 3) -> Vectors:
    """Unit vectors around a few centres."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((clusters, dims))
    rows = centres[generator.integers(0, clusters, count)] + spread * generator.standard_normal((count, dims))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def brute_force(rows: Vectors, first: int, threshold: float) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for later in range(first, len(rows)):
        alike = [
            earlier
            for earlier in range(later)
            if (rows[later].astype(np.float64) * rows[earlier].astype(np.float64)).sum() >= threshold
        ]
        found += [(later, earlier) for earlier in alike[:MOST_PAIRS]]
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 200), st.integers(2, 12), st.integers(0, 2**32), st.floats(0.5, 0.99), st.data())
def test_pairs_are_those_of_brute_force(count: int, dims: int, seed: int, threshold: float, data: st.DataObject):
    rows = vectors(count, dims, seed)
    first = data.draw(st.integers(0, count))
    later, earlier = pairs(rows, first, threshold)
    assert [*zip(later.tolist(), earlier.tolist(), strict=True)] == brute_force(rows, first, threshold)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch):
    rows = vectors(300, 6, 1)
    whole = pairs(rows, 40, 0.9)
    monkeypatch.setattr(cosine, "_ROWS", 7)
    monkeypatch.setattr(cosine, "_COLUMNS", 13)
    monkeypatch.setattr(cosine, "_PAIRS_AT_A_TIME", 5)
    assert all(np.array_equal(one, other) for one, other in zip(whole, pairs(rows, 40, 0.9), strict=True))


def test_equal_vectors_are_not_all_paired():
    rows = np.repeat(vectors(1, 8, 0), 30_000, axis=0)
    later, earlier = pairs(rows, 0, 0.95)
    assert len(later) == 30_000 * MOST_PAIRS - MOST_PAIRS * (MOST_PAIRS + 1) // 2
    assert earlier.max() < MOST_PAIRS


def test_all_before_has_no_bound():
    rows = np.repeat(vectors(1, 8, 0), 200, axis=0)
    assert all_before(rows, 199, 0.9).tolist() == list(range(199))
    assert all_before(rows, 0, 0.9).tolist() == []


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.9, 0.95, 0.999])
def test_bands_reach_the_recall_at_the_threshold(threshold: float):
    bits, bands = band_shape(threshold)
    agree = 1 - math.acos(threshold) / math.pi
    assert 1 - (1 - agree**bits) ** bands >= RECALL
    assert bands <= 128
    assert bits <= 62


@pytest.mark.parametrize("threshold", [0.8, 0.95])
def test_likely_pairs_at_the_threshold_are_found_as_surely_as_is_said(threshold: float):
    """Pairs just at the threshold: 4,000 of them may miss 4 on average, and 15 once in ten thousand times."""
    generator = np.random.default_rng(7)
    dims, count = 64, 4_000
    one = generator.standard_normal((count, dims))
    one /= np.linalg.norm(one, axis=1, keepdims=True)
    aside = generator.standard_normal((count, dims))
    aside -= (aside * one).sum(axis=1, keepdims=True) * one
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    at = threshold + 1e-6
    other = at * one + math.sqrt(1 - at * at) * aside
    rows = np.concatenate([one, other]).astype(np.float32)

    later, earlier = pairs(rows, count, threshold, most_work=0)

    found = {(a, b) for a, b in zip(later.tolist(), earlier.tolist(), strict=True)}
    expected = {(count + row, row) for row in range(count)}
    assert len(expected - found) < 15
    assert (cosines(rows, later, earlier) >= threshold).all()
