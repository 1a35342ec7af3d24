"""How varied the wording of a set is: distinct n-grams, and how well it compresses."""

import zlib
from collections.abc import Sequence

import numpy as np

from stillroom.diversity.estimate import Estimate, of_draws
from stillroom.diversity.words import Corpus

DRAWS = 20
_BETWEEN = b"\n"


def distinct_n(corpus: Corpus, n: int, *, words: int, draws: int = DRAWS, seed: int = 0) -> Estimate | None:
    """Different n-grams over the number of words, of draws of ``words`` words.

    Li et al., *A Diversity-Promoting Objective Function for Neural Conversation Models* (arXiv:1510.03055), whose
    distinct-1 and distinct-2 are "scaled by total number of generated tokens". Texts shorter than ``n`` words have
    words and no n-grams, and bring the share down. It falls with the amount of text (Liu et al., *Rethinking and
    Refining the Distinct Metric*, ACL 2022), so only figures of equal ``words`` can be compared.

    Returns:
        None where the corpus has fewer words than that, or no n-grams.
    """
    if len(corpus.words) < words or words < n:
        return None
    generator = np.random.default_rng(seed)
    shares: list[float] = []
    for _ in range(draws):
        numbers, _ = corpus.draw(words, generator).grams(n)
        if not len(numbers):
            return None
        shares.append((int(numbers.max()) + 1) / words)
    return of_draws(np.array(shares))


def compression_ratio(texts: Sequence[str], *, size_bytes: int, draws: int = DRAWS, seed: int = 0) -> Estimate | None:
    """Size over compressed size (DEFLATE) of draws of ``size_bytes``: the higher, the more the texts repeat.

    Shaib et al., *Standardizing the Measurement of Text Diversity* (arXiv:2403.00553), who find it the best single
    figure, and that it grows with the amount of text: only figures of equal ``size_bytes`` can be compared.

    Returns:
        None where there is less text.
    """
    encoded = [text.encode("utf-8", "replace") for text in texts]
    if sum(map(len, encoded)) + max(0, len(encoded) - 1) < size_bytes or size_bytes < 1:
        return None
    generator = np.random.default_rng(seed)
    ratios: list[float] = []
    for _ in range(draws):
        drawn: list[bytes] = []
        size = -1
        for place in generator.permutation(len(encoded)):
            drawn.append(encoded[int(place)][:size_bytes])
            size += len(drawn[-1]) + 1
            if size >= size_bytes:
                break
        joined = _BETWEEN.join(drawn)[:size_bytes]
        ratios.append(len(joined) / len(zlib.compress(joined, 9)))
    return of_draws(np.array(ratios))
