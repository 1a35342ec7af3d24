"""Embeds texts in batches wherever a batch runner works, by the weights that are installed there."""

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from stillroom.batch_runner import BatchRunner
from stillroom.embedding.packaged import PackagedEmbedder

LEAST = 500  # texts: fewer are embedded sooner than sent
_BATCH_TEXTS = 4_000
_BATCH_CHARACTERS = 2_000_000


class BatchedEmbedder:
    """The packaged embedder, of which the vectors of many texts are made elsewhere; to the bit those it makes here."""

    def __init__(self, embedder: PackagedEmbedder, runner: BatchRunner) -> None:
        """Embed as ``embedder`` does."""
        self._embedder = embedder
        self._runner = runner
        self.name = embedder.name
        self.dims = embedder.dims

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As ``Embedder.embed``.

        Raises:
            WorkersError: nobody is left to do it.
        """
        if len(texts) < LEAST:
            return self._embedder.embed(texts)
        rows = np.empty((len(texts), self.dims), np.float32)
        start = 0
        for made in self._runner.run("embed", partial(embed_batch, dims=self.dims), _batches(texts)):
            some = np.frombuffer(made, np.float32).reshape(-1, self.dims)
            rows[start : start + len(some)] = some
            start += len(some)
        return rows


def embed_batch(batch: bytes, *, dims: int) -> bytes:
    """The vectors of texts (MessagePack), as 32-bit numbers in the order of this machine, ``dims`` for each text."""
    texts = msgspec.msgpack.decode(batch, type=list[str])
    return PackagedEmbedder().embed(texts).reshape(len(texts), dims).tobytes()


def _batches(texts: Sequence[str]) -> Iterator[bytes]:
    """The texts in their order; half surrogates, which no wire takes, as the embedder itself reads them."""
    batch: list[str] = []
    characters = 0
    for text in texts:
        batch.append(text.encode("utf-8", "replace").decode())
        characters += len(text)
        if len(batch) >= _BATCH_TEXTS or characters >= _BATCH_CHARACTERS:
            yield msgspec.msgpack.encode(batch)
            batch, characters = [], 0
    if batch:
        yield msgspec.msgpack.encode(batch)
