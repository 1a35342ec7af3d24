"""How new is a prompt? The exact ROUGE-L score against every prompt of a pool that grows.

Self-Instruct (Wang et al., 2023, arXiv:2212.10560, section 2.2) admits a generated task only if its ROUGE-L with
every task of the pool is below 0.7. ROUGE-L (Lin, 2004) is the F1 of the longest common subsequence of words:
with ``L`` its length, precision ``L/m`` and recall ``L/n``, F1 = ``2·L / (m + n)``. So one bit-parallel LCS per pair
is all it takes (Hyyrö, 2004): words become code points, and rapidfuzz compares strings at about 25 million pairs
a CPU-second, where rouge_score does three thousand.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist

_LATIN = "\u00aa\u00b5\u00ba\u00c0-\u024f\u1e00-\u1eff"
_WORD = re.compile(rf"[a-z0-9]+|[^\W\d_a-zA-Z{_LATIN}]")
_CODE_POINTS = 0x110000  # a Python string holds any code point below, lone surrogates too
_QUERY_BLOCK, _POOL_BLOCK = 160, 50_000  # shape of one block of scores: 64 MB as float64

_Encoded: TypeAlias = "str | tuple[int, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The most similar text of a pool: its id ("" for an empty pool) and ROUGE-L F1, 0 to 1.

    Among equally similar texts it is the one that was added first.
    """

    id: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What became of one candidate: whether it is in the pool now, and what it was most similar to."""

    id: str
    is_novel: bool
    nearest: Nearest


def words(text: str) -> list[str]:
    """The words that ROUGE-L compares: lower-cased runs of ASCII letters and digits, without stemming.

    The same as ``rouge_score``'s default tokeniser on text in Latin script (where an accented letter separates
    words). That tokeniser sees nothing at all in other scripts, and would call all Chinese prompts equal or all
    new; here every letter of a script that is not Latin is a word of its own.
    """
    return _WORD.findall(text.lower())


class NoveltyPool:
    """Texts with ids, which answers which of them is most similar to a new one.

    Not safe for threads that add while others ask.
    """

    def __init__(self, texts: Iterable[tuple[str, str]] = ()) -> None:
        """Fill the pool with (id, text) pairs, in order."""
        self._vocabulary: dict[str, int] = {}
        self._ids: list[str] = []
        self._encoded: list[_Encoded] = []
        for id_, text in texts:
            self.add(id_, text)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, id_: str, text: str) -> None:
        """Put one text into the pool."""
        self._encoded.append(self._encode(text))
        self._ids.append(id_)

    def nearest(self, text: str) -> Nearest:
        """The most similar text of the pool. Costs a pass over the pool: ask for many at once where you can."""
        return self.nearest_many([text])[0]

    def nearest_many(self, texts: Sequence[str]) -> list[Nearest]:
        """The most similar text of the pool for each of ``texts``, in order."""
        if not self._ids:
            return [Nearest(id="", score=0.0) for _ in texts]
        queries = [self._encode(text) for text in texts]
        return [
            nearest
            for start in range(0, len(queries), _QUERY_BLOCK)
            for nearest in self._nearest_of_block(queries[start : start + _QUERY_BLOCK])
        ]

    def admit(self, candidates: Sequence[tuple[str, str]], *, limit: float) -> list[Admission]:
        """Take each (id, text) in order if nothing in the pool so far scores ``limit`` or more against it.

        Equal to ``nearest`` and ``add`` in a loop, at the price of one pass over the pool.
        """
        against_pool = self.nearest_many([text for _, text in candidates])
        admitted = NoveltyPool()
        results: list[Admission] = []
        for (id_, text), before in zip(candidates, against_pool, strict=True):
            among_new = admitted.nearest(text)
            nearest = among_new if among_new.score > before.score or not before.id else before
            is_novel = nearest.score < limit
            results.append(Admission(id=id_, is_novel=is_novel, nearest=nearest))
            if is_novel:
                admitted.add(id_, text)
                self.add(id_, text)
        return results

    def _nearest_of_block(self, queries: Sequence[_Encoded]) -> list[Nearest]:
        """Score a few queries against one block of the pool after another, keeping the best of each."""
        query_lengths = np.array([len(query) for query in queries], np.int64)[:, None]
        best_score = np.full(len(queries), -1.0)
        best_index = np.zeros(len(queries), np.int64)
        for start in range(0, len(self._encoded), _POOL_BLOCK):
            block = self._encoded[start : start + _POOL_BLOCK]
            block_lengths = np.array([len(encoded) for encoded in block], np.int64)[None, :]
            common = cdist(queries, block, scorer=LCSseq.similarity, dtype=np.int32)
            f1 = 2.0 * common / np.maximum(query_lengths + block_lengths, 1)
            index = f1.argmax(axis=1)
            score = np.take_along_axis(f1, index[:, None], axis=1)[:, 0]
            better = score > best_score
            best_score[better] = score[better]
            best_index[better] = index[better] + start
        return [
            Nearest(id=self._ids[index], score=score)
            for index, score in zip(best_index.tolist(), best_score.tolist(), strict=True)
        ]

    def _encode(self, text: str) -> _Encoded:
        """Words as numbers: a string of code points or, past 1,114,112 different words, a tuple of integers.

        rapidfuzz compares the elements of both kinds by number, so a pool may hold them side by side.
        """
        vocabulary = self._vocabulary
        numbers = [vocabulary.setdefault(word, len(vocabulary)) for word in words(text)]
        if max(numbers, default=0) < _CODE_POINTS:
            return "".join(map(chr, numbers))
        return tuple(numbers)
