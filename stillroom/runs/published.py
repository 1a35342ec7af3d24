"""What a dataset has published and not taken out since: signatures of one scheme for deduplication, and texts."""

from collections.abc import Callable

import polars as pl

from stillroom.curation.selection import Published
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA, sign
from stillroom.lake import Lake

_MEMBERS = "min(since) AS since FROM lake.published_members WHERE name = $dataset GROUP BY id"
_OWNERS = {
    "answer": f"SELECT sample_id AS id, {_MEMBERS}",
    "prompt": f"SELECT prompt_id AS id, {_MEMBERS}",
}
_TEXTS = {
    "answer": "SELECT sample_id AS id, any_value(answer) AS text FROM lake.examples "
    "WHERE sample_id IN (SELECT unnest($ids)) GROUP BY sample_id",
    "prompt": "SELECT prompt_id AS id, any_value(task) AS text FROM lake.prompts "
    "WHERE prompt_id IN (SELECT unnest($ids)) GROUP BY prompt_id",
}
_SIGNATURES = """
SELECT owner_id AS id, arrival, text_hash, characters, bands, scheme FROM lake.dedup_signatures
WHERE kind = $kind AND owner_id IN (SELECT unnest($ids))
  AND run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset)  -- another has its own order of arrival
QUALIFY row_number() OVER (PARTITION BY owner_id, scheme ORDER BY created_at) = 1 ORDER BY arrival
"""


def published(lake: Lake, dataset: str, kind: str, settings: DedupSettings) -> tuple[Published, pl.DataFrame]:
    """The published texts of one kind, and the signatures among theirs that the lake does not have yet.

    A text lacks a signature of these settings where it was published under others, or without deduplication.

    Args:
        lake: where they are.
        dataset: whose snapshots count.
        kind: ``answer`` or ``prompt``.
        settings: decide the scheme of the signatures.
    """
    owners = lake.query(f"{_OWNERS[kind]} ORDER BY since, id", {"dataset": dataset})["id"].to_list()

    def texts(ids: list[str]) -> pl.DataFrame:
        return lake.query(_TEXTS[kind], {"ids": ids})

    stored = lake.query(_SIGNATURES, {"kind": kind, "ids": owners, "dataset": dataset}).cast(SIGNATURE_SCHEMA)
    same = stored.filter(pl.col("scheme") == settings.scheme)
    signed = same["id"].to_list()
    fresh = _sign(texts, [owner for owner in owners if owner not in set(signed)], stored, settings)
    return Published(signatures=pl.concat([same, fresh]).sort("arrival"), texts=texts), fresh


def _sign(
    texts: Callable[[list[str]], pl.DataFrame], ids: list[str], stored: pl.DataFrame, settings: DedupSettings
) -> pl.DataFrame:
    """Signatures of these texts. A text keeps its place in the order; one that never had any comes after those."""
    if not ids:
        return SIGNATURE_SCHEMA.to_frame()
    places = {row["id"]: row["arrival"] for row in stored.iter_rows(named=True)}
    after = max(places.values(), default=-1) + 1
    unplaced = [id_ for id_ in ids if id_ not in places]
    places |= {id_: after + place for place, id_ in enumerate(unplaced)}
    documents = texts(ids).with_columns(pl.col("id").replace_strict(places, return_dtype=pl.Int64).alias("arrival"))
    _, signatures = sign(documents.sort("arrival"), settings)
    return signatures
