"""The part of ``dedup.py`` on what is found, beside an exact comparison of all pairs."""

import numpy as np
import polars as pl
from dedup_corpus import corpus
from dedup_seconds import Figures

from stillroom.curation import DedupSettings, find_duplicates
from stillroom.curation.shingles import shingle_sets
from stillroom.curation.similarity import jaccard
from stillroom.curation.texts import normalise

TRUTH, LEAST_RECALL = 10_000, 0.999


def truth() -> Figures:
    """Removable documents among 10,000, against an exact comparison of all pairs.

    Raises:
        SystemExit: fewer are found than are to be, or one that is none.
    """
    frame = corpus(TRUTH, seed=7)
    texts = normalise(frame["text"])
    threshold = DedupSettings().threshold
    similar = similar_pairs(texts, threshold)
    expected: set[int] = set()
    for document in range(len(texts)):
        if similar.get(document, set()) - expected:
            expected.add(document)
    rows = {id_: row for row, id_ in enumerate(frame["id"].to_list())}
    found = find_duplicates(frame).drops
    dropped = np.array([rows[id_] for id_ in found["id"].to_list()])
    representatives = np.array([rows[id_] for id_ in found["representative_id"].to_list()])
    figures: Figures = {
        "recall": len(expected & set(dropped.tolist())) / len(expected),
        "precision": float((jaccard(texts, dropped, representatives) >= threshold).mean()),
        "removable_documents": len(expected),
    }
    if figures["recall"] < LEAST_RECALL or figures["precision"] < 1.0:
        raise SystemExit(f"expected a recall of {LEAST_RECALL} and a precision of 1: {figures}")
    return figures


def similar_pairs(texts: list[str], threshold: float) -> dict[int, set[int]]:
    """For each text the earlier ones of at least this Jaccard similarity, without any loss.

    Two sets that similar share one of the ``n - ceil(threshold n) + 1`` rarest members of each (prefix filtering:
    Chaudhuri, Ganti, Kaushik, ICDE 2006), which leaves few enough pairs to compare them all.
    """
    sets = shingle_sets(texts)
    sizes = np.array([len(of_text) for of_text in sets])
    members = pl.DataFrame({"text": np.repeat(np.arange(len(sets)), sizes), "shingle": np.concatenate(sets)})
    rarity = pl.len().over("shingle").alias("rarity")
    rank = pl.int_range(pl.len()).over("text", order_by=["rarity", "shingle"])
    size = pl.len().over("text")
    prefix = members.with_columns(rarity).filter(rank <= size - (size * threshold).ceil()).select("text", "shingle")
    both = prefix.join(prefix, on="shingle", suffix="_earlier").filter(pl.col("text") > pl.col("text_earlier"))
    pairs = both.select("text", "text_earlier").unique()
    later, earlier = pairs["text"].to_numpy(), pairs["text_earlier"].to_numpy()
    is_similar = jaccard(texts, later, earlier) >= threshold
    similar: dict[int, set[int]] = {}
    for document, other in zip(later[is_similar].tolist(), earlier[is_similar].tolist(), strict=True):
        similar.setdefault(document, set()).add(other)
    return similar
