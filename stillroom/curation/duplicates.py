"""Finds the documents of a run that repeat one another or one that is already published.

Exact duplicates have the same normalised text. Near-duplicates have different ones, and 5-character shingle sets whose
exact Jaccard similarity reaches the threshold; MinHash-LSH proposes the pairs, and every pair is verified. Either kind
is looked for only where the settings say so, and further kinds (`relations.py`) where they are given. In order of
arrival (old documents in theirs, then new ones by rank, then id) a document is dropped exactly if it duplicates one
that is kept. So whatever is dropped duplicates its representative itself, no chain of small changes drags anything
along, and runs one after another, each given what the earlier ones kept, keep what one run over everything would keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from stillroom.curation.documents import Documents, NewDocuments
from stillroom.curation.near import NearDuplicates, NearSearch, OldDocuments
from stillroom.curation.relations import DROPS, Kind, choose
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA, check_signatures, sign
from stillroom.errors import LakeError

EXACT = "exact"
_NO_MATCHES = pl.DataFrame(schema={"later": pl.Int64(), "earlier": pl.Int64(), "jaccard": pl.Float64()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """What a search found.

    Attributes:
        drops: one row per dropped document: id, representative_id (a kept or an old document), similarity (exact
            Jaccard, 1.0 for exact duplicates, else as its kind has it), method (``exact``, ``near`` or that of a kind).
        clusters: one row per member of a cluster of two or more: cluster_id (the id of its representative), id,
            is_representative.
        signatures: a frame of ``SIGNATURE_SCHEMA``, one row per different new text. Store those of the documents
            that get published, and give them to the next search as old.
        crowded_buckets: how many buckets had more members than ``DedupSettings.bucket_peers``, so that not all of
            their pairs were compared.
    """

    drops: pl.DataFrame
    clusters: pl.DataFrame
    signatures: pl.DataFrame
    crowded_buckets: int


def find_duplicates(
    new: Documents,
    old: OldDocuments | None = None,
    settings: DedupSettings | None = None,
    kinds: Sequence[Kind] = (),
) -> Duplicates:
    """Find what to drop among new documents.

    Args:
        new: id (text, unique), text, rank (a number; the lower is preferred, equal ranks go by id). What does not fit
            in memory comes as ``polars.scan_parquet(...)``.
        old: what is published, or None.
        settings: the defaults where None.
        kinds: further ways in which documents can be duplicates.

    Raises:
        RequestError: for missing columns, repeated or null values, old signatures of another scheme, or old documents
            of which a kind does not know what it compares.
        LakeError: where the texts of old documents cannot be had, or there is no room to spill.
    """
    settings = settings or DedupSettings()
    old = old or OldDocuments(signatures=SIGNATURE_SCHEMA.to_frame(), texts=_no_texts)
    check_signatures(old.signatures, settings)
    documents = NewDocuments(new, old.signatures)
    hashes, signatures = _sign_all(documents, settings)
    targets = _exact_targets(hashes, old.signatures if settings.exact else SIGNATURE_SCHEMA.to_frame())
    is_live = targets["target"] == targets["arrival"]
    different = signatures.join(targets.filter(is_live), on="arrival", how="semi")
    with_text, old_with_text = (frame.filter(pl.col("characters") > 0) for frame in (different, old.signatures))
    relations = [kind.relation(documents, with_text, old_with_text) for kind in kinds]
    if settings.near:
        near = NearSearch(documents, old, settings, relations).run(different)
    else:
        drops = choose(_NO_MATCHES, relations, with_text["arrival"].to_numpy())
        near = NearDuplicates(drops=drops.cast(DROPS), crowded_buckets=0)
    drops = _drops(targets, near.drops, settings)
    ids = pl.concat([documents.order, old.signatures.select("arrival", "id")])
    return Duplicates(
        drops=_with_ids(drops, ids),
        clusters=_clusters(drops, ids),
        signatures=signatures,
        crowded_buckets=near.crowded_buckets,
    )


def _sign_all(documents: NewDocuments, settings: DedupSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The text hash of every document (arrival, text_hash), and the signatures of different texts, by arrival."""
    hashes: list[pl.DataFrame] = [pl.DataFrame(schema={"arrival": pl.Int64(), "text_hash": pl.String()})]
    signatures: list[pl.DataFrame] = [SIGNATURE_SCHEMA.to_frame()]
    for batch in documents.batches():
        of_batch, signed = sign(batch, settings)
        hashes.append(batch.select("arrival", of_batch))
        signatures.append(signed)
    in_order = pl.concat(signatures).sort("arrival")
    return pl.concat(hashes).sort("arrival"), in_order.unique("text_hash", keep="first", maintain_order=True)


def _exact_targets(hashes: pl.DataFrame, old_signatures: pl.DataFrame) -> pl.DataFrame:
    """For each new document the first one, old or new, with the same text: arrival, target (itself if it is first)."""
    old = old_signatures.select("arrival", "text_hash").join(hashes, on="text_hash", how="semi")
    everyone = pl.concat([old, hashes])
    first = everyone.group_by("text_hash").agg(pl.col("arrival").min().alias("target"))
    return hashes.join(first, on="text_hash", how="left").select("arrival", "target").sort("arrival")


def _drops(targets: pl.DataFrame, near: pl.DataFrame, settings: DedupSettings) -> pl.DataFrame:
    """All drops as arrival, representative, similarity, method.

    A document whose text equals one that is itself dropped otherwise goes to that one's representative.
    """
    is_exact = (pl.col("target") != pl.col("arrival")) & settings.exact
    through = near.rename({"arrival": "target"})
    joined = targets.join(through, on="target", how="left")
    is_near = pl.col("representative").is_not_null()
    return joined.filter(is_near | is_exact).select(
        "arrival",
        pl.coalesce("representative", "target").alias("representative"),
        pl.col("similarity").fill_null(1.0),
        pl.col("method").fill_null(EXACT),
    )


def _with_ids(drops: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    return (
        drops.join(ids, on="arrival", how="left", maintain_order="left")
        .join(
            ids.rename({"arrival": "representative", "id": "representative_id"}),
            on="representative",
            how="left",
            maintain_order="left",
        )
        .select("id", "representative_id", "similarity", "method")
    )


def _clusters(drops: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    """Cluster rows, the representative first, then its duplicates in order of arrival."""
    members = pl.concat(
        [
            drops.select("representative").unique().with_columns(pl.col("representative").alias("arrival")),
            drops.select("representative", "arrival"),
        ]
    ).sort("representative", "arrival")
    names = ids.rename({"arrival": "representative", "id": "cluster_id"})
    return (
        members.join(names, on="representative", how="left", maintain_order="left")
        .join(ids, on="arrival", how="left", maintain_order="left")
        .select("cluster_id", "id", (pl.col("arrival") == pl.col("representative")).alias("is_representative"))
    )


def _no_texts(ids: list[str]) -> pl.DataFrame:
    raise LakeError(f"no source for the texts of {len(ids)} old documents was given")
