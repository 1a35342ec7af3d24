"""All measures of a set of texts, as rows of the lake's table ``metrics``.

Sets of different size are compared by figures of equal slices: a slice names what was measured, and how much of it was
drawn. A set that is smaller than a slice has no row for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.diversity.estimate import Estimate
from stillroom.diversity.lexical import compression_ratio, distinct_n
from stillroom.diversity.repetition import self_bleu, self_repetition
from stillroom.diversity.spread import cluster_entropy, novelty, vendi_of_draws, vendi_score
from stillroom.diversity.words import Corpus
from stillroom.wording import DEFINITION

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

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Novel:
    """Texts that are to go beyond a reference corpus, both as embeddings of their first ``MOST_WORDS`` words.

    Attributes:
        slice: names both sides, and how many texts the corpus has.
    """

    slice: str
    rows: Rows
    reference: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What the examples of a set are about, by embeddings of unit length.

    Attributes:
        rows: (answers, dims), of the examples.
        labels: (answers,), the cluster of each, among clusters that are the same for all sets that are compared.
        novel: what is compared with a corpus.
    """

    rows: Rows
    labels: NDArray[np.int64]
    novel: Sequence[Novel] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """A set that is measured.

    Attributes:
        prompts: different tasks.
        answers: one for each example.
        meaning: None where nothing is known of it.
    """

    prompts: Sequence[str]
    answers: Sequence[str]
    meaning: Meaning | None = None


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One figure of a risk: what of, of which slice, and how it was had."""

    risk: str
    metric: str
    slice: str
    figure: Estimate
    method: str


def measure(sides: Sides, *, snapshot: str = "", embedder: str = "", seed: int = 0) -> pl.DataFrame:
    """A row for each figure that the set is large enough for: the columns of ``metrics``.

    Args:
        sides: the set.
        snapshot: the candidate that is measured.
        embedder: whose vectors these are; it stands in the methods that hang on them.
        seed: of the draws. The order of the texts plays a part in them: give them in one order.
    """
    found = [*_wording("prompts", _cut(sides.prompts), seed), *_wording("answers", _cut(sides.answers), seed)]
    if sides.meaning is not None:
        found += _meaning(sides.meaning, embedder, seed)
    return framed(found, snapshot=snapshot)


def framed(figures: Iterable[MetricRow], *, snapshot: str = "") -> pl.DataFrame:
    """Figures with the columns of ``metrics``."""
    rows = [
        (snapshot, one.risk, one.metric, one.slice, one.figure.value, one.figure.low, one.figure.high, one.method, None)
        for one in figures
    ]
    return pl.DataFrame(rows, schema=METRICS, orient="row")


def _cut(texts: Sequence[str]) -> list[str]:
    """A text of 50 MB is no better sample of a set than its beginning, and its words would fill memory."""
    return [text[:MOST_CHARACTERS] for text in texts]


def _wording(side: str, texts: Sequence[str], seed: int) -> Iterator[MetricRow]:
    corpus = Corpus.read(texts)
    for words in WORDS:
        for n in (1, 2, 3):
            if figure := distinct_n(corpus, n, words=words, seed=seed):
                yield MetricRow(STYLE, f"distinct_{n}", f"{side}/{words}-words", figure, f"distinct-n@2/{DEFINITION}")
    for size in BYTES:
        if figure := compression_ratio(texts, size_bytes=size, seed=seed):
            yield MetricRow(STYLE, "compression_ratio", f"{side}/{size}-bytes", figure, "deflate-ratio@1")
    order = np.random.default_rng(seed).permutation(len(texts))
    for count in TEXTS:
        if count <= len(texts):
            sample = Corpus.read([texts[int(place)] for place in order[:count]], MOST_WORDS)
            slice_ = f"{side}/{count}-texts"
            for n in (GRAM, LONG_GRAM):
                figure = Estimate(value=self_repetition(sample, n))
                yield MetricRow(STYLE, f"self_repetition_{n}", slice_, figure, f"self-repetition@1/{DEFINITION}")
            figure = Estimate(value=self_bleu(sample))
            yield MetricRow(STYLE, "self_bleu", slice_, figure, f"self-bleu@1/{DEFINITION}")


def _meaning(meaning: Meaning, embedder: str, seed: int) -> Iterator[MetricRow]:
    rows = meaning.rows
    if len(rows):
        yield MetricRow(SAME, "vendi_score", "", Estimate(value=vendi_score(rows)), f"vendi@1/{embedder}")
    order = np.random.default_rng(seed).permutation(len(rows))
    for count in TEXTS:
        if figure := vendi_of_draws(rows, texts=count, seed=seed):
            yield MetricRow(SAME, "vendi_score", f"{count}-texts", figure, f"vendi@1/{embedder}")
            entropy = cluster_entropy(meaning.labels[order[:count]])
            yield MetricRow(SAME, "cluster_entropy", f"{count}-texts", entropy, f"miller-madow@2/{CLUSTER}/{embedder}")
    for one in meaning.novel:
        if figure := novelty(one.rows, one.reference):
            yield MetricRow(SAME, "novelty", one.slice, figure, f"nearest@2/{MOST_WORDS}-{DEFINITION}/{embedder}")
