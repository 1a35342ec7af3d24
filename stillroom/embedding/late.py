"""An embedder that is met when the first vector is needed that nobody has computed yet.

A server may be down, or gone for good, while all that a curation compares lies in the lake. So its name is taken from
the vectors there, and it is met at the first text that has none.
"""

import re
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillroom.batch_runner import BatchRunner
from stillroom.embedding.base import Embedder
from stillroom.embedding.choice import open_embedder
from stillroom.errors import EmbedderChanged
from stillroom.recipe import Embedding


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """By whom vectors were computed, and how many numbers each has."""

    name: str
    dims: int


class LateEmbedder:
    """An ``Embedder`` that does nothing before it is asked for its name or for a vector."""

    def __init__(self, meet: Callable[[], Embedder], known: Callable[[], Known | None]) -> None:
        """Prepare to meet an embedder.

        Args:
            meet: meets it; called once at most, unless it fails.
            known: what it is taken to be before it is met, or None where that is not known.
        """
        self._meet = meet
        self._ask = known
        self._is_asked = False
        self._known: Known | None = None
        self._met: Embedder | None = None

    @property
    def name(self) -> str:
        """As ``Embedder.name``.

        Raises:
            TeacherError: nothing is known of it, and it cannot be met.
        """
        return self._identity().name

    @property
    def dims(self) -> int:
        """As ``Embedder.dims``; raises as ``name``."""
        return self._identity().dims

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As ``Embedder.embed``.

        Raises:
            TeacherError: it cannot be met, or gives no usable answer.
            EmbedderChanged: it was taken for another. Begin again: vectors of the two must not be compared.
        """
        if not texts:
            return np.zeros((0, self.dims), np.float32)
        return self._meeting().embed(texts)

    def _identity(self) -> Known:
        if not self._is_asked:
            self._known = self._ask()
            self._is_asked = True
        if self._known is None:
            met = self._meeting()
            self._known = Known(name=met.name, dims=met.dims)
        return self._known

    def _meeting(self) -> Embedder:
        if self._met is None:
            self._met = self._meet()
        taken_for, found = self._known, Known(name=self._met.name, dims=self._met.dims)
        self._known, self._is_asked = found, True
        if taken_for is not None and taken_for != found:
            raise EmbedderChanged(f"vectors in the lake are of {taken_for.name}, but {found.name} is served now")
        return self._met


@contextmanager
def late_embedder(
    settings: Embedding | None, known: Callable[[], Known | None], runner: BatchRunner | None = None
) -> Generator[LateEmbedder]:
    """What the recipe asks for under ``curation.embedding``, met when it is needed."""
    with ExitStack() as stack:
        yield LateEmbedder(lambda: stack.enter_context(open_embedder(settings, runner)), known)


def newest_of(settings: Embedding, found: Iterable[Known]) -> Known | None:
    """The first of what vectors were computed by that these settings may mean; of the server all but its model is open.

    Args:
        settings: say which model, and perhaps which revision.
        found: the newest first.
    """
    revision = re.escape(settings.revision) if settings.revision else r".+"
    form = re.compile(rf"{re.escape(settings.model)}@{revision}/{settings.most_characters}(/\d+-tokens)?", re.DOTALL)
    return next((one for one in found if form.fullmatch(one.name)), None)
