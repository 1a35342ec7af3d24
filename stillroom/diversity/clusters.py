"""Groups of texts by their embeddings: k-means, groups around leaders, and the nearest of others."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Places = NDArray[np.int64]

_BLOCK_ROWS = 4_096
_OTHERS_AT_ONCE = 16_384
_FITTED_ROWS = 10_000  # clusters are found on a sample of so many, and all rows are then put into them
_STARTS = 3  # the best of them counts: k-means ends where it cannot improve, not at the best there is
_SETTLED = 1e-3  # change of the mean distance at which k-means ends
_SAME_DECIMALS = 3  # rows that agree so far are one when clusters begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """A partition of embeddings.

    Attributes:
        centres: (clusters, dims).
        labels: (n,), the cluster of each row.
    """

    centres: Rows
    labels: Places


def k_means(rows: Rows, clusters: int, *, seed: int = 0) -> Clusters:
    """Lloyd's k-means from k-means++ (Arthur & Vassilvitskii, 2007), by scipy, on a sample of at most 10,000 rows.

    Args:
        rows: (n, dims), of unit length.
        clusters: how many are wanted; fewer come of it where there are not so many different rows.
        seed: equal rows and seeds give equal clusters.
    """
    if not len(rows):
        return Clusters(centres=rows, labels=np.zeros(0, np.int64))
    generator = np.random.default_rng(seed)
    sample = rows
    if len(rows) > _FITTED_ROWS:
        sample = rows[np.sort(generator.choice(len(rows), _FITTED_ROWS, replace=False))]
    different = np.unique(np.round(sample, _SAME_DECIMALS), axis=0, return_index=True)[1]
    sample = sample[np.sort(different)]
    if len(sample) <= clusters:
        centres = sample
    else:
        # Slow to import, and most builds group nothing.
        from scipy.cluster.vq import kmeans  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

        fit = cast("Any", kmeans)  # gives centres, and the mean distance to them
        found = [fit(sample, _apart(sample, clusters, generator), thresh=_SETTLED) for _ in range(_STARTS)]
        centres = min(found, key=lambda one: one[1])[0]
    centres = np.ascontiguousarray(centres, np.float32)
    return Clusters(centres=centres, labels=assign(rows, centres))


def _apart(rows: Rows, clusters: int, generator: np.random.Generator) -> Rows:
    """Rows that are far apart, as k-means++ draws them: each by its squared distance to those before it.

    Scipy's own drawing compares with all centres at every step, which takes minutes for hundreds of them.
    """
    drawn = [int(generator.integers(len(rows)))]
    distances = np.full(len(rows), np.inf, np.float32)
    while len(drawn) < clusters:
        distances = np.minimum(distances, np.maximum(1.0 - rows @ rows[drawn[-1]], 0.0))  # half of the squared one
        sums = np.cumsum(distances.astype(np.float64))
        place = np.searchsorted(sums, generator.random() * float(sums[-1]), "right")
        drawn.append(min(int(place), len(rows) - 1))
    return rows[drawn]


def assign(rows: Rows, centres: Rows) -> Places:
    """The nearest centre of each row, by Euclidean distance: (n,)."""
    halves = np.einsum("ij,ij->i", centres, centres) / 2
    found: list[Places] = [
        (rows[start : start + _BLOCK_ROWS] @ centres.T - halves).argmax(axis=1)
        for start in range(0, len(rows), _BLOCK_ROWS)
    ]
    return np.concatenate([np.zeros(0, np.int64), *found])


def nearest(rows: Rows, others: Rows) -> tuple[Places, Rows]:
    """For each row the place of the most similar of ``others``, of equals the first, and their cosine similarity.

    Raises:
        ValueError: there are no others.
    """
    if not len(others):
        raise ValueError("no row is nearest where there are no others")
    places = np.zeros(len(rows), np.int64)
    best = np.full(len(rows), -np.inf, np.float32)
    for start in range(0, len(rows), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        for first in range(0, len(others), _OTHERS_AT_ONCE):
            similarities = rows[block] @ others[first : first + _OTHERS_AT_ONCE].T
            place = similarities.argmax(axis=1)
            similarity = similarities[np.arange(len(place)), place]
            is_better = similarity > best[block]
            places[block][is_better] = first + place[is_better]
            best[block][is_better] = similarity[is_better]
    return places, np.clip(best, -1.0, 1.0)


def leader_clusters(rows: Rows, similarity: float, known: Rows | None = None) -> tuple[Places, Rows]:
    """Clusters around leaders: a row joins the most similar leader that is similar enough, else it leads.

    Hartigan, *Clustering Algorithms* (1975), section 3.2. The number of clusters is open, as estimates of what has not
    been seen yet need it; that of k-means is not. What came later changes nothing about what came before: give the
    leaders that were found so far, and the clusters go on.

    Args:
        rows: (n, dims), of unit length, in the order in which they came.
        similarity: least cosine similarity to a leader.
        known: (m, dims), leaders of what came before.

    Returns:
        (n,) the cluster of each row, numbered in order of their leaders, the known ones first; and (n,) the cosine
        similarity with that leader, 1 for a leader itself.
    """
    labels, best = np.zeros(len(rows), np.int64), np.full(len(rows), -np.inf, np.float32)
    first = 0 if known is None else len(known)
    if known is not None and first and len(rows):
        labels, best = nearest(rows, known)
    leaders: list[int] = []
    for start in range(0, len(rows), _BLOCK_ROWS // 4):
        span = slice(start, start + _BLOCK_ROWS // 4)
        block, joined, alike = rows[span], labels[span], best[span]  # the last two are views
        if leaders:
            places, similarities = nearest(block, rows[leaders])
            is_nearer = similarities > alike
            joined[is_nearer], alike[is_nearer] = first + places[is_nearer], similarities[is_nearer]
        among = block @ block.T
        for place in range(len(block)):
            if alike[place] < similarity:
                joins = np.flatnonzero(among[place, place + 1 :] > alike[place + 1 :]) + place + 1
                joined[joins], alike[joins] = first + len(leaders), among[place, joins]
                joined[place], alike[place] = first + len(leaders), 1.0
                leaders.append(start + place)
    return labels, np.clip(best, -1.0, 1.0)
