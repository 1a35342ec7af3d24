"""What other datasets of the lake have published, as old documents after a dataset's own: never dropped, and winning.

Each is named DATASET@published:ID, since one id may be published in two datasets. What their own curations have signed
by the same settings, and embedded, is taken from the lake; what they have not is computed, and kept nowhere.
"""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from stillroom.curation.comparison import Published, further_settings
from stillroom.curation.decisions import ELSEWHERE
from stillroom.curation.settings import DedupSettings, Room
from stillroom.curation.sought import Sought
from stillroom.curation.structures import STRUCTURES
from stillroom.embedding import Embedder
from stillroom.lake import Lake
from stillroom.recipe import Recipe
from stillroom.runs.published import published, with_embeddings, with_structures

_DATASETS = {
    kind: f"SELECT {kind}_id AS id, arg_min(name, since) || '{ELSEWHERE}' || {kind}_id AS name "  # noqa: S608 - constants
    f"FROM lake.published_members WHERE name <> $dataset GROUP BY {kind}_id"
    for kind in ("sample", "prompt")
}


def with_other_datasets(
    lake: Lake,
    recipe: Recipe,
    side: str,
    old: Published,
    settings: DedupSettings,
    embedder: Embedder | None = None,
    *,
    sought: Sought | None = None,
    room: Room | None = None,
) -> Published:
    """The same with what other datasets have published after it.

    Args:
        lake: where they are.
        recipe: of the dataset that is compared; says in which ways.
        side: ``answer`` or ``prompt``.
        old: what comes before them.
        settings: decide the scheme of the signatures.
        embedder: turns texts into vectors, where the recipe compares these.
        sought: as ``published`` has it.
        room: where embeddings may lie.

    Raises:
        TeacherError: the embedder is behind an endpoint that gives no usable answer.
    """
    is_structural, semantic = further_settings(recipe.curation, side)
    others, _ = published(lake, recipe.dataset, side, settings, elsewhere=True, sought=sought)
    if is_structural:
        others, _ = with_structures(lake, recipe.dataset, side, others, STRUCTURES[side], elsewhere=True)
    if semantic and embedder:
        others, _ = with_embeddings(lake, recipe.dataset, side, others, embedder, elsewhere=True, room=room)
    named = lake.query(_DATASETS["sample" if side == "answer" else "prompt"], {"dataset": recipe.dataset})
    after = old.signatures["arrival"].max()
    first = 1 + (after if isinstance(after, int) else -1)

    def of(frame: pl.DataFrame) -> pl.DataFrame:
        joined = frame.join(named, on="id", how="inner", maintain_order="left")
        return joined.with_columns(pl.col("name").alias("id")).select(frame.columns)

    def texts(ids: list[str]) -> Iterator[pl.DataFrame]:
        if ours := [id_ for id_ in ids if ELSEWHERE not in id_]:
            yield from old.texts(ours)
        theirs = pl.DataFrame({"name": [id_ for id_ in ids if ELSEWHERE in id_]}, schema={"name": pl.String})
        plain = theirs.select("name", pl.col("name").str.split_exact(ELSEWHERE, 1).struct.field("field_1").alias("id"))
        for batch in others.texts(plain["id"].to_list()) if len(plain) else ():
            yield plain.join(batch, on="id", how="inner").select(pl.col("name").alias("id"), "text")

    signatures = of(others.signatures).with_columns(pl.col("arrival") + first)
    return replace(
        old,
        signatures=pl.concat([old.signatures, signatures]),
        structures=pl.concat([old.structures, of(others.structures)]),
        embeddings=(*old.embeddings, *(file.named(dict(named.iter_rows())) for file in others.embeddings)),
        texts=texts,
    )
