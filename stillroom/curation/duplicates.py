"""Finds the documents of a run that repeat one another or one that is already published.

Exact duplicates have the same normalised text. Near-duplicates have different ones, and 5-character shingle sets whose
exact Jaccard similarity reaches the threshold; MinHash-LSH proposes the pairs, and every pair is verified. Either kind
is looked for only where the settings say so, and further kinds (`relations.py`) where they are given. In order of
arrival (old documents in theirs, then new ones by rank, then id) a document is dropped exactly if it duplicates one
that is kept. So whatever is dropped duplicates its representative itself, no chain of small changes drags anything
along, and runs one after another, each given what the earlier ones kept, keep what one run over everything would keep.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl

from stillroom.curation.bucket_kernels import BUCKETS
from stillroom.curation.documents import Documents
from stillroom.curation.frame_files import FrameFiles
from stillroom.curation.near import NearDuplicates, NearSearch, OldDocuments
from stillroom.curation.pair_kernels import PAIRS
from stillroom.curation.pair_tables import PairTables
from stillroom.curation.relations import DROPS, Kind, Relation, choose
from stillroom.curation.scratch import Scratch, open_scratch
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA
from stillroom.curation.signed import Signed
from stillroom.curation.text_kernels import SIGNING
from stillroom.errors import LakeError
from stillroom.kernels import load

EXACT = "exact"
_NO_MATCHES = pl.DataFrame(schema={"later": pl.Int64(), "earlier": pl.Int64(), "jaccard": pl.Float64()})
_DROPS_BY_ID = pl.Schema(
    {"id": pl.String(), "representative_id": pl.String(), "similarity": pl.Float64(), "method": pl.String()}
)
_CLUSTERS_BY_ID = pl.Schema({"cluster_id": pl.String(), "id": pl.String(), "is_representative": pl.Boolean()})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDuplicates:
    """The same on disk, in files that go when the search is left. ``signatures`` are in no order."""

    drops: pl.LazyFrame
    clusters: pl.LazyFrame
    signatures: pl.LazyFrame
    crowded_buckets: int


def find_duplicates(
    new: Documents,
    old: OldDocuments | None = None,
    settings: DedupSettings | None = None,
    kinds: Sequence[Kind] = (),
) -> Duplicates:
    """Find what to drop among new documents; the arguments and errors are those of ``search_duplicates``."""
    with search_duplicates(new, old, settings, kinds) as found:
        return Duplicates(
            drops=found.drops.collect(),
            clusters=found.clusters.collect(),
            signatures=found.signatures.collect().sort("arrival"),
            crowded_buckets=found.crowded_buckets,
        )


@contextmanager
def search_duplicates(
    new: Documents,
    old: OldDocuments | None = None,
    settings: DedupSettings | None = None,
    kinds: Sequence[Kind] = (),
) -> Generator[StoredDuplicates]:
    """Find what to drop among new documents, with what was found on disk for the length of the block.

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
    if settings.near:
        load((*SIGNING, *BUCKETS, *PAIRS))  # while documents are read
    with open_scratch(settings) as scratch:
        signed = Signed(scratch, new, old.signatures, settings)
        near = _compared(scratch, signed, old, settings, kinds)
        signed.ledger.conclude(near.drops, with_exact=settings.exact)
        drops = signed.ledger.drops(exact=EXACT)
        yield StoredDuplicates(
            drops=FrameFiles(scratch.folder, "drops", _DROPS_BY_ID).write_all(drops).scan(),
            clusters=FrameFiles(scratch.folder, "clusters", _CLUSTERS_BY_ID).write_all(signed.ledger.clusters()).scan(),
            signatures=signed.signatures(),
            crowded_buckets=near.crowded_buckets,
        )


def _compared(
    scratch: Scratch, signed: Signed, old: OldDocuments, settings: DedupSettings, kinds: Sequence[Kind]
) -> NearDuplicates:
    relations = _relations(signed, kinds)
    if settings.near:
        return NearSearch(PairTables(scratch), signed, old.texts, settings, relations).run()
    drops = choose(_NO_MATCHES, relations, signed.different()) if relations else DROPS.to_frame()
    return NearDuplicates(drops=drops.cast(DROPS), crowded_buckets=0)


def _relations(signed: Signed, kinds: Sequence[Kind]) -> list[Relation]:
    """How the documents are related by further kinds, which hold what they compare by in memory."""
    if not kinds:
        return []
    compared = pl.LazyFrame({"arrival": signed.different()})
    columns = ("id", "arrival", "text_hash")
    different = signed.signatures().select(columns).join(compared, on="arrival", how="semi").collect().sort("arrival")
    old = signed.ledger.old()
    return [kind.relation(signed.documents, different, old) for kind in kinds]


def _no_texts(ids: list[str]) -> Iterable[pl.DataFrame]:
    raise LakeError(f"no source for the texts of {len(ids)} old documents was given")
