"""What a curation embeds texts with, and what the lake tells of it."""

from collections.abc import Generator
from contextlib import contextmanager

from stillroom.batch_runner import BatchRunner
from stillroom.embedding import Known, LateEmbedder, late_embedder, newest_of, packaged_name
from stillroom.lake import Lake
from stillroom.recipe import Curation
from stillroom.runs.opening import Run

_KNOWN = """
SELECT embedder AS name, any_value(len(vector)) AS dims FROM lake.embeddings
WHERE run_id IN (SELECT run_id FROM lake.runs WHERE dataset = ?)
GROUP BY embedder ORDER BY max(created_at) DESC, embedder
"""


def vectors_decide(curation: Curation) -> bool:
    """Whether any decision hangs on embeddings; else they are only measured by."""
    return bool(curation.semantic_answers or curation.semantic_prompts or curation.diversity)


def embedded_by(curation: Curation) -> list[str]:
    """What decides vectors, where decisions hang on them, beyond what the recipe says: the packaged weights' version.

    Of an endpoint the recipe says model and revision, which are fields of the stage. So nobody has to be met to learn
    whether a curation is committed; a revision that the recipe leaves open does not make another one of it.
    """
    return [packaged_name()] if vectors_decide(curation) and curation.embedding is None else []


@contextmanager
def embedder_of(lake: Lake, run: Run, runner: BatchRunner | None = None) -> Generator[LateEmbedder]:
    """The recipe's embedder, met at the first text of which the lake has no vector; ``runner`` as ``open_embedder``."""
    settings = run.recipe.curation.embedding

    def known() -> Known | None:
        if settings is None:
            return None
        return newest_of(settings, (Known(**row) for row in lake.rows(_KNOWN, [run.recipe.dataset])))

    with late_embedder(settings, known, runner) as embedder:
        yield embedder
