"""How much the texts of a set repeat one another: shared n-grams, and BLEU of each against all others."""

import numpy as np
from numpy.typing import NDArray

from stillroom.diversity.words import Corpus, Numbers

BLEU_ORDERS = (1, 2, 3, 4)
_SMOOTHED = 0.1  # in the place of no match


def self_repetition(corpus: Corpus, n: int = 4) -> float:
    """Mean over texts of log(1 + c), where c counts the text's n-grams once for each other text that has them too.

    Salkar et al., *Self-Repetition in Abstractive Neural Summarizers* (AACL 2022), by whom four words are a long
    n-gram; as in Shaib et al. (arXiv:2403.00553). It grows with the number of texts and with their length: compare sets
    of equally many texts, read with one ``most_words``. 0.0 without texts.
    """
    texts = len(corpus.ends) - 1
    if not texts:
        return 0.0
    numbers, owners = corpus.grams(n)
    pairs = np.unique(np.stack([numbers, owners]), axis=1) if len(numbers) else np.empty((2, 0), np.int64)
    others = np.bincount(pairs[0]) - 1
    counts = np.bincount(owners, weights=others[numbers], minlength=texts)
    return float(np.log1p(counts).mean())


def self_bleu(corpus: Corpus) -> float:
    """Mean over texts of BLEU-4 with all other texts as references: 0 for nothing shared, 1 for all the same.

    Zhu et al., *Texygen* (arXiv:1802.01886), with its smoothing: 0.1 where no n-gram of an order matches (method 1 of
    Chen & Cherry, 2014). It grows with the number of texts and with their length: take a fixed sample, cut to one
    length. 0.0 for fewer than two texts.
    """
    lengths = np.diff(corpus.ends)
    if len(lengths) < 2:
        return 0.0
    logs = np.zeros(len(lengths))
    matches_words = np.zeros(len(lengths), bool)
    for n in BLEU_ORDERS:
        numbers, owners = corpus.grams(n)
        matched = _clipped_matches(numbers, owners, len(lengths))
        possible = np.maximum(lengths - n + 1, 1)
        logs += np.log(np.where(matched > 0, matched, _SMOOTHED) / possible) / len(BLEU_ORDERS)
        if n == 1:
            matches_words = matched > 0
    scores = np.where(matches_words, np.exp(logs) * _brevity(lengths), 0.0)
    return float(scores.mean())


def _clipped_matches(numbers: Numbers, owners: Numbers, texts: int) -> Numbers:
    """For each text how many of its n-grams match, each as often as the other text that has most of it."""
    if not len(numbers):
        return np.zeros(texts, np.int64)
    (gram, text), count = np.unique(np.stack([numbers, owners]), axis=1, return_counts=True)
    order = np.lexsort((-count, gram))
    gram, text, count = gram[order], text[order], count[order]
    first = np.flatnonzero(np.diff(gram, prepend=-1))
    has_second = np.append(gram, -1)[first + 1] == gram[first]
    second = np.where(has_second, np.append(count, 0)[first + 1], 0)
    elsewhere = count[first][gram]  # numbers are dense, so that each is a place in `first`
    elsewhere[first] = second
    return np.bincount(np.repeat(text, np.minimum(count, elsewhere)), minlength=texts)


def _brevity(lengths: Numbers) -> NDArray[np.float64]:
    """BLEU's penalty, by the other text that is nearest in length; of two as near, the shorter."""
    order = np.argsort(lengths, kind="stable")
    ordered = lengths[order]
    before = np.concatenate([[-1], ordered[:-1]])
    after = np.concatenate([ordered[1:], [-1]])
    is_before = (before >= 0) & ((after < 0) | (ordered - before <= after - ordered))
    nearest = np.empty_like(lengths)
    nearest[order] = np.where(is_before, before, after)
    return np.exp(np.minimum(0.0, 1.0 - nearest / np.maximum(lengths, 1)))
