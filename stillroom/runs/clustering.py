"""The clusters of meaning that a dataset's samples lie in, kept in the lake: each sample is placed once.

A cluster is named by its leader, the first sample that lay in none. Leaders' vectors are in ``embeddings`` and the
places in ``dedup_clusters``, both of the kind ``sample``. So clusters are the same for all versions of a dataset: what
comes later may add some and moves nothing. Two curations at once may both found a cluster where one would have done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stillroom.diversity import CLUSTER, leader_clusters
from stillroom.lake import Lake, Row
from stillroom.runs.placing import Places, of_embeddings, vector_column

KIND = "sample"
_AT_A_TIME = 10_000
_SCHEMA = pl.Schema({"sample_id": pl.String(), "leader": pl.String()})
_OWNER = {"owner_id": pl.String()}
_OF_DATASET = "run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset)"
_PLACED = f"""
SELECT member_id AS sample_id, arg_min(representative_id, created_at) AS leader FROM lake.dedup_clusters
WHERE kind = $kind AND method = $method AND {_OF_DATASET} GROUP BY member_id
"""  # noqa: S608 - constant
_LEADERS = f"""
SELECT owner_id AS leader, any_value(vector) AS vector FROM lake.embeddings
WHERE kind = $kind AND embedder = $embedder AND {_OF_DATASET} GROUP BY owner_id ORDER BY owner_id
"""  # noqa: S608 - constant
_TEXTS = f"""
SELECT s.sample_id, s.prompt_id, s.answer, p.task FROM (
    SELECT sample_id, any_value(prompt_id) AS prompt_id, any_value(answer) AS answer FROM lake.samples
    WHERE sample_id IN (SELECT unnest($ids)) AND {_OF_DATASET} GROUP BY sample_id) s
JOIN (SELECT prompt_id, any_value(task) AS task FROM lake.prompts WHERE {_OF_DATASET} GROUP BY prompt_id) p
    USING (prompt_id)
ORDER BY s.prompt_id, s.sample_id
"""  # noqa: S608 - constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustered:
    """Where samples lie.

    Attributes:
        leaders: sample_id, and leader, which names its cluster; one row a sample.
        rows: by table, what the lake is to get, but for the curation.
    """

    leaders: pl.DataFrame
    rows: Mapping[str, list[Row | pl.DataFrame]] = field(default_factory=dict[str, list[Row | pl.DataFrame]])


def cluster_method(embedder: str) -> str:
    """What clusters hang on; those of other methods are other clusters."""
    return f"leader@1/{CLUSTER}/{embedder}"


def clustered(lake: Lake, places: Places, samples: pl.DataFrame) -> Clustered:
    """The clusters of these samples (sample_id, prompt_id), of which those that lie in none yet are placed now.

    Takes a product of matrices of the new samples and all leaders. Vectors are read or computed some thousands at a
    time, and only those of leaders are held.

    Raises:
        TeacherError: the embedder is behind an endpoint that gives no usable answer.
    """
    asked: dict[str, Any] = {"kind": KIND, "dataset": places.dataset}
    name = places.embedder.name
    method = cluster_method(name)
    known = lake.query(_PLACED, {**asked, "method": method}).cast(_SCHEMA)
    missing = samples.join(known, on="sample_id", how="anti").unique("sample_id").sort("prompt_id", "sample_id")
    if missing.is_empty():
        return Clustered(leaders=known)
    stored = lake.query(_LEADERS, {**asked, "embedder": name})
    names: list[str] = stored["leader"].to_list()
    vectors: NDArray[np.float32] = stored["vector"].explode(empty_as_null=False).cast(pl.Float32).to_numpy()
    vectors = vectors.reshape(len(names), places.embedder.dims)
    rows: dict[str, list[Row | pl.DataFrame]] = {"dedup_clusters": [], "embeddings": []}
    leaders = [known]
    for part in missing.iter_slices(_AT_A_TIME):
        texts = lake.rows(_TEXTS, {"dataset": places.dataset, "ids": part["sample_id"].to_list()})
        found = places.vectors(texts)
        labels, similarities = leader_clusters(found, CLUSTER, vectors)
        fresh = np.unique(labels[labels >= len(names)], return_index=True)[1]
        new = np.flatnonzero(labels >= len(names))[fresh]
        founders: list[str] = [texts[place]["sample_id"] for place in new.tolist()]
        names += founders
        vectors = np.concatenate([vectors, found[new]])
        lead = pl.DataFrame({"owner_id": founders, "vector": vector_column(found[new])}, schema_overrides=_OWNER)
        rows["embeddings"].append(of_embeddings(KIND, lead, name))
        ids: list[str] = [text["sample_id"] for text in texts]
        lie_in: list[str] = [names[label] for label in labels.tolist()]
        placed = pl.DataFrame({"sample_id": ids, "leader": lie_in}, schema=_SCHEMA)
        leaders.append(placed)
        rows["dedup_clusters"].append(
            placed.select(
                pl.lit(KIND).alias("kind"),
                pl.lit(method).alias("method"),
                pl.col("sample_id").alias("member_id"),
                pl.col("leader").alias("representative_id"),
                pl.Series("similarity", similarities, pl.Float64),
            )
        )
    return Clustered(leaders=pl.concat(leaders), rows=rows)
