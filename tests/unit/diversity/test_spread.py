"""Measures of meaning, against plain implementations and what their papers say of them."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.diversity import (
    cluster_coverage,
    cluster_entropy,
    k_means,
    leader_clusters,
    nearest,
    novelty,
    vendi_of_draws,
    vendi_score,
)
from stillroom.embedding import unit_rows


def random_rows(count: int, dims: int, seed: int = 0) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(count, dims)))


def blobs(sizes: list[int], dims: int = 16, spread: float = 0.05, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    centres = np.linalg.qr(generator.normal(size=(dims, dims)))[0][: len(sizes)]
    rows = np.repeat(centres, sizes, axis=0)
    return unit_rows(rows + generator.normal(size=rows.shape) * spread)


@given(st.integers(1, 40), st.integers(2, 12), st.integers(0, 99))
def test_vendi_score_is_that_of_the_kernel_matrix(count: int, dims: int, seed: int) -> None:
    rows = random_rows(count, dims, seed)
    shares = np.linalg.eigvalsh(rows.astype(np.float64) @ rows.T.astype(np.float64) / count)
    shares = shares[shares > 1e-12]

    assert vendi_score(rows) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-4)


def test_vendi_score_counts_different_texts_in_effect() -> None:
    assert vendi_score(np.tile(random_rows(1, 8), (50, 1))) == pytest.approx(1.0, abs=1e-4)
    assert vendi_score(np.eye(8, dtype=np.float32)) == pytest.approx(8.0)
    assert vendi_score(np.repeat(np.eye(8, dtype=np.float32), 2_000, axis=0)) == pytest.approx(8.0)
    # of 3 : 1, the exponential of the entropy
    uneven = np.repeat(np.eye(2, dtype=np.float32), [3, 1], axis=0)
    assert vendi_score(uneven) == pytest.approx(exp(-(0.75 * log(0.75) + 0.25 * log(0.25))))
    assert vendi_score(np.empty((0, 8), np.float32)) == 0.0


def test_vendi_scores_of_draws_are_free_of_the_size_of_the_set() -> None:
    few, many = (vendi_of_draws(random_rows(count, 128), texts=100) for count in (400, 4_000))

    assert few is not None
    assert many is not None
    assert few.value == pytest.approx(many.value, rel=0.02)
    assert vendi_of_draws(random_rows(99, 8), texts=100) is None


def test_cluster_entropy_is_corrected_for_few_texts() -> None:
    generator = np.random.default_rng(0)
    found = [cluster_entropy(generator.integers(0, 20, 60)) for _ in range(300)]

    assert np.mean([one.value for one in found]) == pytest.approx(log(20), abs=0.03)  # plain: 2.83 of 3.00
    within = [one.low <= log(20) <= one.high for one in found if one.low is not None and one.high is not None]
    assert len(within) == 300
    assert cluster_entropy(np.zeros(9, int)).value == 0.0
    assert cluster_entropy(np.zeros(0, int)).value == 0.0
    assert cluster_coverage(np.array([0, 0, 3]), 4) == 0.5
    assert cluster_coverage(np.array([], int), 0) == 0.0


def test_the_interval_of_cluster_entropy_holds() -> None:
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    truth = -(shares * np.log(shares)).sum()
    generator = np.random.default_rng(1)
    found = [cluster_entropy(generator.choice(4, 400, p=shares)) for _ in range(400)]
    held = [one.low <= truth <= one.high for one in found if one.low is not None and one.high is not None]

    assert 0.92 < np.mean(held) < 0.98


def test_novelty_is_the_distance_to_the_nearest() -> None:
    rows, reference = random_rows(40, 8), random_rows(30, 8, seed=1)
    figure = novelty(rows, reference)

    assert figure is not None
    assert figure.value == pytest.approx((1 - (rows @ reference.T).max(axis=1)).mean(), abs=1e-6)
    copies = novelty(rows, rows)
    assert copies is not None
    assert copies.value == pytest.approx(0.0, abs=1e-6)
    assert novelty(rows, reference[:0]) is None
    assert novelty(rows[:0], reference) is None


def test_nearest_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    from stillroom.diversity import clusters

    rows, others = random_rows(50, 8), random_rows(40, 8, seed=1)
    monkeypatch.setattr(clusters, "_BLOCK_ROWS", 7)
    monkeypatch.setattr(clusters, "_OTHERS_AT_ONCE", 11)
    places, similarity = nearest(rows, others)

    np.testing.assert_array_equal(places, (rows @ others.T).argmax(axis=1))
    np.testing.assert_allclose(similarity, (rows @ others.T).max(axis=1), atol=1e-6)
    with pytest.raises(ValueError, match="no others"):
        nearest(rows, others[:0])


def test_k_means_finds_groups_that_are_there() -> None:
    sizes = [50, 200, 10, 90]
    found = k_means(blobs(sizes), 4)

    by_group = np.split(found.labels, np.cumsum(sizes)[:-1])
    assert [len(set(group.tolist())) for group in by_group] == [1, 1, 1, 1]
    assert len(set(found.labels.tolist())) == 4
    np.testing.assert_array_equal(k_means(blobs(sizes), 4).labels, found.labels)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_k_means_of_few_and_of_equal_rows(count: int) -> None:
    assert k_means(random_rows(1, 4)[[0] * count], 5).labels.tolist() == [0] * count
    assert len(k_means(np.repeat(np.eye(4, dtype=np.float32)[:3], 1_000, axis=0), 100).centres) == 3


def test_leaders_are_apart_and_members_near() -> None:
    rows = random_rows(3_000, 6)
    labels, similarity = leader_clusters(rows, 0.8)
    leaders = rows[[int(np.flatnonzero(labels == label)[0]) for label in range(labels.max() + 1)]]

    among = leaders @ leaders.T
    assert among[~np.eye(len(leaders), dtype=bool)].max() < 0.8
    assert ((rows * leaders[labels]).sum(axis=1)).min() >= 0.8 - 1e-5
    np.testing.assert_allclose(similarity, (rows * leaders[labels]).sum(axis=1), atol=1e-5)
    assert leader_clusters(rows[:0], 0.8)[0].tolist() == []


def test_a_row_joins_the_leader_that_was_most_similar_when_it_came() -> None:
    rows = random_rows(600, 4, seed=3)
    expected: list[int] = []
    leaders: list[int] = []
    for place, row in enumerate(rows):
        similarity = rows[leaders] @ row
        if not leaders or similarity.max() < 0.9:
            leaders.append(place)
            expected.append(len(leaders) - 1)
        else:
            expected.append(int(similarity.argmax()))

    assert leader_clusters(rows, 0.9)[0].tolist() == expected


def test_clusters_go_on_from_the_leaders_of_what_came_before() -> None:
    rows = random_rows(900, 4, seed=3)
    whole, _ = leader_clusters(rows, 0.9)

    first, _ = leader_clusters(rows[:500], 0.9)
    leaders = rows[np.unique(first, return_index=True)[1]]
    later, similarity = leader_clusters(rows[500:], 0.9, leaders)

    assert [*first.tolist(), *later.tolist()] == whole.tolist()
    assert similarity.min() >= 0.9 - 1e-5
    nothing, _ = leader_clusters(rows[:0], 0.9, leaders)
    assert nothing.tolist() == []
