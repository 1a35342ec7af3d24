"""Where the old documents of a search stand, in the order in which they came."""

import numpy as np

from stillroom.curation.band_files import Places
from stillroom.curation.candidates import Arrivals
from stillroom.errors import RequestError


class OldPlaces:
    """Places of documents by their arrivals, which may leave gaps. 8 bytes of each are in memory, 12 if in no order."""

    def __init__(self, arrivals: Arrivals) -> None:
        """Take the arrivals by place.

        Raises:
            RequestError: two are the same.
        """
        self._order = None if bool((arrivals[1:] > arrivals[:-1]).all()) else np.argsort(arrivals).astype(np.int32)
        self._ascending = arrivals if self._order is None else arrivals[self._order]
        if bool((self._ascending[1:] == self._ascending[:-1]).any()):
            raise RequestError("two old signatures have the same arrival: each document needs its own")

    def __len__(self) -> int:
        """How many there are."""
        return len(self._ascending)

    def of(self, arrivals: Arrivals) -> Places:
        """The places of these documents."""
        found = np.searchsorted(self._ascending, arrivals).astype(np.int32)
        return found if self._order is None else self._order[found]
