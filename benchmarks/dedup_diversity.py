"""The parts of ``dedup.py`` on diversity: how fast, and how much more varied than chance."""

import time
from collections.abc import Callable

import numpy as np
from dedup_seconds import Figures
from numpy.typing import NDArray

from stillroom.diversity import assign, choose, cluster_coverage, k_means, vendi_score
from stillroom.embedding.packaged import PackagedEmbedder

ROWS, CHOSEN_FROM, CHOSEN = 30_000, 100_000, 10_000
QUALITY = 0.2
_CLUSTERS = 500
_CHECKED = 1_500  # rows of which the similarities of all pairs are taken too
_ROUNDS = 3
Rows = NDArray[np.float32]


def vendi(texts: list[str]) -> Figures:
    """The Vendi score of 30,000 embedded documents, and its difference from that of the matrix of all pairs."""
    start = time.process_time()
    rows = PackagedEmbedder().embed(texts[:ROWS])
    embedded = time.process_time() - start
    seconds: list[float] = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        vendi_score(rows)
        seconds.append(time.perf_counter() - start)
    few = rows[:_CHECKED].astype(np.float64)
    shares = np.clip(np.linalg.eigvalsh(few @ few.T / len(few)), 1e-300, None)
    exact = float(np.exp(-(shares * np.log(shares)).sum()))
    return {
        "vendi_seconds": float(np.median(seconds)),
        "vendi_relative_difference": abs(vendi_score(rows[:_CHECKED]) / exact - 1),
        "embedded_docs_per_cpu_second": len(rows) / embedded,
    }


def diversity(texts: list[str]) -> Figures:
    """10,000 of 100,000 documents, with scores that have nothing to do with them, beside as many by chance."""
    rows = PackagedEmbedder().embed(texts[:CHOSEN_FROM])
    generator = np.random.default_rng(0)
    scores = generator.normal(size=len(rows))
    start = time.perf_counter()
    chosen = choose(rows, CHOSEN, scores=scores, quality=QUALITY).order
    seconds = time.perf_counter() - start
    by_chance = generator.choice(len(rows), CHOSEN, replace=False)
    coverage = coverage_of(rows)
    return {
        "diversity_seconds": seconds,
        "diversity_vendi": vendi_score(rows[chosen]),
        "random_vendi": vendi_score(rows[by_chance]),
        "diversity_cluster_coverage": coverage(chosen),
        "random_cluster_coverage": coverage(by_chance),
        "diversity_mean_score": float(scores[chosen].mean()),
        "random_mean_score": float(scores[by_chance].mean()),
    }


def coverage_of(rows: Rows) -> Callable[[NDArray[np.int64]], float]:
    """Share of clusters that a choice reaches; the clusters are not those by which it was made."""
    centres = k_means(rows, _CLUSTERS, seed=99).centres
    labels = assign(rows, centres)
    return lambda places: cluster_coverage(labels[places], len(centres))
