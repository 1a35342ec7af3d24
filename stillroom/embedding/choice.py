"""Which embedder a recipe asks for."""

from collections.abc import Generator
from contextlib import closing, contextmanager

from stillroom.batch_runner import BatchRunner
from stillroom.embedding.base import Embedder
from stillroom.recipe import Embedding


@contextmanager
def open_embedder(settings: Embedding | None, runner: BatchRunner | None = None) -> Generator[Embedder]:
    """The endpoint that the recipe names under ``curation.embedding``, met; without one the packaged weights.

    With a batch runner the packaged weights work there. An endpoint is asked from here: it does the work.

    Raises:
        TeacherError: the endpoint cannot be reached, or serves another model.
        RequestError: the packaged weights are not installed.
    """
    # what only one of them needs is imported by it alone: most commands embed nothing
    if settings is None:
        from stillroom.embedding.packaged import PackagedEmbedder

        packaged = PackagedEmbedder()
        if runner is None:
            yield packaged
            return
        from stillroom.embedding.batches import BatchedEmbedder

        yield BatchedEmbedder(packaged, runner)
        return
    from stillroom.embedding.endpoint import EndpointEmbedder

    with closing(EndpointEmbedder(settings)) as embedder:
        yield embedder


def packaged_name() -> str:
    """Identity of the packaged weights, which are not read for it.

    Raises:
        RequestError: their package is not installed.
    """
    from stillroom.embedding.packaged import name

    return name()
