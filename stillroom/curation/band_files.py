"""The band keys of all documents of a search, on disk: one file for each band, read a band at a time."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.sketch import BandKeys

FIRST_BANDS = 8  # enough to tell nearly all pairs which share a bucket by chance, or a quarter of their texts


class BandFiles:
    """Keys of documents by place, which is the order in which they were added. 4 bytes a document and band.

    Those of the first bands are there once more, side by side: whoever asks about a pair finds them in one place.
    """

    def __init__(self, folder: Path, bands: int) -> None:
        """Begin with no documents, in an empty folder."""
        self._files = [folder / f"band-{band}" for band in range(bands)]
        self._beginnings = folder / "band-beginnings"

    def add(self, batches: Iterable[BandKeys]) -> None:
        """Append the keys of documents, each batch of shape (documents, bands); call once.

        Raises:
            OSError: there is no room.
        """
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("ab")) for path in self._files]
            beginnings = stack.enter_context(self._beginnings.open("ab"))
            for keys in batches:
                beginnings.write(keys[:, :FIRST_BANDS].tobytes())
                for file, of_band in zip(files, np.ascontiguousarray(keys.T), strict=True):
                    file.write(of_band)

    def beginnings(self) -> BandKeys:
        """The keys of all documents in the first bands, on disk, shape (documents, at most ``FIRST_BANDS``)."""
        first = min(FIRST_BANDS, len(self._files))
        return np.asarray(np.memmap(self._beginnings, np.uint32, "r")).reshape(-1, first)

    def band(self, band: int) -> BandKeys:
        """The keys of one band, by place."""
        return np.fromfile(self._files[band], np.uint32)

    def of(self, places: NDArray[np.int32], bands: int) -> BandKeys:
        """The keys of some documents in the first ``bands`` bands, shape (places, bands)."""
        keys = np.empty((bands, len(places)), np.uint32)
        for band, of_band in enumerate(keys):
            of_band[:] = self.at(band, places)
        return keys.T

    def at(self, band: int, places: NDArray[np.int32]) -> BandKeys:
        """The keys of some documents in one band."""
        if not len(places):
            return np.zeros(0, np.uint32)
        return np.take(np.memmap(self._files[band], np.uint32, "r"), places)  # unmapped at once: none of it stays
