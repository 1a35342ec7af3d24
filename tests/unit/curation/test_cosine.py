"""Pairs of alike vectors: all of them, or as surely as is said, the first of each; whatever is held at a time."""

import math
import tracemalloc
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.curation import cosine, hyperplanes, vector_pairs
from stillroom.curation.cosine import Rows, Vectors, all_before, cosines
from stillroom.curation.hyperplanes import RECALL, band_shape, likely_pairs
from stillroom.curation.vector_pairs import MOST_PAIRS, pairs

Parts = Iterable[tuple[Rows, Rows]]


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


def together(parts: Parts) -> list[tuple[int, int]]:
    return [pair for later, earlier in parts for pair in zip(later.tolist(), earlier.tolist(), strict=True)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 200), st.integers(2, 12), st.integers(0, 2**32), st.floats(0.5, 0.99), st.data())
def test_pairs_are_those_of_brute_force(count: int, dims: int, seed: int, threshold: float, data: st.DataObject):
    rows = vectors(count, dims, seed)
    first = data.draw(st.integers(0, count))
    assert together(pairs(rows, first, threshold)) == brute_force(rows, first, threshold)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch):
    rows = vectors(300, 6, 1)
    whole = together(pairs(rows, 40, 0.9))
    likely = together(pairs(rows, 40, 0.9, most_work=0))
    monkeypatch.setattr(vector_pairs, "_ROWS", 7)
    monkeypatch.setattr(vector_pairs, "_COLUMNS", 13)
    monkeypatch.setattr(vector_pairs, "_LEAST_COLUMNS", 3)
    monkeypatch.setattr(cosine, "_NUMBERS_AT_A_TIME", 30)
    monkeypatch.setattr(hyperplanes, "_ROWS", 5)
    monkeypatch.setattr(hyperplanes, "_TOLD_ROWS", 3)
    monkeypatch.setattr(hyperplanes, "_LEAST_ROWS", 11)
    assert together(pairs(rows, 40, 0.9)) == whole
    assert together(pairs(rows, 40, 0.9, most_work=0, memory_bytes=1)) == likely
    assert len(likely) > 1_000


def test_equal_vectors_are_not_all_paired():
    rows = np.repeat(vectors(1, 8, 0), 30_000, axis=0)
    found = together(pairs(rows, 0, 0.95))
    assert len(found) == 30_000 * MOST_PAIRS - MOST_PAIRS * (MOST_PAIRS + 1) // 2
    assert max(earlier for _, earlier in found) < MOST_PAIRS


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

    found = together(pairs(rows, count, threshold, most_work=0))

    later, earlier = np.array(found).T
    expected = {(count + row, row) for row in range(count)}
    assert len(expected - {*found}) < 15
    assert (cosines(rows, later, earlier) >= threshold).all()


def test_of_very_many_alike_vectors_little_more_is_held_than_the_first_pairs_of_each():
    """All lie in one bucket of each band, and each band proposes 64 pairs of each, nearly all of them again."""
    count = 4_000
    rows = vectors(count, 16, 3, spread=0.001, clusters=1)
    tracemalloc.start()
    found = 0
    for later, earlier in likely_pairs(rows, 0, 0.9, most=MOST_PAIRS, memory_bytes=1 << 20):
        found += len(later)
        assert (earlier < later).all()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == count * MOST_PAIRS - MOST_PAIRS * (MOST_PAIRS + 1) // 2
    assert peak < 8 << 20
