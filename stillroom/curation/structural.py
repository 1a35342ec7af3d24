"""Duplicates by structure: an exact search on another key than the text."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.documents import NewDocuments
from stillroom.curation.relations import Walk
from stillroom.curation.structures import Structure
from stillroom.errors import RequestError

STRUCTURAL = "structural"
KEY_SCHEMA = pl.Schema({"id": pl.String(), "key": pl.String()})


class Structural:
    """Texts of one structure are duplicates; equal ones are not looked at, which are another way's matter."""

    method = STRUCTURAL

    def __init__(self, structure: Structure, known: pl.DataFrame | None = None) -> None:
        """Compare by this structure.

        Args:
            structure: what counts.
            known: keys of old documents, a frame of ``KEY_SCHEMA``.
        """
        self.structure = structure
        self._known = [KEY_SCHEMA.to_frame() if known is None else known.select("id", "key")]
        self._ids: set[str] = set()  # of which a key was computed here

    @property
    def computed(self) -> pl.DataFrame:
        """What was computed here, a frame of ``KEY_SCHEMA``: give it to later searches as known."""
        return pl.concat([KEY_SCHEMA.to_frame(), *self._known[1:]])

    def sign(self, documents: pl.DataFrame) -> None:
        """Compute and remember the keys of documents (id, text)."""
        fresh = documents.filter(pl.Series([id_ not in self._ids for id_ in documents["id"]], dtype=pl.Boolean))
        if len(fresh):
            keys = pl.Series("key", self.structure.keys(fresh["text"]), pl.String())
            self._known.append(fresh.select("id", keys))
            self._ids.update(fresh["id"])

    def keys(self, ids: pl.Series) -> pl.Series:
        """The keys of these documents.

        Raises:
            RequestError: one is not known.
        """
        known = pl.concat(self._known).unique("id", keep="last")
        found = ids.to_frame("id").join(known, on="id", how="left", maintain_order="left")
        if missing := found.filter(pl.col("key").is_null())["id"].to_list():
            raise RequestError(
                f"{len(missing)} documents, such as {missing[0]!r}, have no {self.structure.method}: expected one for "
                "each document that others are compared with"
            )
        return found["key"]

    def relation(self, documents: NewDocuments, different: pl.DataFrame, old: pl.DataFrame) -> "StructuralRelation":
        """Relate the documents of a search, of which ``different`` are new and have different texts.

        Raises:
            RequestError: the structure of an old document is not known.
        """
        for batch in documents.batches():
            self.sign(batch.join(different, on="arrival", how="semi").select("id", "text"))
        everyone = pl.concat([old.select("id", "arrival", "text_hash"), different.select("id", "arrival", "text_hash")])
        keyed = everyone.with_columns(self.keys(everyone["id"])).filter(pl.col("key") != "")
        shared = keyed.filter(pl.len().over("key") > 1).sort("arrival")
        is_old = shared.join(old.select("arrival"), on="arrival", how="semi")["arrival"].to_list()
        classes = {arrival: (key, text) for _, arrival, text, key in shared.iter_rows()}
        return StructuralRelation(classes, is_old)

    def meets(self, documents: pl.DataFrame, old: pl.DataFrame) -> NDArray[np.bool_]:
        """Of each of the old documents, whether it has the structure of one of these (id, text)."""
        self.sign(documents)
        wanted = self.keys(documents["id"])
        return self.keys(old["id"]).is_in(wanted.filter(wanted != "").implode()).to_numpy()

    def said(self, similarity: float) -> str:
        """What was found, as words that the name of the other document follows."""
        del similarity
        return f"equal but for {self.structure.but_for} to"


class StructuralRelation:
    """Which documents of one search have the structure of another."""

    method = STRUCTURAL

    def __init__(self, classes: Mapping[int, tuple[str, str]], old: list[int]) -> None:
        """Relate documents by key and text hash, by arrival; ``old`` are kept from the first, in ascending order."""
        self._classes = classes
        self._old = old

    def walk(self) -> Walk:
        """Begin a walk."""
        return _Walk(self._classes, self._old)


class _Walk:
    def __init__(self, classes: Mapping[int, tuple[str, str]], old: list[int]) -> None:
        self._classes = classes
        self._kept: dict[str, list[tuple[str, int]]] = {}  # by key the first two texts that are kept
        for arrival in old:
            self.keep(arrival)

    def rival(self, arrival: int) -> tuple[int, float] | None:
        key, text = self._classes.get(arrival, ("", ""))
        return next(((kept, 1.0) for other, kept in self._kept.get(key, ()) if other != text), None)

    def keep(self, arrival: int) -> None:
        if arrival in self._classes:
            key, text = self._classes[arrival]
            kept = self._kept.setdefault(key, [])
            if len(kept) < 2 and all(text != other for other, _ in kept):
                kept.append((text, arrival))
