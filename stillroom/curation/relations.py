"""Further ways in which texts are duplicates, beside equal and nearly equal wording, and one walk through all of them.

Documents are walked through in order of arrival. One is dropped exactly if it duplicates, in any of the ways, one that
is kept and came before it, and goes to the earliest such one. Since all ways are asked in one walk, nothing is dropped
in favour of what another way drops.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.candidates import Arrivals, choose_representatives
from stillroom.curation.documents import NewDocuments

NEAR = "near"
DROPS = pl.Schema(
    {"arrival": pl.Int64(), "representative": pl.Int64(), "similarity": pl.Float64(), "method": pl.String()}
)


class Walk(Protocol):
    """One walk through the documents, in order of arrival."""

    def rival(self, arrival: int) -> tuple[int, float] | None:
        """The earliest kept document, old or met in this walk, that this one duplicates, and how similar it is."""
        ...

    def keep(self, arrival: int) -> None:
        """Take this document for kept."""
        ...


class Relation(Protocol):
    """One way in which the documents of one search are duplicates."""

    method: str

    def walk(self) -> Walk:
        """Begin a walk."""
        ...


class Kind(Protocol):
    """One way in which documents can be duplicates; it remembers what it has computed of any."""

    method: str

    def relation(self, documents: NewDocuments, different: pl.DataFrame, old: pl.DataFrame) -> Relation:
        """Relate the documents of a search.

        Args:
            documents: the new documents.
            different: signatures of those among them that have a text, and whose texts differ.
            old: signatures of the old ones that have a text.

        Raises:
            RequestError: what is to be known of an old document is not.
        """
        ...

    def sign(self, documents: pl.DataFrame) -> None:
        """Compute and remember of documents (id, text) what they are compared by."""
        ...

    def meets(self, documents: pl.DataFrame, old: pl.DataFrame) -> NDArray[np.bool_]:
        """Of each of the old documents (signatures), whether one of these (id, text) may be a duplicate of it."""
        ...

    def said(self, similarity: float) -> str:
        """What was found, as words that the name of the other document follows."""
        ...


def choose(matches: pl.DataFrame, relations: Sequence[Relation], arrivals: Arrivals) -> pl.DataFrame:
    """Who is dropped in favour of whom, as rows of ``DROPS``.

    Args:
        matches: near-duplicates: later, earlier, jaccard, ordered by the first two.
        relations: the other ways.
        arrivals: the new documents with different texts, ascending.
    """
    if not relations:
        chosen = choose_representatives(matches["later"].to_numpy(), matches["earlier"].to_numpy())
        columns = {"later": chosen.keys(), "earlier": chosen.values()}
        pairs = pl.DataFrame({name: np.fromiter(column, np.int64, len(chosen)) for name, column in columns.items()})
        return pairs.join(matches, on=["later", "earlier"], how="left", maintain_order="left").select(
            pl.col("later").alias("arrival"),
            pl.col("earlier").alias("representative"),
            pl.col("jaccard").alias("similarity"),
            pl.lit(NEAR).alias("method"),
        )
    near = _by_later(matches)
    walks = [(one.method, one.walk()) for one in relations]
    dropped: dict[int, tuple[int, int, float, str]] = {}
    for arrival in arrivals.tolist():
        rivals = [(earlier, jaccard, NEAR) for earlier, jaccard in near.get(arrival, ()) if earlier not in dropped][:1]
        rivals += [(*found, method) for method, walk in walks if (found := walk.rival(arrival)) is not None]
        if rivals:
            dropped[arrival] = (arrival, *min(rivals, key=lambda rival: rival[0]))
            continue
        for _, walk in walks:
            walk.keep(arrival)
    return pl.DataFrame([*dropped.values()], schema=DROPS, orient="row")


def _by_later(matches: pl.DataFrame) -> Mapping[int, Sequence[tuple[int, float]]]:
    found: dict[int, list[tuple[int, float]]] = {}
    for later, earlier, jaccard in matches.select("later", "earlier", "jaccard").iter_rows():
        found.setdefault(later, []).append((earlier, jaccard))
    return found
