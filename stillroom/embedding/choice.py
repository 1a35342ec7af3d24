"""Which embedder a recipe asks for."""

from collections.abc import Generator
from contextlib import closing, contextmanager

from stillroom.embedding.base import Embedder
from stillroom.embedding.endpoint import EndpointEmbedder
from stillroom.embedding.packaged import PackagedEmbedder
from stillroom.recipe import Embedding


@contextmanager
def open_embedder(settings: Embedding | None) -> Generator[Embedder]:
    """The endpoint that the recipe names under ``curation.embedding``, met; without one the packaged weights.

    Raises:
        TeacherError: the endpoint cannot be reached, or serves another model.
        RequestError: the packaged weights are not installed.
    """
    if settings is None:
        yield PackagedEmbedder()
        return
    with closing(EndpointEmbedder(settings)) as embedder:
        yield embedder
