"""The band keys of all documents of a search, on disk: eight bands to a file, so that a document's lie side by side."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from stillroom.curation.sketch import BandKeys

Places: TypeAlias = NDArray[np.int32]

GROUP_BANDS = 8  # half a line of the processor's cache; enough to tell nearly all pairs that share a bucket by chance


class BandFiles:
    """Keys of documents by place, which is the order in which they were added. 4 bytes a document and band.

    Whoever asks about a document finds its keys in one place for each group of bands. A band by itself is read along
    with the others of its group.

    Attributes:
        groups: the bands of each group; all but the last have ``GROUP_BANDS``.
    """

    def __init__(self, folder: Path, bands: int) -> None:
        """Begin with no documents, in an empty folder."""
        self.groups = [range(first, min(first + GROUP_BANDS, bands)) for first in range(0, bands, GROUP_BANDS)]
        self._files = [folder / f"bands-{group[0]}" for group in self.groups]

    def add(self, batches: Iterable[BandKeys]) -> None:
        """Append the keys of documents, each batch of shape (documents, bands); call once.

        Raises:
            OSError: there is no room.
        """
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("ab")) for path in self._files]
            for keys in batches:
                for group, file in zip(self.groups, files, strict=True):
                    file.write(keys[:, group[0] : group[-1] + 1].tobytes())

    def group(self, number: int) -> BandKeys:
        """The keys of all documents in the bands of a group, on disk, shape (documents, bands of the group)."""
        path, width = self._files[number], len(self.groups[number])
        if not path.stat().st_size:
            return np.zeros((0, width), np.uint32)
        return np.asarray(np.memmap(path, np.uint32, "r")).reshape(-1, width)

    def band(self, band: int) -> BandKeys:
        """The keys of one band, by place, on disk."""
        return self.group(band // GROUP_BANDS)[:, band % GROUP_BANDS]
