"""Work that is cut into batches of plain data, so that it can be done in other processes and on other machines."""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Protocol

import polars as pl


class BatchRunner(Protocol):
    """Does work on batches, several at a time, wherever that is. Where there is none, callers do it themselves."""

    def run(self, name: str, work: Callable[[bytes], bytes], batches: Iterable[bytes]) -> Iterator[bytes]:
        """What ``work`` makes of each batch, in the order of the batches.

        Batches are asked for as there is room for them, so that a few are held at a time. A batch whose process dies is
        worked on again, so what ``work`` makes hangs on the batch alone.

        Args:
            name: a word or two for what is done, shown beside each batch.
            work: a function of a module, or a ``partial`` of one and plain data.
            batches: what it is to be done on.

        Raises:
            WorkersError: no process is left that could do it.
            StillroomError: whatever ``work`` raises, as it is.
        """
        ...


def frame_bytes(frame: pl.DataFrame) -> bytes:
    """A frame as an Arrow stream, compressed a little: what is sent is copied and encrypted several times."""
    stream = BytesIO()
    frame.write_ipc_stream(stream, compression="lz4")
    return stream.getvalue()


def frame_from(stream: bytes) -> pl.DataFrame:
    """The frame of an Arrow stream."""
    return pl.read_ipc_stream(stream)
