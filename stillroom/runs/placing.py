"""Where samples lie among all that a dataset holds: embeddings of their prompts and answers, kept in the lake.

A sample's vector is the sum of its prompt's and its answer's, at unit length. So a prompt is embedded once for all its
samples, and vectors that were computed to find duplicates serve here too.
"""

from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.curation.diversifying import Placed
from stillroom.diversity import opening
from stillroom.embedding import Embedder, unit_rows
from stillroom.errors import RequestError
from stillroom.lake import Lake
from stillroom.recipe import TEST_STRENGTH
from stillroom.runs.opening import Run

AT_A_TIME = 20_000  # samples whose texts are looked at together
_Vectors = dict[tuple[str, Any], NDArray[np.float32]]

_STORED = """
SELECT owner_id, any_value(vector) AS vector FROM lake.embeddings
WHERE kind = $kind AND embedder = $embedder AND owner_id IN (SELECT unnest($ids))
  AND run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset)
GROUP BY owner_id
"""
_MEMBERS = """
SELECT m.sample_id, any_value(m.prompt_id) AS prompt_id, any_value(e.answer) AS answer,
       any_value(e.topic) AS topic, any_value(e.difficulty_asked) AS difficulty_asked,
       any_value(e.teacher_id) AS teacher_id, any_value(e.origin) AS origin, any_value(p.task) AS task
FROM lake.published_members m
JOIN lake.examples e USING (example_id)
JOIN (SELECT prompt_id, any_value(task) AS task FROM lake.prompts
      WHERE run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset) GROUP BY prompt_id) p
    ON p.prompt_id = m.prompt_id
WHERE m.name = $dataset AND m.example_id NOT IN (SELECT unnest($leaving::VARCHAR[]))
GROUP BY m.sample_id ORDER BY md5(m.sample_id) LIMIT $most
"""
_NO_VECTORS = pl.Series("vector", [], pl.List(pl.Float32()))
_SCORES = """
SELECT sample_id, arg_max(value, created_at) AS value FROM lake.scores
WHERE scorer = $scorer AND run_id = $run GROUP BY sample_id
"""


def members(lake: Lake, dataset: str, *, without: Sequence[str] = (), most: int | None = None) -> list[dict[str, Any]]:
    """What a dataset has published and not taken out: ids, task, answer, topic, difficulty, teacher and origin.

    Args:
        lake: where it is.
        dataset: whose.
        without: ids of examples on their way out.
        most: of so many alone, by chance, but always the same ones.
    """
    return lake.rows(_MEMBERS, {"dataset": dataset, "leaving": [*without], "most": most})


def all_members(lake: Lake, dataset: str, *, without: Sequence[str] = ()) -> Iterator[list[dict[str, Any]]]:
    """The same of all of them, some at a time."""
    for batch in lake.batches(_MEMBERS, {"dataset": dataset, "leaving": [*without], "most": None}, rows=AT_A_TIME):
        yield batch.rows(named=True)


def of_embeddings(kind: str, vectors: pl.DataFrame, embedder: str) -> pl.DataFrame:
    """Rows of ``embeddings``, but for their curation, of a frame (owner_id, vector)."""
    return vectors.select(pl.lit(kind).alias("kind"), "owner_id", pl.lit(embedder).alias("embedder"), "vector")


def vector_column(rows: NDArray[np.float32]) -> pl.Series:
    """Vectors as a column of lists, without an object for each number."""
    return pl.Series("vector", np.ascontiguousarray(rows)).arr.to_list() if len(rows) else _NO_VECTORS


def diversity_scores(lake: Lake, run: Run, rows: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """By sample what the gate of diversity trades novelty against: its tests' strength, or what a scorer gave it last.

    Empty where the recipe has no such gate, or it goes by novelty alone.

    Raises:
        RequestError: none of the run's samples has a score of the scorer that the recipe names.
    """
    settings = run.recipe.curation.diversity
    if settings is None or not settings.quality:
        return {}
    if settings.score == TEST_STRENGTH:
        return {row["sample_id"]: row["strength"] for row in rows}
    found = lake.rows(_SCORES, {"scorer": settings.score, "run": run.run_id})
    if not found:
        raise RequestError(
            f"curation.diversity.score is {settings.score!r}, but no sample of {run.run_id} has a score of that name "
            f"in `scores`. Score them first, name a scorer that has, or take `{TEST_STRENGTH}`."
        )
    return {row["sample_id"]: row["value"] for row in found}


@dataclass(slots=True)
class Places:
    """Embeds samples of one dataset, and keeps what the lake did not have.

    Attributes:
        fresh: frames of rows of ``embeddings`` that were computed, but for their curation.
    """

    lake: Lake
    dataset: str
    embedder: Embedder
    fresh: list[pl.DataFrame] = field(default_factory=list[pl.DataFrame])
    _known: _Vectors = field(default_factory=_Vectors)
    _by_text: MutableMapping[tuple[str, Any], NDArray[np.float32]] = field(default_factory=_Vectors)  # by its hash

    def know(self, frames: Sequence[pl.DataFrame]) -> None:
        """Take frames of rows of ``embeddings`` that are not in the lake yet."""
        for frame in frames:
            ours = frame.filter(pl.col("embedder") == self.embedder.name)
            if len(ours):
                keys = zip(ours["kind"].to_list(), ours["owner_id"].to_list(), strict=True)
                self._known |= dict(zip(keys, self._matrix(ours["vector"]), strict=True))

    def place(self, rows: Sequence[Mapping[str, Any]], scores: Mapping[str, float | None] | None = None) -> Placed:
        """Samples (as of ``members``) with their vectors, attributes and scores.

        Raises:
            TeacherError: the embedder is behind an endpoint that gives no usable answer.
        """
        vectors = self._sums(rows)
        known: Mapping[str, float | None] = scores or {}
        found = [known.get(row["sample_id"]) for row in rows]
        return Placed(
            ids=[row["sample_id"] for row in rows],
            rows=vectors,
            attributes=pl.DataFrame(
                [(row["topic"], row["difficulty_asked"], row["teacher_id"], opening(row["task"])) for row in rows],
                schema=dict.fromkeys(("topic", "difficulty", "teacher", "opening"), pl.String()),
                orient="row",
            ),
            scores=np.array([np.nan if one is None else one for one in found], np.float64),
        )

    def vectors(self, rows: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
        """The vectors of samples alone, of which nothing is kept that was not known before.

        Raises:
            TeacherError: as ``place``.
        """
        apart = Places(self.lake, self.dataset, self.embedder)
        owners = (("answer", "sample_id"), ("prompt", "prompt_id"))
        keys = {(kind, row[id_]) for row in rows for kind, id_ in owners}
        apart._known = {key: self._known[key] for key in keys & self._known.keys()}
        apart._by_text = ChainMap({}, self._by_text)
        return apart._sums(rows)

    def prompts(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[np.float32]]:
        """The vectors of their prompts, by id.

        Raises:
            TeacherError: as ``place``.
        """
        return self._vectors("prompt", {row["prompt_id"]: row["task"] for row in rows})

    def _sums(self, rows: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
        prompts = self.prompts(rows)
        answers = self._vectors("answer", {row["sample_id"]: row["answer"] for row in rows})
        both = np.zeros((len(rows), self.embedder.dims), np.float32)
        for place, row in enumerate(rows):
            both[place] = prompts[row["prompt_id"]] + answers[row["sample_id"]]
        return unit_rows(both)

    def _vectors(self, kind: str, texts: Mapping[str, str]) -> dict[str, NDArray[np.float32]]:
        """By id, from what was asked for before, from the lake, else computed."""
        self._read(kind, [id_ for id_ in texts if (kind, id_) not in self._known])
        alike: dict[str, list[str]] = {}
        for id_, text in texts.items():
            alike.setdefault(text, []).append(id_)
        missing: list[str] = []  # one of each different text
        for text, ids in alike.items():
            found = [self._known[kind, id_] for id_ in ids if (kind, id_) in self._known]
            vector = found[0] if found else self._by_text.get((kind, _hash(text)))
            if vector is None:
                missing.append(ids[0])
            else:
                self._known |= {(kind, id_): vector for id_ in ids}
                self._by_text[kind, _hash(text)] = vector
        for start in range(0, len(missing), AT_A_TIME):
            part = missing[start : start + AT_A_TIME]
            computed = self.embedder.embed([texts[id_] for id_ in part])
            for id_, row in zip(part, computed, strict=True):
                self._known |= {(kind, one): row for one in alike[texts[id_]]}
                self._by_text[kind, _hash(texts[id_])] = row
            frame = pl.DataFrame({"owner_id": part, "vector": vector_column(computed)})
            self.fresh.append(of_embeddings(kind, frame, self.embedder.name))
        return {id_: self._known[kind, id_] for id_ in texts}

    def _read(self, kind: str, ids: Collection[str]) -> None:
        if not ids:
            return
        asked = {"kind": kind, "embedder": self.embedder.name, "ids": [*ids], "dataset": self.dataset}
        stored = self.lake.query(_STORED, asked)
        found = self._matrix(stored["vector"])
        self._known |= {(kind, id_): row for id_, row in zip(stored["owner_id"].to_list(), found, strict=True)}

    def _matrix(self, vectors: pl.Series) -> NDArray[np.float32]:
        flat: NDArray[np.float32] = vectors.explode(empty_as_null=False).cast(pl.Float32).to_numpy()
        return flat.reshape(len(vectors), self.embedder.dims)


def _hash(text: str) -> bytes:
    """What stands for a text, lest all of them are held."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
