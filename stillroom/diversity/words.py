"""Texts as numbered words and n-grams, and draws of a fixed size from them.

Nearly every measure of wording falls or rises with the amount of text alone (Shaib et al., *Standardizing the
Measurement of Text Diversity*, arXiv:2403.00553), so measures here are taken on draws of one size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillroom.wording import words_and_signs

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Numbered words and signs of texts, one text after another.

    Attributes:
        words: (words of all texts,); equal words have equal numbers, from 0.
        ends: (texts + 1,), where each text ends; the first is 0.
    """

    words: Numbers
    ends: Numbers

    @classmethod
    def read(cls, texts: Sequence[str], most_words: int | None = None) -> "Corpus":
        """Number the words of texts, of each the first ``most_words``."""
        numbers: dict[str, int] = {}
        found: list[int] = []
        ends = [0]
        for text in texts:
            found += (numbers.setdefault(word, len(numbers)) for word in words_and_signs(text)[:most_words])
            ends.append(len(found))
        return cls(words=np.array(found, np.int64), ends=np.array(ends, np.int64))

    def grams(self, n: int) -> tuple[Numbers, Numbers]:
        """All runs of ``n`` words within a text: their numbers from 0, and the text of each."""
        texts = np.repeat(np.arange(len(self.ends) - 1), np.diff(self.ends))
        places = np.flatnonzero(np.arange(len(self.words)) + n <= self.ends[texts + 1])
        base = int(self.words.max(initial=0)) + 1
        numbers = np.zeros(len(places), np.int64)
        for offset in range(n):  # numbered anew after each word, so that no number outgrows 64 bits
            numbers = np.unique(numbers * base + self.words[places + offset], return_inverse=True)[1]
        return numbers, texts[places]

    def draw(self, words: int, generator: np.random.Generator) -> "Corpus":
        """Texts in random order until they have so many words; the last is cut."""
        order = generator.permutation(len(self.ends) - 1)
        lengths = np.diff(self.ends)[order]
        ends = np.minimum(np.cumsum(lengths), words)
        count = int(np.searchsorted(ends, words)) + 1
        order, ends = order[:count], ends[:count]
        kept = np.diff(ends, prepend=0)
        places: Numbers = np.repeat(self.ends[order] - (ends - kept), kept) + np.arange(int(ends[-1]))
        return Corpus(words=self.words[places], ends=np.concatenate([[0], ends]))
