"""How widely a set spreads over what texts can be about, by their embeddings."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # pyright: ignore[reportMissingTypeStubs]

from stillroom.diversity.clusters import nearest
from stillroom.diversity.estimate import Z95, Estimate, of_draws

DRAWS = 20
_BLOCK_ROWS = 8_192

Rows = NDArray[np.float32]


def vendi_score(rows: Rows) -> float:
    """Effective number of different texts: from 1, all the same, to their number, none like another.

    exp of the entropy of the eigenvalues of K / n, where K has the cosine similarities (Friedman & Dieng, *The Vendi
    Score*, arXiv:2210.02410). Those of X X^T / n other than 0 are those of X^T X / n, which has but dims x dims
    numbers. The score is bounded by the number of texts, so compare sets of one size. 0.0 without texts.

    Args:
        rows: (n, dims), of unit length.
    """
    count, dims = rows.shape
    if not count:
        return 0.0
    if count < dims:
        wide = rows.astype(np.float64)
        gram = wide @ wide.T
    else:
        gram = np.zeros((dims, dims))
        for start in range(0, count, _BLOCK_ROWS):
            block = rows[start : start + _BLOCK_ROWS].astype(np.float64)
            gram += block.T @ block
    with _blas().limit(limits=1, user_api="blas"):
        shares = np.clip(np.linalg.eigvalsh(gram / count), 0.0, None)
    shares = shares[shares > 0.0] / shares.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


@cache
def _blas() -> Any:  # noqa: ANN401 - it has no types
    """The libraries of linear algebra that are loaded. Found once: looking for them takes milliseconds.

    Threads only get into each other's way over matrices of a few hundred rows: 20 of them took 1.5 s of CPU with two
    threads on a busy machine and 0.07 with one.
    """
    return ThreadpoolController()


def vendi_of_draws(rows: Rows, *, texts: int, draws: int = DRAWS, seed: int = 0) -> Estimate | None:
    """Vendi score of draws of ``texts`` rows, to be compared with another set's; None where there are fewer."""
    if len(rows) < texts:
        return None
    generator = np.random.default_rng(seed)
    scores = [vendi_score(rows[generator.choice(len(rows), texts, replace=False)]) for _ in range(draws)]
    return of_draws(np.array(scores))


def cluster_entropy(labels: NDArray[np.integer]) -> Estimate:
    """Entropy in nats of how texts spread over clusters; its exponential is how many clusters are used in effect.

    Shannon (1948), with the correction of Miller (1955) for what is seen of few texts, and the interval of the
    plug-in estimate (Basharin, 1959). Clusters must be given, and the same for sets that are compared.

    Args:
        labels: (n,), the cluster of each text.
    """
    count = len(labels)
    if not count:
        return Estimate(value=0.0, low=0.0, high=0.0)
    shares = np.unique(labels, return_counts=True)[1] / count
    plain = float(-(shares * np.log(shares)).sum())
    variance = max(0.0, float((shares * np.log(shares) ** 2).sum()) - plain**2) / count
    value = plain + (len(shares) - 1) / (2 * count)
    margin = Z95 * variance**0.5
    return Estimate(value=value, low=max(0.0, value - margin), high=value + margin)


def cluster_coverage(labels: NDArray[np.integer], clusters: int) -> float:
    """Share of the clusters that has at least one text; it grows with the number of texts."""
    return len(np.unique(labels)) / clusters if clusters else 0.0


def novelty(rows: Rows, reference: Rows) -> Estimate | None:
    """Mean cosine distance to the nearest text of a reference corpus: 0 for copies.

    The distance that Self-Instruct asks of a new task from its pool (Wang et al., arXiv:2212.10560), by embeddings
    instead of ROUGE-L. It falls as the reference grows: compare sets against one and the same. The interval is that of
    a mean.

    Returns:
        None without rows or without a reference.
    """
    if not len(rows) or not len(reference):
        return None
    distances = 1.0 - nearest(rows, reference)[1].astype(np.float64)
    margin = Z95 * float(distances.std(ddof=1)) / len(rows) ** 0.5 if len(rows) > 1 else 0.0
    value = float(distances.mean())
    return Estimate(value=value, low=value - margin, high=value + margin)
