"""What a dataset has published and not taken out since: what it is compared by, and texts."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from stillroom.curation.near import TextsOf
from stillroom.curation.relations import Kind
from stillroom.curation.selection import Published
from stillroom.curation.semantic import VECTOR_SCHEMA, Semantic
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA
from stillroom.curation.signed_batches import signed_batches
from stillroom.curation.structural import KEY_SCHEMA, Structural
from stillroom.curation.structures import Structure
from stillroom.embedding import Embedder
from stillroom.lake import Lake

_MEMBERS = (
    "min(since) AS since FROM lake.published_members WHERE name = $dataset "
    "AND example_id NOT IN (SELECT unnest($leaving::VARCHAR[])) GROUP BY id"
)
_OWNERS = {
    "answer": f"SELECT sample_id AS id, {_MEMBERS}",
    "prompt": f"SELECT prompt_id AS id, {_MEMBERS}",
}
_TEXTS = {
    "answer": "SELECT sample_id AS id, arg_max(answer, created_at) AS text FROM lake.examples "
    "WHERE sample_id IN (SELECT unnest($ids)) AND run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset) "
    "GROUP BY sample_id",  # another dataset may have another text under this id
    "prompt": "SELECT prompt_id AS id, any_value(task) AS text FROM lake.prompts "
    "WHERE prompt_id IN (SELECT unnest($ids)) GROUP BY prompt_id",  # a prompt's id is of its text
}
_SIGNED = """
WITH owners AS ({owners}), signed AS (
    SELECT s.* FROM lake.dedup_signatures s SEMI JOIN owners o ON o.id = s.owner_id
    WHERE s.kind = $kind AND len(s.bands) > 0 AND s.run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset)
), placed AS (
    SELECT owner_id, arrival FROM signed
    QUALIFY row_number() OVER (PARTITION BY owner_id ORDER BY created_at DESC, arrival) = 1
), comparable AS (
    SELECT owner_id, text_hash, characters, bands, scheme FROM signed WHERE scheme = $scheme
    QUALIFY row_number() OVER (PARTITION BY owner_id ORDER BY created_at DESC, arrival) = 1
)
SELECT o.id, row_number() OVER (ORDER BY o.since, p.arrival NULLS LAST, o.id) - 1 AS place,
       c.text_hash, c.characters, c.bands, c.scheme
FROM owners o LEFT JOIN placed p ON p.owner_id = o.id LEFT JOIN comparable c ON c.owner_id = o.id
ORDER BY place
"""
_KEYED = """
SELECT o.id, s.text_hash AS key FROM ({owners}) o JOIN lake.dedup_signatures s ON s.owner_id = o.id
WHERE s.kind = $kind AND s.scheme = $scheme AND s.run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset)
QUALIFY row_number() OVER (PARTITION BY o.id ORDER BY s.created_at DESC) = 1
"""
_EMBEDDED = """
SELECT o.id, e.vector FROM ({owners}) o JOIN lake.embeddings e ON e.owner_id = o.id
WHERE e.kind = $kind AND e.embedder = $embedder AND e.run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset)
QUALIFY row_number() OVER (PARTITION BY o.id ORDER BY e.created_at DESC) = 1
"""
_OF_RUN = """
SELECT owner_id AS id, any_value(vector) AS vector FROM lake.embeddings
WHERE kind = $kind AND embedder = $embedder AND run_id = $run GROUP BY owner_id
"""
_LEAVING = """
SELECT DISTINCT example_id FROM lake.examples WHERE run_id = $run AND sample_id IN (SELECT unnest($samples))
"""  # those of other runs stay until these are curated
_IDS_AT_A_TIME = 10_000  # of which the texts are in memory together


def leaving(lake: Lake, run_id: str, dropped: Sequence[str]) -> list[str]:
    """Ids of the examples that go from the dataset where a curation of the run drops these published samples."""
    if not dropped:
        return []
    return [row["example_id"] for row in lake.rows(_LEAVING, {"run": run_id, "samples": [*dropped]})]


def published(
    lake: Lake,
    dataset: str,
    kind: str,
    settings: DedupSettings,
    *,
    without: Sequence[str] = (),
    elsewhere: bool = False,
) -> tuple[Published, pl.DataFrame]:
    """The published texts of one kind, and the signatures among theirs that the lake does not have yet.

    They are numbered on reading: by when they were published, and what came together as its curation had it. The
    numbers in the lake cannot serve, since curations number also what is never published, or only by a later run.

    A text lacks a signature of these settings where it was published under others, or without deduplication.

    Args:
        lake: where they are.
        dataset: whose snapshots count.
        kind: ``answer`` or ``prompt``.
        settings: decide the scheme of the signatures.
        without: ids of examples that do not count, since they are on their way out. A prompt counts as long as it has
            another.
        elsewhere: that the snapshots of all datasets but this one count.
    """

    def texts(ids: list[str]) -> Iterator[pl.DataFrame]:
        about = {} if kind == "prompt" else {"dataset": dataset}
        for start in range(0, len(ids), _IDS_AT_A_TIME):
            some = ids[start : start + _IDS_AT_A_TIME]
            yield lake.query(_scoped(_TEXTS[kind], kind, elsewhere=elsewhere), {"ids": some, **about})

    found = lake.query(
        _scoped(_SIGNED, kind, elsewhere=elsewhere),
        {"kind": kind, "dataset": dataset, "scheme": settings.scheme, "leaving": [*without]},
    ).rename({"place": "arrival"})
    is_signed = pl.col("scheme").is_not_null()
    signed = found.filter(is_signed).select(SIGNATURE_SCHEMA.names()).cast(SIGNATURE_SCHEMA)
    fresh = _sign(texts, found.filter(~is_signed).select("id", pl.col("arrival").cast(pl.Int64)), settings)
    return Published(signatures=pl.concat([signed, fresh]).sort("arrival"), texts=texts), fresh


def _scoped(query: str, kind: str, *, elsewhere: bool) -> str:
    """The query about the dataset's own texts, or about those of all others."""
    own = query.format(owners=_OWNERS[kind])
    return own.replace("= $dataset", "<> $dataset") if elsewhere else own


def with_structures(
    lake: Lake,
    dataset: str,
    kind: str,
    published: Published,
    structure: Structure,
    *,
    without: Sequence[str] = (),
    elsewhere: bool = False,
) -> tuple[Published, pl.DataFrame]:
    """The same with the structures of all texts, and those among them (id, key) that the lake does not have yet."""
    asked = {"kind": kind, "dataset": dataset, "scheme": structure.scheme, "leaving": [*without]}
    stored = lake.query(_scoped(_KEYED, kind, elsewhere=elsewhere), asked).cast(KEY_SCHEMA)
    fresh = Structural(structure)
    _sign_missing(fresh, published, stored)
    return replace(published, structures=pl.concat([stored, fresh.computed])), fresh.computed


def with_embeddings(
    lake: Lake,
    dataset: str,
    kind: str,
    published: Published,
    embedder: Embedder,
    *,
    without: Sequence[str] = (),
    of_run: str = "",
    elsewhere: bool = False,
) -> tuple[Published, pl.DataFrame]:
    """The same with the vectors of all texts, and those among them (id, vector) that the lake does not have yet.

    Those that an earlier curation of the run ``of_run`` has computed come with them, published or not: to decide again
    about a run takes no vector that was not needed before.

    Raises:
        TeacherError: the embedder is behind an endpoint that gives no usable answer.
    """
    asked = {"kind": kind, "dataset": dataset, "embedder": embedder.name, "leaving": [*without]}
    stored = lake.query(_scoped(_EMBEDDED, kind, elsewhere=elsewhere), asked).cast(VECTOR_SCHEMA)
    fresh = Semantic(embedder, 1.0)
    _sign_missing(fresh, published, stored)
    asked = {"kind": kind, "embedder": embedder.name, "run": of_run}
    known = lake.query(_OF_RUN, asked).cast(VECTOR_SCHEMA).join(stored, on="id", how="anti")
    known = known.join(fresh.computed, on="id", how="anti")
    return replace(published, embeddings=pl.concat([stored, fresh.computed, known])), fresh.computed


def _sign_missing(kind: Kind, published: Published, stored: pl.DataFrame) -> None:
    missing = published.signatures.filter(pl.col("characters") > 0).select("id").join(stored, on="id", how="anti")
    for batch in published.texts(missing["id"].to_list()):
        kind.sign(batch)


def _sign(texts: TextsOf, unsigned: pl.DataFrame, settings: DedupSettings) -> pl.DataFrame:
    """Signatures of these texts (id, arrival), one for each of them, also where two are equal."""
    found = [SIGNATURE_SCHEMA.to_frame()]
    read = texts(unsigned["id"].to_list())
    batches = (unsigned.join(batch, on="id", how="inner").sort("arrival") for batch in read)
    for documents, hashes, different in signed_batches(batches, settings):
        owners = documents.select("id", "arrival", hashes)
        found.append(
            owners.join(different.drop("id", "arrival"), on="text_hash", how="left").select(SIGNATURE_SCHEMA.names())
        )
    return pl.concat(found)
