"""Many texts as one array of bytes, as kernels take them."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.text_kernels import Bounds, Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedTexts:
    """Texts in UTF-8, one after another.

    Attributes:
        data: their bytes.
        bounds: where each begins, and the last one ends, shape (texts + 1,).
    """

    data: Bytes
    bounds: Bounds

    @classmethod
    def of(cls, texts: Iterable[str]) -> "PackedTexts":
        """These texts, in which there may be lone surrogates."""
        return cls.of_bytes([text.encode("utf-8", "surrogatepass") for text in texts])

    @classmethod
    def of_bytes(cls, texts: list[bytes]) -> "PackedTexts":
        """The same from their bytes."""
        bounds = np.zeros(len(texts) + 1, np.int64)
        np.cumsum([*map(len, texts)], out=bounds[1:])
        return cls(data=np.frombuffer(b"".join(texts), np.uint8), bounds=bounds)

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.bounds) - 1

    def each(self) -> list[memoryview]:
        """The bytes of each text."""
        data = self.data.data
        return [data[start:end] for start, end in pairwise(self.bounds.tolist())]

    def characters(self) -> NDArray[np.int64]:
        """How many characters each text has."""
        within = np.flatnonzero(self.data.view(np.int8) < -64)  # bytes that go on with a character
        return np.diff(self.bounds - np.searchsorted(within, self.bounds))
