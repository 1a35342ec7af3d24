"""Signs documents batch by batch: here, or a few million bytes of text at a time wherever a batch runner works."""

from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice

import msgspec
import polars as pl

from stillroom.batch_runner import BatchRunner, frame_bytes, frame_from
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import sign

LEAST = 1_000  # documents in the first batch: fewer are signed sooner than sent
PIECE_BYTES = 8_000_000  # of text, signed in a fifth of a second; a single text may be longer

Signed = tuple[pl.DataFrame, pl.Series, pl.DataFrame]  # documents, and what ``sign`` says of them


def signed_batches(batches: Iterable[pl.DataFrame], settings: DedupSettings) -> Iterator[Signed]:
    """Batches of documents (id, arrival, text) with what ``sign`` makes of each, the same wherever it is made.

    Raises:
        WorkersError: the settings' batch runner has nobody left to do it.
    """
    remaining = iter(batches)
    first = [*islice(remaining, 1)]
    every = chain(first, remaining)
    runner = settings.batch_runner
    if runner is None or (first and len(first[0]) < LEAST):
        return ((batch, *sign(batch, settings)) for batch in every)
    return _elsewhere(every, settings, runner)


def sign_piece(piece: bytes, *, threshold: float, recall: float) -> bytes:
    """``sign`` for documents as an Arrow stream: the streams of the hashes and of the signatures, in MessagePack."""
    hashes, signatures = sign(frame_from(piece), DedupSettings(threshold=threshold, recall=recall))
    return msgspec.msgpack.encode((frame_bytes(hashes.to_frame()), frame_bytes(signatures)))


def _elsewhere(batches: Iterable[pl.DataFrame], settings: DedupSettings, runner: BatchRunner) -> Iterator[Signed]:
    sent: deque[tuple[pl.DataFrame, int]] = deque()  # batches, and of how many pieces each is

    def pieces() -> Iterator[bytes]:
        for batch in batches:
            documents = _pieces(batch)
            sent.append((batch, len(documents)))
            yield from map(frame_bytes, documents)

    work = partial(sign_piece, threshold=settings.threshold, recall=settings.recall)
    made = runner.run("sign", work, pieces())
    for beginning in made:
        batch, count = sent.popleft()
        parts = [_read(one) for one in (beginning, *islice(made, count - 1))]
        hashes = pl.concat([hashes for hashes, _ in parts])
        # Equal texts in two pieces of a batch have one signature, that of the first, as they have in one piece.
        signatures = pl.concat([found for _, found in parts]).unique("text_hash", keep="first", maintain_order=True)
        yield batch, hashes, signatures


def _pieces(batch: pl.DataFrame) -> list[pl.DataFrame]:
    """A batch in its order, cut by the bytes of its texts; at least one piece."""
    documents = batch.select("id", "arrival", "text")
    piece = documents["text"].str.len_bytes().cast(pl.Int64).cum_sum() // PIECE_BYTES
    return documents.with_columns(piece=piece).partition_by("piece", maintain_order=True, include_key=False) or [
        documents
    ]


def _read(made: bytes) -> tuple[pl.Series, pl.DataFrame]:
    hashes, signatures = msgspec.msgpack.decode(made, type=tuple[bytes, bytes])
    return frame_from(hashes).to_series(), frame_from(signatures)
