"""How new is a prompt? The exact ROUGE-L score against every prompt of a pool that grows.

Self-Instruct (Wang et al., 2023, arXiv:2212.10560, section 2.2) admits a generated task only if its ROUGE-L with
every task of the pool is below 0.7. ROUGE-L (Lin, 2004) is the F1 of the longest common subsequence of words:
with ``L`` its length, precision ``L/m`` and recall ``L/n``, F1 = ``2·L / (m + n)``. So
it takes one bit-parallel LCS (Hyyrö, 2004) per pair: words become code points, and rapidfuzz compares strings at
about 25 million pairs a CPU-second, where rouge_score does three thousand. An index of words spares most pairs even
that.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist

from stillroom.seeding.word_index import WordIndex

_LATIN = "\u00aa\u00b5\u00ba\u00c0-\u024f\u1e00-\u1eff"
_WORD = re.compile(rf"[a-z0-9]+|[^\W\d_a-zA-Z{_LATIN}]")
_CODE_POINTS = 0x110000  # a Python string holds any code point below, lone surrogates too
_QUERY_BLOCK = 64  # queries scored together against what is not indexed yet
_TEXT_BLOCK = 50_000
_LIKELY = 16  # texts of the highest bounds that are compared first
_HARD_SHARE = 16  # a query for which more than this part of the texts stay possible is compared with all of them
_MOST_LOOSE = 512  # texts that may wait for the index, or an eighth of those in it

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
        self._index = WordIndex([])
        self._indexed = 0  # the first so many texts are in the index
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
        if len(self._ids) - self._indexed > max(_MOST_LOOSE, self._indexed // 8):
            self._index = WordIndex([_numbers(encoded) for encoded in self._encoded])
            self._indexed = len(self._ids)
        queries = [self._encode(text) for text in texts]
        starts = range(0, len(queries), _QUERY_BLOCK)
        return [nearest for start in starts for nearest in self._nearest_of(queries[start : start + _QUERY_BLOCK])]

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

    def _nearest_of(self, queries: Sequence[_Encoded]) -> list[Nearest]:
        """The best for each of a few queries: from the index, or by comparing all where it narrows too little."""
        best: list[tuple[int, float]] = [(0, 0.0)] * len(queries)
        hard: list[int] = []
        for number, query in enumerate(queries):
            rows = self._promising(query)
            if len(rows) > self._indexed // _HARD_SHARE:
                hard.append(number)
            elif len(rows):
                best[number] = self._best_of([query], rows)[0]
        compare_all = [(hard, np.arange(self._indexed)), (range(len(queries)), np.arange(self._indexed, len(self)))]
        for numbers, rows in compare_all:
            some = [queries[number] for number in numbers]
            for start in range(0, len(rows), _TEXT_BLOCK) if some else ():
                for number, found in zip(numbers, self._best_of(some, rows[start : start + _TEXT_BLOCK]), strict=True):
                    best[number] = max(best[number], found, key=lambda row_and_score: row_and_score[1])
        return [Nearest(id=self._ids[row], score=score) for row, score in best]

    def _promising(self, query: _Encoded) -> NDArray[np.int64]:
        """The indexed texts that may be the best, ascending; none where none shares a word.

        Shared words bound the common subsequence from above. So the best score among the few texts of the highest
        bounds rules out every text whose bound is lower: mostly all but one in five hundred.
        """
        bounds = _f1(self._index.shared_words(_numbers(query)), len(query), self._index.lengths)
        if not bounds.any():
            return np.zeros(0, np.int64)
        few = min(_LIKELY, len(bounds))
        likely = np.argpartition(bounds, -few)[-few:]
        return np.flatnonzero(bounds >= self._best_of([query], likely)[0][1])

    def _best_of(self, queries: Sequence[_Encoded], rows: NDArray[np.int64]) -> list[tuple[int, float]]:
        """For each query the first best of the texts in these rows: its row and its score."""
        scores = self._scores(queries, rows.tolist())
        best = scores.argmax(axis=1)
        return list(zip(rows[best].tolist(), np.take_along_axis(scores, best[:, None], 1)[:, 0].tolist(), strict=True))

    def _scores(self, queries: Sequence[_Encoded], rows: Sequence[int]) -> NDArray[np.float64]:
        """ROUGE-L F1 of queries against the texts in these rows, shape (queries, rows)."""
        texts = [self._encoded[row] for row in rows]
        common = cdist(queries, texts, scorer=LCSseq.similarity, dtype=np.int32)
        lengths = np.array([len(text) for text in texts], np.int64)
        return np.stack([_f1(row, len(query), lengths) for row, query in zip(common, queries, strict=True)])

    def _encode(self, text: str) -> _Encoded:
        """Words as numbers: a string of code points or, past 1,114,112 different words, a tuple of integers.

        rapidfuzz compares the elements of both kinds by number, so a pool may hold them side by side.
        """
        vocabulary = self._vocabulary
        numbers = [vocabulary.setdefault(word, len(vocabulary)) for word in words(text)]
        if max(numbers, default=0) < _CODE_POINTS:
            return "".join(map(chr, numbers))
        return tuple(numbers)


def _f1(common: NDArray[np.integer], query_length: int, lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Twice the common words over all words of both; 0 where neither has any."""
    return 2.0 * common / np.maximum(lengths + query_length, 1)


def _numbers(encoded: _Encoded) -> NDArray[np.int64]:
    if isinstance(encoded, str):
        return np.frombuffer(encoded.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    return np.array(encoded, np.int64)
