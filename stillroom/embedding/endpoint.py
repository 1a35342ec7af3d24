"""The embedder behind an endpoint: batches of texts, several requests side by side."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from stillroom.embedding.base import is_blank, unit_rows
from stillroom.recipe import Embedding
from stillroom.teachers.embedding_endpoint import EmbeddingEndpoint


class EndpointEmbedder:
    """An embedding model behind an SGLang server.

    On a GPU the last bits of a vector may depend on the batch it came in; nothing here hangs on them.

    Raises:
        TeacherMismatch: the server serves another model than the settings name.
        TeacherError: it cannot be reached.
    """

    def __init__(self, settings: Embedding) -> None:
        """Meet the server."""
        self._endpoint = EmbeddingEndpoint(settings)
        self._batch_size = settings.batch_size
        self._in_flight = settings.in_flight
        self.name = self._endpoint.name
        self.dims = self._endpoint.dims

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As ``Embedder.embed``. Blank texts are not sent: servers refuse them.

        Raises:
            TeacherError: of the first batch that fails for good; those that were not begun are not sent then.
        """
        rows = np.zeros((len(texts), self.dims), np.float32)
        sent = [place for place, text in enumerate(texts) if not is_blank(text)]
        batches = [sent[start : start + self._batch_size] for start in range(0, len(sent), self._batch_size)]
        with ThreadPoolExecutor(self._in_flight, "embedding") as pool:
            asked = [pool.submit(self._endpoint.vectors, [texts[place] for place in batch]) for batch in batches]
            try:
                for batch, answer in zip(batches, asked, strict=True):
                    rows[batch] = answer.result()
            finally:
                pool.shutdown(cancel_futures=True)
        return unit_rows(rows)

    def close(self) -> None:
        """Close the connections."""
        self._endpoint.close()
