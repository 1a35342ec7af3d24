"""What every embedder promises, so that vectors can be stored, compared and computed again."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

BLANK_AXIS = 0  # the axis on which texts without any content lie


class Embedder(Protocol):
    """Turns texts into vectors of unit length.

    The vector of a text depends on that text alone, so whatever is embedded beside it changes nothing. A text without
    any character that can be seen has no meaning to embed: its vector is the axis ``BLANK_AXIS``, so that such texts
    are like one another.
    """

    @property
    def name(self) -> str:
        """Identity: model and version. Vectors of two names must not be compared."""
        ...

    @property
    def dims(self) -> int:
        """How many numbers a vector has."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row of unit length for each text: (len(texts), dims). Their products are cosine similarities.

        Raises:
            TeacherError: a model behind an endpoint gives no usable answer.
        """
        ...


def is_blank(text: str) -> bool:
    """Whether a text has nothing but white space, so that there is nothing to embed."""
    return not text or text.isspace()


def unit_rows(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """The rows at unit length; rows of zeros lie on ``BLANK_AXIS``."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    is_zero = lengths == 0.0
    unit = (rows / np.where(is_zero, 1.0, lengths)[:, None]).astype(np.float32)
    unit[is_zero, BLANK_AXIS] = 1.0
    return unit
