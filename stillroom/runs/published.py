"""What a dataset has published and not taken out since: what it is compared by, and texts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import polars as pl

from stillroom.curation.near import TextsOf
from stillroom.curation.relations import Kind
from stillroom.curation.selection import Published
from stillroom.curation.semantic import Semantic
from stillroom.curation.settings import DedupSettings, Room
from stillroom.curation.signatures import SIGNATURE_SCHEMA
from stillroom.curation.signed_batches import signed_batches
from stillroom.curation.sought import Sought
from stillroom.curation.structural import KEY_SCHEMA, Structural
from stillroom.curation.structures import Structure
from stillroom.curation.vector_file import VectorFile
from stillroom.embedding import Embedder
from stillroom.lake import Lake
from stillroom.runs.published_signatures import published_signatures, scoped

_TEXTS = {
    "answer": "SELECT sample_id AS id, arg_max(answer, created_at) AS text FROM lake.examples "
    "WHERE sample_id IN (SELECT unnest($ids)) AND run_id IN (SELECT run_id FROM lake.runs WHERE dataset = $dataset) "
    "GROUP BY sample_id",  # another dataset may have another text under this id
    "prompt": "SELECT prompt_id AS id, any_value(task) AS text FROM lake.prompts "
    "WHERE prompt_id IN (SELECT unnest($ids)) GROUP BY prompt_id",  # a prompt's id is of its text
}
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
_VECTORS_AT_A_TIME = 10_000


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
    sought: Sought | None = None,
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
        sought: texts that are to be compared: what shares neither wording nor a bucket with them is left out. None
            where all is wanted.
    """

    def texts(ids: list[str]) -> Iterator[pl.DataFrame]:
        about = {} if kind == "prompt" else {"dataset": dataset}
        for start in range(0, len(ids), _IDS_AT_A_TIME):
            some = ids[start : start + _IDS_AT_A_TIME]
            yield lake.query(scoped(_TEXTS[kind], kind, elsewhere=elsewhere), {"ids": some, **about})

    signed, unsigned = published_signatures(
        lake, dataset, kind, settings, without=without, elsewhere=elsewhere, sought=sought
    )
    fresh = _sign(texts, unsigned, settings)
    of_both = pl.concat([signed, fresh if sought is None else fresh.filter(pl.Series(sought.met_by(fresh)))])
    return Published(signatures=of_both.sort("arrival"), texts=texts), fresh


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
    stored = lake.query(scoped(_KEYED, kind, elsewhere=elsewhere), asked).cast(KEY_SCHEMA)
    fresh = Structural(structure)
    _sign_missing(fresh, published, stored["id"])
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
    room: Room | None = None,
) -> tuple[Published, VectorFile]:
    """The same with the vectors of all texts, and those among them that the lake does not have yet.

    Those that an earlier curation of the run ``of_run`` has computed come with them, published or not: to decide again
    about a run takes no vector that was not needed before.

    Raises:
        TeacherError: the embedder is behind an endpoint that gives no usable answer.
        LakeError: there is no room for them in the folder of ``room``.
    """
    room = room or Room()
    stored = VectorFile(embedder.dims, room.spill_directory)
    asked = {"kind": kind, "dataset": dataset, "embedder": embedder.name, "leaving": [*without]}
    for batch in lake.batches(scoped(_EMBEDDED, kind, elsewhere=elsewhere), asked, rows=_VECTORS_AT_A_TIME):
        stored.add_frame(batch)
    fresh = Semantic(embedder, 1.0, [stored], room)
    _sign_missing(fresh, published, stored.ids)
    known = VectorFile(embedder.dims, room.spill_directory)
    asked = {"kind": kind, "embedder": embedder.name, "run": of_run}
    for batch in lake.batches(_OF_RUN, asked, rows=_VECTORS_AT_A_TIME) if of_run else ():
        is_new = [id_ not in stored and id_ not in fresh.computed for id_ in batch["id"]]
        known.add_frame(batch.filter(pl.Series(is_new, dtype=pl.Boolean)))
    return replace(published, embeddings=(stored, fresh.computed, known)), fresh.computed


def _sign_missing(kind: Kind, published: Published, known: Iterable[str]) -> None:
    """Have a kind sign the published texts that are not known."""
    there = pl.DataFrame({"id": [*known]}, schema={"id": pl.String})
    missing = published.signatures.filter(pl.col("characters") > 0).select("id").join(there, on="id", how="anti")
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
