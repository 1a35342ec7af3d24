"""All measures of a set of texts, as rows of the lake's table ``metrics``.

Sets of different size are compared by figures of equal slices: a slice names what was measured, and how much of it was
drawn. A set that is smaller than a slice has no row for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.diversity.clusters import leader_clusters
from stillroom.diversity.estimate import Estimate
from stillroom.diversity.lexical import compression_ratio, distinct_n
from stillroom.diversity.repetition import self_bleu, self_repetition
from stillroom.diversity.spread import cluster_entropy, novelty, vendi_of_draws, vendi_score
from stillroom.diversity.unseen import Seen, chao1, coverage, expected_new
from stillroom.diversity.words import Corpus

STYLE, SAME, DIMINISHING = "style_collapse", "monoculture", "diminishing_returns"  # risks of DESIGN
METRICS = {
    "snapshot": pl.String(),
    "risk": pl.String(),
    "metric": pl.String(),
    "slice": pl.String(),
    "value": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "method": pl.String(),
    "threshold": pl.Float64(),
}
WORDS, BYTES, TEXTS = (1_000, 20_000), (5_000, 100_000), (50, 500)  # sizes of draws
MOST_WORDS = 100  # read of each text where texts are compared with each other
MOST_CHARACTERS = 20_000  # read of each text at all
GRAM = 4
LONG_GRAM = 8
CLUSTER = 0.8  # least cosine similarity with the leader of a cluster
FURTHER = 1_000

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """A set that is measured.

    Attributes:
        prompts: different tasks.
        answers: one for each example.
        rows: (answers, dims), embeddings of the examples, of unit length.
        written: embeddings of tasks that a teacher wrote.
        reference: embeddings of the tasks that it was to go beyond.
    """

    prompts: Sequence[str]
    answers: Sequence[str]
    rows: Rows
    written: Rows | None = None
    reference: Rows | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one teacher has brought: answers in the order in which they came, and their embeddings."""

    answers: Sequence[str]
    rows: Rows


@dataclass(frozen=True, slots=True)
class _Row:
    risk: str
    metric: str
    slice: str
    figure: Estimate
    method: str


def measure(
    sides: Sides, sources: Mapping[str, Source] | None = None, *, snapshot: str = "", embedder: str = "", seed: int = 0
) -> pl.DataFrame:
    """A row for each figure that the set is large enough for: the columns of ``metrics``.

    Args:
        sides: the set.
        sources: by teacher, all that it brought, for what more it would bring.
        snapshot: the candidate that is measured.
        embedder: whose vectors these are; it stands in the methods that hang on them.
        seed: of the draws. The order of the texts plays a part in them: give them in one order.
    """
    found = [
        *_wording("prompts", _cut(sides.prompts), seed),
        *_wording("answers", _cut(sides.answers), seed),
        *_meaning(sides, embedder, seed),
    ]
    for teacher, source in (sources or {}).items():
        found += _unseen(teacher, source, embedder)
    rows = [
        (snapshot, one.risk, one.metric, one.slice, one.figure.value, one.figure.low, one.figure.high, one.method, None)
        for one in found
    ]
    return pl.DataFrame(rows, schema=METRICS, orient="row")


def _cut(texts: Sequence[str]) -> list[str]:
    """A text of 50 MB is no better sample of a set than its beginning, and its words would fill memory."""
    return [text[:MOST_CHARACTERS] for text in texts]


def _wording(side: str, texts: Sequence[str], seed: int) -> Iterator[_Row]:
    corpus = Corpus.read(texts)
    for words in WORDS:
        for n in (1, 2, 3):
            if figure := distinct_n(corpus, n, words=words, seed=seed):
                yield _Row(STYLE, f"distinct_{n}", f"{side}/{words}-words", figure, "distinct-n@1")
    for size in BYTES:
        if figure := compression_ratio(texts, size_bytes=size, seed=seed):
            yield _Row(STYLE, "compression_ratio", f"{side}/{size}-bytes", figure, "deflate-ratio@1")
    order = np.random.default_rng(seed).permutation(len(texts))
    for count in TEXTS:
        if count <= len(texts):
            sample = Corpus.read([texts[int(place)] for place in order[:count]], MOST_WORDS)
            slice_ = f"{side}/{count}-texts"
            for n in (GRAM, LONG_GRAM):
                figure = Estimate(value=self_repetition(sample, n))
                yield _Row(STYLE, f"self_repetition_{n}", slice_, figure, "self-repetition@1")
            yield _Row(STYLE, "self_bleu", slice_, Estimate(value=self_bleu(sample)), "self-bleu@1")


def _meaning(sides: Sides, embedder: str, seed: int) -> Iterator[_Row]:
    rows = sides.rows
    if len(rows):
        yield _Row(SAME, "vendi_score", "", Estimate(value=vendi_score(rows)), f"vendi@1/{embedder}")
    order = np.random.default_rng(seed).permutation(len(rows))
    for count in TEXTS:
        if figure := vendi_of_draws(rows, texts=count, seed=seed):
            yield _Row(SAME, "vendi_score", f"{count}-texts", figure, f"vendi@1/{embedder}")
            entropy = cluster_entropy(leader_clusters(rows[order[:count]], CLUSTER))
            yield _Row(SAME, "cluster_entropy", f"{count}-texts", entropy, f"miller-madow@1/{CLUSTER}/{embedder}")
    if sides.written is not None and sides.reference is not None:
        figure = novelty(sides.written, sides.reference)
        if figure:
            yield _Row(SAME, "novelty", "written-prompts/given-prompts", figure, f"nearest@1/{embedder}")


def _unseen(teacher: str, source: Source, embedder: str) -> Iterator[_Row]:
    count = len(source.answers)
    if not count:
        return
    numbers, owners = Corpus.read(_cut(source.answers)).grams(GRAM)
    pairs = np.unique(np.stack([numbers, owners]), axis=1) if len(numbers) else np.zeros((2, 0), np.int64)
    labels = leader_clusters(source.rows, CLUSTER)
    for kind, seen, by in (
        ("clusters", Seen.of_counts(np.bincount(labels).tolist(), count), f"/{CLUSTER}/{embedder}"),
        (f"{GRAM}_grams", Seen.of_counts(np.bincount(pairs[0]).tolist(), count), ""),
    ):
        observed = Estimate(value=float(seen.observed))
        yield _Row(DIMINISHING, f"{kind}_seen", teacher, observed, f"count@1{by}")
        yield _Row(DIMINISHING, f"{kind}_coverage", teacher, coverage(seen), f"good-turing@1{by}")
        yield _Row(DIMINISHING, f"{kind}_in_all", teacher, chao1(seen), f"chao1@1{by}")
        new = expected_new(seen, FURTHER)
        yield _Row(DIMINISHING, f"new_{kind}_in_next_{FURTHER}", teacher, new, f"extrapolation@1{by}")
