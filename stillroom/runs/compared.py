"""What a curation compares prompts and answers with, and the rows of what was computed for that."""

from collections.abc import Mapping, Sequence

import polars as pl

from stillroom.curation.comparison import Found, Published, dedup_settings, further_kinds, further_settings
from stillroom.curation.given_tables import with_tables
from stillroom.curation.settings import Room
from stillroom.curation.sought import Sought
from stillroom.curation.structures import STRUCTURES
from stillroom.curation.vector_file import VectorFile
from stillroom.embedding import Embedder
from stillroom.lake import Lake, Row
from stillroom.recipe import Recipe, Table
from stillroom.runs.placing import of_embeddings
from stillroom.runs.published import published, with_embeddings, with_structures
from stillroom.runs.published_elsewhere import with_other_datasets


def compared_with(
    lake: Lake,
    recipe: Recipe,
    side: str,
    *,
    texts: Sequence[str] | None = None,
    tables: Sequence[Table] = (),
    embedder: Embedder | None = None,
    without: Sequence[str] = (),
    of_run: str = "",
    room: Room | None = None,
) -> tuple[Published, dict[str, list[Row | pl.DataFrame]]]:
    """What prompts or answers are compared with by a recipe, and rows of what the lake lacked of it, by table.

    Args:
        lake: where it is.
        recipe: says what is compared, and by what.
        side: ``answer`` or ``prompt``.
        texts: all that are to be compared, to leave out published ones that cannot duplicate any of them; None where
            all published ones are wanted.
        tables: tables whose rows count like what is published.
        embedder: turns texts into vectors, where the recipe compares these.
        without: ids of examples that do not count.
        of_run: which run is decided about.
        room: what signing may take.

    Raises:
        RecipeError: a table cannot be read.
        RequestError: the recipe compares embeddings, and there is no embedder.
        TeacherError: the embedder is behind an endpoint that gives no usable answer.
    """
    curation, dataset = recipe.curation, recipe.dataset
    settings = dedup_settings(curation.near_answers if side == "answer" else curation.near_prompts, room=room)
    is_structural, semantic = further_settings(curation, side)
    is_more_than_wording = is_structural or semantic is not None
    sought = None if texts is None or is_more_than_wording else Sought(texts, settings)
    old, signed = published(lake, dataset, side, settings, without=without, sought=sought)
    rows: dict[str, list[Row | pl.DataFrame]] = {"dedup_signatures": signature_rows(side, signed)}
    if is_structural:
        old, keys = with_structures(lake, dataset, side, old, STRUCTURES[side], without=without)
        rows["dedup_signatures"] += structure_rows(side, keys, old.signatures)
    if semantic and embedder:
        old, vectors = with_embeddings(lake, dataset, side, old, embedder, without=without, of_run=of_run, room=room)
        rows["embeddings"] = embedding_rows(side, [vectors], embedder)
    if ours := [table for table in tables if table.kind == side]:
        kinds = further_kinds(curation, side, Published(texts=old.texts), embedder, room)
        old = with_tables(old, ours, settings, kinds, cache=lake.root / "tmp" / "signatures")
    if curation.published == "all":
        old = with_other_datasets(lake, recipe, side, old, settings, embedder, sought=sought, room=room)
    return old, rows


def rows_of(side: str, found: Found, embedder: Embedder | None = None) -> Mapping[str, Sequence[Row | pl.DataFrame]]:
    """Rows of what a curation has found among prompts or answers, by table."""
    return {
        "embeddings": embedding_rows(side, found.embeddings, embedder) if embedder else [],
        "dedup_clusters": _cluster_rows(side, found),
        "dedup_signatures": [
            *signature_rows(side, found.signatures),
            *structure_rows(side, found.structures, found.signatures),
        ],
    }


def signature_rows(side: str, signatures: pl.DataFrame) -> list[Row | pl.DataFrame]:
    """Rows of ``dedup_signatures``, but for their curation: in one frame, since 38 keys each are many objects."""
    return [signatures.rename({"id": "owner_id"}).with_columns(kind=pl.lit(side))] if len(signatures) else []


def structure_rows(side: str, keys: pl.DataFrame, signatures: pl.DataFrame) -> list[Row | pl.DataFrame]:
    """The same of structures: a hash of the structure in place of that of the text, and no bands."""
    rows = keys.join(signatures.select("id", "arrival"), on="id").select(
        pl.lit(side).alias("kind"),
        pl.col("id").alias("owner_id"),
        "arrival",
        pl.col("key").alias("text_hash"),
        pl.lit(0).alias("characters"),
        pl.lit(None, pl.List(pl.UInt32())).fill_null([]).alias("bands"),
        pl.lit(STRUCTURES[side].scheme).alias("scheme"),
    )
    return [rows] if len(rows) else []


def embedding_rows(side: str, vectors: Sequence[VectorFile], embedder: Embedder) -> list[Row | pl.DataFrame]:
    """Rows of ``embeddings``, but for their curation: in frames too, one row for each id."""
    known: set[str] = set()
    rows: list[Row | pl.DataFrame] = []
    for file in vectors:
        fresh = {id_: id_ for id_ in file.ids if id_ not in known}
        known |= fresh.keys()
        parts = (part.rename({"id": "owner_id"}) for part in file.named(fresh).frames())
        rows += [of_embeddings(side, part, embedder.name) for part in parts]
    return rows


def _cluster_rows(side: str, found: Found) -> list[Row]:
    return [
        {
            "kind": side,
            "method": drop["method"],
            "member_id": drop["id"],
            "representative_id": drop["representative_id"],
            "similarity": drop["similarity"],
        }
        for drop in found.drops.iter_rows(named=True)
    ]
